import { type BaseMatch, claimedBase, originOf } from '../model/base.ts';
import { formatPlatform } from '../model/descriptor.ts';
import type { Image, ImageConfig } from '../model/image.ts';
import { type InspectedFile, type InspectedImage, type Inspection, octal } from '../model/inspection.ts';
import { formatBuildStep } from './build-step.ts';
import { foreign } from './foreign.ts';
import { formatSize, plural } from './size.ts';
import { type Card, makeCard } from './terminal/card.ts';
import { pad } from './terminal/columns.ts';
import { painter } from './terminal/paint.ts';

/**
 * An image for a person: what it is, how it runs, the layers with the step that made each, and its files where
 * they were asked for. Values of the environment are left out: people keep passwords there.
 */
export function renderInspectionText({ resolved, images }: Inspection, width: number): string {
  const card = makeCard(painter(false), width);
  const { digest, mediaType, size } = resolved.subject;
  card.heading({ text: digest }, { text: '' });
  put(card, 'type', `${foreign(mediaType)} · ${formatSize(size)}`);
  put(card, 'platforms', images.map(({ image }) => foreign(formatPlatform(image.platform), 60)).join(', '));
  if (resolved.leftOut.length > 0)
    put(card, 'left out', resolved.leftOut.map((name) => foreign(name, 60)).join(', '));
  if (resolved.embedded.length > 0)
    put(card, 'embedded', `${plural(resolved.embedded.length, 'attestation')} of the builder`);
  for (const image of images) drawImage(card, image);
  card.end({ text: 'for programs' }, { text: 'add -o json' });
  return `${card.lines().join('\n')}\n`;
}

function drawImage(card: Card, { image, files, base, unreadBases = [] }: InspectedImage): void {
  card.blank();
  card.heading({ text: foreign(formatPlatform(image.platform), 60) }, { text: image.manifest.digest });
  drawConfig(card, image.config);
  const claim = claimedBase(image);
  if (base !== undefined) put(card, 'base', `${foreign(base.name, 300)} · ${plural(base.layers, 'layer')}`);
  for (const line of unreadBases) put(card, 'base', `not found out: ${foreign(line)}`);
  if (claim !== undefined)
    put(
      card,
      'base',
      `claims to be on ${foreign([claim.name, claim.digest].filter(Boolean).join('@'), 300)}`,
    );
  drawLayers(card, image, base);
  if (files !== undefined) drawFiles(card, files);
  card.blank();
}

function drawConfig(card: Card, config: ImageConfig): void {
  const names = config.env.map((line) => foreign(line.split('=', 1)[0] ?? '', 60));
  const labels = [...config.labels].map(([key, value]) => `${foreign(key, 100)}=${foreign(value, 100)}`);
  const rows: readonly (readonly [string, string])[] = [
    ['created', foreign(config.created ?? '')],
    ['user', config.user === '' ? 'root (none is set)' : foreign(config.user)],
    ['directory', foreign(config.workingDir)],
    ['entrypoint', words(config.entrypoint)],
    ['command', words(config.cmd)],
    ['ports', config.exposedPorts.map((port) => foreign(port, 40)).join(', ')],
    ['volumes', config.volumes.map((path) => foreign(path, 200)).join(', ')],
    ['env names', names.join(', ')],
    ['labels', labels.join(', ')],
    ['healthcheck', words(config.healthcheck)],
    ['on build', config.onBuild.map((line) => foreign(formatBuildStep(line), 200)).join('; ')],
    ['stop signal', foreign(config.stopSignal, 40)],
  ];
  for (const [label, text] of rows) if (text !== '') put(card, label, text);
}

/** Arguments as they would stand in a Dockerfile; what looks like a secret is left out. */
function words(list: readonly string[]): string {
  return list.length === 0
    ? ''
    : `[${list.map((word) => `"${foreign(formatBuildStep(word), 200)}"`).join(', ')}]`;
}

function drawLayers(card: Card, { layers }: Image, base: BaseMatch | undefined): void {
  card.blank();
  for (const { index, blob, createdBy } of layers) {
    card.row(
      { text: `layer ${index + 1}` },
      { text: `${blob.digest} · ${formatSize(blob.size)}` },
      { labelCells: 11 },
    );
    if (originOf(index, base) === 'base') put(card, '', 'of the base');
    const step = createdBy === undefined ? '' : foreign(formatBuildStep(createdBy), 300);
    if (step !== '') put(card, '', step);
  }
}

function drawFiles(card: Card, files: Iterable<InspectedFile>): void {
  card.blank();
  let count = 0;
  for (const { path, type, mode, size, linkPath, layer } of files) {
    count += 1;
    const link = linkPath ? ` -> ${foreign(linkPath, 4096)}` : '';
    const label = `${octal(mode)} ${pad(foreign(type, 12), 9)} ${pad(formatSize(size), 7)} layer ${layer + 1}`;
    card.row({ text: label }, { text: `${foreign(path, 4096)}${link}` }, { labelCells: 33 });
  }
  card.row({ text: '' }, { text: plural(count, 'entry', 'entries') });
}

function put(card: Card, label: string, text: string): void {
  card.row({ text: label }, { text }, { labelCells: 11 });
}
