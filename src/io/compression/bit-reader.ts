import { cutShort } from './packed-fault.ts';

/** Bits of some bytes, the highest of each first. */
export class BitReader {
  private readonly input: Uint8Array;
  private at = 0;
  /** the last bytes, of which the lowest `count` bits are not used */
  private held = 0;
  private count = 0;

  constructor(input: Uint8Array) {
    this.input = input;
  }

  /** The next bits, 24 at most, as a number. @throws {PratiqueError} `COMPRESSION_INVALID` behind the end */
  bits(wanted: number): number {
    while (this.count < wanted) {
      const byte = this.input[this.at];
      if (byte === undefined) throw cutShort();
      this.held = (this.held << 8) | byte;
      this.at++;
      this.count += 8;
    }
    this.count -= wanted;
    return (this.held >>> this.count) & ((1 << wanted) - 1);
  }

  /** Bytes that are used, be it in part. */
  get usedBytes(): number {
    return this.at - (this.count >> 3);
  }

  /** Bytes that are used altogether. */
  get wholeBytes(): number {
    return this.at - ((this.count + 7) >> 3);
  }

  /** Bits used of the byte behind those. */
  get bitsPastWhole(): number {
    return (8 - (this.count & 7)) & 7;
  }
}
