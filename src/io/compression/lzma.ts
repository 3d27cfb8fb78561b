import { HistoryWindow } from './history-window.ts';
import { cutShort, packedFault } from './packed-fault.ts';
import { RANGE_HEAD, RangeDecoder } from './range-decoder.ts';

/** How an LZMA stream was encoded. */
export interface LzmaProperties {
  /** bits of the byte before that tell the probabilities of a literal; 0 to 8 */
  readonly lc: number;
  /** bits of the position that do so; 0 to 4 */
  readonly lp: number;
  /** bits of the position that tell the probabilities of matches; 0 to 4 */
  readonly pb: number;
}

/** Bytes of input that one symbol takes at most; 20 by the specification, and those read ahead. */
export const SYMBOL_BYTES = 24;
const STATES = 12;
/** The first state in which the last symbol was no literal. */
const AFTER_MATCH = 7;
const POSITIONS = 16;
const LENGTH_STATES = 4;
const MATCH_LEAST = 2;
/** Distances below this slot stand in the slot itself, those below the other have probabilities for every bit. */
const FIRST_MODEL_SLOT = 4;
const FIRST_DIRECT_SLOT = 14;
const ALIGN_BITS = 4;
const LITERAL_PLACES = 0x300;

/** Where each kind of bit has its probabilities, one after another. */
const LENGTH_CODER = { low: 2, middle: 2 + POSITIONS * 8, high: 2 + 2 * POSITIONS * 8, places: 514 };
const AT = places({
  isMatch: STATES * POSITIONS,
  isRepeat: STATES,
  isRepeat0: STATES,
  isRepeat1: STATES,
  isRepeat2: STATES,
  isRepeat0Long: STATES * POSITIONS,
  slot: LENGTH_STATES * 64,
  distance: 128,
  align: 1 << ALIGN_BITS,
  matchLength: LENGTH_CODER.places,
  repeatLength: LENGTH_CODER.places,
});

function places<Name extends string>(
  sizes: Readonly<Record<Name, number>>,
): Record<Name | 'literal', number> {
  let next = 0;
  const starts: Record<string, number> = {};
  for (const [name, size] of Object.entries<number>(sizes)) {
    starts[name] = next;
    next += size;
  }
  return { ...starts, literal: next } as Record<Name | 'literal', number>;
}

/** Reads the byte in which all three stand. @returns `undefined` where it cannot be right */
export function readLzmaProperties(byte: number): LzmaProperties | undefined {
  if (byte >= 9 * 5 * 5) return undefined;
  return { lc: byte % 9, lp: Math.floor(byte / 9) % 5, pb: Math.floor(byte / 45) };
}

/**
 * Decodes LZMA (version 1) into a window, as far as input and room go: the one who drives it feeds the one and empties
 * the other. It knows no container: where a stream ends is told to it, or is marked in the stream.
 * @see LZMA specification (2015), lzma-specification.txt of the LZMA SDK
 */
export class LzmaDecoder {
  readonly window: HistoryWindow;
  private readonly coder: RangeDecoder;
  private readonly lc: number;
  private readonly literalMask: number;
  private readonly positionMask: number;
  private state = 0;
  private repeat0 = 0;
  private repeat1 = 0;
  private repeat2 = 0;
  private repeat3 = 0;
  /** bytes of a match for which there was no room yet */
  private pending = 0;

  constructor({ lc, lp, pb }: LzmaProperties, window: HistoryWindow) {
    this.window = window;
    this.lc = lc;
    this.literalMask = (1 << lp) - 1;
    this.positionMask = (1 << pb) - 1;
    this.coder = new RangeDecoder(AT.literal + LITERAL_PLACES * 2 ** (lc + lp));
  }

  /** Bytes of the input that are used; after a fault, more than there are. */
  get used(): number {
    return this.coder.at;
  }

  /** Whether a stream without a mark may end here: no match is under way and the range coder is empty. */
  get mayEnd(): boolean {
    return this.pending === 0 && this.coder.isDrained;
  }

