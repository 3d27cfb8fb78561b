import { entropyOf } from './entropy.ts';

const HEX_BODY = /^[0-9a-f]{20,}$|^[0-9A-F]{20,}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Letters of one word in a row, of which texts and names are made; random base62 has one of 9 in 500 tokens. */
const LONG_WORD = /[a-z]{9}|[A-Z]{9}/;
/** Words of programs: a name that is made of them may have digits and capitals enough. */
const NAMING =
  /valid|encod|base64|custom|token|secret|passw|reques|respon|config|client|server|public|privat|default|functi|string|number|object|buffer|length|index|value|array|module|example|sha256|sha512|utf-?8|event|handle|create|update|delete|import|export|state|class|style|color|width|error|test|user|name|file|path|page|http/i;
/** Letters of one case and digits without any sign, longer than names get: base32 and the like. */
const LONG_ONE_CASE = /^[a-z0-9]{40,}$|^[A-Z0-9]{40,}$/;
/** Dates, versions and addresses of memory: digits enough, but not by chance. */
const MEASURED = /^v?[0-9]{1,4}[.:-][0-9]{1,3}[.:-][0-9]|^0x0|^#[0-9a-f]{3,8}$/i;
/** The same twice or more, or rising one by one. */
const REPEATED = /^(.{1,8})\1{2,}.{0,8}$/;
/** bits per letter below which hexadecimal digits, and letters of a wider alphabet, are hardly drawn at random */
const LEAST_HEX_ENTROPY = 2.9;
const LEAST_ENTROPY = 3.4;
const LEAST_ONE_CASE_ENTROPY = 4.2;

/**
 * Whether a value looks drawn by chance and not chosen, named or measured: judged by its alphabet, by how often it
 * changes between capitals, small letters and digits, and by how many letters come back.
 * @param value printable ASCII
 */
export function isRandomValue(value: string): boolean {
  if (value.length < 16 || REPEATED.test(value)) return false;
  if (HEX_BODY.test(value)) return isRandomHex(value);
  if (UUID.test(value)) return isRandomHex(value.replaceAll('-', ''));
  if (LONG_ONE_CASE.test(value) && isRandomInOneCase(value)) return true;
  if (MEASURED.test(value) || LONG_WORD.test(value)) return false;
  if (value.length < 64 && NAMING.test(value)) return false;
  const body = value.replace(/=+$/, '');
  const { digits, signs } = signsOf(body);
  const least = /[A-Z]/.test(body) && /[a-z]/.test(body) ? 16 : 20;
  return (
    body.length >= least &&
    changesOf(body) >= body.length * 0.3 &&
    digits >= Math.max(2, body.length * 0.06) &&
    signs * 4 <= body.length &&
    entropyOf(body) >= LEAST_ENTROPY
  );
}

/** Words run together have no digits among them, and come back to the same few letters. */
function isRandomInOneCase(value: string): boolean {
  const { digits } = signsOf(value);
  const areSpread = digits >= 4 && digits * 2 < value.length && changesOf(value) >= value.length * 0.15;
  return areSpread && entropyOf(value) >= LEAST_ONE_CASE_ENTROPY && !NAMING.test(value);
}

function isRandomHex(value: string): boolean {
  const { digits } = signsOf(value);
  if (digits < value.length / 4 || digits > value.length * 0.9) return false;
  return entropyOf(value) >= LEAST_HEX_ENTROPY && stepsOf(value) * 3 < value.length;
}

/** Changes between capitals, small letters and digits; signs are passed over. */
function changesOf(text: string): number {
  let changes = 0;
  let last = 0;
  for (let i = 0; i < text.length; i++) {
    const kind = kindOf(text.charCodeAt(i));
    if (kind === 0) continue;
    if (last !== 0 && kind !== last) changes++;
    last = kind;
  }
  return changes;
}

function kindOf(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return 1;
  if (code >= 0x41 && code <= 0x5a) return 2;
  return code >= 0x30 && code <= 0x39 ? 3 : 0;
}

/** Neighbours that are one apart: `123456`, `abcdef`. */
function stepsOf(text: string): number {
  let steps = 0;
  for (let i = 1; i < text.length; i++) {
    if (Math.abs(text.charCodeAt(i) - text.charCodeAt(i - 1)) === 1) steps++;
  }
  return steps;
}

/** Digits, and what is neither letter nor digit. */
function signsOf(text: string): { readonly digits: number; readonly signs: number } {
  let digits = 0;
  let signs = 0;
  for (let i = 0; i < text.length; i++) {
    const kind = kindOf(text.charCodeAt(i));
    if (kind === 3) digits++;
    else if (kind === 0) signs++;
  }
  return { digits, signs };
}
