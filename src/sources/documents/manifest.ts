import { PratiqueError } from '../../errors.ts';
import type { Limits } from '../../io/limits.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { ForeignJson } from '../../model/image.ts';
import { isManifest, MEDIA } from '../../model/media-type.ts';
import { quoted } from '../../model/printable.ts';
import { readDescriptor } from './descriptor-fields.ts';
import { type DocumentHead, openDocument, readHead } from './document.ts';

/** A manifest as it stands: of an image, or of an artifact that is stored like one. */
export interface Manifest extends DocumentHead {
  readonly config: Descriptor;
  /** lowest first */
  readonly layers: readonly Descriptor[];
  /** all of it, as it stands */
  readonly json: ForeignJson;
}

/**
 * Reads a manifest.
 * @param bytes verified against `what`
 * @param what the descriptor it was fetched by; its `mediaType` says how to read it
 * @throws {PratiqueError} `MANIFEST_INVALID`, `JSON_INVALID`, `DIGEST_INVALID`, `MEDIA_TYPE_UNKNOWN`, `LIMIT_EXCEEDED`
 * @see OCI image-spec v1.1.1, manifest.md
 */
export function readManifest(bytes: Uint8Array, what: Descriptor, limits: Limits): Manifest {
  const where = `manifest ${what.digest}`;
  if (!isManifest(what.mediaType)) throw notA('manifest', what);
  const fields = openDocument(bytes, what, limits);
  const layers = fields.optionalArray('layers') ?? [];
  if (layers.length > limits.layers) throw tooManyLayers(layers.length, limits.layers, where);
  return {
    ...readHead(fields, where),
    config: readDescriptor(fields.object('config'), where),
    layers: fields.objects('layers').map((layer) => readDescriptor(layer, where)),
    json: fields.value,
  };
}

const IMAGE_CONFIGS: ReadonlySet<string> = new Set([MEDIA.ociConfig, MEDIA.dockerConfig]);

/** Whether the manifest's configuration is that of an image. A cosign signature's is one too. */
export function hasImageConfig({ config }: Manifest): boolean {
  return IMAGE_CONFIGS.has(config.mediaType);
}

/** The fault of reading one kind of document as another. */
export function notA(kind: 'manifest' | 'index', { mediaType, digest }: Descriptor): PratiqueError {
  return new PratiqueError('MEDIA_TYPE_UNKNOWN', {
    what: `${quoted(mediaType)} is not the type of ${kind === 'index' ? 'an index' : 'a manifest'}`,
    where: digest,
  });
}

function tooManyLayers(count: number, limit: number, where: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the image has ${count} layers, more than ${limit}`,
    where,
    next: 'raise limits.layers in the policy if this is meant',
  });
}
