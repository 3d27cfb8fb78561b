import { crc32 } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';
import { HistoryWindow } from './history-window.ts';
import { LzmaDecoder } from './lzma.ts';
import { unlzma } from './lzma-stream.ts';
import { cutShort, packedFault } from './packed-fault.ts';
import { littleEndian } from './zstd-frame.ts';

const MAGIC = 'LZIP';
const HEADER_BYTES = 6;
const TRAILER_BYTES = 20;
const PROPERTIES = { lc: 3, lp: 0, pb: 2 };

/**
 * Unpacks lzip, any number of members.
 * @param onMember called before each member; throws where there are too many
 * @throws {PratiqueError} `COMPRESSION_INVALID`, `NOT_SUPPORTED`, after what could be unpacked
 * @see draft-diaz-lzip-09
 */
export async function* unlzip(source: ByteSource, onMember: () => void): AsyncGenerator<Uint8Array> {
  do {
    onMember();
    const start = source.position;
    const header = await source.take(HEADER_BYTES);
    if (header === undefined) throw cutShort();
    if (Buffer.from(header).toString('latin1', 0, 4) !== MAGIC)
      throw packedFault('bytes that are not lzip follow');
    if (header[4] !== 1) throw packedFault('its version is not known');
    const window = new HistoryWindow(dictionaryBytes(header[5] ?? 0));
    let sum = 0;
    let size = 0;
    try {
      for await (const piece of unlzma(source, new LzmaDecoder(PROPERTIES, window), undefined)) {
        sum = crc32(piece, sum);
        size += piece.length;
        yield piece;
      }
    } finally {
      window.close();
    }
    const trailer = await source.take(TRAILER_BYTES);
    if (trailer === undefined) throw cutShort();
    const isTrue =
      littleEndian(trailer.subarray(0, 4)) === sum &&
      littleEndian(trailer.subarray(4, 12)) === size &&
      littleEndian(trailer.subarray(12)) === source.position - start;
    if (!isTrue) throw packedFault('the checksum or a length in its trailer is wrong');
  } while ((await source.peek(1)).length > 0);
}

/** A power of two, less some sixteenths of it. */
function dictionaryBytes(coded: number): number {
  const base = 2 ** (coded & 0x1f);
  return base - (base / 16) * (coded >> 5);
}
