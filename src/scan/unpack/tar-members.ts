import type { ByteSource } from '../../io/compression/byte-source.ts';
import type { Limits } from '../../io/limits.ts';
import { readPax } from '../../io/tar/pax.ts';
import { BLOCK, isHeaderOnly, isZeroBlock, readHeader, type TarHeader } from '../../io/tar/tar-header.ts';
import { untilNul } from '../../io/tar/tar-text.ts';
import { sliceOf } from '../../io/zip/zip.ts';
import { archiveFault, type Member, type TakeMember } from './member.ts';

/** What the records before a header say of it. */
interface Said {
  path?: string;
  linkPath?: string;
  size?: number;
}

/** Zero blocks behind which no further tar is looked for: writers fill up to a record, of 10 KiB as a rule. */
const MOST_ZEROS = 8192;

/**
 * Reads a tar that lies in a layer as a file. No runtime unpacks it, so nothing hangs on how it is read: global
 * headers and odd types, which `TarReader` refuses in a layer, are passed over here. Behind its end another may
 * follow: many tools are told to read on there.
 * @param take offered, before they would be given, members of which all is at hand
 * @throws {PratiqueError} `ARCHIVE_INVALID` where it cannot be read on, and at its end where tools read it differently
 */
export async function* readTarMembers(
  source: ByteSource,
  limits: Limits,
  where: string,
  take: TakeMember = () => false,
): AsyncGenerator<Member> {
  let said: Said = {};
  let isOdd = false;
  for (let zeros = 0; zeros < MOST_ZEROS; ) {
    const block = source.takeNow(BLOCK) ?? (await source.take(BLOCK));
    if (block === undefined) break;
    if (block[0] === 0 && isZeroBlock(block)) {
      zeros++;
      continue;
    }
    const header = readHeader(block);
    if (typeof header === 'string') {
      source.unread(block);
      if (zeros > 1) break; // it has ended, and this is none
      throw archiveFault(header, where);
    }
    zeros = 0;
    // Some tools pass over such a body; others, as this one, read headers in it.
    if ('3456'.includes(header.typeFlag) && header.size !== 0) isOdd = true;
    const size = sizeOf(header, said);
    if (!Number.isSafeInteger(size) || size < 0) throw archiveFault('a size in it cannot be right', where);
    if ('xLK'.includes(header.typeFlag)) {
      said = { ...said, ...(await readRecord(source, header.typeFlag, size, limits, where)) };
    } else if (header.typeFlag === 'g') {
      await source.skip(size);
    } else {
      if (header.typeFlag === 'S') await skipSparseMap(source, block);
      const link = said.linkPath ?? header.linkName;
      const named = { name: said.path ?? header.name, ...(link === '' ? {} : { link }) };
      const { chunk, from } = source;
      if (from + size <= chunk.length && take(named, chunk.subarray(from, from + size))) source.pass(size);
      else yield { ...named, bytes: sliceOf(source, size, where) };
      said = {};
    }
    const padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (source.takeNow(padding) === undefined) await source.skip(padding);
  }
  if (isOdd) throw archiveFault('an entry without content has a size in it', where);
}

/** The rest of a sparse map in GNU's old form, which stands between header and content. */
async function skipSparseMap(source: ByteSource, header: Uint8Array): Promise<void> {
  for (let more = header[482]; more !== undefined && more !== 0; ) more = (await source.take(BLOCK))?.[504];
}

function sizeOf({ typeFlag, size }: TarHeader, said: Said): number {
  return isHeaderOnly(typeFlag) ? 0 : (said.size ?? Number(size));
}

async function readRecord(
  source: ByteSource,
  kind: string,
  size: number,
  limits: Limits,
  where: string,
): Promise<Said> {
  if (size > limits.recordBytes) throw archiveFault('an extended header in it is too long', where);
  const bytes = await source.take(size);
  if (bytes === undefined) throw archiveFault('it ends inside an extended header', where);
  const body = Buffer.from(bytes).toString('latin1');
  if (kind === 'L') return { path: untilNul(body) };
  if (kind === 'K') return { linkPath: untilNul(body) };
  const records = readPax(body);
  if (typeof records === 'string') throw archiveFault(records, where);
  const [path, linkPath, length] = ['path', 'linkpath', 'size'].map((key) => records.get(key));
  return {
    ...(path === undefined ? {} : { path }),
    ...(linkPath === undefined ? {} : { linkPath }),
    ...(length === undefined ? {} : { size: Number(length) }),
  };
}
