import { createHash } from 'node:crypto';
import type { Platform } from '../../model/descriptor.ts';
import { isIndex, MEDIA } from '../../model/media-type.ts';
import type { IndexEntry } from './index-document.ts';
import { hasImageConfig, type Manifest } from './manifest.ts';

/** `{}`: the configuration of an artifact that has none. Nothing runs on it, whatever the layers are called. */
const EMPTY: ReadonlySet<string> = new Set(
  ['sha256', 'sha512'].map((algorithm) => `${algorithm}:${createHash(algorithm).update('{}').digest('hex')}`),
);

/**
 * The digest that a BuildKit attestation speaks of, empty where it does not say; `undefined` where the line is
 * none. Such a line is never run: no node has the platform unknown/unknown. Without that platform the
 * annotation means nothing, or an image could hide behind it.
 * @see moby/buildkit, docs/attestations/attestation-storage.md
 */
export function attestedBy({ platform, annotations, mediaType }: IndexEntry): string | undefined {
  if (platform === undefined || !isUnknown(platform) || isIndex(mediaType)) return undefined;
  if (annotations?.get('vnd.docker.reference.type') !== 'attestation-manifest') return undefined;
  return annotations.get('vnd.docker.reference.digest') ?? '';
}

function isUnknown({ os, architecture }: Platform): boolean {
  return os === 'unknown' && architecture === 'unknown';
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

/**
 * Whether a line of an index may be passed over that leads to an artifact. That it is none that *we* know how to
 * run proves nothing: older Dockers go by the line's platform, look at the beginning of layer types only, and run a
 * filesystem that is called something else. So either no node has the platform, or no node can run it for certain.
 */
export function mayPassOver({ platform }: IndexEntry, manifest: Manifest): boolean {
  return platform === undefined ? hasNoConfig(manifest) : isUnknown(platform);
}

/**
 * Whether a manifest in a layout is there for another one, and is no image to choose. Not by its names or types
 * alone, which are anybody's: it has no configuration to run with, or it is what cosign stores, or it names a subject
 * and has a configuration that is of no image to any runtime.
 */
export function isCompanion(manifest: Manifest): boolean {
  if (hasNoConfig(manifest)) return true;
  if (!isArtifact(manifest)) return false;
  if (hasImageConfig(manifest)) return true;
  return manifest.subject !== undefined && !OLD_CONFIGS.has(manifest.config.mediaType);
}

function hasNoConfig({ config }: Manifest): boolean {
  return config.mediaType === MEDIA.ociEmpty && EMPTY.has(config.digest);
}

/** Types under which old registries served image configurations, and which Docker still takes for one. */
const OLD_CONFIGS: ReadonlySet<string> = new Set(['application/octet-stream', 'text/html']);

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
