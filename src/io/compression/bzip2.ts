import { BitReader } from './bit-reader.ts';
import type { ByteSource } from './byte-source.ts';
import { Bzip2Block } from './bzip2-block.ts';
import { packedFault } from './packed-fault.ts';

const MAGIC = 0x425a68;
/** Bytes that a block takes at most: 900,000 symbols of 20 bits, and its tables. */
const BLOCK_BYTES = 2_400_000;
const LEVEL_BYTES = 100_000;
/** 48 bits, as two halves: π before a block, its root behind the last one. */
const BLOCK = [0x314159, 0x265359];
const END = [0x177245, 0x385090];

/**
 * Unpacks bzip2, any number of streams; the checksum of each block and stream is verified.
 * @param onMember called before each stream and block; throws where there are too many
 * @returns chunks that are the receiver's to keep
 * @throws {PratiqueError} `COMPRESSION_INVALID`, after what could be unpacked: whole blocks, and what of one came out
 * @see bzip2 1.0.8, decompress.c; the format has no other specification
 */
export async function* unbzip2(source: ByteSource, onMember: () => void): AsyncGenerator<Uint8Array> {
  do {
    onMember();
    const header = new BitReader(await source.peek(4));
    if (header.bits(24) !== MAGIC) throw packedFault('bytes that are not bzip2 follow');
    const level = header.bits(8) - 0x30;
    if (level < 1 || level > 9) throw packedFault('its header cannot be right');
    await source.take(4);
    yield* readBlocks(source, new Bzip2Block(level * LEVEL_BYTES), onMember);
  } while ((await source.peek(1)).length > 0);
}

/** Blocks follow each other to the bit, so one may begin in the byte in which the one before has ended. */
async function* readBlocks(
  source: ByteSource,
  block: Bzip2Block,
  onMember: () => void,
): AsyncGenerator<Uint8Array> {
  let streamSum = 0;
  for (let skipped = 0; ; ) {
    const bits = new BitReader(await source.peek(BLOCK_BYTES));
    bits.bits(skipped);
    const magic = [bits.bits(24), bits.bits(24)];
    const sum = (bits.bits(16) << 16) | bits.bits(16);
    if (isSame(magic, END)) {
      if (sum !== streamSum) throw packedFault('the checksum of a stream is wrong');
      await source.take(bits.usedBytes);
      return;
    }
    if (!isSame(magic, BLOCK)) throw packedFault('a block does not begin as one');
    onMember();
    block.read(bits);
    await source.take(bits.wholeBytes);
    skipped = bits.bitsPastWhole;
    yield* block.bytes();
    if (block.sum !== sum) throw packedFault('the checksum of a block is wrong');
    streamSum = ((streamSum << 1) | (streamSum >>> 31)) ^ sum;
  }
}

function isSame(magic: readonly number[], wanted: readonly number[]): boolean {
  return magic[0] === wanted[0] && magic[1] === wanted[1];
}
