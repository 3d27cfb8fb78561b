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
    this.texts = [];
  }

  /** Takes as many of the bytes from `from` on as there is room for; tells how many. */
  take(bytes: Uint8Array, from: number): number {
    const count = Math.min(this.buffer.length - this.filled, bytes.length - from);
    this.buffer.set(
      from === 0 && count === bytes.length ? bytes : bytes.subarray(from, from + count),
      this.filled,
    );
    this.filled += count;
    this.texts = [];
    return count;
  }

  /** Lets go of what lies before a position. */
  discardBefore(position: number): void {
    const gone = Math.min(position - this.base, this.filled);
    if (gone <= 0) return;
    this.buffer.copyWithin(0, gone, this.filled);
    this.base += gone;
    this.filled -= gone;
    this.texts = [];
  }

  /** Passes over bytes without holding them; nothing may be held. */
  skip(length: number): void {
    this.base += length;
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
   * All bytes held as Latin-1, one letter for each; made once, until the window changes.
   */
  text(): string {
    this.texts[PLAIN] ??= this.buffer.toString('latin1', 0, this.filled);
    return this.texts[PLAIN];
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
