import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';

/** What is told of a JSON document while it streams by, in its order. */
export interface JsonListener {
  open(isObject: boolean): void;
  close(): void;
  /** of the value that comes next */
  key(key: string): void;
  beginText(): void;
  /** some of a text, in UTF-8; valid only during the call */
  text(bytes: Uint8Array): void;
  endText(): void;
  /** a number as it is written, or one of the three words */
  literal(text: string): void;
}

export interface JsonReaderOptions {
  /** what is read, for messages */
  readonly where: string;
  /** levels of nesting */
  readonly depth: number;
  /** values of all kinds */
  readonly values: number;
}

type State = 'value' | 'key' | 'colon' | 'behind' | 'text' | 'escape' | 'unicode' | 'literal' | 'broken';

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$/;
const ESCAPES: ReadonlyMap<string, string> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }),
);
/** Bytes of a key or number that are held; what has longer ones is taken for no JSON. */
const MOST_HELD = 2 * 1024 * 1024;

/**
 * Reads JSON of any size as it comes, for what stands in it: it holds no more than the open key and what is around it.
 * Which of two equal keys counts, and whether a text is right UTF-8, is not asked, as both are shown; `readJson` is for
 * documents of which every reader must see the same.
 */
export class JsonReader {
  private readonly listener: JsonListener;
  private readonly options: JsonReaderOptions;
  private state: State = 'value';
  /** what is open, outermost first: whether it is an object */
  private readonly levels: boolean[] = [];
  /** whether what is open has just been opened, and may be closed at once */
  private isFresh = false;
  private isKey = false;
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  /** hex digits of an escape */
  private digits = '';
  /** the first half of a letter that is written as two */
  private half = '';
  private values = 0;

  constructor(listener: JsonListener, options: JsonReaderOptions) {
    this.listener = listener;
    this.options = options;
  }

  /** Whether it is no JSON; what was told until then stays told. */
  get isBroken(): boolean {
    return this.state === 'broken';
  }

