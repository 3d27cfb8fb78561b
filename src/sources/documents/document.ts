import { PratiqueError } from '../../errors.ts';
import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import type { Limits } from '../../io/limits.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { isIndex, isManifest, MEDIA } from '../../model/media-type.ts';
import { quoted } from '../../model/printable.ts';
import { ANNOTATION_PLACES, MANIFEST_KEYS, readDescriptor } from './descriptor-fields.ts';

const SCHEMA_1: ReadonlySet<string> = new Set([
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
]);

/** What manifests and indexes have in common. */
export interface DocumentHead {
  /** the manifest that this one speaks of */
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations: ReadonlyMap<string, string>;
}

/**
 * Opens a manifest or an index and checks what both have in common: the body is of the type it was fetched
 * under, and is not both an index and a manifest at once (CVE-2021-41190, GHSA-qq97-vm5h-rrhg).
 * @throws {PratiqueError} `JSON_INVALID`, `LIMIT_EXCEEDED`, `MEDIA_TYPE_UNKNOWN`, `MANIFEST_INVALID`
 */
export function openDocument(bytes: Uint8Array, what: Descriptor, limits: Limits): JsonFields {
  requireKnownType(what);
  const where = `${isIndex(what.mediaType) ? 'index' : 'manifest'} ${what.digest}`;
  const value = readJson(bytes, {
    where,
    known: MANIFEST_KEYS,
    free: ANNOTATION_PLACES,
    depth: limits.jsonDepth,
  });
  const fields = readFields(value, { where, code: 'MANIFEST_INVALID' });
  refuseSchema1(fields, where);
  // Runtimes go by the media type, and take any version or none.
  fields.optionalInteger('schemaVersion', { min: Number.MIN_SAFE_INTEGER });
  // `{}` for a list must not say that there is nothing in it: so a missing signature would be an absent one.
  if (isIndex(what.mediaType) && !fields.has('schemaVersion') && !fields.has('manifests'))
    throw fields.error('manifests', 'there is no list');
  refuseOtherType(fields, what);
  refuseConfusion(fields, what);
  return fields;
}

/** Reads what manifests and indexes have in common. */
export function readHead(fields: JsonFields, where: string): DocumentHead {
  const subject = fields.optionalObject('subject');
  const artifactType = fields.optionalString('artifactType');
  return {
    ...(subject === undefined ? {} : { subject: readDescriptor(subject, where) }),
    ...(artifactType === undefined || artifactType === '' ? {} : { artifactType }),
    annotations: fields.stringMap('annotations'),
  };
}

// Types are compared whole: what merely contains a known type (`…manifest.v1+prettyjws`) is another type.
function requireKnownType({ mediaType, digest }: Descriptor): void {
  if (isIndex(mediaType) || isManifest(mediaType)) return;
  if (SCHEMA_1.has(mediaType)) throw schema1(digest);
  throw new PratiqueError('MEDIA_TYPE_UNKNOWN', {
    what: `${quoted(mediaType)} is not a kind of image manifest or index`,
    where: digest,
    why: `the kinds that are read are ${MEDIA.ociManifest}, ${MEDIA.ociIndex} and their Docker forms`,
  });
}

function refuseSchema1(fields: JsonFields, where: string): void {
  if (fields.has('fsLayers')) throw schema1(where);
}

// optional in OCI, but where it is there it must not tell one reader one thing and another another
function refuseOtherType(fields: JsonFields, { mediaType }: Descriptor): void {
  const own = fields.optionalString('mediaType');
  if (own === undefined || own === '' || own === mediaType) return;
  throw fields.error('mediaType', `it says ${quoted(own)}, but was given as ${quoted(mediaType)}`);
}

function refuseConfusion(fields: JsonFields, { mediaType }: Descriptor): void {
  const foreign = isIndex(mediaType) ? ['layers', 'config'] : ['manifests'];
  const found = foreign.find((name) => fields.has(name));
  if (found === undefined) return;
  const kinds = isIndex(mediaType) ? 'an index that is a manifest too' : 'a manifest that is an index too';
  throw fields.error(found, `${kinds} is a different image to different runtimes`);
}

function schema1(where: string): PratiqueError {
  return new PratiqueError('MEDIA_TYPE_UNKNOWN', {
    what: 'this is a manifest of Docker schema 1, which runtimes no longer run',
    where,
    next: 'push the image again with a current client',
  });
}
