import type { ByteSource } from './byte-source.ts';
import { Lz4Blocks } from './lz4-block.ts';
import { cutShort, notRead, packedFault } from './packed-fault.ts';
import { XxHash32 } from './xxhash32.ts';
import { isSkippable } from './zstd.ts';
import { littleEndian } from './zstd-frame.ts';

const MAGIC = 0x184d2204;
/** Of the format that the kernel unpacks itself with. */
const LEGACY_MAGIC = 0x184c2102;
const LEGACY_BLOCK = 8 * 1024 * 1024;
/** Bytes that such a block takes at most. */
const LEGACY_PACKED = LEGACY_BLOCK + Math.floor(LEGACY_BLOCK / 255) + 16;
const FLAG = { dictionary: 0x01, reserved: 0x02, contentSum: 0x04, size: 0x08, blockSum: 0x10, alone: 0x20 };
const STORED = 0x80000000;

/**
 * Unpacks lz4, any number of frames, those of the legacy format and skippable ones among them; checksums are verified.
 * @param onMember called before each frame; throws where there are too many
 * @returns chunks that are the receiver's to keep
 * @throws {PratiqueError} `COMPRESSION_INVALID`, `NOT_SUPPORTED`, after what could be unpacked
 * @see lz4 frame format description, 1.6.4
 */
export async function* unlz4(source: ByteSource, onMember: () => void): AsyncGenerator<Uint8Array> {
  const blocks = new Lz4Blocks();
  do {
    onMember();
    const magic = littleEndian(await take(source, 4));
    blocks.forget();
    if (magic === MAGIC) yield* readFrame(source, blocks);
    else if (magic === LEGACY_MAGIC) yield* readLegacyFrame(source, blocks);
    else if (!isSkippable(magic)) throw packedFault('bytes that are not lz4 follow');
    else if (!(await source.skip(littleEndian(await take(source, 4))))) throw cutShort();
  } while ((await source.peek(1)).length > 0);
}

async function* readFrame(source: ByteSource, blocks: Lz4Blocks): AsyncGenerator<Uint8Array> {
  const { flags, blockBytes, size } = await readDescriptor(source);
  const sum = new XxHash32();
  let unpacked = 0;
  for (;;) {
    const head = littleEndian(await take(source, 4));
    if (head === 0) break;
    const packedBytes = head % STORED;
    if (packedBytes > blockBytes) throw packedFault('a block is longer than it may be');
    const block = await source.peek(packedBytes);
    await source.take(block.length);
    if ((flags & FLAG.alone) !== 0) blocks.forget();
    const fault = head >= STORED ? blocks.store(block) : blocks.unpack(block, blockBytes);
    for (const piece of blocks.pieces()) {
      if ((flags & FLAG.contentSum) !== 0) sum.update(piece);
      unpacked += piece.length;
      yield piece;
    }
    if (fault !== undefined) throw fault;
    if (block.length < packedBytes) throw cutShort();
    if ((flags & FLAG.blockSum) !== 0) await requireSum(source, new XxHash32().update(block));
  }
  if ((flags & FLAG.contentSum) !== 0) await requireSum(source, sum);
  if ((size ?? unpacked) !== unpacked) throw packedFault('a frame is not as long as it says');
}

interface Descriptor {
  readonly flags: number;
  /** bytes that a block holds at most, packed or not */
  readonly blockBytes: number;
  readonly size: number | undefined;
}

async function readDescriptor(source: ByteSource): Promise<Descriptor> {
  const [flags = 0, sizes = 0] = await source.peek(2);
  const hasSize = (flags & FLAG.size) !== 0;
  const hasDictionary = (flags & FLAG.dictionary) !== 0;
  const bytes = await take(source, 2 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0));
  const [told] = await take(source, 1);
  if (told !== ((new XxHash32().update(bytes).digest() >>> 8) & 0xff))
    throw packedFault('the checksum of a frame header is wrong');
  const isKnown = flags >> 6 === 1 && (flags & FLAG.reserved) === 0 && (sizes & 0x8f) === 0 && sizes >= 0x40;
  if (!isKnown) throw packedFault('a frame header has reserved flags');
  if (hasDictionary) throw notRead('lz4 with a dictionary');
  return {
    flags,
    blockBytes: 2 ** (8 + 2 * (sizes >> 4)),
    size: hasSize ? littleEndian(bytes.subarray(2, 10)) : undefined,
  };
}

/** Blocks until the bytes end, or a number comes that can be no size, but the magic of a frame. */
async function* readLegacyFrame(source: ByteSource, blocks: Lz4Blocks): AsyncGenerator<Uint8Array> {
  while ((await source.peek(1)).length > 0) {
    const head = await source.peek(4);
    if (head.length < 4) throw cutShort();
    const packedBytes = littleEndian(head);
    if (packedBytes > LEGACY_PACKED) return;
    await source.take(4);
    const block = await source.peek(packedBytes);
    await source.take(block.length);
    blocks.forget();
    const fault = blocks.unpack(block, LEGACY_BLOCK);
    yield* blocks.pieces();
    if (fault !== undefined) throw fault;
    if (block.length < packedBytes) throw cutShort();
  }
}

async function requireSum(source: ByteSource, sum: XxHash32): Promise<void> {
  if (littleEndian(await take(source, 4)) !== sum.digest()) throw packedFault('a checksum is wrong');
}

async function take(source: ByteSource, count: number): Promise<Uint8Array> {
  const bytes = await source.take(count);
  if (bytes === undefined) throw cutShort();
  return bytes;
}
