import type { XzFilter } from './xz-filter.ts';

/**
 * Turns the absolute targets of branches back into relative ones, in place.
 * @param position of the first of `bytes` in what is filtered
 * @returns how many are done; the others are shown again with what follows
 */
type Convert = (bytes: Uint8Array, position: number) => number;

/** A filter for the machine code of one architecture. */
export class BranchFilter implements XzFilter {
  private readonly convert: Convert;
  private position = 0;
  private held: Uint8Array = new Uint8Array(0);

  constructor(convert: Convert) {
    this.convert = convert;
  }

  update(bytes: Uint8Array): Uint8Array {
    const all = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes]);
    const done = this.convert(all, this.position);
    this.position += done;
    this.held = all.subarray(done);
    return all.subarray(0, done);
  }

  end(): Uint8Array {
    return this.held;
  }
}

const X86_BYTES = 5;
/** Which byte of a target to look at next, by which of the bytes before could begin a branch, too. */
const MASK_TO_BYTE = [0, 1, 2, 2, 3];

/** For x86: calls and jumps (E8, E9) whose target is near, unless they overlap. @see XZ Utils, simple/x86.c */
export function convertX86(): Convert {
  let mask = 0;
  let last = -X86_BYTES;
  return (bytes, position) => {
    if (position - last > X86_BYTES) last = position - X86_BYTES;
    let at = 0;
    while (at + X86_BYTES <= bytes.length) {
      if (((bytes[at] ?? 0) & 0xfe) !== 0xe8) {
        at++;
        continue;
      }
      const behind = position + at - last;
      last = position + at;
      mask = behind > X86_BYTES ? 0 : shiftedMask(mask, behind);
      if (isNear(bytes[at + 4]) && mask >> 1 <= 4 && mask >> 1 !== 3) {
        writeX86(bytes, at, targetX86(bytes, at, position, mask));
        at += X86_BYTES;
        mask = 0;
      } else {
        mask |= isNear(bytes[at + 4]) ? 0x11 : 1;
        at++;
      }
    }
    return at;
  };
}

function shiftedMask(mask: number, count: number): number {
  let shifted = mask;
  for (let left = count; left > 0; left--) shifted = (shifted & 0x77) << 1;
  return shifted;
}

function isNear(byte: number | undefined): boolean {
  return byte === 0 || byte === 0xff;
}

function targetX86(bytes: Uint8Array, at: number, position: number, mask: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at + 1, at + X86_BYTES);
  let from = a | (b << 8) | (c << 16) | (d << 24);
  for (;;) {
    const target = (from - (position + at + X86_BYTES)) | 0;
    if (mask === 0) return target;
    const bits = 32 - 8 * (MASK_TO_BYTE[mask >> 1] ?? 0);
    if (!isNear((target >>> (bits - 8)) & 0xff)) return target;
    from = target ^ (2 ** bits - 1);
  }
}

function writeX86(bytes: Uint8Array, at: number, target: number): void {
  bytes[at + 1] = target;
  bytes[at + 2] = target >> 8;
  bytes[at + 3] = target >> 16;
  bytes[at + 4] = ((target >> 24) & 1) === 0 ? 0 : 0xff;
}

/** For ARM: `BL`. @see XZ Utils, simple/arm.c */
export function convertArm(bytes: Uint8Array, position: number): number {
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    const [a = 0, b = 0, c = 0, d] = bytes.subarray(at, at + 4);
    if (d !== 0xeb) continue;
    const target = (((a | (b << 8) | (c << 16)) << 2) - (position + at + 8)) >> 2;
    bytes[at] = target;
    bytes[at + 1] = target >> 8;
    bytes[at + 2] = target >> 16;
  }
  return at;
}

/** For ARM64: `BL`, and `ADRP` within 512 MiB. @see XZ Utils, simple/arm64.c */
export function convertArm64(bytes: Uint8Array, position: number): number {
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    const word = Buffer.from(bytes.buffer, bytes.byteOffset + at, 4);
    word.writeInt32LE(convertWord(word.readInt32LE(), position + at));
  }
  return at;
}

function convertWord(word: number, position: number): number {
  if (word >>> 26 === 0x25) return 0x94000000 | ((word - Math.floor(position / 4)) & 0x03ffffff);
  if ((word & 0x9f000000) >>> 0 !== 0x90000000) return word;
  const page = ((word >>> 29) & 3) | ((word >>> 3) & 0x001ffffc);
  if (((page + 0x00020000) & 0x001c0000) !== 0) return word;
  const target = (page - Math.floor(position / 4096)) | 0;
  const sign = -(target & 0x00020000) & 0x00e00000;
  return (word & 0x9000001f) | ((target & 3) << 29) | ((target & 0x0003fffc) << 3) | sign;
}
