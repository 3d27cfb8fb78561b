import type { ByteSource } from './byte-source.ts';
import { cutShort, packedFault } from './packed-fault.ts';

const HEADER_BYTES = 3;
const FLAG = { bits: 0x1f, reserved: 0x60, block: 0x80 };
const FIRST_BITS = 9;
const MOST_BITS = 16;
const LITERALS = 256;
const CLEAR = 256;
/** Bytes of a chunk that is handed on; a code stands for fewer than 2¹⁶. */
const PIECE = 256 * 1024;

/**
 * Unpacks what `compress` has packed (`.Z`). It has no checksum and no length: it ends where its bytes end.
 * @param onMember called once
 * @returns chunks that are the receiver's to keep
 * @throws {PratiqueError} `COMPRESSION_INVALID`, after what could be unpacked
 * @see ncompress 5.0, compress.c; the format has no other specification
 */
export async function* unlzw(source: ByteSource, onMember: () => void): AsyncGenerator<Uint8Array> {
  onMember();
  const header = await source.take(HEADER_BYTES);
  if (header === undefined) throw cutShort();
  const flags = header[2] ?? 0;
  const most = flags & FLAG.bits;
  if ((flags & FLAG.reserved) !== 0 || most < FIRST_BITS || most > MOST_BITS)
    throw packedFault('its header cannot be right');
  const decoder = new LzwDecoder(most, (flags & FLAG.block) !== 0);
  let rest: Uint8Array = new Uint8Array(0);
  for (let isLast = false; !isLast; ) {
    const chunk = await source.next();
    isLast = chunk === undefined;
    const input = chunk === undefined ? rest : Buffer.concat([rest, chunk]);
    const used = yield* decoder.decode(input, isLast);
    rest = input.subarray(used);
  }
}

class LzwDecoder {
  private readonly most: number;
  private readonly hasClear: boolean;
  private readonly prefix: Uint16Array;
  private readonly suffix: Uint8Array;
  private bits = FIRST_BITS;
  /** the next entry of the table */
  private free: number;
  private before = -1;
  /** first byte of what the code before stood for */
  private first = 0;
  private piece = new Uint8Array(PIECE);
  private filled = 0;

  constructor(most: number, hasClear: boolean) {
    this.most = most;
    this.hasClear = hasClear;
    this.free = hasClear ? CLEAR + 1 : LITERALS;
    this.prefix = new Uint16Array(2 ** most);
    this.suffix = new Uint8Array(2 ** most);
  }

  /**
   * Decodes whole groups, of eight codes and as many bytes as a code has bits; of the last bytes, what codes there are.
   * @returns bytes used
   */
  *decode(input: Uint8Array, isLast: boolean): Generator<Uint8Array, number> {
    let at = 0;
    let fault: unknown;
    try {
      while (at + this.bits <= input.length || (isLast && at < input.length)) {
        const group = input.subarray(at, at + this.bits);
        at += group.length;
        const codes = Math.floor((group.length * 8) / this.bits);
        for (let index = 0; index < codes && !this.take(codeAt(group, index, this.bits)); index++)
          if (this.filled > PIECE - 2 ** MOST_BITS) yield this.handOut();
      }
    } catch (thrown) {
      fault = thrown;
    }
    if (this.filled > 0) yield this.handOut();
    if (fault !== undefined) throw fault;
    return at;
  }

  private handOut(): Uint8Array {
    const bytes = this.piece.slice(0, this.filled);
    this.filled = 0;
    return bytes;
  }

  /** Takes a code. @returns whether codes are of another width from here on, and the rest of the group is empty */
  private take(code: number): boolean {
    if (this.before === -1) {
      if (code >= LITERALS) throw packedFault('it begins with what is not there yet');
      this.first = code;
      this.piece[this.filled++] = code;
      this.before = code;
      return false;
    }
    if (code === CLEAR && this.hasClear) {
      this.free = CLEAR; // the next code fills the entry of the one that clears, which nobody uses
      this.bits = FIRST_BITS;
      return true;
    }
    this.put(code);
    if (this.free < 2 ** this.most) {
      this.prefix[this.free] = this.before;
      this.suffix[this.free] = this.first;
      this.free++;
    }
    this.before = code;
    // The first width is not held against the largest: with 9 bits, the largest, codes become 10 bits wide.
    if (this.free < 2 ** this.bits || (this.bits >= this.most && this.bits > FIRST_BITS)) return false;
    this.bits++;
    return true;
  }

  /** Puts out what a code stands for, from its end. */
  private put(code: number): void {
    if (code > this.free) throw packedFault('it points at what is not there yet');
    const isNew = code === this.free;
    const chain = isNew ? this.before : code;
    let length = 1;
    for (let at = chain; at >= LITERALS; at = this.prefix[at] ?? 0) length++;
    let to = this.filled + length;
    let at = chain;
    for (; at >= LITERALS; at = this.prefix[at] ?? 0) this.piece[--to] = this.suffix[at] ?? 0;
    this.piece[--to] = at;
    this.first = at;
    this.filled += length;
    if (isNew) this.piece[this.filled++] = at;
  }
}

/** A code, lowest bit first. */
function codeAt(group: Uint8Array, index: number, bits: number): number {
  const bit = index * bits;
  const at = bit >> 3;
  const three = (group[at] ?? 0) | ((group[at + 1] ?? 0) << 8) | ((group[at + 2] ?? 0) << 16);
  return (three >> (bit & 7)) & ((1 << bits) - 1);
}
