import { entropyOf, varietyOf } from './entropy.ts';

const WORDS =
  /example|change[_-]?me|placeholder|redacted|replace[_-]?(?:me|this|with)|insert[_-]|dummy|notreal|invalid|fake[_-]|^fake|^your|[_-]your[_-]|xxxx|\*\*\*|\.\.\.\.|^todo|deadbeef/i;
/** `${VAR}`, `$(cmd)`, `$VAR` (and not `$y$`, which begins a hash), `{{ x }}`, `<x>`, `%(x)s`, `%s`, `#{x}`, `@x@`, `[x]` */
const TEMPLATES =
  /\$\{|\$\(|^\$(?!(?:y|gy|apr1|argon2(?:id?|d))\$)[A-Za-z_]|\{\{|^<.{0,60}>$|<[A-Za-z_-]{2,40}>|%\(|^%[sdv@]$|#\{|^@.{0,60}@$|^\[.{0,60}\]$|^\{.{0,60}\}$/;
/** Neighbours on keyboards and in alphabets, in either direction. */
const ROWS = ['01234567890abcdefghijklmnopqrstuvwxyz0123456789', 'f0', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];
const NEIGHBOURS = pairsOf(ROWS);

/** Letters of a row below which it may be chance: three of them stand in one random key of ten. */
const ROW_LENGTH = 5;
/** Share of a value that rows must fill for it to be one: a short password may well hold a row of digits. */
const ROW_SHARE = 0.75;
const MADE_UP_SHARE = 0.34;

/** Letters from which on random base64 spells a stop-word now and then: `xxxx`, one text of 1600 in 600. */
const BODY_LENGTH = 200;
/** bits per letter; random base64 of that length has 5.6 and more, words have less than 4.5 */
const BODY_ENTROPY = 5.2;

/** Whether a value only stands where a secret would: an example, a template, all the same letter, a keyboard row. */
export function isPlaceholder(value: string): boolean {
  return isBlank(value) || shareOfRows(value, 1) >= ROW_SHARE;
}

/** The same but for rows of a keyboard: whether it says of itself that it is none. */
export function isBlank(value: string): boolean {
  const speaks = WORDS.test(value) && !isRandomBody(value);
  return speaks || isTemplate(value) || isMonotonous(value);
}

/** Whether a value is to be put in by a program: `${VAR}`, `{{ x }}`, `<x>`. */
export function isTemplate(value: string): boolean {
  return TEMPLATES.test(value);
}

/** The body of a key, whose letters mean nothing. */
function isRandomBody(value: string): boolean {
  return value.length >= BODY_LENGTH && entropyOf(value) >= BODY_ENTROPY;
}

/** One character fills more than half of it, or it has hardly any. */
function isMonotonous(value: string): boolean {
  if (value.length < 8) return false;
  const { kinds, most } = varietyOf(value);
  return kinds <= 3 || (value.length >= 12 && most * 2 > value.length);
}

/**
 * Whether a value was typed rather than drawn: a good part of it goes up or down the alphabet, letter by letter or
 * with something between (`a1b2c3d4`). Documentation has many such; so do those who take their keys from there.
 */
export function isMadeUp(value: string): boolean {
  return shareOfRows(value, 1) >= MADE_UP_SHARE || shareOfRows(value, 2) >= MADE_UP_SHARE;
}

/** The part of a value that rows fill, 0 to 1, its letters taken one by one or every other. */
function shareOfRows(value: string, step: 1 | 2): number {
  if (value.length < 2 * ROW_LENGTH) return 0;
  let filled = 0;
  for (let i = 0; i + step < value.length; ) {
    let end = i;
    while (end + step < value.length && areNeighbours(value, end, end + step)) end++;
    if (end - i >= ROW_LENGTH - 1) filled += end - i + step;
    i = Math.max(end, i + 1);
  }
  return filled / value.length;
}

function areNeighbours(text: string, a: number, b: number): boolean {
  return NEIGHBOURS[((text.charCodeAt(a) & 0x7f) << 7) | (text.charCodeAt(b) & 0x7f)] === 1;
}

/** By two characters, seven bits each, without case. */
function pairsOf(rows: readonly string[]): Uint8Array {
  const pairs = new Uint8Array(1 << 14);
  for (const row of rows.flatMap((text) => [text, text.toUpperCase()])) {
    for (let i = 1; i < row.length; i++) {
      for (const other of [row.charAt(i), row.charAt(i).toLowerCase(), row.charAt(i).toUpperCase()]) {
        const [a, b] = [row.charCodeAt(i - 1), other.charCodeAt(0)];
        pairs[(a << 7) | b] = 1;
        pairs[(b << 7) | a] = 1;
      }
    }
  }
  return pairs;
}
