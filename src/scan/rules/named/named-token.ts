import type { SecretRule } from '../../rule.ts';
import { checkNamedValue } from '../../validators/named-value.ts';
import {
  BASE62,
  BASE64_LETTERS,
  DIGITS,
  HEX,
  LOWER_ALNUM,
  sample,
  UPPER_ALNUM,
  URL_SAFE,
} from '../sample.ts';
import { escapeText, spellingSource, spellingsOf } from './spellings.ts';

/** Letters and length of a value: the source of an expression for it, and how to make one up. */
export interface Shape {
  readonly source: string;
  readonly make: (seed: string) => string;
}

/** A token that nothing but the name of its service tells from other values of the same letters. */
export interface NamedToken {
  /** without `secrets.` */
  readonly id: string;
  readonly provider: string;
  /** what the provider calls it; `API key` where absent */
  readonly kind?: string;
  /** how the service is named in settings and programs, 4 bytes at least; without case, in any of its spellings */
  readonly names: readonly string[];
  /** names that are common words: they must begin a word */
  readonly alone?: readonly string[];
  readonly value: readonly Shape[];
  /** a word like `key` must stand between name and value, as the shape alone is that of an id or a hash */
  readonly keyed?: true;
  /** the word that this provider uses, for the examples; `API_KEY` where absent */
  readonly word?: string;
  /** source of an expression for what else may stand between name and value, such as the path of an address */
  readonly between?: string;
  readonly severity?: SecretRule['severity'];
  /** `low` where the shape is weak: a hint, which refuses no image */
  readonly confidence?: SecretRule['confidence'];
  readonly remedy?: string;
  readonly source: string;
}

/** Values that stand beside names for other reasons. */
const HASHES = 'sha[0-9]|md5|integrity|checksum|commit|digest|etag|githead|fingerprint|revision';
const HASHES_BEGIN = 'smicdegfr';
/** A word that announces a secret, and does not belong to something public. */
export const KEY_WORDS =
  '(?:key|token|secret|passw|passphrase|pwd|bearer|credential|appid|auth|pat(?=[^a-z])|license|private|certificate)(?<!(?:public|publishable|cache|primary|foreign|site)[_-]?(?:key|token))';
/** The rest of a name; one that ends so announces no secret. */
export const NO_SECRET = String.raw`(?<!hash|commit|digest|etag|checksum|integrity|fingerprint|revision|project|ur[il]|sha[0-9]{0,3}|md5|name|path|file|version|date|type|email|host|port|region|[_.-]ids?|[a-z]ids?|\.(?:[cm]?[jt]sx?|s?css|png|svg|jpe?g|html?|json|map|md|lock))`;
export const REST = String.raw`[\w.-]{0,20}(?![\w.-])${NO_SECRET}`;
const ASSIGNMENT = String.raw`\\{0,3}["'\])]{0,2}\s{0,8}(?:=>|:=|==|[=:(,])\s{0,24}\\{0,3}["'\x60(@]{0,2}`;
/** What may stand between a name and its value. */
export const SEPARATOR = String.raw`(?:[\s"'\x60=:>,(){\[\]|?\\@]{1,24}(?:(?:value|default|is|string)[\s"'\x60=:>\\]{1,8})?|["']?\s{0,3}(?:\/>|<\/[\w.:-]{1,40}>)\s{0,16}<[\w.:-]{1,40}>\s{0,4})`;
/** What would go on with the value, or make it a part of a program. */
export const TAIL = '(?![A-Za-z0-9_+/=(-]|[.:][A-Za-z0-9])';
/** In an address the path may go on. */
const TAIL_OF_ADDRESS = '(?![A-Za-z0-9_+=(-]|[.:][A-Za-z0-9])';
const KEY_NAME = /key|token|secret|passw|appid|auth|_pat$/i;

/** Makes whole rules of rows. */
export function namedTokens(rows: readonly NamedToken[]): readonly SecretRule[] {
  return rows.map(ruleOf);
}

function ruleOf(row: NamedToken): SecretRule {
  return {
    id: `secrets.${row.id}`,
    provider: row.provider,
    what: `${row.provider} ${row.kind ?? 'API key'}`,
    keywords: [...new Set([...row.names, ...(row.alone ?? [])].flatMap(spellingsOf))],
    pattern: patternOf(row),
    breadth: 1,
    severity: row.severity ?? 'high',
    confidence: row.confidence ?? 'medium',
    check: checkNamedValue,
    checkDecides: true,
    remedy:
      row.remedy ?? `Revoke it in the account with ${row.provider} and hand the next one in at run time`,
    source: row.source,
    examples: examplesOf(row),
    counterExamples: counterExamplesOf(row),
  };
}

/** The name, and then the value: at once, or behind a word like `key`, which may stand a few words on. */
function patternOf({ names, alone = [], value, keyed, between }: NamedToken): RegExp {
  const bare = [...names, ...alone].filter((name) => keyed !== true || KEY_NAME.test(name));
  const ways = [`${gapWithout(names, alone)}${KEY_WORDS}${REST}${SEPARATOR}`];
  if (bare.length > 0) ways.unshift(`${directlyBehind(bare)}${REST}${ASSIGNMENT}`);
  if (between !== undefined) ways.unshift(between);
  const shapes = value.map(({ source }) => source).join('|');
  const tail = between === undefined ? TAIL : TAIL_OF_ADDRESS;
  return new RegExp(`${namePattern(names, alone)}(?:${ways.join('|')})(?<secret>${shapes})${tail}`, 'i');
}

