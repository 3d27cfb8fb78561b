import { HistoryWindow } from '../compression/history-window.ts';
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

/**
 * Decodes NRV2B, NRV2D or NRV2E, the codes of UCL that UPX packs programs with.
 * @param packed exactly the bytes of the stream
 * @param work kept up to date, also where it fails: a try that fails has cost something
 * @returns pieces that are the receiver's to keep
 * @throws {PratiqueError} `COMPRESSION_INVALID` where it does not unpack to exactly `size` bytes; `NOT_SUPPORTED` where
 *   it points back to what is not kept; both after what could be unpacked
 * @see UCL 1.03, src/n2b_d.c, n2d_d.c, n2e_d.c
 */
export function* decodeNrv(
  packed: Uint8Array,
  { code, wordBits, size }: NrvOptions,
  work: { bytes: number } = { bytes: 0 },
): Generator<Uint8Array> {
  const input = new BitInput(packed, wordBits);
  const output = new NrvOutput(size);
  try {
    const far = FAR[code];
    let last = 1;
    for (;;) {
      while (input.bit() === 1) {
        if (output.isFull) yield output.take();
        output.put(input.byte());
      }
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
      const length =
        (code === 'e' ? readLengthE(input, first, size) : readLength(input, first, size)) + least;
      output.repeat(last, length);
      while (output.copy()) yield output.take();
    }
    if (output.length !== size || !input.isAtEnd) throw packedFault('it holds more or less than it should');
    const rest = output.take();
    if (rest.length > 0) yield rest;
  } finally {
    work.bytes = output.length;
    output.close();
  }
}

/** What comes out of a stream: the last of it is kept, for what points back. */
class NrvOutput {
  /** bytes that came out, and those that `copy` has yet to write */
  length = 0;
  private readonly size: number;
  private readonly window: HistoryWindow;
  /** in the window, of what may be written before `take` */
  private end: number;
  private distance = 0;
  private pending = 0;

  /** @param size bytes, and not one more */
  constructor(size: number) {
    this.size = size;
    this.window = new HistoryWindow(size);
    this.end = this.window.room();
  }

  get isFull(): boolean {
    return this.window.position === this.end;
  }

  put(byte: number): void {
    this.grow(1);
    this.window.bytes[this.window.position++] = byte;
  }

  /** Begins to repeat what came out before. */
  repeat(distance: number, length: number): void {
    const { isRound, bytes, position } = this.window;
    if (distance <= 0) throw packedFault('it points back before its beginning');
    if (distance > (isRound ? bytes.length : position)) throw this.window.tooFar(distance);
    this.grow(length);
    this.distance = distance;
    this.pending = length;
  }

  /** Byte by byte, as it may overlap itself. @returns whether more of it wants room */
  copy(): boolean {
    const { window, distance } = this;
    const { bytes } = window;
    let to = window.position;
    const end = Math.min(this.end, to + this.pending);
    this.pending -= end - to;
    let from = to - distance;
    if (from < 0) from += bytes.length;
    while (to < end) {
      bytes[to++] = bytes[from++] as number;
      if (from === bytes.length) from = 0;
    }
    window.position = to;
    return this.pending > 0;
  }

  take(): Uint8Array {
    const piece = this.window.take();
    this.end = this.window.room();
    return piece;
  }

  close(): void {
    this.window.close();
  }

  private grow(by: number): void {
    this.length += by;
    if (this.length > this.size) throw packedFault('it holds more than it should');
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
