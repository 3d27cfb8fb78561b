import { PratiqueError } from '../errors.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { Digest } from '../model/digest.ts';
import { printable } from '../model/printable.ts';
import { decompress } from './compression/decompress.ts';
import type { Limits } from './limits.ts';
import type { TakeOutside } from './outside.ts';
import { TarReader, type TarSink } from './tar/tar.ts';
import { requireDigest, startDigest } from './verified.ts';

/** What was read of one layer. */
export interface LayerBytes {
  /** bytes of the blob as stored */
  readonly compressedBytes: number;
  /** bytes of its tar */
  readonly expandedBytes: number;
}

/**
 * Reads a layer once: unpacked, hashed against its diffID and taken apart in a single pass. Its sink gets every byte:
 * the contents, and through `outside` what is none, of the tar and of its compression.
 * A node that already has the diffID's chain runs the content it has, not this blob: so both must be one.
 * @param blob chunks in order, already verified against `layer.blob` by whoever gives them
 * @param sink what it was given counts only once the promise is fulfilled
 * @throws {PratiqueError} `DIFF_ID_MISMATCH`; `LIMIT_EXCEEDED`; `MEDIA_TYPE_UNKNOWN`, `COMPRESSION_INVALID`;
 * `TAR_INVALID`, `TAR_AMBIGUOUS`; whatever `blob` throws
 * @see OCI image-spec v1.1.1, config.md, "Layer DiffID"
 */
export async function readLayer(
  blob: AsyncIterable<Uint8Array>,
  layer: { readonly blob: Descriptor; readonly diffId: Digest },
  sink: TarSink,
  limits: Limits,
  where: string,
): Promise<LayerBytes> {
  if (layer.blob.size > limits.layerBytes) throw tooLarge(limits.layerBytes, where);
  const counted = new CountedBlob(blob, limits.layerBytes, where);
  const hash = startDigest(layer.diffId);
  const tar = new TarReader(sink, limits, where);
  let expandedBytes = 0;
  const outside: TakeOutside = (bytes, place, isFirst) => sink.outside?.(bytes, place, isFirst);
  for await (const chunk of decompress(counted, layer.blob.mediaType, limits, where, outside, 'lent')) {
    expandedBytes += chunk.length;
    hash.update(chunk);
    tar.write(chunk);
    await sink.settle?.();
  }
  tar.finish();
  requireDigest(hash, layer.diffId, 'DIFF_ID_MISMATCH', where);
  return { compressedBytes: counted.bytes, expandedBytes };
}

class CountedBlob implements AsyncIterable<Uint8Array> {
  bytes = 0;
  private readonly blob: AsyncIterable<Uint8Array>;
  private readonly limit: number;
  private readonly where: string;

  constructor(blob: AsyncIterable<Uint8Array>, limit: number, where: string) {
    this.blob = blob;
    this.limit = limit;
    this.where = where;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.blob) {
      this.bytes += chunk.length;
      if (this.bytes > this.limit) throw tooLarge(this.limit, this.where);
      yield chunk;
    }
  }
}

function tooLarge(limit: number, where: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the layer is larger than ${limit} bytes`,
    where: printable(where),
    next: 'raise limits.layer-bytes in the policy if this is meant',
  });
}
