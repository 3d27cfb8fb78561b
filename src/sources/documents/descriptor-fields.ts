import { PratiqueError } from '../../errors.ts';
import type { JsonFields } from '../../io/json/json-fields.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { type Digest, isDigest } from '../../model/digest.ts';
import { printable, quoted } from '../../model/printable.ts';

/**
 * Every key of manifests, indexes and descriptors that some runtime looks for. A key that only folds to one
 * of them is refused by the reader: Go would take it, JavaScript would not.
 * @see OCI image-spec v1.1.1, manifest.md, image-index.md, descriptor.md; Docker image manifest v2 schema 1 and 2
 */
export const MANIFEST_KEYS: ReadonlySet<string> = new Set([
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'subject',
  'annotations',
  'digest',
  'size',
  'urls',
  'data',
  'platform',
  'architecture',
  'os',
  'os.version',
  'os.features',
  'variant',
  'features',
  'fsLayers',
  'signatures',
]);

/** The objects of a manifest or index whose keys belong to whoever wrote them. */
export const ANNOTATION_PLACES: ReadonlySet<string> = new Set([
  'annotations',
  'config.annotations',
  'subject.annotations',
  'layers[].annotations',
  'manifests[].annotations',
]);

/**
 * Reads a descriptor. Embedded `data` must be base64, as runtimes demand, and is ignored: the bytes always come from
 * the source by digest, so that nothing unverified is read in their place. `urls` are never fetched.
 * @throws {PratiqueError} `DIGEST_INVALID`, or the fault that `fields` were made with
 * @see OCI image-spec v1.1.1, descriptor.md
 */
export function readDescriptor(fields: JsonFields, where: string): Descriptor {
  const mediaType = fields.string('mediaType');
  if (mediaType === '') throw fields.error('mediaType', 'it is empty');
  const artifactType = fields.optionalString('artifactType');
  const annotations = fields.stringMap('annotations');
  fields.strings('urls');
  requireBase64(fields, 'data');
  return {
    mediaType,
    digest: readDigest(fields.string('digest'), `${where}, ${fields.path}.digest`),
    size: fields.integer('size'),
    ...(artifactType === undefined || artifactType === '' ? {} : { artifactType }),
    ...(annotations.size === 0 ? {} : { annotations }),
  };
}

// Go passes over line ends, and demands the padding.
function requireBase64(fields: JsonFields, name: string): void {
  const text = fields.optionalString(name)?.replace(/[\r\n]/g, '') ?? '';
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw fields.error(name, 'it is not base64');
}

/** A digest inside a document; the fault says where it stands. */
export function readDigest(text: string, where: string): Digest {
  if (isDigest(text)) return text;
  throw new PratiqueError('DIGEST_INVALID', {
    what: `${quoted(text)} is not a digest`,
    where: printable(where),
    why: 'expected sha256: and 64, or sha512: and 128, lower-case hex digits',
  });
}
