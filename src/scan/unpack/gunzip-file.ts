import { gunzipSync } from 'node:zlib';
import type { ByteSource } from '../../io/compression/byte-source.ts';
import { OUTPUT_CHUNK, SMALL_INPUT } from '../../io/compression/engine.ts';
import { gunzip } from '../../io/compression/gzip.ts';

/**
 * Unpacks a gzip that lies in a layer as a file. Most are small, and a stream costs more than what they hold.
 * @param onMember called before each member of a large one, once for a small one; throws where there are too many
 * @throws {PratiqueError} `COMPRESSION_INVALID`
 */
export async function* gunzipFile(
  source: ByteSource,
  onMember: () => void,
  where: string,
): AsyncGenerator<Uint8Array> {
  const input = await source.peek(SMALL_INPUT);
  const bytes = input.length < SMALL_INPUT ? gunzipAtOnce(input) : undefined;
  if (bytes === undefined) return yield* gunzip(source, onMember, () => {}, where);
  onMember();
  await source.take(input.length);
  yield bytes;
}

function gunzipAtOnce(input: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(input, { maxOutputLength: OUTPUT_CHUNK });
  } catch {
    return undefined; // a stream tells why
  }
}
