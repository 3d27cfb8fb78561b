/** Samples that are enough: the estimate is then off by some hundredths of a bit. */
const ENOUGH = 4096;
/** Bytes from one sample to the next, at most. Odd, as instructions and tables lie on even places. */
const WIDEST = 61;

/**
 * The entropy of a stretch of a file, as its bytes go by. Of long stretches samples are taken, at places that depend on
 * nothing but the stretch: so it is the same however the file is cut into chunks.
 */
export class ByteEntropy {
  private readonly from: number;
  private readonly to: number;
  private readonly step: number;
  private readonly counts = new Uint32Array(256);
  private zeros = 0;

  /** @param from position in the file of its first byte; `to` of the byte behind its last, which may be infinite */
  constructor(from: number, to: number) {
    this.from = from;
    this.to = to;
    this.step = Math.min(WIDEST, Math.floor((to - from) / ENOUGH)) | 1;
  }

  /** @param position of the first of these bytes in the file */
  add(bytes: Uint8Array, position: number): void {
    const { counts, step } = this;
    const end = Math.min(bytes.length, this.to - position);
    for (let at = this.firstFrom(position) - position; at < end; at += step) {
      const byte = bytes[at] as number;
      counts[byte] = (counts[byte] as number) + 1;
    }
  }

  addZeros(count: number, position: number): void {
    const end = Math.min(position + count, this.to);
    const first = this.firstFrom(position);
    if (first < end) this.zeros += Math.ceil((end - first) / this.step);
  }

  /** bits per byte, 0 to 8 */
  get bits(): number {
    const { counts, zeros } = this;
    const total = counts.reduce((sum, count) => sum + count, zeros);
    let bits = 0;
    for (let byte = 0; byte < counts.length; byte++) {
      const count = (counts[byte] as number) + (byte === 0 ? zeros : 0);
      if (count > 0) bits -= (count / total) * Math.log2(count / total);
    }
    return bits;
  }

  /** The first place from a position on at which a sample is taken. */
  private firstFrom(position: number): number {
    const { from, step } = this;
    return from + Math.ceil(Math.max(0, position - from) / step) * step;
  }
}
