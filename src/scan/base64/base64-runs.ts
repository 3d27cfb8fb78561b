/** Letters of base64 that stand together, line breaks taken out. */
export interface Base64Run {
  /** the letters, or the next of them; valid only while it is told of */
  readonly letters: Uint8Array;
  /** what kinds of letters there are in it: `LETTER` together */
  readonly kinds: number;
  /** whether the letters begin a run, or go on with the one told of before; all but the last are a multiple of 4 */
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** by turns: a letter's number among `letters`, and its position in the file; one pair for each line */
  readonly lines: readonly number[];
}

/** Kinds of letters: of both alphabets, of the standard one alone, of the URL-safe one alone. */
export const LETTER = { upper: 1, lower: 2, digit: 4, standard: 8, urlSafe: 16 } as const;

const BOTH_CASES = LETTER.upper | LETTER.lower;

/** Letters that a run has at least; fewer are words. */
export const LEAST_LETTERS = 24;
/** Letters that are told of at once; a multiple of 4. */
const MOST_LETTERS = 16 * 1024;
/** Spaces with which the next line may begin, as in YAML. */
const MOST_INDENT = 64;

const [LF, CR, TAB, SPACE, BACKSLASH] = [0x0a, 0x0d, 0x09, 0x20, 0x5c];
const [LETTER_N, LETTER_R] = [0x6e, 0x72];

/** By byte: its kind, 0 for all that is no letter. */
export const KINDS = new Uint8Array(256);
for (let byte = 0x41; byte <= 0x5a; byte++) KINDS[byte] = LETTER.upper;
for (let byte = 0x61; byte <= 0x7a; byte++) KINDS[byte] = LETTER.lower;
for (let byte = 0x30; byte <= 0x39; byte++) KINDS[byte] = LETTER.digit;
for (const byte of Buffer.from('+/')) KINDS[byte] = LETTER.standard;
for (const byte of Buffer.from('-_')) KINDS[byte] = LETTER.urlSafe;

/**
 * Finds runs of base64 in bytes that stream by, and the same runs however they are cut. Lines of one run are joined
 * where a line ends, as LF, CRLF, a shell's backslash or the `\n` of a JSON text, with whole groups of four letters.
 * Of a run that has no large letter, or no small one, nothing is told if all of it fits: these are words, and digests in hex.
 */
export class Base64Runs {
  private readonly onRun: (run: Base64Run) => void;
  private state: 'seeking' | 'in run' | 'between lines' = 'seeking';
  /** position in the file of the next byte */
  private position = 0;
  /** the letters; while seeking, those with which the bytes so far end */
  private readonly letters = new Uint8Array(MOST_LETTERS);
  private count = 0;
  private kinds = 0;
  private isFirst = true;
  private lines: number[] = [];
  private indent = 0;
  private afterBackslash = false;

  constructor(onRun: (run: Base64Run) => void) {
    this.onRun = onRun;
  }

  /** Starts a new file; the one before must have ended. */
  begin(): void {
    this.position = 0;
    this.reset();
  }

  /** The next bytes, any number. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.state === 'seeking') at = this.seek(bytes, at);
      else if (this.state === 'in run') at = this.collect(bytes, at);
      else at = this.bridge(bytes, at);
    }
    this.position += bytes.length;
  }

  /** Passes over bytes that hold no letter. */
  skip(count: number): void {
    this.end();
    this.position += count;
  }

  /** Ends what is under way. */
  end(): void {
    if (this.state !== 'seeking') this.tell(true);
    this.reset();
  }

  private reset(): void {
    this.state = 'seeking';
    this.count = 0;
    this.kinds = 0;
    this.isFirst = true;
    this.lines = [];
  }

  /** Goes to where enough letters stand together. Looks at the last of so many first, so that most bytes need no look. */
  private seek(bytes: Uint8Array, from: number): number {
    if (this.count > 0) return this.goOn(bytes, from);
    let at = from;
    let last = at + LEAST_LETTERS - 1;
    while (last < bytes.length) {
      let back = last;
      while (back >= at && KINDS[bytes[back] as number] !== 0) back--;
      if (back < at) return this.start(at);
      at = back + 1;
      last = at + LEAST_LETTERS - 1;
    }
    let first = bytes.length;
    while (first > at && KINDS[bytes[first - 1] as number] !== 0) first--;
    this.keep(bytes.subarray(first));
    return bytes.length;
  }

  /** The letters with which the bytes before ended, and those with which these begin, may be a run together. */
  private goOn(bytes: Uint8Array, from: number): number {
    const wanted = from + LEAST_LETTERS - this.count;
    let at = from;
    while (at < bytes.length && at < wanted && KINDS[bytes[at] as number] !== 0) at++;
    const before = this.count;
    this.keep(bytes.subarray(from, at));
    if (at === wanted) {
      this.state = 'in run';
      this.lines = [0, this.position + from - before];
      for (let i = 0; i < this.count; i++) this.kinds |= KINDS[this.letters[i] as number] as number;
    } else if (at < bytes.length) this.count = 0;
    return at;
  }

  private keep(letters: Uint8Array): void {
    this.letters.set(letters, this.count);
    this.count += letters.length;
  }

  private start(at: number): number {
    this.state = 'in run';
    this.lines = [0, this.position + at];
    return at;
  }

  private collect(bytes: Uint8Array, from: number): number {
    const room = Math.min(bytes.length, from + MOST_LETTERS - this.count);
    const { letters } = this;
    let { count, kinds } = this;
    let at = from;
    // Letter by letter: a view for each line would be much garbage.
    for (; at < room; at++) {
      const byte = bytes[at] as number;
      const kind = KINDS[byte] as number;
      if (kind === 0) break;
      kinds |= kind;
      letters[count++] = byte;
    }
    this.kinds = kinds;
    this.count = count;
    if (this.count === MOST_LETTERS) this.tellPart(at);
    else if (at < bytes.length && at < room) this.leave(bytes[at] as number);
    return at;
  }

  private tellPart(at: number): void {
    this.tell(false);
    this.isFirst = false;
    this.count = 0;
    this.lines = [0, this.position + at];
  }

  private leave(byte: number): void {
    const mayGoOn = this.count % 4 === 0 && (byte === LF || byte === CR || byte === BACKSLASH);
    if (mayGoOn) {
      this.state = 'between lines';
      this.indent = 0;
      this.afterBackslash = false;
    } else this.end();
  }

  private bridge(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] as number;
    if (this.afterBackslash) {
      this.afterBackslash = false;
      if (byte === LETTER_N || byte === LETTER_R || byte === LF || byte === CR) return at + 1;
    } else if (byte === BACKSLASH) {
      this.afterBackslash = true;
      return this.nextOf(at);
    } else if (byte === LF || byte === CR || byte === SPACE || byte === TAB) {
      return this.nextOf(at);
    } else if (KINDS[byte] !== 0) {
      this.state = 'in run';
      this.lines.push(this.count, this.position + at);
      return at;
    }
    this.end();
    return at;
  }

  private nextOf(at: number): number {
    this.indent++;
    if (this.indent > MOST_INDENT) this.end();
    return at + 1;
  }

  private tell(isLast: boolean): void {
    const { kinds, isFirst, lines } = this;
    if (isFirst && isLast && (kinds & BOTH_CASES) !== BOTH_CASES) return;
    this.onRun({ letters: this.letters.subarray(0, this.count), kinds, isFirst, isLast, lines });
  }
}
