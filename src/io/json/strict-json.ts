import { PratiqueError } from '../../errors.ts';
import { printable, quoted } from '../../model/printable.ts';
import { DEFAULT_LIMITS } from '../limits.ts';

/** A JSON value. Objects are maps, so that a key such as `__proto__` is a key and nothing more. */
export type JsonValue = null | boolean | number | string | OddNumber | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

/**
 * A number that is not an integer a JavaScript number holds exactly: `2048.0`, `1e3`, `9007199254740993`.
 * Kept as written, because Go refuses the first two where an integer is wanted and `JSON.parse` does not.
 */
interface OddNumber {
  readonly literal: string;
}

export interface ReadJsonOptions {
  /** what is read, for messages: `manifest sha256:…` */
  readonly where: string;
  /** key names that the program looks for; a key that only folds to one of them is refused */
  readonly known?: ReadonlySet<string>;
  /**
   * Places whose keys are free, such as annotations and labels: `annotations`, `config.Labels`,
   * `manifests[].annotations`. There only exact duplicates are refused: `User` and `user` are two labels.
   */
  readonly free?: ReadonlySet<string>;
  /** a place of whose own keys, and all keys below them, the same holds: what an author brings along whole */
  readonly freeBelow?: string;
  /** levels of nesting; `limits.jsonDepth` */
  readonly depth?: number;
  /** values of all kinds: an empty object takes 2 bytes here and 200 in memory; any number where absent */
  readonly values?: number;
}

/** Whether a JSON value is an object. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

/** Whether a JSON value is an array. */
export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/**
 * Reads JSON so that no other reader can see something else in the same bytes. Go matches keys without
 * regard to case and takes the last, `JSON.parse` takes exact keys: a manifest with `layers` (harmless)
 * and `Layers` (run) passes a gate that reads like JavaScript. Such documents are refused at every depth.
 * @throws {PratiqueError} `JSON_INVALID` with line and column; `LIMIT_EXCEEDED` where it nests too deep, or has too many values
 * @see RFC 8259; Go encoding/json, "Unmarshal": keys are matched case-insensitively
 */
export function readJson(bytes: Uint8Array, options: ReadJsonOptions): JsonValue {
  return new Parser(decodeUtf8(bytes, options.where), options).document();
}

/**
 * The form under which Go's decoder compares keys: ASCII case, and the two letters outside ASCII
 * that fold into it (ſ U+017F, K U+212A).
 */
export function foldKey(key: string): string {
  return key.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase();
}

// Readers replace bad bytes each in their own way, so two keys could become one: refused instead.
function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const problem = {
      what: 'the JSON cannot be read',
      where: printable(where),
      why: 'it is not valid UTF-8',
    };
    throw new PratiqueError('JSON_INVALID', problem, { cause });
  }
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const ESCAPED = '"\\/bfnrt';
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PLAIN = 0x20;

/** The path of what no free place is above: a key that long would be copied for each value below it. */
const NOWHERE = '\u0000';
/** The path of all that lies in `freeBelow`. */
const ANYWHERE = '\u0001';

class Parser {
  private at = 0;
  private levels = 0;
  private count = 0;
  private readonly text: string;
  private readonly where: string;
  private readonly free: ReadonlySet<string>;
  private readonly freeBelow: string | undefined;
  private readonly depth: number;
  private readonly values: number;
  /** characters */
  private readonly longestPlace: number;
  /** folded → exact, of the known keys */
  private readonly known: ReadonlyMap<string, string>;

  constructor(text: string, { where, known, free, freeBelow, depth, values }: ReadJsonOptions) {
    this.text = text;
    this.where = where;
    this.free = free ?? new Set();
    this.freeBelow = freeBelow;
    this.depth = depth ?? DEFAULT_LIMITS.jsonDepth;
    this.values = values ?? Number.POSITIVE_INFINITY;
    this.longestPlace = Math.max(0, ...[...this.free, freeBelow ?? ''].map((place) => place.length));
    this.known = new Map([...(known ?? [])].map((key) => [foldKey(key), key]));
  }

  document(): JsonValue {
    if (this.text.startsWith('\ufeff')) throw this.invalid('it starts with a byte order mark');
    this.skipSpace();
    const value = this.value('');
    this.skipSpace();
    if (this.at < this.text.length) throw this.invalid('something follows the JSON value');
    return value;
  }

  private value(path: string): JsonValue {
    this.count += 1;
    if (this.count > this.values) throw this.tooMany();
    const first = this.text[this.at];
    if (first === '{') return this.nested(() => this.object(path));
    if (first === '[') return this.nested(() => this.array(path));
    if (first === '"') return this.string();
    if (first === 't') return this.word('true', true);
    if (first === 'f') return this.word('false', false);
    if (first === 'n') return this.word('null', null);
    return this.number();
  }

  private nested<T>(read: () => T): T {
    this.levels += 1;
    if (this.levels > this.depth) throw this.tooDeep();
    const value = read();
    this.levels -= 1;
    return value;
  }

