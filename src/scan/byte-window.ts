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
    this.texts = [];
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

  /** Whether exactly these bytes lie at a position, each `step` bytes from the one before. */
  holds(bytes: Uint8Array, position: number, step: number): boolean {
    const first = position - this.base;
    for (let i = 0; i < bytes.length; i++) if (this.buffer[first + i * step] !== bytes[i]) return false;
    return true;
  }
}
