import { createHash } from 'node:crypto';
import { keccak256 } from '../../src/scan/miners/keccak.ts';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const DIGITS = [0, 2, 3, 5, 6, 7, 9, 10, 11];

/** An address of Monero whose keys nobody has; its checksum is right. */
export function moneroAddress(prefix: number, paymentIdBytes = 0): string {
  const keys = createHash('sha512').update(`keys ${prefix}`).digest();
  const body = Buffer.concat([Buffer.from([prefix]), keys, Buffer.alloc(paymentIdBytes, 0x5a)]);
  const bytes = Buffer.concat([body, keccak256(body).subarray(0, 4)]);
  let text = '';
  for (let at = 0; at < bytes.length; at += 8) text += encodeBlock(bytes.subarray(at, at + 8));
  return text;
}

function encodeBlock(block: Uint8Array): string {
  let number = BigInt(`0x${Buffer.from(block).toString('hex')}`);
  let text = '';
  for (; number > 0n; number /= 58n) text = BASE58.charAt(Number(number % 58n)) + text;
  return text.padStart(DIGITS[block.length] ?? 0, '1');
}
