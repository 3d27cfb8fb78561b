import { crc32, gunzipSync } from 'node:zlib';
import type { ByteSource } from '../../io/compression/byte-source.ts';
import { codeOf, OUTPUT_CHUNK, SMALL_INPUT } from '../../io/compression/engine.ts';
import { gunzip } from '../../io/compression/gzip.ts';
import { giveBackHandle, hasZlibHandle, takeHandle } from '../../io/compression/zlib-handle.ts';

/** Bytes of a header before its name, and behind the content; what all headers begin with that only have a name. */
const [HEADER_BYTES, TRAILER_BYTES] = [10, 8];
const [MAGIC, NAMED] = [0x1f8b08, 0x08];

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
  const bytes = input.length < SMALL_INPUT ? (gunzipMember(input) ?? gunzipAtOnce(input)) : undefined;
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

/** What is in a single member with nothing but a name in its header, as nearly all are; nothing of any other. */
function gunzipMember(bytes: Uint8Array): Uint8Array | undefined {
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!hasZlibHandle() || input.length < HEADER_BYTES || input.readUIntBE(0, 3) !== MAGIC) return undefined;
  const nameEnd = input[3] === NAMED ? input.indexOf(0, HEADER_BYTES) : HEADER_BYTES - 1;
  if ((input[3] !== 0 && input[3] !== NAMED) || nameEnd < 0) return undefined;
  const handle = takeHandle('raw');
  try {
    const { output, used, isFull } = handle.step(input, nameEnd + 1);
    const trailer = input.subarray(nameEnd + 1 + used);
    if (isFull || trailer.length !== TRAILER_BYTES) return undefined;
    const isRight = trailer.readUInt32LE(0) === crc32(output) && trailer.readUInt32LE(4) === output.length;
    return isRight ? new Uint8Array(output) : undefined;
  } catch (thrown) {
    if (codeOf(thrown) === '') throw thrown;
    return undefined;
  } finally {
    giveBackHandle(handle, 'raw');
  }
}
