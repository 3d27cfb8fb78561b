import { createHash } from 'node:crypto';
import type { Judgement } from '../rule.ts';
import { isBech32 } from './bech32.ts';
import { keccak256 } from './keccak.ts';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Base58 digits that so many bytes take, in Monero's coding by blocks of eight. */
const BLOCK_DIGITS = [0, 2, 3, 5, 6, 7, 9, 10, 11];
/** Main network: address, integrated address, subaddress. */
const MONERO_PREFIXES = [18, 19, 42];

/**
 * A wallet of Bitcoin or Monero whose checksum is right. Without it nothing counts: of 1,387 texts that looked
 * like Bitcoin addresses in ordinary files, 29 were.
 */
export function checkWallet(text: string): Judgement {
  return isBitcoinAddress(text) || isMoneroAddress(text) ? 'verified' : 'refuted';
}

/** @see BIP-173 for `bc1…`; base58 with four bytes of double SHA-256 for the others */
function isBitcoinAddress(text: string): boolean {
  if (/^bc1/i.test(text)) return isBech32(text);
  const bytes = decodeBase58(text, 25);
  if (bytes === undefined || (bytes[0] !== 0 && bytes[0] !== 5)) return false;
  const sum = sha256(sha256(bytes.subarray(0, 21)));
  return sum.subarray(0, 4).equals(bytes.subarray(21));
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** @see Monero, "Standard address": network byte, two public keys (and a payment id), four bytes of Keccak-256 */
function isMoneroAddress(text: string): boolean {
  if (text.length !== 95 && text.length !== 106) return false;
  const blocks: Buffer[] = [];
  for (let at = 0; at < text.length; at += 11) {
    const digits = text.slice(at, at + 11);
    const size = BLOCK_DIGITS.indexOf(digits.length);
    const block = size < 0 ? undefined : decodeBase58(digits, size);
    if (block === undefined) return false;
    blocks.push(block);
  }
  const bytes = Buffer.concat(blocks);
  const sum = keccak256(bytes.subarray(0, -4)).subarray(0, 4);
  return MONERO_PREFIXES.includes(bytes[0] ?? 0) && sum.equals(bytes.subarray(-4));
}

/** Reads base58 as a number of exactly `size` bytes; `undefined` where it is not base58 or does not fit. */
function decodeBase58(text: string, size: number): Buffer | undefined {
  let number = 0n;
  for (const character of text) {
    const digit = BASE58.indexOf(character);
    if (digit < 0) return undefined;
    number = number * 58n + BigInt(digit);
  }
  if (number >> BigInt(size * 8) !== 0n) return undefined;
  return Buffer.from(number.toString(16).padStart(size * 2, '0'), 'hex');
}
