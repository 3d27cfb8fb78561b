import { PratiqueError } from '../errors.ts';
import { readJson } from '../io/json/strict-json.ts';
import type { Limits } from '../io/limits.ts';
import { readAll } from '../io/verified.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { AttestationDocument, EmbeddedAttestation, ForeignJson } from '../model/image.ts';
import type { ImageSource } from '../model/image-source.ts';
import { readManifest } from './documents/manifest.ts';

/**
 * Reads what a builder put beside an image into its index: each manifest, its configuration and its documents, one
 * after another. Whoever may pull the image may pull them, and they hold the arguments of the build.
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
    const named = { name: 'attestation', manifest: manifest.digest } as const;
    for (const json of lines) yield { ...named, json };
    const bytes = await unlessAbsent(source.manifest(manifest));
    if (bytes === undefined) {
      onAbsent(manifest);
      continue;
    }
    const { config, layers, json } = readManifest(bytes, manifest, limits);
    yield { ...named, json };
    for (const blob of onceEach([config, ...layers])) {
      const content = await unlessAbsent(readBlob(source, blob, limits));
      if (content === undefined) onAbsent(blob);
      else yield { ...named, ...documentOf(content, blob, limits) };
    }
  }
}

function readBlob(source: ImageSource, blob: Descriptor, limits: Limits): Promise<Uint8Array> {
  if (blob.size > limits.attestationBytes) throw tooLarge(blob, limits.attestationBytes);
  return readAll(source.blob(blob), limits.attestationBytes, `attestation ${blob.digest}`);
}

/** Only where the source *said* that it has none: then nobody gets it from there. */
async function unlessAbsent(bytes: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await bytes;
  } catch (thrown) {
    if (thrown instanceof PratiqueError && thrown.code === 'NOT_FOUND') return undefined;
    throw thrown;
  }
}

function onceEach(blobs: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

function documentOf(bytes: Uint8Array, { digest }: Descriptor, limits: Limits) {
  const json = jsonOf(bytes, `attestation ${digest}`, limits.jsonDepth);
  return json === undefined ? { bytes } : { json, name: nameOf(json) };
}

function jsonOf(bytes: Uint8Array, where: string, depth: number): ForeignJson | undefined {
  try {
    return readJson(bytes, { where, depth });
  } catch (thrown) {
    if (thrown instanceof PratiqueError && thrown.code === 'JSON_INVALID') return undefined;
    throw thrown;
  }
}

/** By what the statement says of itself: it is for people to find the place, and nothing hangs on it. */
function nameOf(json: ForeignJson): AttestationDocument['name'] {
  const type = json instanceof Map ? (json as ReadonlyMap<string, ForeignJson>).get('predicateType') : '';
  if (typeof type !== 'string') return 'attestation';
  if (type.startsWith('https://slsa.dev/provenance/')) return 'provenance';
  return /^https:\/\/(?:spdx\.dev|cyclonedx\.org)\//.test(type) ? 'sbom' : 'attestation';
}

function tooLarge({ digest, size }: Descriptor, limit: number): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `a document of an attestation has ${size} bytes, more than ${limit}`,
    where: digest,
    next: 'raise limits.attestation-bytes in the policy if this is meant',
  });
}
