import { createHash } from 'node:crypto';

export const HEX = '0123456789abcdef';
export const DIGITS = '0123456789';
export const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
export const BASE62 = `${DIGITS}${LETTERS}`;
export const URL_SAFE = `${BASE62}-_`;
export const BASE64_LETTERS = `${BASE62}+/`;
export const UPPER_BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
export const LOWER_ALNUM = '0123456789abcdefghijklmnopqrstuvwxyz';
export const UPPER_ALNUM = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * Letters that look drawn at random and are the same on every run, for examples of rules: no example stands
 * in the source as a whole, so that nobody's scanner takes it for a live one.
 */
export function sample(alphabet: string, length: number, seed: string): string {
  let text = '';
  for (let block = 0; text.length < length; block++) {
    for (const byte of createHash('sha256').update(`${seed} ${block}`).digest()) {
      text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text.slice(0, length);
}

/** Puts the parts of an example together. */
export function join(...parts: readonly string[]): string {
  return parts.join('');
}

/** JSON in base64url without padding, as tokens carry it. */
export function encodeJson(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