  /** Whether the stream ends here, be it that the mark of an end comes, which is then used. */
  endsHere(): boolean {
    const { coder, window } = this;
    if (this.mayEnd) return true;
    if (this.pending > 0) return false;
    const place = (window.position + window.turned) & this.positionMask;
    if (coder.bit(AT.isMatch + this.state * POSITIONS + place) === 0) return false;
    return this.match(place) === 0 && coder.at <= coder.input.length;
  }

  /** Forgets what was learned. The window and its content stay. */
  forget(): void {
    this.coder.forget();
    this.state = 0;
    this.repeat0 = this.repeat1 = this.repeat2 = this.repeat3 = 0;
    this.pending = 0;
  }

  /** Begins the range coder's stream anew. @param input `RANGE_HEAD` bytes at least */
  begin(input: Uint8Array): void {
    this.feed(input);
    this.coder.begin();
  }

  /** Goes on with these bytes, of which none is used yet. */
  feed(input: Uint8Array): void {
    this.coder.input = input;
    this.coder.at = 0;
  }

  /**
   * Decodes into the window until its position is `until`, or all but some `SYMBOL_BYTES` of the input are used.
   * @param until at most what `window.room()` has said
   * @param isLast whether no more input comes: it is used to its last byte
   * @returns `ended` behind the mark of an end
   * @throws {PratiqueError} `COMPRESSION_INVALID`, `NOT_SUPPORTED`, after what could be decoded
   */
  decode(until: number, isLast: boolean): 'room' | 'input' | 'ended' {
    const { coder, window } = this;
    const enough = coder.input.length - (isLast ? 0 : SYMBOL_BYTES);
    if (this.pending > 0) this.copy(this.pending, until);
    while (window.position < until) {
      if (coder.at > enough) return 'input';
      const place = (window.position + window.turned) & this.positionMask;
      if (coder.bit(AT.isMatch + this.state * POSITIONS + place) === 0) {
        this.literal();
        continue;
      }
      const length = this.match(place);
      if (coder.at > coder.input.length) throw cutShort();
      if (length === 0) return 'ended';
      this.copy(length, until);
    }
    return 'room';
  }

