import type { BitReader } from './bit-reader.ts';
import { packedFault } from './packed-fault.ts';

const RUN_A = 0;
const RUN_B = 1;
/** Symbols that are coded with one table, before another is chosen. */
const GROUP = 50;
const MOST_BITS = 20;
/** Equal bytes in a row after which a byte tells how many more. */
const RUN = 4;
/** Bytes that one cell can come to, on average: 5 are 259 at most. */
const GROWTH = 52;
/** Cells a block has at least; they double as they fill. */
const FIRST_CELLS = 1024;
/** Bytes of a chunk that is handed on. */
const PIECE = 256 * 1024;

/** CRC-32 with the highest bit first. */
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  return sum;
});

/** A Huffman code: of each length the last code there is, and where the symbols of that length begin. */
interface Table {
  readonly last: Int32Array;
  readonly offset: Int32Array;
  readonly symbols: Uint16Array;
  readonly least: number;
}

/** One block of bzip2 at a time; what it needs room for is kept for the next. */
export class Bzip2Block {
  /** of the bytes that were handed out, as 32 bits with a sign */
  sum = 0;
  /** in the low byte what stands there, above it where the next one does */
  private cells: Uint32Array;
  private readonly most: number;
  private length = 0;
  private origin = 0;

  /** @param most bytes before the last step, in which runs grow */
  constructor(most: number) {
    this.most = most;
    this.cells = new Uint32Array(0);
  }

  /**
   * Reads a block behind its checksum.
   * @throws {PratiqueError} `COMPRESSION_INVALID`
   */
  read(bits: BitReader): void {
    // Versions before 0.9.5 could shuffle a block; nobody writes that, and it comes out with a wrong checksum.
    if (bits.bits(1) === 1) throw packedFault('a block is randomised, as no one does any more');
    this.origin = bits.bits(24);
    const alphabet = readAlphabet(bits);
    const tableCount = bits.bits(3);
    if (alphabet.length === 0 || tableCount < 2 || tableCount > 6)
      throw packedFault('its tables cannot be right');
    const selectors = readSelectors(bits, tableCount);
    const tables = Array.from({ length: tableCount }, () => readTable(bits, alphabet.length + 2));
    this.fill(bits, alphabet, selectors, tables);
    if (this.origin >= this.length) throw packedFault('a block begins outside itself');
    this.link();
  }

  /** What the block holds, in chunks that are the receiver's to keep. */
  *bytes(): Generator<Uint8Array> {
    const { cells } = this;
    // A file may be of millions of blocks that hold next to nothing.
    let piece = new Uint8Array(Math.min(PIECE, this.length * GROWTH));
    let filled = 0;
    let sum = -1;
    let last = -1;
    let run = 0;
    let at = (cells[this.origin] ?? 0) >>> 8;
    for (let left = this.length; left > 0; left--) {
      const cell = cells[at] ?? 0;
      const byte = cell & 0xff;
      at = cell >>> 8;
      let count = 1;
      if (run === RUN) {
        count = byte;
        run = 0;
      } else {
        run = byte === last ? run + 1 : 1;
        last = byte;
      }
      if (filled + count > piece.length) {
        yield piece.subarray(0, filled);
        piece = new Uint8Array(PIECE);
        filled = 0;
      }
      for (; count > 0; count--) {
        piece[filled++] = last;
        sum = (sum << 8) ^ (CRC_TABLE[(sum >>> 24) ^ last] ?? 0);
      }
    }
    this.sum = ~sum;
    if (filled > 0) yield piece.subarray(0, filled);
  }

  /** Undoes the run lengths of the second kind and the move to front. `order` is the alphabet. */
  private fill(bits: BitReader, order: Uint8Array, selectors: Uint8Array, tables: readonly Table[]): void {
    const end = order.length + 1;
    let filled = 0;
    let weight = 1;
    for (const selector of selectors) {
      const table = tables[selector];
      if (table === undefined) break;
      for (let left = GROUP; left > 0; left--) {
        const symbol = readSymbol(bits, table);
        this.length = filled;
        if (symbol === end) return;
        const isRun = symbol === RUN_A || symbol === RUN_B;
        const count = isRun ? weight * (symbol + 1) : 1;
        weight = isRun ? weight * 2 : 1;
        const byte = isRun ? (order[0] ?? 0) : toFront(order, symbol - 1);
        this.makeRoom(filled + count);
        this.cells.fill(byte, filled, filled + count);
        filled += count;
      }
    }
    throw packedFault('a block does not end');
  }

