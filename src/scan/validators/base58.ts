import { createHash } from 'node:crypto';

const DIGITS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Reads base58 as a number of exactly `size` bytes; `undefined` where it is not base58 or does not fit. */
export function decodeBase58(text: string, size: number): Buffer | undefined {
  let number = 0n;
  for (const character of text) {
    const digit = DIGITS.indexOf(character);
    if (digit < 0) return undefined;
    number = number * 58n + BigInt(digit);
  }
  if (number >> BigInt(size * 8) !== 0n) return undefined;
  return Buffer.from(number.toString(16).padStart(size * 2, '0'), 'hex');
}

/** The bytes of base58, if there are so many and the last four are the double SHA-256 of the others. */
export function decodeBase58Check(text: string, size: number): Buffer | undefined {
  const bytes = decodeBase58(text, size);
  if (bytes === undefined) return undefined;
  return bytes.subarray(-4).equals(checksumOf(bytes.subarray(0, -4))) ? bytes : undefined;
}

/** Base58 of bytes and the first four of their double SHA-256. */
export function encodeBase58Check(bytes: Uint8Array): string {
  let number = BigInt(`0x${Buffer.concat([bytes, checksumOf(bytes)]).toString('hex')}`);
  let text = '';
  for (; number > 0n; number /= 58n) text = DIGITS.charAt(Number(number % 58n)) + text;
  return text;
}

function checksumOf(bytes: Uint8Array): Buffer {
  return sha256(sha256(bytes)).subarray(0, 4);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
