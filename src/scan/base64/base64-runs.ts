/** Letters of base64 that stand together, line breaks taken out. Valid only while it is told of. */
export interface Base64Run {
  /** in the first `count` bytes, the letters or the next of them */
  readonly letters: Uint8Array;
  readonly count: number;
  /** what kinds of letters there are in it: `LETTER` together */
  readonly kinds: number;
  /** whether the letters begin a run, or go on with the one told of before; all but the last are a multiple of 4 */
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** by turns: a letter's number among `letters`, and its position in the file; one pair for each of the `lineCount` lines */
  readonly lines: readonly number[];
  readonly lineCount: number;
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
  /** what is told of: one for all, as a program has a million of them */
  private readonly run = {
    letters: new Uint8Array(MOST_LETTERS),
    count: 0,
    kinds: 0,
    isFirst: true,
    isLast: true,
    lines: [] as number[],
    lineCount: 0,
  };
  private state: 'seeking' | 'in run' | 'between lines' = 'seeking';
  /** position in the file of the next byte */
  private position = 0;
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
    const { run } = this;
    this.state = 'seeking';
    run.count = 0;
    run.kinds = 0;
    run.isFirst = true;
    run.lineCount = 0;
  }

  /** Goes to where enough letters stand together. Looks at the last of so many first, so that most bytes need no look. */
  private seek(bytes: Uint8Array, from: number): number {
    if (this.run.count > 0) return this.goOn(bytes, from);
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
    this.keep(bytes, first, bytes.length);
    return bytes.length;
  }

  /** The letters with which the bytes before ended, and those with which these begin, may be a run together. */
  private goOn(bytes: Uint8Array, from: number): number {
    const { run } = this;
    const before = run.count;
    const wanted = from + LEAST_LETTERS - before;
    let at = from;
    while (at < bytes.length && at < wanted && KINDS[bytes[at] as number] !== 0) at++;
    this.keep(bytes, from, at);
    if (at === wanted) {
      this.startLine(from - before);
      for (let i = 0; i < run.count; i++) run.kinds |= KINDS[run.letters[i] as number] as number;
    } else if (at < bytes.length) run.count = 0;
    return at;
  }

  private keep(bytes: Uint8Array, from: number, to: number): void {
    const { run } = this;
    for (let at = from; at < to; at++) run.letters[run.count++] = bytes[at] as number;
  }

  private start(at: number): number {
    this.startLine(at);
    return at;
  }

  private startLine(at: number): void {
    this.state = 'in run';
    this.run.lineCount = 0;
    this.addLine(0, at);
  }

  private addLine(letter: number, at: number): void {
    const { run } = this;
    run.lines[2 * run.lineCount] = letter;
    run.lines[2 * run.lineCount++ + 1] = this.position + at;
  }

  private collect(bytes: Uint8Array, from: number): number {
    const { run } = this;
    const room = Math.min(bytes.length, from + MOST_LETTERS - run.count);
    const { letters } = run;
    let { count, kinds } = run;
    let at = from;
    // Letter by letter: a view for each line would be much garbage.
    for (; at < room; at++) {
      const byte = bytes[at] as number;
      const kind = KINDS[byte] as number;
      if (kind === 0) break;
      kinds |= kind;
      letters[count++] = byte;
    }
    run.kinds = kinds;
    run.count = count;
    if (count === MOST_LETTERS) this.tellPart(at);
    else if (at < bytes.length && at < room) this.leave(bytes[at] as number);
    return at;
  }

  private tellPart(at: number): void {
    this.tell(false);
    this.run.isFirst = false;
    this.run.count = 0;
    this.startLine(at);
  }

  private leave(byte: number): void {
    const mayGoOn = this.run.count % 4 === 0 && (byte === LF || byte === CR || byte === BACKSLASH);
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
      this.addLine(this.run.count, at);
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
    const { run } = this;
    if (run.isFirst && isLast && (run.kinds & BOTH_CASES) !== BOTH_CASES) return;
    run.isLast = isLast;
    this.onRun(run);
  }
}

/**
 * Whether there may be a run of which anything would be told, in bytes that are all there is. Kinds of letters are counted
 * wherever they stand, as lines of a run are joined.
 */
export function mayHoldRun(bytes: Uint8Array): boolean {
  let [count, longest, kinds] = [0, 0, 0];
  for (const byte of bytes) {
    const kind = KINDS[byte] as number;
    count = kind === 0 ? 0 : count + 1;
    kinds |= kind;
    if (count > longest) longest = count;
  }
  return longest >= LEAST_LETTERS && (kinds & BOTH_CASES) === BOTH_CASES;
}
