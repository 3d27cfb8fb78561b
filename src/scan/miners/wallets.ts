import type { Judgement } from '../rule.ts';
import { decodeBase58, decodeBase58Check } from '../validators/base58.ts';
import { isBech32 } from '../validators/bech32.ts';
import { DONATION_ADDRESSES } from './donation-addresses.ts';
import { keccak256 } from './keccak.ts';

/** Base58 digits that so many bytes take, in Monero's coding by blocks of eight. */
const BLOCK_DIGITS = [0, 2, 3, 5, 6, 7, 9, 10, 11];
/** Main network: address, integrated address, subaddress. */
const MONERO_PREFIXES = [18, 19, 42];
/** Main network: pay to a key, pay to a script. */
const BITCOIN_PREFIXES = [0, 5];
/** Characters behind `bc1` of a witness program: of 20 or 32 bytes in version 0, of 32 in version 1. */
const WITNESS_LENGTHS = [39, 59];

/**
 * An address that somebody may be paid to. Without a right checksum nothing counts: of 1,387 texts that looked like
 * Bitcoin addresses in ordinary files, 29 were. Addresses to which everybody sends donations count for nothing.
 */
export function checkWallet(text: string): Judgement {
  if (DONATION_ADDRESSES.has(text)) return 'refuted';
  return isBitcoinAddress(text) || isMoneroAddress(text) || isEthereumAddress(text) ? 'verified' : 'refuted';
}

/** An address of Ethereum in letters of one case: any 40 hexadecimal digits, so never evidence alone. */
export function checkPlainAccount(text: string): Judgement {
  return /^0x(?:[0-9a-f]{40}|[0-9A-F]{40})$/.test(text) && !/(.)\1{7}/.test(text) ? 'plausible' : 'refuted';
}

/** @see BIP-173 and BIP-350 for `bc1…`; base58 with four bytes of double SHA-256 for the others */
export function isBitcoinAddress(text: string): boolean {
  if (/^bc1/i.test(text)) return WITNESS_LENGTHS.includes(text.length - 3) && isBech32(text);
  const kind = decodeBase58Check(text, 25)?.[0];
  return kind !== undefined && BITCOIN_PREFIXES.includes(kind);
}

/** @see Monero, "Standard address": network byte, two public keys (and a payment id), four bytes of Keccak-256 */
export function isMoneroAddress(text: string): boolean {
  if (text.length !== 95 && text.length !== 106) return false;
  const blocks: Buffer[] = [];
  for (let at = 0; at < text.length; at += 11) {
    const digits = text.slice(at, at + 11);
    const block = decodeBase58(digits, BLOCK_DIGITS.indexOf(digits.length));
    if (block === undefined) return false;
    blocks.push(block);
  }
  const bytes = Buffer.concat(blocks);
  const sum = keccak256(bytes.subarray(0, -4)).subarray(0, 4);
  return MONERO_PREFIXES.includes(bytes[0] ?? 0) && sum.equals(bytes.subarray(-4));
}

/**
 * An address of Ethereum whose mixed case is the checksum.
 * @see EIP-55: a letter is a capital where the digit of Keccak-256 over the small letters is 8 or more
 */
export function isEthereumAddress(text: string): boolean {
  const digits = /^0x([0-9a-fA-F]{40})$/.exec(text)?.[1];
  if (digits === undefined || checkPlainAccount(text) === 'plausible' || !/[a-f]/i.test(digits)) return false;
  const hash = keccak256(Buffer.from(digits.toLowerCase())).toString('hex');
  const capital = (at: number) => Number.parseInt(hash.charAt(at), 16) >= 8;
  const proper = [...digits.toLowerCase()].map((digit, at) => (capital(at) ? digit.toUpperCase() : digit));
  return proper.join('') === digits;
}
