import { cutShort, packedFault } from './packed-fault.ts';

/** How far back a match may point. */
const REACH = 64 * 1024;
const MATCH_LEAST = 4;
/** Bytes that one byte of input can become at most. */
const RATIO = 255;
/** Bytes of a chunk that is handed on. */
const PIECE = 256 * 1024;

/**
 * Unpacks blocks of lz4, of which one may point back into those before it. It holds one block, and what it may point at.
 * @see lz4 block format description, 2022-07-31
 */
export class Lz4Blocks {
  private bytes = new Uint8Array(0);
  /** of the first byte of the last block */
  private start = 0;
  private position = 0;

  /** Unpacks a block behind the others. @returns the fault behind what could be unpacked, if there is one */
  unpack(block: Uint8Array, most: number): unknown {
    this.makeRoom(Math.min(most, block.length * RATIO));
    try {
      this.decode(block, this.start + most);
      return undefined;
    } catch (fault) {
      return fault;
    }
  }

  /** Takes a block that is stored as it is. */
  store(block: Uint8Array): void {
    this.makeRoom(block.length);
    this.bytes.set(block, this.position);
    this.position += block.length;
  }

  /** No block points back beyond this. */
  forget(): void {
    this.start = 0;
    this.position = 0;
  }

  /** What came of the last block, in chunks that are the receiver's to keep. */
  *pieces(): Generator<Uint8Array> {
    for (let at = this.start; at < this.position; at += PIECE)
      yield this.bytes.slice(at, Math.min(this.position, at + PIECE));
  }

  private makeRoom(count: number): void {
    if (this.position + count > this.bytes.length) {
      const history = this.bytes.subarray(Math.max(0, this.position - REACH), this.position);
      const isLarge = history.length + count + REACH <= this.bytes.length;
      // Room for more than the one, or many small blocks would have the history moved for each.
      const bytes = isLarge ? this.bytes : new Uint8Array(history.length + count + REACH);
      bytes.set(history);
      this.bytes = bytes;
      this.position = history.length;
    }
    this.start = this.position;
  }

  private decode(block: Uint8Array, end: number): void {
    const { bytes } = this;
    for (let at = 0; ; ) {
      const token = block[at++];
      if (token === undefined) throw cutShort();
      const literals = readLength(block, at, token >> 4);
      at = literals.at;
      if (at + literals.length > block.length) throw cutShort();
      if (this.position + literals.length > end) throw packedFault('a block is longer than it may be');
      bytes.set(block.subarray(at, at + literals.length), this.position);
      this.position += literals.length;
      at += literals.length;
      if (at === block.length) return; // the last sequence has no match
      if (at + 2 > block.length) throw cutShort();
      const distance = (block[at] ?? 0) | ((block[at + 1] ?? 0) << 8);
      const match = readLength(block, at + 2, token & 15);
      at = match.at;
      this.copy(distance, match.length + MATCH_LEAST, end);
    }
  }

  private copy(distance: number, length: number, end: number): void {
    const { bytes, position } = this;
    if (distance === 0 || distance > position) throw packedFault('it points back before its beginning');
    if (position + length > end) throw packedFault('a block is longer than it may be');
    if (distance >= length) bytes.copyWithin(position, position - distance, position - distance + length);
    else for (let at = position; at < position + length; at++) bytes[at] = bytes[at - distance] ?? 0;
    this.position += length;
  }
}

/** A length of four bits, and as many bytes more as are full. */
function readLength(block: Uint8Array, from: number, start: number): { length: number; at: number } {
  let length = start;
  let at = from;
  if (start < 15) return { length, at };
  for (;;) {
    const byte = block[at++];
    if (byte === undefined) throw cutShort();
    length += byte;
    if (byte < 255) return { length, at };
  }
}