function namePattern(names: readonly string[], alone: readonly string[]): string {
  const begun = alone.length === 0 ? [] : [`(?<![A-Za-z0-9_])(?:${alternatives(alone)})`];
  return `(?:${[...begun, ...(names.length === 0 ? [] : [alternatives(names)])].join('|')})`;
}

/**
 * Letters that hold none of the names, as each begins a match of its own, and nothing that is told of hashes. The two
 * ways are of different letters, so that there is but one way to read a text.
 */
function gapWithout(names: readonly string[], alone: readonly string[]): string {
  const begin = [...names, ...alone].map((name) => name.charAt(0).toLowerCase()).join('') + HASHES_BEGIN;
  const letters = [...new Set(begin)].map((letter) => (/[a-z0-9]/.test(letter) ? letter : `\\${letter}`));
  const one = letters.join('');
  return `(?:[^\\0${one}]|(?!${namePattern(names, alone)}|${HASHES})[${one}]){0,50}?`;
}

/** Behind one of the names, unless that is the end of a path: names of files stand beside hashes of all kinds. */
function directlyBehind(names: readonly string[]): string {
  const all = alternatives(names);
  return `(?<=${all})(?<![/@](?:${all}))`;
}

function alternatives(names: readonly string[]): string {
  return names.map(spellingSource).join('|');
}

function examplesOf(row: NamedToken): readonly (() => string)[] {
  const name = firstName(row);
  const label = KEY_NAME.test(name) ? name : `${name.replace(/[_.-]$/, '')}_${row.word ?? 'API_KEY'}`;
  return row.value.flatMap((shape, index) => [
    () => `export ${label.toUpperCase()}=${makeUp(shape, `${row.id} ${index}`)}`,
    () => `  "${label.toLowerCase()}" : "${makeUp(shape, `${row.id} ${index} b`)}",`,
    () => `new Client({ ${name}: { region: 'eu', token: '${makeUp(shape, `${row.id} ${index} c`)}' } })`,
  ]);
}

function counterExamplesOf(row: NamedToken): readonly (() => string)[] {
  const name = firstName(row);
  const value = makeUp(row.value[0] as Shape, row.id);
  return [
    () => `${name}_api_key=\${API_KEY}`,
    () => `${name}_api_key=${'a'.repeat(value.length)}`,
    () => `${name}.js sha256 checksum: ${value}`,
    () => `${name}_api_key=${value.repeat(Math.ceil(900 / value.length))}`,
  ];
}

function firstName({ names, alone }: NamedToken): string {
  return [...names, ...(alone ?? [])][0] ?? '';
}

/** A value that has what one drawn at random has but rarely not: a digit at least. */
function makeUp({ make }: Shape, seed: string): string {
  let value = make(seed);
  for (let turn = 0; checkNamedValue(value) === 'refuted' && turn < 20; turn++)
    value = make(`${seed} ${turn}`);
  return value;
}

function run(letters: string, alphabet: string, least: number, most: number): Shape {
  const length = least === most ? `${least}` : `${least},${most}`;
  return { source: `[${letters}]{${length}}`, make: (seed) => sample(alphabet, least, seed) };
}

export function hex(least: number, most = least): Shape {
  return run('0-9a-f', HEX, least, most);
}

/** Letters and digits. */
export function alnum(least: number, most = least): Shape {
  return run('0-9A-Za-z', BASE62, least, most);
}

/** Small letters and digits; the case is not looked at. */
export function lower(least: number, most = least): Shape {
  return run('0-9a-z', LOWER_ALNUM, least, most);
}

/** Capitals and digits; the case is not looked at. */
export function upper(least: number, most = least): Shape {
  return run('0-9A-Z', UPPER_ALNUM, least, most);
}

export function digits(least: number, most = least): Shape {
  return run('0-9', DIGITS, least, most);
}

/** Base64url without padding. */
export function url64(least: number, most = least): Shape {
  return run('0-9A-Za-z_-', URL_SAFE, least, most);
}

/** Base64url whose signs may be written as percent-escapes. */
export function urlish(least: number, most = least): Shape {
  return run('0-9A-Za-z_%-', URL_SAFE, least, most);
}

/** Base64 with so many signs of padding at most. */
export function base64(least: number, most = least, padding = 0): Shape {
  const body = run('0-9A-Za-z+/', BASE64_LETTERS, least, most);
  if (padding === 0) return body;
  return {
    source: `${body.source}={0,${padding}}`,
    make: (seed) => `${body.make(seed)}${'='.repeat(padding)}`,
  };
}

export function uuid(): Shape {
  return joined(hex(8), '-', hex(4), '-', hex(4), '-', hex(4), '-', hex(12));
}

/** Shapes and fixed texts one after another. */
export function joined(...parts: readonly (Shape | string)[]): Shape {
  const sources = parts.map((part) => (typeof part === 'string' ? escapeText(part) : part.source));
  const make = (seed: string) =>
    parts.map((part, index) => (typeof part === 'string' ? part : part.make(`${seed} ${index}`))).join('');
  return { source: sources.join(''), make };
}