  /** The next bytes. @throws {PratiqueError} `LIMIT_EXCEEDED` */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.isBroken; ) {
      const byte = bytes[at] as number;
      if (this.state === 'text') at = this.inText(bytes, at);
      else if (this.state === 'literal') at = this.inLiteral(bytes, at);
      else {
        at++;
        if (this.state === 'escape') this.escape(String.fromCharCode(byte));
        else if (this.state === 'unicode') this.unicode(String.fromCharCode(byte));
        else if (!SPACES.has(byte)) at = this.token(byte) ? at : at - 1;
      }
    }
  }

  /** Ends the document. @returns whether it was JSON, and all of it */
  end(): boolean {
    if (this.state === 'literal') this.endLiteral();
    if (this.state === 'behind' && this.levels.length === 0) return true;
    this.fail();
    return false;
  }

  /** @returns whether the byte is used */
  private token(byte: number): boolean {
    if (this.state === 'colon') return this.expect(byte === COLON, 'value');
    if (this.state === 'behind') return this.behind(byte);
    const isObject = this.levels.at(-1);
    if (this.isFresh && byte === (isObject === true ? CLOSE_OBJECT : CLOSE_ARRAY)) return this.close();
    this.isFresh = false;
    if (this.state === 'key') {
      this.isKey = true;
      return this.expect(byte === QUOTE, 'text');
    }
    return this.value(byte);
  }

  private value(byte: number): boolean {
    this.values++;
    if (this.values > this.options.values) throw this.tooMuch(`has more than ${this.options.values} values`);
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) return this.open(byte === OPEN_OBJECT);
    this.isKey = false;
    if (byte === QUOTE) {
      this.listener.beginText();
      return this.expect(true, 'text');
    }
    this.state = 'literal';
    return false;
  }

  private open(isObject: boolean): boolean {
    this.levels.push(isObject);
    const { depth } = this.options;
    if (this.levels.length > depth) throw this.tooMuch(`nests deeper than ${depth} levels`);
    this.listener.open(isObject);
    this.isFresh = true;
    return this.expect(true, isObject ? 'key' : 'value');
  }

  private close(): boolean {
    this.levels.pop();
    this.listener.close();
    this.isFresh = false;
    return this.expect(true, 'behind');
  }

  private behind(byte: number): boolean {
    const isObject = this.levels.at(-1);
    if (isObject === undefined) return this.expect(false, 'behind');
    if (byte === (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return this.close();
    return this.expect(byte === COMMA, isObject ? 'key' : 'value');
  }

  private expect(isThere: boolean, next: State): boolean {
    if (isThere) this.state = next;
    else this.fail();
    return true;
  }

  private inText(bytes: Uint8Array, from: number): number {
    let at = from;
    let byte = bytes[at] as number;
    while (at < bytes.length && byte !== QUOTE && byte !== BACKSLASH && byte >= 0x20)
      byte = bytes[++at] as number;
    if (at > from) this.tell(bytes.subarray(from, at));
    if (at === bytes.length || this.isBroken) return at;
    if (byte === QUOTE) this.endText();
    else this.expect(byte === BACKSLASH, 'escape');
    return at + 1;
  }

  private tell(bytes: Uint8Array): void {
    if (this.half !== '') this.tellHalf('');
    if (this.isKey) this.hold(bytes);
    else this.listener.text(bytes);
  }

  private escape(letter: string): void {
    this.digits = '';
    if (letter === 'u') {
      this.state = 'unicode';
      return;
    }
    const told = ESCAPES.get(letter);
    this.expect(told !== undefined, 'text');
    if (told !== undefined) this.tell(Buffer.from(told));
  }

  private unicode(digit: string): void {
    this.digits += digit;
    if (!/^[0-9a-fA-F]$/.test(digit)) this.fail();
    if (this.isBroken || this.digits.length < 4) return;
    this.state = 'text';
    const letter = String.fromCharCode(Number.parseInt(this.digits, 16));
    if (this.half !== '' && /^[\udc00-\udfff]$/.test(letter)) this.tellHalf(letter);
    else if (/^[\ud800-\udbff]$/.test(letter)) {
      if (this.half !== '') this.tellHalf('');
      this.half = letter;
    } else this.tell(Buffer.from(letter));
  }

  /** A half without its other becomes the sign for what is no letter. */
  private tellHalf(other: string): void {
    const letter = this.half + other;
    this.half = '';
    this.tell(Buffer.from(letter));
  }

  private endText(): void {
    if (this.half !== '') this.tellHalf('');
    if (this.isKey) this.listener.key(this.taken());
    else this.listener.endText();
    this.state = this.isKey ? 'colon' : 'behind';
  }

  private inLiteral(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && isLiteral(bytes[at] as number)) at++;
    this.hold(bytes.subarray(from, at));
    if (at < bytes.length) this.endLiteral();
    return at;
  }

  private endLiteral(): void {
    const text = this.taken();
    const isRight = LITERAL.test(text);
    this.expect(isRight, 'behind');
    if (isRight) this.listener.literal(text);
  }

  private hold(bytes: Uint8Array): void {
    this.heldBytes += bytes.length;
    if (this.heldBytes > MOST_HELD) this.fail();
    else this.held.push(Uint8Array.from(bytes));
  }

  private taken(): string {
    const text = Buffer.concat(this.held).toString();
    this.held = [];
    this.heldBytes = 0;
    return text;
  }

  /** A text that is open ends here. */
  private fail(): void {
    const isText = this.state === 'text' || this.state === 'escape' || this.state === 'unicode';
    this.state = 'broken';
    if (isText && !this.isKey) this.listener.endText();
    this.taken();
  }

  private tooMuch(what: string): PratiqueError {
    return new PratiqueError('LIMIT_EXCEEDED', {
      what: `the JSON ${what}`,
      where: printable(this.options.where),
      next: 'look into what made it, or raise limits.json-depth in the policy if its depth is meant',
    });
  }
}

/** Letters, digits, signs and points. */
function isLiteral(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    '+-.E'.includes(String.fromCharCode(byte))
  );
}
