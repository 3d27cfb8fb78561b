import { type BaseMatch, claimedBase, originOf } from '../model/base.ts';
import { formatPlatform } from '../model/descriptor.ts';
import type { Image, ImageConfig, Resolved } from '../model/image.ts';
import { type InspectedFile, type InspectedImage, type Inspection, octal } from '../model/inspection.ts';
import { renderInspectionText } from './inspect-text.ts';
import { baseOf, descriptorOf } from './json.ts';
import { inKeyOrder, toJsonLine } from './json-text.ts';

export interface InspectOptions {
  readonly format: 'text' | 'json';
  /** cells of the terminal */
  readonly width: number;
}

/** Where the schema of the JSON form is published; in the package it is `schema/inspect-v1.json`. */
export const INSPECT_SCHEMA = 'https://pratique.dev/schema/inspect-v1.json';

/**
 * An image for people or for programs. The JSON has all of it as it was given, environment and build history too, as
 * `docker inspect` has; secrets have been cut out before. The text leaves out values of the environment and what looks like a secret in a build step.
 */
export function renderInspection(inspection: Inspection, { format, width }: InspectOptions): string {
  return format === 'json' ? [...jsonOf(inspection)].join('') : renderInspectionText(inspection, width);
}

/** One line for each file: a filesystem has a hundred thousand. */
function* jsonOf({ resolved, images }: Inspection): Generator<string> {
  yield `{\n  "schema": ${toJsonLine(INSPECT_SCHEMA)},\n  "version": 1,\n`;
  yield `  "subject": ${toJsonLine(descriptorOf(resolved.subject))},\n`;
  yield `  "leftOut": ${toJsonLine([...resolved.leftOut])},\n`;
  yield `  "embedded": ${toJsonLine(resolved.embedded.map(embeddedOf))},\n`;
  yield '  "images": [';
  let first = true;
  for (const image of images) {
    yield first ? '\n' : ',\n';
    first = false;
    yield* imageJson(image);
  }
  yield '\n  ]\n}\n';
}

function* imageJson({ files, ...inspected }: InspectedImage): Generator<string> {
  const text = indented(toJsonLine(imageOf(inspected), 2));
  if (files === undefined) {
    yield text;
    return;
  }
  yield `${text.slice(0, text.lastIndexOf('\n'))},\n      "files": [`;
  let first = true;
  for (const file of files) {
    yield `${first ? '' : ','}\n        ${toJsonLine(fileOf(file))}`;
    first = false;
  }
  yield '\n      ]\n    }';
}

function indented(text: string): string {
  return text.replace(/^/gm, '    ');
}

function embeddedOf({ manifest, about }: Resolved['embedded'][number]) {
  return { manifest: descriptorOf(manifest), ...(about === undefined ? {} : { about }) };
}

function imageOf({ image, base, unreadBases }: InspectedImage) {
  const claim = claimedBase(image);
  return {
    platform: formatPlatform(image.platform),
    manifest: descriptorOf(image.manifest),
    parents: image.parents.map(descriptorOf),
    annotations: inKeyOrder(image.annotations),
    configDescriptor: descriptorOf(image.configDescriptor),
    config: configOf(image.config),
    ...(base && { base: baseOf(base) }),
    ...(unreadBases && { unreadBases: [...unreadBases] }),
    ...(claim && { claimedBase: { name: claim.name, ...(claim.digest && { digest: claim.digest }) } }),
    layers: image.layers.map((layer) => layerOf(layer, base)),
  };
}

function layerOf({ index, blob, diffId, createdBy }: Image['layers'][number], base: BaseMatch | undefined) {
  const from = originOf(index, base);
  return {
    index,
    ...descriptorOf(blob),
    diffId,
    ...(from && { from }),
    ...(createdBy === undefined ? {} : { createdBy }),
  };
}

function configOf(config: ImageConfig) {
  return {
    os: config.os,
    architecture: config.architecture,
    ...(config.variant === undefined ? {} : { variant: config.variant }),
    ...(config.created === undefined ? {} : { created: config.created }),
    user: config.user,
    workingDir: config.workingDir,
    env: [...config.env],
    entrypoint: [...config.entrypoint],
    cmd: [...config.cmd],
    exposedPorts: [...config.exposedPorts],
    volumes: [...config.volumes],
    labels: inKeyOrder(config.labels),
    healthcheck: [...config.healthcheck],
    onBuild: [...config.onBuild],
    stopSignal: config.stopSignal,
    diffIds: [...config.diffIds],
    history: config.history.map(({ createdBy, comment, emptyLayer }) => ({ createdBy, comment, emptyLayer })),
  };
}

function fileOf({ path, type, mode, size, sha256, linkPath, layer }: InspectedFile) {
  return {
    path,
    type,
    mode: octal(mode),
    size,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(linkPath ? { linkPath } : {}),
    layer,
  };
}
