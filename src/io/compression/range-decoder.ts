import { packedFault } from './packed-fault.ts';

const PROBABILITY_BITS = 11;
const EVEN = 1 << (PROBABILITY_BITS - 1);
const SHIFT = 5;
/** Below it the range takes in another byte. */
const TOP = 1 << 24;

/** Bytes of which the first range of a stream is made. */
export const RANGE_HEAD = 5;

/**
 * The range coder of LZMA: bits out of bytes, each with the probability that it has learned for its place.
 * Past the end of its input it reads zeros and `at` runs over: whoever asks for bits looks at `at` after them.
 * @see LZMA specification (2015), "Range Decoder"
 */
export class RangeDecoder {
  input: Uint8Array = new Uint8Array(0);
  /** of the next byte in `input` */
  at = 0;
  /** of each place that the next bit there is 0, in 2048ths */
  readonly probabilities: Uint16Array;
  // Both are 32 bits without a sign, kept as integers with one: the engine has no other fast ones.
  private range = -1;
  private code = 0;

  constructor(places: number) {
    this.probabilities = new Uint16Array(places).fill(EVEN);
  }

  /** Forgets what was learned. */
  forget(): void {
    this.probabilities.fill(EVEN);
  }

  /** Starts on a new stream of `RANGE_HEAD` bytes at least. @throws {PratiqueError} `COMPRESSION_INVALID` */
  begin(): void {
    const [zero, a = 0, b = 0, c = 0, d = 0] = this.input.subarray(this.at, this.at + RANGE_HEAD);
    if (zero !== 0) throw packedFault('an LZMA stream does not begin as one');
    this.at += RANGE_HEAD;
    this.range = -1;
    this.code = (a << 24) | (b << 16) | (c << 8) | d;
  }

  /** Whether the encoder has left nothing over, as it does at its end. */
  get isDrained(): boolean {
    return this.code === 0;
  }

  /** One bit, by what was learned for its place. */
  bit(place: number): number {
    const probability = this.probabilities[place] ?? 0;
    const bound = Math.imul(this.range >>> PROBABILITY_BITS, probability);
    let bit = 0;
    if (this.code >>> 0 < bound >>> 0) {
      this.range = bound;
      this.probabilities[place] = probability + (((1 << PROBABILITY_BITS) - probability) >> SHIFT);
    } else {
      this.range = (this.range - bound) | 0;
      this.code = (this.code - bound) | 0;
      this.probabilities[place] = probability - (probability >> SHIFT);
      bit = 1;
    }
    if (this.range >>> 0 < TOP) this.refill();
    return bit;
  }

  /** `bits` bits, highest first; each place in the tree has its own probability. */
  tree(base: number, bits: number): number {
    return this.descend(base, 1, 1 << bits) - (1 << bits);
  }

  /**
   * Goes down a tree of bits, each with the probability of its node, until the node is `until` or past it. The same as
   * `bit` for each, with all that changes held at hand: most of the time that LZMA takes is spent here.
   */
  descend(base: number, from: number, until: number): number {
    const { input, probabilities } = this;
    let { range, code, at } = this;
    let node = from;
    while (node < until) {
      const probability = probabilities[base + node] as number;
      const bound = Math.imul(range >>> PROBABILITY_BITS, probability);
      if (code >>> 0 < bound >>> 0) {
        range = bound;
        probabilities[base + node] = probability + (((1 << PROBABILITY_BITS) - probability) >> SHIFT);
        node <<= 1;
      } else {
        range = (range - bound) | 0;
        code = (code - bound) | 0;
        probabilities[base + node] = probability - (probability >> SHIFT);
        node = (node << 1) | 1;
      }
      if (range >>> 0 >= TOP) continue;
      range <<= 8;
      code = (code << 8) | (at < input.length ? (input[at] as number) : 0);
      at++;
    }
    this.range = range;
    this.code = code;
    this.at = at;
    return node;
  }

  /** `bits` bits, lowest first. */
  reverseTree(base: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let index = 0; index < bits; index++) {
      const bit = this.bit(base + node);
      node = (node << 1) | bit;
      value |= bit << index;
    }
    return value;
  }

  /** `bits` bits, highest first, both values equally probable; 26 at most. */
  direct(bits: number): number {
    let value = 0;
    for (let left = bits; left > 0; left--) {
      this.range >>>= 1;
      const isSet = this.code >>> 0 >= this.range >>> 0;
      if (isSet) this.code = (this.code - this.range) | 0;
      value = (value << 1) | (isSet ? 1 : 0);
      if (this.range >>> 0 < TOP) this.refill();
    }
    return value;
  }

  private refill(): void {
    const { input, at } = this;
    this.range <<= 8;
    this.code = (this.code << 8) | (at < input.length ? (input[at] ?? 0) : 0);
    this.at = at + 1;
  }
}
