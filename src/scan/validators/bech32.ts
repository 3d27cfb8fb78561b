import type { Judgement } from '../rule.ts';

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const BECH32 = 1;
const BECH32M = 0x2bc830a3;

/**
 * Whether a text of the form prefix, `1`, data carries a right checksum.
 * @see BIP-173 (bech32), BIP-350 (bech32m)
 */
export function isBech32(text: string): boolean {
  const sum = remainder(text);
  return sum === BECH32 || sum === BECH32M;
}

/** An age identity: bech32 in upper case. A wrong checksum means that it is not one, or was altered. */
export function checkAgeIdentity(secret: string): Judgement {
  return remainder(secret) === BECH32 ? 'verified' : 'plausible';
}

/** The six characters that make `prefix` and `data` (already in bech32's letters) a valid bech32 text. */
export function bech32Checksum(prefix: string, data: string): string {
  const rest = polymod([...spread(prefix), ...valuesOf(`${data}qqqqqq`)]) ^ BECH32;
  return Array.from({ length: 6 }, (_, i) => CHARSET.charAt((rest >>> (5 * (5 - i))) & 31)).join('');
}

function remainder(text: string): number | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  const cut = lower.lastIndexOf('1');
  const values = valuesOf(lower.slice(cut + 1));
  if (cut < 1 || values.length < 6 || values.includes(-1)) return undefined;
  return polymod([...spread(lower.slice(0, cut)), ...values]);
}

function spread(prefix: string): number[] {
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function valuesOf(data: string): number[] {
  return [...data].map((character) => CHARSET.indexOf(character));
}

function polymod(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, term] of GENERATOR.entries()) if ((top >> bit) & 1) sum ^= term;
  }
  return sum;
}
