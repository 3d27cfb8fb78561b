import { createInflate, createInflateRaw, inflateRawSync, inflateSync } from 'node:zlib';
import type { ByteSource } from '../compression/byte-source.ts';
import { asCompressionError, codeOf, drive, OUTPUT_CHUNK, SMALL_INPUT } from '../compression/engine.ts';

/** Deflate alone, as in zip, or in the wrapper of RFC 1950, as git stores its objects. */
export type DeflateKind = 'raw' | 'zlib';

/**
 * Unpacks one deflate stream and leaves the source just behind it. What is small is unpacked in one call: a stream
 * for each of the many small entries of an archive would cost more than its bytes.
 * @returns chunks that are the receiver's to keep
 * @throws {PratiqueError} `COMPRESSION_INVALID`, after what could be unpacked
 * @see RFC 1951, RFC 1950
 */
export async function* inflate(
  source: ByteSource,
  kind: DeflateKind,
  where: string,
): AsyncGenerator<Uint8Array> {
  const atOnce = inflateAtOnce(await source.peek(SMALL_INPUT), kind, where);
  if (atOnce === undefined) {
    const options = { chunkSize: OUTPUT_CHUNK };
    const engine = kind === 'raw' ? createInflateRaw(options) : createInflate(options);
    yield* drive(engine, source, (chunk) => ({ used: chunk.length, done: false }), where);
    return;
  }
  await source.take(atOnce.consumed);
  if (atOnce.buffer.length > 0) yield atOnce.buffer;
}

interface Inflated {
  readonly buffer: Uint8Array;
  readonly consumed: number;
}

/** `undefined` where it takes more bytes or more room. */
function inflateAtOnce(input: Uint8Array, kind: DeflateKind, where: string): Inflated | undefined {
  try {
    // With `info` the result is `{ buffer, engine }`; the types of Node do not say so.
    const options = { info: true, maxOutputLength: OUTPUT_CHUNK };
    const result: unknown = kind === 'raw' ? inflateRawSync(input, options) : inflateSync(input, options);
    const { buffer, engine } = result as { buffer: Uint8Array; engine: { bytesWritten: number } };
    return { buffer, consumed: engine.bytesWritten };
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'Z_BUF_ERROR' || code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw asCompressionError(thrown, where);
  }
}
