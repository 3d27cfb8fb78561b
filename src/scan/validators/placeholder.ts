import { entropyOf } from './entropy.ts';

const WORDS =
  /example|change[_-]?me|placeholder|redacted|replace[_-]?(?:me|this|with)|insert[_-]|dummy|notreal|invalid|fake[_-]|^fake|^your|[_-]your[_-]|xxxx|\*\*\*|\.\.\.\.|^todo|deadbeef/i;
/** `${VAR}`, `$(cmd)`, `$VAR`, `{{ x }}`, `<x>`, `%(x)s`, `%s`, `#{x}`, `@x@`, `[x]` */
const TEMPLATES =
  /\$\{|\$\(|^\$[A-Za-z_]|\{\{|^<.{0,60}>$|<[A-Za-z_-]{2,40}>|%\(|^%[sdv@]$|#\{|^@.{0,60}@$|^\[.{0,60}\]$|^\{.{0,60}\}$/;
const ROWS = ['0123456789', '1234567890', 'abcdefghij', 'qwertyuiop', '9876543210', '0987654321'];

const TOKEN_LENGTH = 20;
/** Letters from which on random base64 spells a stop-word now and then: `xxxx`, one text of 1600 in 600. */
const BODY_LENGTH = 200;
/** bits per letter; random base64 of that length has 5.6 and more, words have less than 4.5 */
const BODY_ENTROPY = 5.2;

/** Whether a value only stands where a secret would: an example, a template, all the same letter, a keyboard row. */
export function isPlaceholder(value: string): boolean {
  const speaks = WORDS.test(value) && !isRandomBody(value);
  return speaks || isTemplate(value) || isMonotonous(value) || isRow(value);
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
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return (value.length >= 8 && counts.size <= 3) || (value.length >= 12 && most * 2 > value.length);
}

/** Only of tokens: a short password may well hold a row of digits. */
function isRow(value: string): boolean {
  if (value.length < TOKEN_LENGTH) return false;
  const lower = value.toLowerCase();
  return ROWS.some((row) => lower.includes(row));
}
