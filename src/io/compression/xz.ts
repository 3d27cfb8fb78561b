import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';
import { Crc64 } from './crc64.ts';
import { HistoryWindow } from './history-window.ts';
import { unlzma2 } from './lzma2.ts';
import { cutShort, notRead, packedFault } from './packed-fault.ts';
import { readBlockHeader, readVariable, writeVariable, type XzBlock } from './xz-block.ts';
import { filtered } from './xz-filter.ts';
import { littleEndian } from './zstd-frame.ts';

const MAGIC = 'fd377a585a00';
const FOOTER_MAGIC = 'YZ';
const HEADER_BYTES = 12;
const FOOTER_BYTES = 12;
/** Bytes that the longest number takes. */
const VARIABLE_BYTES = 9;

/**
 * Unpacks xz: any number of streams of any number of blocks, with whatever check they have, each verified, and so are
 * the index and the footer.
 * @param onMember called before each stream and block; throws where there are too many
 * @throws {PratiqueError} `COMPRESSION_INVALID`, `NOT_SUPPORTED`, after what could be unpacked
 * @see The .xz file format, version 1.2.1
 */
export async function* unxz(source: ByteSource, onMember: () => void): AsyncGenerator<Uint8Array> {
  const windows = new Windows();
  try {
    do {
      onMember();
      yield* readStream(source, onMember, windows);
      await skipPadding(source);
    } while ((await source.peek(1)).length > 0);
  } finally {
    windows.close();
  }
}

async function* readStream(
  source: ByteSource,
  onMember: () => void,
  windows: Windows,
): AsyncGenerator<Uint8Array> {
  const flags = await readStreamHeader(source);
  const blocks = new Records();
  for (;;) {
    const [size] = await source.peek(1);
    if (size === undefined) throw cutShort();
    if (size === 0) break;
    onMember();
    yield* readBlock(source, (size + 1) * 4, flags[1] ?? 0, windows, blocks);
  }
  const indexBytes = await readIndex(source, blocks);
  await readFooter(source, flags, indexBytes);
}

/** @returns the two flags: zero, and which check the blocks have */
async function readStreamHeader(source: ByteSource): Promise<Uint8Array> {
  const header = await take(source, HEADER_BYTES);
  if (Buffer.from(header).toString('hex', 0, 6) !== MAGIC) throw packedFault('bytes that are not xz follow');
  const flags = header.subarray(6, 8);
  if (crc32(flags) !== littleEndian(header.subarray(8)))
    throw packedFault('the checksum of a stream header is wrong');
  if (flags[0] !== 0 || (flags[1] ?? 0) > 15) throw packedFault('a stream header has reserved flags');
  return flags;
}

async function* readBlock(
  source: ByteSource,
  headerBytes: number,
  checkId: number,
  windows: Windows,
  blocks: Records,
): AsyncGenerator<Uint8Array> {
  const block = readBlockHeader(await take(source, headerBytes));
  const check = checkFor(checkId);
  const start = source.position;
  let unpackedBytes = 0;
  const bytes = unlzma2(source, windows.one(block.dictionaryBytes));
  for await (const piece of filtered(bytes, block.filters)) {
    check.update(piece);
    unpackedBytes += piece.length;
    yield piece;
  }
  const packedBytes = source.position - start;
  if (!agrees(block, packedBytes, unpackedBytes)) throw packedFault('a block is not as long as it says');
  await takeZeros(source, (4 - (packedBytes % 4)) % 4);
  const told = check.digest();
  if (!told.equals(await take(source, told.length))) throw packedFault('the checksum of a block is wrong');
  blocks.add(headerBytes + packedBytes + told.length, unpackedBytes);
}

function agrees(block: XzBlock, packedBytes: number, unpackedBytes: number): boolean {
  return (
    (block.packedBytes ?? packedBytes) === packedBytes &&
    (block.unpackedBytes ?? unpackedBytes) === unpackedBytes
  );
}

interface Check {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

/** @see section 2.1.1.2 */
function checkFor(id: number): Check {
  if (id === 0) return { update() {}, digest: () => Buffer.alloc(0) };
  if (id === 1) return new Crc32();
  if (id === 4) return new Crc64();
  if (id === 10) {
    const hash = createHash('sha256');
    return { update: (bytes) => hash.update(bytes), digest: () => hash.digest() };
  }
  throw notRead(`xz check ${id}`);
}

class Crc32 implements Check {
  private sum = 0;

  update(bytes: Uint8Array): void {
    this.sum = crc32(bytes, this.sum);
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(this.sum);
    return bytes;
  }
}

/** What the index must say of the blocks that were read: there is one way to write it, so a sum of it is enough. */
class Records {
  count = 0;
  bytes = 0;
  sum = 0;

  add(unpaddedBytes: number, unpackedBytes: number): void {
    const record = Uint8Array.from([...writeVariable(unpaddedBytes), ...writeVariable(unpackedBytes)]);
    this.count++;
    this.bytes += record.length;
    this.sum = crc32(record, this.sum);
  }
}

/** @returns its size in bytes, all included */
async function readIndex(source: ByteSource, blocks: Records): Promise<number> {
  const head = await source.peek(1 + VARIABLE_BYTES);
  const { value, bytes } = readVariable(head.subarray(1));
  const beginning = await take(source, 1 + bytes);
  let records = 0;
  let sum = crc32(beginning);
  const add = (part: Uint8Array) => {
    records = crc32(part, records);
    sum = crc32(part, sum);
  };
  if (!(await source.skip(blocks.bytes, add))) throw cutShort();
  if (value !== blocks.count || records !== blocks.sum) throw packedFault('the index is of other blocks');
  const length = beginning.length + blocks.bytes;
  const padding = await takeZeros(source, (4 - (length % 4)) % 4);
  if (littleEndian(await take(source, 4)) !== crc32(padding, sum))
    throw packedFault('the checksum of the index is wrong');
  return length + padding.length + 4;
}

async function readFooter(source: ByteSource, flags: Uint8Array, indexBytes: number): Promise<void> {
  const footer = await take(source, FOOTER_BYTES);
  const isTrue =
    littleEndian(footer.subarray(0, 4)) === crc32(footer.subarray(4, 10)) &&
    (littleEndian(footer.subarray(4, 8)) + 1) * 4 === indexBytes &&
    Buffer.compare(footer.subarray(8, 10), flags) === 0 &&
    Buffer.from(footer).toString('latin1', 10) === FOOTER_MAGIC;
  if (!isTrue) throw packedFault('the end of a stream is not as it should be');
}

/** Zeros behind a stream, in fours. */
async function skipPadding(source: ByteSource): Promise<void> {
  for (let four = await source.peek(4); four[0] === 0; four = await source.peek(4))
    await takeZeros(source, 4);
}

async function takeZeros(source: ByteSource, count: number): Promise<Uint8Array> {
  const bytes = await take(source, count);
  if (bytes.some((byte) => byte !== 0)) throw packedFault('it has bytes where it should be empty');
  return bytes;
}

/** Keeps the window of the block before: the next one mostly wants the same, and they are large. */
class Windows {
  private last: { readonly wanted: number; readonly window: HistoryWindow } | undefined;

  one(wanted: number): HistoryWindow {
    if (this.last?.wanted === wanted) return this.last.window;
    this.close();
    this.last = { wanted, window: new HistoryWindow(wanted) };
    return this.last.window;
  }

  close(): void {
    this.last?.window.close();
    this.last = undefined;
  }
}

async function take(source: ByteSource, count: number): Promise<Uint8Array> {
  const bytes = await source.take(count);
  if (bytes === undefined) throw cutShort();
  return bytes;
}
