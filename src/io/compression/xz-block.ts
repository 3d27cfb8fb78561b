import { crc32 } from 'node:zlib';
import { notRead, packedFault } from './packed-fault.ts';
import { type XzFilter, xzFilter } from './xz-filter.ts';
import { littleEndian } from './zstd-frame.ts';

/** What the header of a block says. */
export interface XzBlock {
  /** bytes of the block without its header, padding and check; absent where it does not say */
  readonly packedBytes?: number;
  readonly unpackedBytes?: number;
  readonly dictionaryBytes: number;
  /** what its bytes go through behind LZMA2, in this order */
  readonly filters: readonly XzFilter[];
}

const FLAG = { filters: 0x03, reserved: 0x3c, packed: 0x40, unpacked: 0x80 };
const LZMA2 = 0x21;

/**
 * Reads the header of a block.
 * @param header all of it, its size and checksum among it
 * @throws {PratiqueError} `COMPRESSION_INVALID`; `NOT_SUPPORTED` where it wants a filter that is not known
 * @see xz file format 1.2.1, section 3.1
 */
export function readBlockHeader(header: Uint8Array): XzBlock {
  const end = header.length - 4;
  if (crc32(header.subarray(0, end)) !== littleEndian(header.subarray(end)))
    throw packedFault('the checksum of a block header is wrong');
  const fields = new Fields(header.subarray(0, end), 2);
  const flags = header[1] ?? 0;
  if ((flags & FLAG.reserved) !== 0) throw packedFault('a block header has reserved flags');
  const packedBytes = (flags & FLAG.packed) === 0 ? undefined : fields.number();
  const unpackedBytes = (flags & FLAG.unpacked) === 0 ? undefined : fields.number();
  const filters: XzFilter[] = [];
  for (let left = flags & FLAG.filters; left > 0; left--) filters.unshift(readFilter(fields));
  if (fields.number() !== LZMA2) throw notRead('xz without LZMA2');
  const [coded = 0xff] = fields.bytes(fields.number());
  if (!fields.restIsZero) throw packedFault('a block header has bytes where it should be empty');
  return {
    ...(packedBytes === undefined ? {} : { packedBytes }),
    ...(unpackedBytes === undefined ? {} : { unpackedBytes }),
    dictionaryBytes: dictionaryBytes(coded),
    filters,
  };
}

function readFilter(fields: Fields): XzFilter {
  const id = fields.number();
  const filter = xzFilter(id, fields.bytes(fields.number()));
  if (filter === undefined) throw notRead(`xz filter ${id}`);
  return filter;
}

/** 2 or 3 times a power of two, and at the end of the scale all that can be addressed. */
function dictionaryBytes(coded: number): number {
  if (coded > 40) throw packedFault('its dictionary cannot be so large');
  return coded === 40 ? 2 ** 32 - 1 : (2 | (coded & 1)) * 2 ** ((coded >> 1) + 11);
}

class Fields {
  private readonly header: Uint8Array;
  private at: number;

  constructor(header: Uint8Array, at: number) {
    this.header = header;
    this.at = at;
  }

  /** A number in the form that takes as few bytes as it needs. */
  number(): number {
    const { value, bytes } = readVariable(this.header.subarray(this.at));
    this.at += bytes;
    return value;
  }

  bytes(count: number): Uint8Array {
    if (this.at + count > this.header.length) throw packedFault('a block header ends too early');
    this.at += count;
    return this.header.subarray(this.at - count, this.at);
  }

  get restIsZero(): boolean {
    return this.header.subarray(this.at).every((byte) => byte === 0);
  }
}

/**
 * Reads a number of seven bits in each byte, lowest first.
 * @returns past 2⁵³ it is inexact, and then equals no count of bytes that were read
 * @throws {PratiqueError} `COMPRESSION_INVALID`
 * @see xz file format 1.2.1, section 1.2
 */
export function readVariable(from: Uint8Array): { readonly value: number; readonly bytes: number } {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = from[index];
    if (byte === undefined || (byte === 0 && index > 0)) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, bytes: index + 1 };
  }
  throw packedFault('a number in it cannot be right');
}

/** Writes a number as `readVariable` reads it. */
export function writeVariable(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}
