/** A few bytes of a file that are wanted, gathered as the file goes by. */
export class PassingBytes {
  /** the first of what is wanted; zeros where nothing has come yet */
  readonly bytes: Uint8Array;
  private readonly from: number;
  private filled = 0;

  /** @param from position in the file of the first byte that is wanted */
  constructor(from: number, length: number) {
    this.from = from;
    this.bytes = new Uint8Array(length);
  }

  get isWhole(): boolean {
    return this.filled === this.bytes.length;
  }

  /** @param position in the file of the first of these bytes, which go by in order */
  add(bytes: Uint8Array, position: number): void {
    const start = this.from + this.filled - position;
    if (this.isWhole || start < 0 || start >= bytes.length) return;
    const part = bytes.subarray(start, start + this.bytes.length - this.filled);
    this.bytes.set(part, this.filled);
    this.filled += part.length;
  }

  addZeros(count: number, position: number): void {
    const start = this.from + this.filled - position;
    if (this.isWhole || start < 0 || start >= count) return;
    this.filled += Math.min(count - start, this.bytes.length - this.filled);
  }
}