  private makeRoom(count: number): void {
    if (count <= this.cells.length) return;
    if (count > this.most) throw packedFault('a block is longer than it may be');
    const larger = new Uint32Array(Math.min(this.most, Math.max(count, this.cells.length * 2, FIRST_CELLS)));
    larger.set(this.cells);
    this.cells = larger;
  }

  /** Undoes the transform of Burrows and Wheeler: each cell gets to know the one that follows it. */
  private link(): void {
    const { cells, length } = this;
    const starts = new Uint32Array(257);
    for (let at = 0; at < length; at++) {
      const next = ((cells[at] ?? 0) & 0xff) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
    }
    for (let byte = 1; byte < 257; byte++) starts[byte] = (starts[byte] ?? 0) + (starts[byte - 1] ?? 0);
    for (let at = 0; at < length; at++) {
      const byte = (cells[at] ?? 0) & 0xff;
      const to = starts[byte] ?? 0;
      starts[byte] = to + 1;
      cells[to] = ((cells[to] ?? 0) & 0xff) | (at << 8);
    }
  }
}

/** The bytes there are in the block: sixteen bits tell which sixteens have any. */
function readAlphabet(bits: BitReader): Uint8Array {
  const found: number[] = [];
  const sixteens = bits.bits(16);
  for (let high = 0; high < 16; high++) {
    if (((sixteens >> (15 - high)) & 1) === 0) continue;
    const used = bits.bits(16);
    for (let low = 0; low < 16; low++) if (((used >> (15 - low)) & 1) === 1) found.push(high * 16 + low);
  }
  return Uint8Array.from(found);
}

/** Which table each group of symbols is coded with. */
function readSelectors(bits: BitReader, tableCount: number): Uint8Array {
  const count = bits.bits(15);
  if (count === 0) throw packedFault('its tables cannot be right');
  const order = Uint8Array.from({ length: tableCount }, (_, table) => table);
  return Uint8Array.from({ length: count }, () => {
    let place = 0;
    while (bits.bits(1) === 1) place++;
    if (place >= tableCount) throw packedFault('its tables cannot be right');
    return toFront(order, place);
  });
}

/** Brings what stands at a place to the front. @returns it */
function toFront(order: Uint8Array, place: number): number {
  const found = order[place] ?? 0;
  order.copyWithin(1, 0, place);
  order[0] = found;
  return found;
}

function readTable(bits: BitReader, symbols: number): Table {
  let length = bits.bits(5);
  const lengths = Uint8Array.from({ length: symbols }, () => {
    while (bits.bits(1) === 1) length += bits.bits(1) === 1 ? -1 : 1;
    if (length < 1 || length > MOST_BITS) throw packedFault('its tables cannot be right');
    return length;
  });
  return tableOf(lengths);
}

function tableOf(lengths: Uint8Array): Table {
  const counts = new Int32Array(MOST_BITS + 1);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  const last = new Int32Array(MOST_BITS + 1).fill(-1);
  const offset = new Int32Array(MOST_BITS + 1);
  const order = [...lengths.keys()].sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
  let code = 0;
  let before = 0;
  for (let length = 1; length <= MOST_BITS; length++) {
    const count = counts[length] ?? 0;
    code *= 2;
    offset[length] = before - code;
    code += count;
    before += count;
    last[length] = code - 1;
  }
  return { last, offset, symbols: Uint16Array.from(order), least: Math.min(...lengths) };
}

function readSymbol(bits: BitReader, { last, offset, symbols, least }: Table): number {
  let code = bits.bits(least);
  for (let length = least; length <= MOST_BITS; length++) {
    const symbol = code <= (last[length] ?? -1) ? symbols[code + (offset[length] ?? 0)] : undefined;
    if (symbol !== undefined) return symbol;
    code = (code << 1) | bits.bits(1);
  }
  throw packedFault('a code in it stands for nothing');
}
