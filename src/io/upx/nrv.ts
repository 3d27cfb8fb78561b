import { packedFault } from '../compression/packed-fault.ts';

/** The three codes of the NRV family; they differ in how distances and lengths are written. */
export type NrvCode = 'b' | 'd' | 'e';

export interface NrvOptions {
  readonly code: NrvCode;
  /** bits that are taken from the input at once, in little-endian order; the highest comes first */
  readonly wordBits: 8 | 16 | 32;
  /** bytes that it unpacks to */
  readonly size: number;
}

/** The highest value of a distance's upper part; with the byte 0xff behind it, it marks the end. */
const LAST = 0x100_0002;
/** The value that says that the distance is the one before. */
const SAME = 2;
/** Distances past this copy one byte more; by code. */
const FAR: Readonly<Record<NrvCode, number>> = { b: 0xd00, d: 0x500, e: 0x500 };
/** Output that room is made for at first: headers lie, and what is asked for is had only once it is filled. */
const FIRST_ROOM = 64 * 1024;
/** Bytes of a repeated piece from which on it is copied in one call. */
const LONG = 32;

/**
 * Decodes NRV2B, NRV2D or NRV2E, the codes of UCL that UPX packs programs with.
 * @param packed exactly the bytes of the stream
 * @param output for who wants to know how far it came, should it fail
 * @throws {PratiqueError} `COMPRESSION_INVALID` where it does not unpack to exactly `size` bytes
 * @see UCL 1.03, src/n2b_d.c, n2d_d.c, n2e_d.c
 */
export function decodeNrv(
  packed: Uint8Array,
  { code, wordBits, size }: NrvOptions,
  output: NrvOutput = new NrvOutput(size),
): Uint8Array {
  const input = new BitInput(packed, wordBits);
  const far = FAR[code];
  let last = 1;
  for (;;) {
    while (input.bit() === 1) output.put(input.byte());
    const upper = code === 'b' ? readUpperB(input) : readUpper(input);
    let first = 0;
    if (upper === SAME) {
      if (code !== 'b') first = input.bit();
    } else {
      const distance = ((upper - 3) << 8) | input.byte();
      if (distance === -1) break;
      // Two of the codes keep the first bit of the length in the lowest of the distance.
      first = (distance & 1) ^ 1;
      last = (code === 'b' ? distance : distance >>> 1) + 1;
    }
    if (code === 'b') first = input.bit();
    const least = last > far ? 2 : 1;
    const length = (code === 'e' ? readLengthE(input, first, size) : readLength(input, first, size)) + least;
    output.repeat(last, length);
  }
  if (output.length !== size || !input.isAtEnd) throw packedFault('it holds more or less than it should');
  return output.bytes;
}

/** What comes out of a stream. There is room for what came, not for what a header promised. */
export class NrvOutput {
  length = 0;
  private readonly size: number;
  private room: Uint8Array;

  /** @param size bytes, and not one more */
  constructor(size: number) {
    this.size = size;
    this.room = new Uint8Array(Math.min(size, FIRST_ROOM));
  }

  get bytes(): Uint8Array {
    return this.room.subarray(0, this.length);
  }

  put(byte: number): void {
    if (this.length === this.room.length) this.grow(1);
    this.room[this.length++] = byte;
  }

  /** Byte by byte where it overlaps itself: it then repeats what it has just written. */
  repeat(distance: number, length: number): void {
    const start = this.length;
    if (distance > start || distance <= 0) throw packedFault('it points back before its beginning');
    const end = start + length;
    if (end > this.room.length) this.grow(length);
    this.length = end;
    const { room } = this;
    if (length > LONG && distance >= length) room.copyWithin(start, start - distance, end - distance);
    else for (let at = start; at < end; at++) room[at] = room[at - distance] as number;
  }

  private grow(by: number): void {
    const least = this.length + by;
    if (least > this.size) throw packedFault('it holds more than it should');
    const room = new Uint8Array(Math.min(this.size, Math.max(least, 2 * this.room.length)));
    room.set(this.bytes);
    this.room = room;
  }
}

function readUpperB(input: BitInput): number {
  let upper = 1;
  do {
    upper = upper * 2 + input.bit();
    if (upper > LAST) throw packedFault('a distance in it is too long');
  } while (input.bit() === 0);
  return upper;
}

function readUpper(input: BitInput): number {
  let upper = 1;
  for (;;) {
    upper = upper * 2 + input.bit();
    if (upper > LAST) throw packedFault('a distance in it is too long');
    if (input.bit() === 1) return upper;
    upper = (upper - 1) * 2 + input.bit();
  }
}

/** @param first its highest bit */
function readLength(input: BitInput, first: number, most: number): number {
  const length = first * 2 + input.bit();
  return length === 0 ? readLong(input, most) + 2 : length;
}

function readLengthE(input: BitInput, first: number, most: number): number {
  if (first === 1) return 1 + input.bit();
  if (input.bit() === 1) return 3 + input.bit();
  return readLong(input, most) + 3;
}

function readLong(input: BitInput, most: number): number {
  let length = 1;
  do {
    length = length * 2 + input.bit();
    if (length > most) throw packedFault('a length in it is too long');
  } while (input.bit() === 0);
  return length;
}

/** Bits and bytes of one stream, which lie among each other. */
class BitInput {
  private readonly bytes: Uint8Array;
  private readonly wordBytes: number;
  private at = 0;
  private word = 0;
  private left = 0;

  constructor(bytes: Uint8Array, wordBits: number) {
    this.bytes = bytes;
    this.wordBytes = wordBits / 8;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  bit(): number {
    if (this.left === 0) this.refill();
    this.left--;
    return (this.word >>> this.left) & 1;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw packedFault('it ends too early');
    return byte;
  }

  private refill(): void {
    let word = 0;
    for (let index = 0; index < this.wordBytes; index++) word |= this.byte() << (8 * index);
    this.word = word;
    this.left = 8 * this.wordBytes;
  }
}
