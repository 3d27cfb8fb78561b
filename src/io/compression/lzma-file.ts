import type { ByteSource } from './byte-source.ts';
import { HistoryWindow } from './history-window.ts';
import { LzmaDecoder, readLzmaProperties } from './lzma.ts';
import { unlzma } from './lzma-stream.ts';
import { cutShort, packedFault } from './packed-fault.ts';
import { littleEndian } from './zstd-frame.ts';

const HEADER_BYTES = 13;

/**
 * Unpacks a file of `lzma`, the older form of xz. It has no checksum: only that it comes out even speaks for it.
 * @param onMember called once
 * @throws {PratiqueError} `COMPRESSION_INVALID`, `NOT_SUPPORTED`, after what could be unpacked
 * @see lzma-file-format.txt of XZ Utils
 */
export async function* unlzmaFile(source: ByteSource, onMember: () => void): AsyncGenerator<Uint8Array> {
  onMember();
  const header = await source.take(HEADER_BYTES);
  if (header === undefined) throw cutShort();
  const properties = readLzmaProperties(header[0] ?? 0);
  if (properties === undefined) throw packedFault('its properties cannot be right');
  const size = header.subarray(5).every((byte) => byte === 0xff)
    ? undefined
    : littleEndian(header.subarray(5));
  const window = new HistoryWindow(littleEndian(header.subarray(1, 5)));
  try {
    yield* unlzma(source, new LzmaDecoder(properties, window), size);
  } finally {
    window.close();
  }
  if ((await source.peek(1)).length > 0) throw packedFault('bytes follow its end');
}
