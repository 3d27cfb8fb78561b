import { crc32 } from 'node:zlib';
import type { TakeOutside } from '../outside.ts';
import type { ByteSource } from './byte-source.ts';
import { damaged, type Hold, inflate } from './engine.ts';

const FLAG = { headerCrc: 0x02, extra: 0x04, name: 0x08, comment: 0x10, reserved: 0xe0 };
/** Bytes of a name or comment with its NUL; Go refuses more, other decoders do not. */
const TEXT_LIMIT = 512;
/** The deflate stream of nothing, as every encoder but a stored one writes it. */
const EMPTY_DEFLATE = [0x03, 0x00];

/**
 * Unpacks gzip, any number of members. Everything on which Go, zlib, pigz and igzip part ways is refused:
 * bytes behind the last member, reserved flags, long names, wrong checksums.
 * @param onMember called before each member; throws where there are too many
 * @param outside shown the names, comments and extra fields of headers
 * @param hold whose the chunks are
 * @throws {PratiqueError} `COMPRESSION_INVALID`
 * @see RFC 1952
 */
export async function* gunzip(
  source: ByteSource,
  onMember: () => void,
  outside: TakeOutside,
  where: string,
  hold: Hold = 'kept',
): AsyncGenerator<Uint8Array> {
  do {
    onMember();
    await readHeader(source, outside, where);
    const sum = new MemberSum();
    // An engine for each of millions of empty members would take long.
    if (await startsEmpty(source)) await source.take(EMPTY_DEFLATE.length);
    else {
      for await (const bytes of inflate(source, 'raw', where, hold)) {
        sum.add(bytes);
        yield bytes;
      }
    }
    await requireTrailer(source, sum, where);
  } while ((await source.peek(1)).length > 0);
}

/** Reads a member's header. @see RFC 1952, section 2.3 */
async function readHeader(source: ByteSource, outside: TakeOutside, where: string): Promise<void> {
  const fixed = await take(source, 10, where);
  if (fixed[0] !== 0x1f || fixed[1] !== 0x8b || fixed[2] !== 8) {
    throw damaged('bytes that are not gzip follow a gzip member', where);
  }
  const flags = fixed[3] ?? 0;
  if ((flags & FLAG.reserved) !== 0) throw damaged('a gzip header has reserved flags', where);
  // pgzip, with which CRI-O and umoci read, counts only the fixed part into the checksum.
  if ((flags & FLAG.headerCrc) !== 0 && (flags & (FLAG.extra | FLAG.name | FLAG.comment)) !== 0)
    throw damaged('a gzip header has a checksum over fields that decoders leave out of it', where);
  const parts: Uint8Array[] = [];
  if ((flags & FLAG.extra) !== 0) {
    const length = await take(source, 2, where);
    parts.push(length, await take(source, littleEndian(length), where));
  }
  if ((flags & FLAG.name) !== 0) parts.push(await takeText(source, where));
  if ((flags & FLAG.comment) !== 0) parts.push(await takeText(source, where));
  const rest = Buffer.concat(parts);
  if (rest.length > 0) outside(rest, 'gzip header', true);
  if ((flags & FLAG.headerCrc) === 0) return;
  const stored = littleEndian(await take(source, 2, where));
  const sum = crc32(rest, crc32(fixed));
  if (stored !== (sum & 0xffff)) throw damaged('the checksum of a gzip header is wrong', where);
}

async function takeText(source: ByteSource, where: string): Promise<Uint8Array> {
  const end = (await source.peek(TEXT_LIMIT)).indexOf(0);
  if (end < 0) throw damaged('the name or comment in a gzip header is too long', where);
  return take(source, end + 1, where);
}

async function startsEmpty(source: ByteSource): Promise<boolean> {
  const [first, second] = await source.peek(EMPTY_DEFLATE.length);
  return first === EMPTY_DEFLATE[0] && second === EMPTY_DEFLATE[1];
}

/** CRC-32 and length of what a member held. */
class MemberSum {
  crc = 0;
  length = 0;

  add(bytes: Uint8Array): void {
    this.crc = crc32(bytes, this.crc);
    this.length += bytes.length;
  }
}

async function requireTrailer(source: ByteSource, sum: MemberSum, where: string): Promise<void> {
  const trailer = await take(source, 8, where);
  if (littleEndian(trailer.subarray(0, 4)) !== sum.crc)
    throw damaged('the checksum of a gzip member is wrong', where);
  if (littleEndian(trailer.subarray(4)) !== sum.length % 2 ** 32) {
    throw damaged('the length in a gzip trailer is wrong', where);
  }
}

async function take(source: ByteSource, count: number, where: string): Promise<Uint8Array> {
  const bytes = await source.take(count);
  if (bytes === undefined) throw damaged('a gzip member ends too early', where);
  return bytes;
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
