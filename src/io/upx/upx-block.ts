import { inflateRawSync } from 'node:zlib';
import { decodeLzma } from '../compression/lzma.ts';
import { packedFault } from '../compression/packed-fault.ts';
import { decodeNrv, type NrvCode } from './nrv.ts';

/** Bytes of `b_info`. */
export const BLOCK_HEADER_BYTES = 12;

/** What stands before the bytes of a block. */
export interface BlockHeader {
  readonly unpackedBytes: number;
  /** as many, where the block is stored as it is */
  readonly packedBytes: number;
  /** 2 to 4 NRV2B, 5 to 7 NRV2D, 8 to 10 NRV2E, 14 LZMA, 15 deflate */
  readonly method: number;
  /** how calls were changed before packing; texts are as they were */
  readonly filter: number;
  /** 0 */
  readonly extra: number;
}

const METHOD = { firstNrv: 2, lastNrv: 10, lzma: 14, deflate: 15, last: 17 } as const;
const NRV: readonly NrvCode[] = ['b', 'd', 'e'];
/** Bits that are taken from the stream at once; by method. */
const WORDS = [32, 8, 16] as const;
/** Bytes of a block of deflate, which is had in one piece: no program of Linux is packed so, but kernels are. */
const MOST_INFLATED = 32 * 1024 * 1024;
/** Bytes that even the mark of an end takes. */
const LEAST_BYTES = 8;

/**
 * Reads the header of a block, which may be anything.
 * @param at where it begins, `BLOCK_HEADER_BYTES` before the end at the latest
 */
export function readBlockHeader(bytes: Uint8Array, at: number, endian: 'little' | 'big'): BlockHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, BLOCK_HEADER_BYTES);
  const isLittle = endian === 'little';
  return {
    unpackedBytes: view.getUint32(0, isLittle),
    packedBytes: view.getUint32(4, isLittle),
    method: view.getUint8(8),
    filter: view.getUint8(9),
    extra: view.getUint8(11),
  };
}

/** Whether a header may stand before a block that is compressed, in whatever way. */
export function isPackedBlock({ unpackedBytes, packedBytes, method, extra }: BlockHeader): boolean {
  return packedBytes >= LEAST_BYTES && packedBytes < unpackedBytes && isPackedMethod(method) && extra === 0;
}

/** Whether a byte names a method, be it one that cannot be unpacked here. */
export function isPackedMethod(method: number): boolean {
  return method >= METHOD.firstNrv && method <= METHOD.last;
}

/** Whether a header may stand before a block that did not become smaller and is stored as it is. */
export function isStoredBlock({ unpackedBytes, packedBytes, method, extra }: BlockHeader): boolean {
  return packedBytes > 0 && packedBytes === unpackedBytes && method <= METHOD.last && extra === 0;
}

/** How far the unpacking of a block has come. */
export interface Work {
  /** of its output */
  bytes: number;
}

/**
 * Unpacks a block. Calls stay as the filter has left them: instructions are not looked at.
 * @param packed exactly its bytes
 * @param work kept up to date, also where it fails
 * @returns pieces that are the receiver's to keep
 * @throws {PratiqueError} `COMPRESSION_INVALID`, also for a method that is not known; `NOT_SUPPORTED`; both after what
 *   could be unpacked
 */
export function* unpackBlock(
  packed: Uint8Array,
  { method, unpackedBytes }: BlockHeader,
  work: Work,
): Generator<Uint8Array> {
  if (method >= METHOD.firstNrv && method <= METHOD.lastNrv) {
    const index = method - METHOD.firstNrv;
    const code = NRV[Math.floor(index / 3)] ?? 'b';
    yield* decodeNrv(packed, { code, wordBits: WORDS[index % 3] ?? 32, size: unpackedBytes }, work);
  } else if (method === METHOD.lzma) yield* unpackLzma(packed, unpackedBytes, work);
  else if (method === METHOD.deflate && unpackedBytes <= MOST_INFLATED) yield inflate(packed, unpackedBytes);
  else throw packedFault(`method ${method}`);
}

/** Two bytes tell how it was encoded; the sum of `lc` and `lp` stands there twice. */
function unpackLzma(packed: Uint8Array, size: number, work: Work): Generator<Uint8Array> {
  const [first = 0, second = 0, zero] = packed;
  const [lc, lp, pb] = [second & 15, second >> 4, first & 7];
  // The range coder's first byte is looked at before there is room for what it may unpack to.
  if (first >> 3 !== lc + lp || lc > 8 || lp > 4 || pb > 4 || zero !== 0)
    throw packedFault('an LZMA stream does not begin as one');
  work.bytes = size;
  return decodeLzma(packed.subarray(2), { lc, lp, pb, size });
}

function inflate(packed: Uint8Array, size: number): Uint8Array {
  try {
    const bytes = inflateRawSync(packed, { maxOutputLength: size });
    if (bytes.length === size) return bytes;
  } catch {}
  throw packedFault('a deflate stream is damaged');
}
