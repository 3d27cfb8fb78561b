import type { NrvCode } from '../../src/io/upx/nrv.ts';

const LAST = 0x100_0002;
const LEAST = 4;

/**
 * Packs with NRV2B, NRV2D or NRV2E: with literals, and repeats of what stood last at the same three bytes, at any
 * distance. Of two distances the one before is preferred, as every packer does.
 */
export function encodeNrv(plain: Uint8Array, code: NrvCode, wordBits: 8 | 16 | 32): Buffer {
  const out = new BitOutput(wordBits);
  const far = code === 'b' ? 0xd00 : 0x500;
  const seen = new Map<number, number>();
  let last = 1;
  for (let at = 0; at < plain.length; ) {
    const known = seen.get(keyAt(plain, at));
    const again = commonBytes(plain, at, last);
    const other = known === undefined ? 0 : commonBytes(plain, at, at - known);
    const distance = again >= LEAST || known === undefined ? last : at - known;
    const length = distance === last ? again : other;
    seen.set(keyAt(plain, at), at);
    if (length < LEAST) {
      out.bit(1);
      out.byte(plain[at++] as number);
      continue;
    }
    out.bit(0);
    repeat(out, code, distance, distance === last, length - 1 - (distance > far ? 1 : 0));
    last = distance;
    at += length;
  }
  out.bit(0);
  upper(out, code, LAST);
  out.byte(0xff);
  return out.finish();
}

function keyAt(plain: Uint8Array, at: number): number {
  return (plain[at] ?? 0) * 65_536 + (plain[at + 1] ?? 0) * 256 + (plain[at + 2] ?? 0);
}

function commonBytes(plain: Uint8Array, at: number, distance: number): number {
  if (distance > at) return 0;
  let length = 0;
  while (at + length < plain.length && plain[at + length] === plain[at + length - distance]) length++;
  return length;
}

function repeat(out: BitOutput, code: NrvCode, distance: number, isSame: boolean, length: number): void {
  const first = code === 'e' ? (length < 3 ? 1 : 0) : length < 4 ? length >> 1 : 0;
  if (isSame) upper(out, code, 2);
  else {
    const value = code === 'b' ? distance - 1 : (distance - 1) * 2 + (first ^ 1);
    upper(out, code, Math.floor(value / 256) + 3);
    out.byte(value % 256);
  }
  if (isSame || code === 'b') out.bit(first);
  if (code === 'e') lengthE(out, length);
  else if (length < 4) out.bit(length & 1);
  else {
    out.bit(0);
    prefixed(out, length - 2);
  }
}

function lengthE(out: BitOutput, length: number): void {
  if (length >= 3) out.bit(length < 5 ? 1 : 0);
  if (length < 5) out.bit(length < 3 ? length - 1 : length - 3);
  else prefixed(out, length - 3);
}

/** Each digit behind the first, and whether it was the last. */
function prefixed(out: BitOutput, value: number): void {
  const digits = value.toString(2).slice(1);
  for (const [index, digit] of [...digits].entries()) {
    out.bit(Number(digit));
    out.bit(index === digits.length - 1 ? 1 : 0);
  }
}

function upper(out: BitOutput, code: NrvCode, value: number): void {
  if (code === 'b') prefixed(out, value);
  else alternating(out, value, 1);
}

/** A digit, whether it was the last, another digit, and so on: the highest first. */
function alternating(out: BitOutput, value: number, isLast: 0 | 1): void {
  const rest = value >> 1;
  if (rest > 1) {
    alternating(out, (rest >> 1) + 1, 0);
    out.bit(rest & 1);
  }
  out.bit(value & 1);
  out.bit(isLast);
}

/** Bits in words that stand where the first bit of each is needed, among bytes. */
class BitOutput {
  private readonly out: number[] = [];
  private readonly wordBits: number;
  private word = 0;
  private used: number;

  constructor(wordBits: number) {
    this.wordBits = wordBits;
    this.used = wordBits;
  }

  bit(bit: number): void {
    if (this.used === this.wordBits) {
      this.word = this.out.length;
      this.used = 0;
      for (let left = this.wordBits; left > 0; left -= 8) this.out.push(0);
    }
    const place = this.wordBits - 1 - this.used++;
    const at = this.word + (place >> 3);
    this.out[at] = (this.out[at] ?? 0) | (bit << (place & 7));
  }

  byte(byte: number): void {
    this.out.push(byte);
  }

  finish(): Buffer {
    return Buffer.from(this.out);
  }
}
