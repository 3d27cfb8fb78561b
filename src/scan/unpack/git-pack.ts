import type { ByteSource } from '../../io/compression/byte-source.ts';
import { inflate } from '../../io/compression/engine.ts';
import { archiveFault, type Member } from './member.ts';

const HEAD_BYTES = 12;
const SUM_BYTES = 20;
const [BY_OFFSET, BY_NAME] = [6, 7];
/** Bytes that a number may take: sizes and offsets are below 2 ** 63. */
const MOST_NUMBER_BYTES = 9;
const KINDS: ReadonlyMap<number, string> = new Map([
  [1, 'commit'],
  [2, 'tree'],
  [3, 'blob'],
  [4, 'tag'],
  [BY_OFFSET, 'delta'],
  [BY_NAME, 'delta'],
]);
/** Stands where a delta takes bytes from another object: nothing is found across it. */
const TAKEN = 0x0a;

/**
 * Reads the objects of a git pack, each named by its kind and its position. Of what is stored as the difference from
 * another object, the bytes come that are new in it.
 * @throws {PratiqueError} `ARCHIVE_INVALID` where it cannot be read on
 * @see git, gitformat-pack(5)
 */
export async function* readGitPack(source: ByteSource, where: string): AsyncGenerator<Member> {
  const head = Buffer.from((await source.take(HEAD_BYTES)) ?? []);
  if (head.length < HEAD_BYTES) throw archiveFault('it is cut off', where);
  for (let left = head.readUInt32BE(HEAD_BYTES - 4); left > 0; left--) {
    const name = source.position;
    const [first] = await readNumber(source, where);
    const type = (first >> 4) & 7;
    const kind = KINDS.get(type);
    if (kind === undefined) throw archiveFault(`an object in it is of type ${type}`, where);
    if (type === BY_OFFSET) await readNumber(source, where);
    if (type === BY_NAME) await source.take(SUM_BYTES);
    const bytes = inflate(source, 'zlib', where);
    yield { name: `${kind}-${name}`, bytes: kind === 'delta' ? newIn(bytes, where) : bytes };
  }
  if ((await source.take(SUM_BYTES)) === undefined) throw archiveFault('it is cut off', where);
}

/** Bytes up to and with the first without its highest bit. */
async function readNumber(source: ByteSource, where: string): Promise<readonly [number, ...number[]]> {
  const ahead = await source.peek(MOST_NUMBER_BYTES);
  const end = ahead.findIndex((byte) => byte < 0x80);
  const [first, ...rest] = (await source.take(end + 1)) ?? [];
  if (end < 0 || first === undefined) throw archiveFault('a number in it has no end', where);
  return [first, ...rest];
}

async function* newIn(delta: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<Uint8Array> {
  /** numbers before the instructions: the sizes of the other object and of this one */
  let sizes = 2;
  let skip = 0;
  let literal = 0;
  for await (const chunk of delta) {
    const out = Buffer.alloc(chunk.length);
    let length = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (sizes > 0) {
        if (byte < 0x80) sizes--;
      } else if (skip > 0) skip--;
      else if (literal > 0) {
        out[length++] = byte;
        literal--;
      } else if (byte >= 0x80) {
        out[length++] = TAKEN;
        for (let bits = byte & 0x7f; bits !== 0; bits >>= 1) skip += bits & 1;
      } else if (byte > 0) literal = byte;
      else throw archiveFault('a delta in it holds an instruction that means nothing', where);
    }
    if (length > 0) yield out.subarray(0, length);
  }
}