  private literal(): void {
    const { coder, window } = this;
    const { bytes, position } = window;
    const before = position > 0 ? bytes[position - 1] : window.isRound ? bytes[bytes.length - 1] : 0;
    const context =
      (((position + window.turned) & this.literalMask) << this.lc) + ((before ?? 0) >> (8 - this.lc));
    const base = AT.literal + LITERAL_PLACES * context;
    let symbol = 1;
    if (this.state >= AFTER_MATCH) {
      const from = position - this.repeat0 - 1;
      let expected = bytes[from < 0 ? from + bytes.length : from] ?? 0;
      while (symbol < 0x100) {
        const guess = (expected >> 7) & 1;
        expected <<= 1;
        const bit = coder.bit(base + ((1 + guess) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (bit !== guess) break;
      }
    }
    symbol = coder.descend(base, symbol, 0x100);
    if (coder.at > coder.input.length) throw cutShort();
    bytes[position] = symbol;
    window.position = position + 1;
    this.state = this.state < 4 ? 0 : this.state < 10 ? this.state - 3 : this.state - 6;
  }

  /** Reads what a match is; its distance becomes `repeat0`. @returns its length; 0 for the mark of an end */
  private match(place: number): number {
    const { coder, state } = this;
    if (coder.bit(AT.isRepeat + state) === 1) return this.repeatedMatch(place);
    this.repeat3 = this.repeat2;
    this.repeat2 = this.repeat1;
    this.repeat1 = this.repeat0;
    const length = this.length(AT.matchLength, place);
    this.state = state < AFTER_MATCH ? 7 : 10;
    this.repeat0 = this.distance(length);
    return this.repeat0 === -1 ? 0 : length + MATCH_LEAST;
  }

  private repeatedMatch(place: number): number {
    const { coder, state } = this;
    if (coder.bit(AT.isRepeat0 + state) === 0) {
      if (coder.bit(AT.isRepeat0Long + state * POSITIONS + place) === 0) {
        this.state = state < AFTER_MATCH ? 9 : 11;
        return 1;
      }
    } else {
      this.repeat0 = this.rotate();
    }
    this.state = state < AFTER_MATCH ? 8 : 11;
    return this.length(AT.repeatLength, place) + MATCH_LEAST;
  }

  /** Brings one of the older distances to the front. */
  private rotate(): number {
    const { coder, state } = this;
    let found = this.repeat1;
    if (coder.bit(AT.isRepeat1 + state) === 1) {
      found = this.repeat2;
      if (coder.bit(AT.isRepeat2 + state) === 1) {
        found = this.repeat3;
        this.repeat3 = this.repeat2;
      }
      this.repeat2 = this.repeat1;
    }
    this.repeat1 = this.repeat0;
    return found;
  }

  private length(base: number, place: number): number {
    const { coder } = this;
    if (coder.bit(base) === 0) return coder.tree(base + LENGTH_CODER.low + place * 8, 3);
    if (coder.bit(base + 1) === 0) return 8 + coder.tree(base + LENGTH_CODER.middle + place * 8, 3);
    return 16 + coder.tree(base + LENGTH_CODER.high, 8);
  }

  /** Bytes back, less one, as 32 bits with a sign; -1 marks the end. */
  private distance(length: number): number {
    const { coder } = this;
    const slot = coder.tree(AT.slot + Math.min(length, LENGTH_STATES - 1) * 64, 6);
    if (slot < FIRST_MODEL_SLOT) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) << bits;
    if (slot < FIRST_DIRECT_SLOT) return base + coder.reverseTree(AT.distance + base - slot, bits);
    const high = base + (coder.direct(bits - ALIGN_BITS) << ALIGN_BITS);
    return (high + coder.reverseTree(AT.align, ALIGN_BITS)) | 0;
  }

  /** Repeats `length` bytes from `repeat0` back; what has no room waits. */
  private copy(length: number, until: number): void {
    const { window, repeat0 } = this;
    const { bytes, isRound } = window;
    let to = window.position;
    if (repeat0 >>> 0 >= (isRound ? bytes.length : to)) throw window.tooFar((repeat0 >>> 0) + 1);
    const end = Math.min(until, to + length);
    this.pending = length - (end - to);
    let from = to - repeat0 - 1;
    if (from < 0) from += bytes.length;
    while (to < end) {
      bytes[to++] = bytes[from++] ?? 0;
      if (from === bytes.length) from = 0;
    }
    window.position = to;
  }
}

/**
 * Decodes one LZMA stream without a header, as executable packers keep it: what follows its last byte is passed over.
 * @param packed from the first byte of the range coder, which is 0
 * @param options how it was encoded, and how many bytes it unpacks to
 * @returns pieces that are the receiver's to keep
 * @throws {PratiqueError} `COMPRESSION_INVALID` where it does not unpack to exactly that many; `NOT_SUPPORTED` where it
 *   points back to what is not kept; both after what could be unpacked
 */
export function* decodeLzma(
  packed: Uint8Array,
  { size, ...properties }: LzmaProperties & { readonly size: number },
): Generator<Uint8Array> {
  if (packed.length < RANGE_HEAD) throw cutShort();
  const window = new HistoryWindow(size);
  try {
    const decoder = new LzmaDecoder(properties, window);
    decoder.begin(packed);
    for (let left = size; left > 0; ) {
      const room = window.room();
      const before = window.position;
      if (decoder.decode(Math.min(room, before + left), true) !== 'room') throw cutShort();
      left -= window.position - before;
      yield window.take();
    }
    if (!decoder.endsHere()) throw packedFault('it holds more than it should');
  } finally {
    window.close();
  }
}
