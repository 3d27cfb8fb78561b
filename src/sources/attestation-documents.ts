import { PratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import { unlessAbsent } from '../io/unless-absent.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { AttestationDocument, EmbeddedAttestation } from '../model/image.ts';
import type { ImageSource } from '../model/image-source.ts';
import { readManifest } from './documents/manifest.ts';

/**
 * Reads what a builder put beside an image into its index: each manifest, its configuration and its documents, one
 * after another, none of them held whole. Whoever may pull the image may pull them, and they hold the arguments of the build.
 * @param onAbsent told of each that the source says it does not have: `docker save` leaves them out
 * @throws {PratiqueError} `LIMIT_EXCEEDED` for a document of more than `limits.attestationBytes`; any other fault of the
 *   source or the manifest
 * @see moby/buildkit, docs/attestations/attestation-storage.md
 */
export async function* readAttestations(
  source: ImageSource,
  embedded: readonly EmbeddedAttestation[],
  limits: Limits,
  onAbsent: (what: Descriptor) => void,
): AsyncGenerator<AttestationDocument> {
  for (const { manifest, lines = [] } of embedded) {
    const named = { manifest: manifest.digest };
    for (const json of lines) yield { ...named, json };
    const bytes = await unlessAbsent(source.manifest(manifest));
    if (bytes === undefined) {
      onAbsent(manifest);
      continue;
    }
    const { config, layers, json } = readManifest(bytes, manifest, limits);
    yield { ...named, json };
    for (const blob of onceEach([config, ...layers])) {
      const content = await unlessAbsent(opened(source, blob, limits));
      if (content === undefined) onAbsent(blob);
      else yield { ...named, bytes: content };
    }
  }
}

/** A blob of which the first bytes have come. */
async function opened(
  source: ImageSource,
  blob: Descriptor,
  limits: Limits,
): Promise<AsyncIterable<Uint8Array>> {
  if (blob.size > limits.attestationBytes) throw tooLarge(blob, limits.attestationBytes);
  const chunks = source.blob(blob)[Symbol.asyncIterator]();
  return from(await chunks.next(), chunks);
}

async function* from(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function onceEach(blobs: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

function tooLarge({ digest, size }: Descriptor, limit: number): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `a document of an attestation has ${size} bytes, more than ${limit}`,
    where: digest,
    next: 'raise limits.attestation-bytes in the policy if this is meant',
  });
}
