import type { Descriptor } from '../model/descriptor.ts';
import type { Image, ImageConfig, Layer } from '../model/image.ts';
import type { InspectedFile } from '../model/inspection.ts';

/** Cuts secrets out of a text. */
export type WithoutSecrets = (text: string) => string;

/** What an image says of itself, with each secret that stands in it cut out. `documents` are left out: nobody shows them. */
export function redactImage(image: Image, clean: WithoutSecrets): Image {
  return {
    ...image,
    manifest: redactDescriptor(image.manifest, clean),
    configDescriptor: redactDescriptor(image.configDescriptor, clean),
    parents: image.parents.map((parent) => redactDescriptor(parent, clean)),
    config: redactConfig(image.config, clean),
    annotations: redactPairs(image.annotations, clean),
    layers: image.layers.map((layer) => redactLayer(layer, clean)),
    documents: [],
  };
}

/** A descriptor with each secret cut out of its annotations. */
export function redactDescriptor(descriptor: Descriptor, clean: WithoutSecrets): Descriptor {
  const { annotations } = descriptor;
  return annotations === undefined
    ? descriptor
    : { ...descriptor, annotations: redactPairs(annotations, clean) };
}

/** The names of files and what links point to, with secrets cut out, as they are asked for; walked once. */
export function* redactFiles(
  files: Iterable<InspectedFile>,
  clean: WithoutSecrets,
): Generator<InspectedFile> {
  for (const file of files) {
    const { path, linkPath } = file;
    yield { ...file, path: clean(path), ...(linkPath === undefined ? {} : { linkPath: clean(linkPath) }) };
  }
}

function redactConfig(config: ImageConfig, clean: WithoutSecrets): ImageConfig {
  const each = (texts: readonly string[]) => texts.map(clean);
  return {
    ...config,
    user: clean(config.user),
    workingDir: clean(config.workingDir),
    env: each(config.env),
    entrypoint: each(config.entrypoint),
    cmd: each(config.cmd),
    exposedPorts: each(config.exposedPorts),
    volumes: each(config.volumes),
    labels: redactPairs(config.labels, clean),
    healthcheck: each(config.healthcheck),
    onBuild: each(config.onBuild),
    stopSignal: clean(config.stopSignal),
    history: config.history.map((line) => ({
      ...line,
      createdBy: clean(line.createdBy),
      comment: clean(line.comment),
    })),
  };
}

function redactLayer(layer: Layer, clean: WithoutSecrets): Layer {
  const { blob, createdBy } = layer;
  return {
    ...layer,
    blob: redactDescriptor(blob, clean),
    ...(createdBy === undefined ? {} : { createdBy: clean(createdBy) }),
  };
}

/** A value is looked at with its key, as many secrets are known by it. */
function redactPairs(pairs: ReadonlyMap<string, string>, clean: WithoutSecrets): ReadonlyMap<string, string> {
  return new Map(
    [...pairs].map(([key, value]) => {
      const shown = clean(key);
      const both = clean(`${key}=${value}`);
      return [shown, both.startsWith(`${shown}=`) ? both.slice(shown.length + 1) : clean(value)];
    }),
  );
}
