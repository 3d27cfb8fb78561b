/** Bytes of a block; everything in a tar is a multiple of it. */
export const BLOCK = 512;

/** A whole number of 64 bits; a bigint where a JavaScript number would not be exact. */
export type Int64 = number | bigint;

/** The fields of one header block. Names are binary strings: one character for each byte. */
export interface TarHeader {
  /** one character */
  readonly typeFlag: string;
  readonly name: string;
  readonly linkName: string;
  readonly mode: Int64;
  readonly uid: Int64;
  readonly gid: Int64;
  readonly size: Int64;
  /** seconds since 1970 */
  readonly mtime: Int64;
  readonly deviceMajor: Int64;
  readonly deviceMinor: Int64;
}

/** Magic numbers with their versions, where these tell formats apart. */
const [USTAR, STAR, GNU] = ['ustar\0', 'tar\0', 'ustar  \0'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
];

/** Whether a block, or a part of one, is all zeros. */
export function isZeroBlock(block: Uint8Array): boolean {
  for (let at = 0; at < block.length; at += 1) if (block[at] !== 0) return false;
  return true;
}

/** Whether entries of this type have no body, whatever their size says. @see Go archive/tar, `isHeaderOnlyType` */
export function isHeaderOnly(typeFlag: string): boolean {
  return typeFlag >= '1' && typeFlag <= '6';
}

/**
 * Reads a header block as Go does: signed and unsigned checksums, any magic, base-256 numbers, the
 * prefix of ustar, of star, and the one that old Go programs wrote under GNU's magic.
 * @param block 512 bytes, not all zero
 * @returns the header, or why it is none
 * @see POSIX.1-2017, pax, "ustar Interchange Format"; Go archive/tar, `readHeader`
 */
export function readHeader(block: Uint8Array): TarHeader | string {
  if (!hasValidChecksum(block)) return 'the checksum of a header is wrong';
  const format = formatOf(block);
  const numbers = {
    mode: readNumeric(block, 100, 8),
    uid: readNumeric(block, 108, 8),
    gid: readNumeric(block, 116, 8),
    size: readNumeric(block, 124, 12),
    mtime: readNumeric(block, 136, 12),
    deviceMajor: format === 'v7' ? 0 : readNumeric(block, 329, 8),
    deviceMinor: format === 'v7' ? 0 : readNumeric(block, 337, 8),
  };
  if (holdsNaN(numbers) || starTimes(block, format).some(Number.isNaN))
    return 'a number in a header cannot be read';
  const prefix = prefixOf(block, format);
  const name = readText(block, 0, 100);
  return {
    typeFlag: String.fromCharCode(block[156] ?? 0),
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: readText(block, 157, 100),
    ...numbers,
  };
}

/** By name, as this is asked of each of very many headers. */
function holdsNaN(numbers: Readonly<Record<string, Int64>>): boolean {
  for (const name in numbers) if (Number.isNaN(numbers[name])) return true;
  return false;
}

const NO_TIMES: readonly Int64[] = [];

type Format = 'v7' | 'ustar' | 'star' | 'gnu';

function formatOf(block: Uint8Array): Format {
  if (stands(USTAR, block, 257)) return stands(STAR, block, 508) ? 'star' : 'ustar';
  return stands(GNU, block, 257) ? 'gnu' : 'v7';
}

function stands(bytes: Uint8Array, block: Uint8Array, at: number): boolean {
  for (let index = 0; index < bytes.length; index += 1) if (block[at + index] !== bytes[index]) return false;
  return true;
}

function prefixOf(block: Uint8Array, format: Format): string {
  if (format === 'ustar') return readText(block, 345, 155);
  if (format === 'star') return readText(block, 345, 131);
  if (format === 'v7') return '';
  // Under GNU's magic these bytes are two times; only where they are no numbers, they are a prefix.
  const isTime = (at: number) => block[at] === 0 || !Number.isNaN(readNumeric(block, at, 12));
  if (isTime(345) && isTime(357)) return '';
  const prefix = readText(block, 345, 155);
  return /^[\u0001-\u007f]*$/.test(prefix) ? prefix : '';
}

function starTimes(block: Uint8Array, format: Format): readonly Int64[] {
  return format === 'star' ? [readNumeric(block, 476, 12), readNumeric(block, 488, 12)] : NO_TIMES;
}

// Old writers summed the bytes as signed ones; both sums count.
function hasValidChecksum(block: Uint8Array): boolean {
  let sum = 8 * 0x20; // the checksum's own field counts as spaces
  let high = 0;
  for (let at = 0; at < BLOCK; at += 1) {
    if (at === 148) at = 156;
    const byte = block[at] ?? 0;
    sum += byte;
    high += byte >> 7;
  }
  const stored = readOctal(block, 148, 8);
  return stored === sum || stored === sum - 256 * high;
}

/** Reads a number in octal or base-256; NaN where it is neither, or overflows 64 bits. */
function readNumeric(block: Uint8Array, at: number, length: number): Int64 {
  const first = block[at] ?? 0;
  return (first & 0x80) === 0 ? readOctal(block, at, length) : readBase256(block, at, length);
}

function readBase256(block: Uint8Array, at: number, length: number): Int64 {
  const negative = ((block[at] ?? 0) & 0x40) !== 0;
  let value = 0n;
  for (let index = 0; index < length; index += 1) {
    const byte = (block[at + index] ?? 0) ^ (negative ? 0xff : 0);
    value = (value << 8n) | BigInt(index === 0 ? byte & 0x7f : byte);
  }
  return value >> 63n > 0n ? Number.NaN : narrow(negative ? -value - 1n : value);
}

function readOctal(block: Uint8Array, at: number, length: number): number {
  let start = at;
  let end = at + length;
  while (start < end && isBlank(block[start])) start += 1;
  while (end > start && isBlank(block[end - 1])) end -= 1;
  let value = 0;
  for (let index = start; index < end; index += 1) {
    const byte = block[index] ?? 0;
    if (byte === 0) return value;
    if (byte < 0x30 || byte > 0x37) return Number.NaN;
    value = value * 8 + byte - 0x30;
  }
  return value;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0;
}

/** Reads a decimal number of 64 bits as Go's `ParseInt` does; NaN where it is none. */
export function readDecimal(text: string): Int64 {
  if (!/^[+-]?[0-9]+$/.test(text)) return Number.NaN;
  const value = text.length < 16 ? Number(text) : BigInt(text.replace('+', ''));
  if (typeof value === 'number') return value;
  return BigInt.asIntN(64, value) === value ? narrow(value) : Number.NaN;
}

/** The lowest bits of a number, as the kernel sees them. */
export function lowBits(value: Int64, bits: number): number {
  if (typeof value === 'number' && value >= 0 && value < 2 ** bits) return value;
  return Number(BigInt.asUintN(bits, BigInt(value)));
}

function narrow(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A binary string up to its first NUL. */
function readText(block: Uint8Array, at: number, length: number): string {
  let end = at;
  while (end < at + length && block[end] !== 0) end += 1;
  return end === at ? '' : Buffer.from(block.buffer, block.byteOffset + at, end - at).toString('latin1');
}
