import { isIndex, MEDIA } from '../../model/media-type.ts';
import type { IndexEntry } from './index-document.ts';
import { hasImageConfig, type Manifest } from './manifest.ts';

/**
 * The digest that a BuildKit attestation speaks of, empty where it does not say; `undefined` where the line is
 * none. Such a line is never run: no node has the platform unknown/unknown. Without that platform the
 * annotation means nothing, or an image could hide behind it.
 * @see moby/buildkit, docs/attestations/attestation-storage.md
 */
export function attestedBy({ platform, annotations, mediaType }: IndexEntry): string | undefined {
  if (platform?.os !== 'unknown' || platform.architecture !== 'unknown' || isIndex(mediaType))
    return undefined;
  if (annotations?.get('vnd.docker.reference.type') !== 'attestation-manifest') return undefined;
  return annotations.get('vnd.docker.reference.digest') ?? '';
}

const LAYER = /^application\/vnd\.(?:oci\.image\.layer\.|docker\.image\.rootfs\.)/i;

/**
 * Whether a manifest holds something that no runtime can run. Some look at the layers only: one layer of a
 * filesystem is enough for it to be no artifact, whatever its configuration is called.
 */
export function isArtifact(manifest: Manifest): boolean {
  if (hasImageConfig(manifest)) return isSignatureLike(manifest);
  return !manifest.layers.some((layer) => LAYER.test(layer.mediaType));
}

// cosign stores signatures with the configuration type of an image; a runtime fails on such a layer
function isSignatureLike({ layers }: Manifest): boolean {
  return layers.length > 0 && layers.every(({ mediaType }) => NEVER_LAYERS.has(mediaType));
}

const NEVER_LAYERS: ReadonlySet<string> = new Set([
  MEDIA.simpleSigning,
  MEDIA.dsse,
  MEDIA.inToto,
  MEDIA.sigstoreBundle,
  MEDIA.ociEmpty,
]);
