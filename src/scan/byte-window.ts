/** The part of a file that is held while it streams by. Positions are those of the file, from its first byte. */
export class ByteWindow {
  private readonly buffer: Buffer;
  /** position of the first byte held */
  private base = 0;
  private filled = 0;

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
  }

  /** Takes as many of the bytes from `from` on as there is room for; tells how many. */
  take(bytes: Uint8Array, from: number): number {
    const count = Math.min(this.buffer.length - this.filled, bytes.length - from);
    this.buffer.set(
      from === 0 && count === bytes.length ? bytes : bytes.subarray(from, from + count),
      this.filled,
    );
    this.filled += count;
    return count;
  }

  /** Lets go of what lies before a position. */
  discardBefore(position: number): void {
    const gone = Math.min(position - this.base, this.filled);
    if (gone <= 0) return;
    this.buffer.copyWithin(0, gone, this.filled);
    this.base += gone;
    this.filled -= gone;
  }

  /** Passes over bytes without holding them; nothing may be held. */
  skip(length: number): void {
    this.base += length;
  }

  /** -1 where the position is not held */
  byteAt(position: number): number {
    return position < this.base || position >= this.end ? -1 : (this.buffer[position - this.base] as number);
  }

  /** The bytes between two positions as Latin-1, cut to what is held. */
  text(from: number, to: number): string {
    return this.buffer.toString(
      'latin1',
      Math.max(0, from - this.base),
      Math.min(this.filled, to - this.base),
    );
  }

  /**
   * Every other byte between two positions as Latin-1: the text of UTF-16 in either byte order. A letter whose
   * neighbours are both not NUL is none of that text and becomes `ÿ`, which no token holds.
   */
  wideText(from: number, to: number): string {
    const letters: number[] = [];
    for (let at = from; at < Math.min(to, this.end); at += 2) {
      const isLetter = this.byteAt(at - 1) === 0 || this.byteAt(at + 1) === 0;
      letters.push(isLetter ? this.byteAt(at) : 0xff);
    }
    return Buffer.from(letters).toString('latin1');
  }

  /** Whether exactly these bytes lie at a position, each `step` bytes from the one before. */
  holds(bytes: Uint8Array, position: number, step: number): boolean {
    const first = position - this.base;
    for (let i = 0; i < bytes.length; i++) if (this.buffer[first + i * step] !== bytes[i]) return false;
    return true;
  }
}
