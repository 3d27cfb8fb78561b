import { gramAt, holdsGram } from './pattern-needs.ts';
import type { PatternWalk } from './pattern-walk.ts';

/** Index of the plain text among the texts. */
const PLAIN = 2;

/** The part of a file that is held while it streams by. Positions are those of the file, from its first byte. */
export class ByteWindow {
  private readonly buffer: Buffer;
  /** position of the first byte held */
  private base = 0;
  private filled = 0;
  /** by parity, and the plain one; absent until asked for */
  private texts: [string?, string?, string?] = [];
  /** bytes cut out as texts of their own since the last change */
  private cut = 0;

  /** @param capacity bytes that can be held at once */
  constructor(capacity: number) {
    this.buffer = Buffer.alloc(capacity);
  }

  /** position of the first byte held */
  get start(): number {
    return this.base;
  }

  /** position just past the last byte held */
  get end(): number {
    return this.base + this.filled;
  }

  get isFull(): boolean {
    return this.filled === this.buffer.length;
  }

  /** the bytes held; valid until the next change */
  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.filled);
  }

  /** Starts a new file. */
  clear(): void {
    this.base = 0;
    this.filled = 0;
    this.forgetTexts();
  }

  /** Takes as many of the bytes from `from` on as there is room for; tells how many. */
  take(bytes: Uint8Array, from: number): number {
    const count = Math.min(this.buffer.length - this.filled, bytes.length - from);
    this.buffer.set(
      from === 0 && count === bytes.length ? bytes : bytes.subarray(from, from + count),
      this.filled,
    );
    this.filled += count;
    this.forgetTexts();
    return count;
  }

  /** Lets go of what lies before a position. */
  discardBefore(position: number): void {
    const gone = Math.min(position - this.base, this.filled);
    if (gone <= 0) return;
    this.buffer.copyWithin(0, gone, this.filled);
    this.base += gone;
    this.filled -= gone;
    this.forgetTexts();
  }

  /** Passes over bytes without holding them; nothing may be held. */
  skip(length: number): void {
    this.base += length;
  }

  private forgetTexts(): void {
    if (this.texts.length > 0) this.texts = [];
    this.cut = 0;
  }

  private narrow(parity: 0 | 1): Buffer {
    const letters = Buffer.alloc(Math.max(0, (this.filled - parity + 1) >> 1));
    for (let i = 0; i < letters.length; i++) {
      const at = 2 * i + parity;
      const isLetter =
        at + 1 === this.filled || this.buffer[at + 1] === 0 || (at > 0 && this.buffer[at - 1] === 0);
      letters[i] = isLetter ? (this.buffer[at] as number) : 0xff;
    }
    return letters;
  }

  /** -1 where the position is not held */
  byteAt(position: number): number {
    return position < this.base || position >= this.end ? -1 : (this.buffer[position - this.base] as number);
  }

  /**
   * The bytes between two positions as Latin-1, one letter for each, or more of those around them. A few are cut out,
   * as a text of all is garbage a moment later; where much is asked for, one text of all is made and serves for the
   * rest, or a file full of keywords would have the same bytes copied again and again.
   */
  textAround(from: number, to: number): { readonly text: string; readonly origin: number } {
    if (this.texts[PLAIN] === undefined) {
      const origin = Math.max(from, this.base);
      const end = Math.min(to, this.end);
      this.cut += end - origin;
      if (this.cut <= this.filled)
        return { text: this.buffer.toString('latin1', origin - this.base, end - this.base), origin };
      this.texts[PLAIN] = this.buffer.toString('latin1', 0, this.filled);
    }
    return { text: this.texts[PLAIN], origin: this.base };
  }

  /**
   * Every other byte held, from the first (0) or second (1), as Latin-1: the text of UTF-16 in either byte order.
   * A letter whose neighbours are both not NUL is none of that text and becomes `ÿ`, which no token holds.
   */
  wideText(parity: 0 | 1): string {
    this.texts[parity] ??= this.narrow(parity).toString('latin1');
    return this.texts[parity];
  }

  /**
   * Whether a pattern may match with a keyword at a position, going by the bytes from there on that are held.
   * @param isOver whether the file ends with those
   */
  mayWalk(walk: PatternWalk, position: number, length: number, isOver: boolean): boolean {
    const first = position - this.base;
    return walk.mayMatch(this.buffer, first, first + length, this.filled, isOver);
  }

  /**
   * Where so many bytes in a row begin that are in a set, each of them held; -1 where that is nowhere.
   * @param from where it may begin at the earliest
   * @param last where it may begin at the latest
   */
  findRun(set: Uint8Array, length: number, from: number, last: number): number {
    const end = last - this.base;
    for (let first = from - this.base; first <= end; ) {
      // From behind: a byte that is in the way rules out all that would hold it.
      let at = first + length - 1;
      while (at >= first && set[this.buffer[at] as number] === 1) at--;
      if (at < first) return first + this.base;
      first = at + 1;
    }
    return -1;
  }

  /** The same for three letters that a table holds; see `gramAt`. */
  findGram(grams: Uint8Array, from: number, last: number): number {
    const end = last - this.base;
    for (let at = from - this.base; at <= end; at++) {
      const place = gramAt(
        this.buffer[at] as number,
        this.buffer[at + 1] as number,
        this.buffer[at + 2] as number,
      );
      if (holdsGram(grams, place)) return at + this.base;
    }
    return -1;
  }

  /** How many of the bytes before a position, `most` at the most, are in a set; by byte, 1 for what is in it. */
  countBefore(set: Uint8Array, position: number, most: number): number {
    const end = position - this.base;
    const least = Math.max(0, end - most);
    let at = end;
    while (at > least && set[this.buffer[at - 1] as number] === 1) at--;
    return end - at;
  }

  /** How many of the bytes from a position on, `most` at the most, are in a set. */
  countFrom(set: Uint8Array, position: number, most: number): number {
    const first = position - this.base;
    const end = Math.min(this.filled, first + most);
    let at = first;
    while (at < end && set[this.buffer[at] as number] === 1) at++;
    return at - first;
  }

  /**
   * Whether exactly these bytes lie at a position, each `step` bytes from the one before.
   * @param unheld what to say of bytes that are not held
   */
  holds(bytes: Uint8Array, position: number, step: number, unheld = false): boolean {
    const first = position - this.base;
    for (let i = 0; i < bytes.length; i++) {
      const at = first + i * step;
      if (at >= this.filled) return unheld;
      if (this.buffer[at] !== bytes[i]) return false;
    }
    return true;
  }

  /** The same in either case; `bytes` have small letters. */
  holdsInAnyCase(bytes: Uint8Array, position: number, unheld: boolean): boolean {
    const first = position - this.base;
    for (let i = 0; i < bytes.length; i++) {
      if (first + i >= this.filled) return unheld;
      const byte = this.buffer[first + i] as number;
      if ((byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte) !== bytes[i]) return false;
    }
    return true;
  }
}
