import { type JsonFields, readFields } from '../io/json/json-fields.ts';
import { readJson } from '../io/json/strict-json.ts';
import type { Descriptor } from '../model/descriptor.ts';
import { parseDigest } from '../model/digest.ts';

/** The parts of a manifest that carries signatures or attestations. Absent texts are empty. */
export interface ArtifactManifest {
  readonly artifactType: string;
  readonly configMediaType: string;
  readonly layers: readonly ArtifactLayer[];
  /** digest text of the manifest it refers to; absent under a companion tag */
  readonly subject?: string;
  readonly annotations: ReadonlyMap<string, string>;
}

export type ArtifactLayer = Descriptor & { readonly annotations: ReadonlyMap<string, string> };

const WHERE = 'manifest of a signature or attestation';
const KNOWN = new Set([
  'artifactType',
  'config',
  'layers',
  'subject',
  'mediaType',
  'digest',
  'size',
  'annotations',
]);
const FREE = new Set(['annotations', 'layers[].annotations', 'config.annotations', 'subject.annotations']);

/**
 * Reads a manifest that is not an image. `urls` and inline `data` of descriptors are ignored: content comes
 * from the registry by digest, or not at all.
 * @throws {PratiqueError} `JSON_INVALID`, `DIGEST_INVALID`
 * @see OCI image-spec v1.1.1, manifest.md, "Guidelines for Artifact Usage"
 */
export function readArtifactManifest(bytes: Uint8Array): ArtifactManifest {
  const manifest = readFields(readJson(bytes, { where: WHERE, known: KNOWN, free: FREE }), { where: WHERE });
  const subject = manifest.optionalObject('subject')?.string('digest');
  return {
    artifactType: manifest.optionalString('artifactType') ?? '',
    configMediaType: manifest.optionalObject('config')?.optionalString('mediaType') ?? '',
    layers: manifest.objects('layers').map(readLayer),
    ...(subject === undefined ? {} : { subject }),
    annotations: manifest.stringMap('annotations'),
  };
}

function readLayer(layer: JsonFields): ArtifactLayer {
  return {
    mediaType: layer.string('mediaType'),
    digest: parseDigest(layer.string('digest')),
    size: layer.integer('size'),
    annotations: layer.stringMap('annotations'),
  };
}