  private object(path: string): JsonObject {
    const object = new Map<string, JsonValue>();
    const keys = new KeyGuard(this.known, path === ANYWHERE || this.free.has(path));
    this.at += 1;
    this.skipSpace();
    if (this.take('}')) return object;
    for (;;) {
      if (this.text[this.at] !== '"') throw this.invalid('a key in quotes was expected');
      const start = this.at;
      const key = this.string();
      const complaint = keys.refuse(key);
      if (complaint !== undefined) throw this.invalid(complaint, start);
      this.skipSpace();
      if (!this.take(':')) throw this.invalid('a colon was expected after the key');
      this.skipSpace();
      object.set(key, this.value(this.below(path, key)));
      this.skipSpace();
      if (this.take('}')) return object;
      if (!this.take(',')) throw this.invalid('a comma or } was expected');
      this.skipSpace();
    }
  }

  private below(path: string, key: string): string {
    if (path === ANYWHERE) return ANYWHERE;
    if (path.length + key.length > this.longestPlace) return NOWHERE;
    const place = path === '' ? key : `${path}.${key}`;
    return place === this.freeBelow ? ANYWHERE : place;
  }

  private array(path: string): readonly JsonValue[] {
    const items: JsonValue[] = [];
    const itemPath = path === ANYWHERE ? ANYWHERE : `${path}[]`;
    this.at += 1;
    this.skipSpace();
    if (this.take(']')) return items;
    for (;;) {
      items.push(this.value(itemPath));
      this.skipSpace();
      if (this.take(']')) return items;
      if (!this.take(',')) throw this.invalid('a comma or ] was expected');
      this.skipSpace();
    }
  }

  private string(): string {
    const start = this.at;
    this.at += 1;
    const plain = this.match(PLAIN)?.[0] ?? '';
    const text = this.text.charCodeAt(this.at) === QUOTE ? plain : this.escapedString(start);
    this.at += 1;
    // Go turns half a surrogate pair into U+FFFD, JavaScript keeps it: two readers, two keys.
    if (!text.isWellFormed()) throw this.invalid('a string holds half a surrogate pair', start);
    return text;
  }

  /** Checked letter by letter and then read at once: 16 million escapes would take seconds if each were a text of its own. */
  private escapedString(start: number): string {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (Number.isNaN(code)) throw this.invalid('a string has no end', start);
      if (code === QUOTE) return JSON.parse(this.text.slice(start, this.at + 1));
      if (code < FIRST_PLAIN) throw this.invalid('a string holds a raw control character');
      this.at += 1;
      if (code === BACKSLASH) this.escape();
    }
  }

  private escape(): void {
    const letter = this.text[this.at] ?? '';
    this.at += 1;
    if (letter === 'u') {
      if (this.match(HEX4) === null) throw this.invalid('\\u wants four hex digits', this.at - 2);
    } else if (letter === '' || !ESCAPED.includes(letter))
      throw this.invalid('an escape sequence is not one of JSON', this.at - 2);
  }

  private number(): number | OddNumber {
    const found = this.match(NUMBER);
    if (found === null)
      throw this.invalid(this.at < this.text.length ? 'a value was expected' : 'it ends too early');
    const [literal, fraction, exponent] = found;
    const value = Number(literal);
    const exact = fraction === undefined && exponent === undefined && Number.isSafeInteger(value);
    return exact ? value + 0 : Object.freeze({ literal });
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw this.invalid('a value was expected');
    this.at += word.length;
    return value;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found !== null) this.at = pattern.lastIndex;
    return found;
  }

  private skipSpace(): void {
    this.match(SPACE);
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private invalid(why: string, at = this.at): PratiqueError {
    return new PratiqueError('JSON_INVALID', {
      what: 'the JSON is not one that every reader understands alike',
      where: `${printable(this.where)}, ${position(this.text, at)}`,
      why,
    });
  }

  private tooMany(): PratiqueError {
    return new PratiqueError('LIMIT_EXCEEDED', {
      what: `the JSON has more than ${this.values} values`,
      where: printable(this.where),
      next: 'look into what made them; nobody reads so many',
    });
  }

  private tooDeep(): PratiqueError {
    return new PratiqueError('LIMIT_EXCEEDED', {
      what: `the JSON nests deeper than ${this.depth} levels`,
      where: `${printable(this.where)}, ${position(this.text, this.at)}`,
      next: 'raise limits.json-depth in the policy if this is meant',
    });
  }
}

/** Refuses a key that some reader could take for another key of the same object, or for a known one. */
class KeyGuard {
  private readonly seen = new Set<string>();
  private readonly known: ReadonlyMap<string, string>;
  private readonly free: boolean;

  constructor(known: ReadonlyMap<string, string>, free: boolean) {
    this.known = known;
    this.free = free;
  }

  /** @returns the reason, or nothing where the key may stay */
  refuse(key: string): string | undefined {
    const form = this.free ? key : foldKey(key);
    if (this.seen.has(form)) return `the key ${quoted(key)} is there twice, exactly or by case`;
    this.seen.add(form);
    const known = this.free ? undefined : this.known.get(form);
    if (known === undefined || known === key) return undefined;
    return `the key ${quoted(key)} is ${quoted(known)} to some readers and not to others`;
  }
}

function position(text: string, at: number): string {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  return `line ${line}, column ${column}, byte ${Buffer.byteLength(before)}`;
}
