import type { ByteSource } from './byte-source.ts';
import type { HistoryWindow } from './history-window.ts';
import { LzmaDecoder, readLzmaProperties } from './lzma.ts';
import { decodePiece } from './lzma-stream.ts';
import { cutShort, packedFault } from './packed-fault.ts';
import { RANGE_HEAD } from './range-decoder.ts';

/** What the first byte of a chunk says. */
const CONTROL = {
  end: 0,
  storedAnew: 1,
  stored: 2,
  lzma: 0x80,
  newState: 0xa0,
  newProperties: 0xc0,
  anew: 0xe0,
};

/**
 * Unpacks LZMA2, chunks of LZMA or of bytes as they are, and leaves the source just behind its end.
 * @returns chunks that are the receiver's to keep
 * @throws {PratiqueError} `COMPRESSION_INVALID`, `NOT_SUPPORTED`, after what could be unpacked
 * @see XZ Utils, src/liblzma/lzma/lzma2_decoder.c; the format has no other specification
 */
export async function* unlzma2(source: ByteSource, window: HistoryWindow): AsyncGenerator<Uint8Array> {
  let decoder: LzmaDecoder | undefined;
  let hasProperties = false;
  for (let isFirst = true; ; isFirst = false) {
    const control = (await take(source, 1))[0] ?? 0;
    if (control === CONTROL.end) return;
    const isAnew = control === CONTROL.storedAnew || control >= CONTROL.anew;
    if (isFirst && !isAnew) throw packedFault('its first chunk points back');
    if (isAnew) {
      hasProperties = false;
      window.forget();
    }
    if (control < CONTROL.lzma) {
      if (control > CONTROL.stored) throw packedFault('a chunk is of no known kind');
      yield* copyStored(source, window);
      continue;
    }
    const [a = 0, b = 0, c = 0, d = 0] = await take(source, 4);
    if (control >= CONTROL.newProperties) {
      decoder = decoderFor((await take(source, 1))[0] ?? 0, window);
      hasProperties = true;
    } else if (control >= CONTROL.newState) decoder?.forget();
    if (decoder === undefined || !hasProperties) throw packedFault('a chunk does not say how to decode it');
    yield* unpackChunk(source, decoder, (((control & 0x1f) << 16) | (a << 8) | b) + 1, ((c << 8) | d) + 1);
  }
}

function decoderFor(properties: number, window: HistoryWindow): LzmaDecoder {
  const known = readLzmaProperties(properties);
  if (known === undefined || known.lc + known.lp > 4) throw packedFault('its properties cannot be right');
  return new LzmaDecoder(known, window);
}

async function* unpackChunk(
  source: ByteSource,
  decoder: LzmaDecoder,
  size: number,
  packedSize: number,
): AsyncGenerator<Uint8Array> {
  const packed = await source.peek(packedSize); // what is there of it is unpacked, though it be cut short
  if (packed.length < RANGE_HEAD) throw cutShort();
  await source.take(packed.length);
  decoder.begin(packed);
  decoder.feed(packed.subarray(RANGE_HEAD));
  for (let left = size; left > 0; ) {
    const { piece, state, fault } = decodePiece(decoder, left, true);
    left -= piece.length;
    if (piece.length > 0) yield piece;
    if (fault !== undefined) throw fault;
    if (state === 'ended') throw packedFault('a chunk is shorter than it says');
  }
  if (!decoder.mayEnd || decoder.used !== packedSize - RANGE_HEAD)
    throw packedFault('a chunk is longer than it says');
}

async function* copyStored(source: ByteSource, window: HistoryWindow): AsyncGenerator<Uint8Array> {
  const [a = 0, b = 0] = await take(source, 2);
  for (let left = ((a << 8) | b) + 1; left > 0; ) {
    const bytes = await source.peek(Math.min(left, window.room() - window.position));
    if (bytes.length === 0) throw cutShort();
    await source.take(bytes.length);
    window.bytes.set(bytes, window.position);
    window.position += bytes.length;
    left -= bytes.length;
    yield window.take();
  }
}

async function take(source: ByteSource, count: number): Promise<Uint8Array> {
  const bytes = await source.take(count);
  if (bytes === undefined) throw cutShort();
  return bytes;
}
