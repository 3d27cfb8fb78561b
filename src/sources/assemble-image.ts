import { PratiqueError } from '../errors.ts';
import type { Descriptor, Platform } from '../model/descriptor.ts';
import { algorithmOf, type Digest } from '../model/digest.ts';
import type { ForeignDocument, Image, ImageConfig, Layer } from '../model/image.ts';
import type { IndexEntry } from './documents/index-document.ts';
import type { Manifest } from './documents/manifest.ts';

/** The indexes on the way to a manifest, and what is written in them about it. */
export interface Way {
  readonly parents: readonly Descriptor[];
  readonly documents: readonly ForeignDocument[];
}

/**
 * Joins what a manifest and its configuration say into one image.
 * @throws {PratiqueError} `CONFIG_INVALID` where they do not fit
 */
export function makeImage(
  entry: IndexEntry,
  { parents, documents }: Way,
  manifest: Manifest,
  config: ImageConfig,
): Image {
  const contents = [entry, manifest.config, ...manifest.layers].map(({ digest }) => digest);
  for (const digest of [...contents, ...config.diffIds]) requireSha256(digest);
  return {
    manifest: bareDescriptor(entry),
    platform: platformOf(config, entry.platform),
    config,
    configDescriptor: manifest.config,
    layers: makeLayers(manifest, config),
    parents,
    annotations: manifest.annotations,
    documents,
  };
}

function platformOf(config: ImageConfig, line: Platform | undefined): Platform {
  const variant = config.variant ?? line?.variant;
  const osVersion = line?.osVersion;
  return {
    os: config.os || (line?.os ?? ''),
    architecture: config.architecture || (line?.architecture ?? ''),
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { osVersion }),
  };
}

/** Pairs layers with the diffIDs and build steps of the configuration; too few or too many are refused. */
function makeLayers({ layers, config: descriptor }: Manifest, config: ImageConfig): readonly Layer[] {
  if (layers.length !== config.diffIds.length)
    throw new PratiqueError('CONFIG_INVALID', {
      what: `the manifest has ${layers.length} layers, its configuration describes ${config.diffIds.length}`,
      where: `configuration ${descriptor.digest}`,
      why: 'runtimes disagree about what such an image holds',
    });
  const steps = config.history.filter((line) => !line.emptyLayer);
  const told = steps.length === layers.length;
  return config.diffIds.flatMap((diffId, index) => {
    const blob = layers[index];
    const createdBy = told ? steps[index]?.createdBy : undefined;
    return blob === undefined ? [] : [{ index, blob, diffId, ...(createdBy ? { createdBy } : {}) }];
  });
}

// The content stores of containerd and Docker know no other algorithm: they reject the image.
function requireSha256(digest: Digest): void {
  if (algorithmOf(digest) === 'sha256') return;
  throw new PratiqueError('NOT_SUPPORTED', {
    what: 'the image names its content by an algorithm that runtimes do not take',
    where: digest,
    next: 'push the image again with sha256',
  });
}

/** The descriptor alone, without the platform of the line it stood on. */
export function bareDescriptor({
  mediaType,
  digest,
  size,
  artifactType,
  annotations,
}: Descriptor): Descriptor {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
