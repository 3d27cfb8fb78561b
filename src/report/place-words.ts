import type { Confidence, LayerOrigin, Location } from '../model/finding.ts';
import type { Vouching } from '../model/package.ts';
import { foreign } from './foreign.ts';
import { formatCount } from './size.ts';

/** How sure a rule is, in words. */
export const SURE: Readonly<Record<Confidence, string>> = {
  verified: 'verified',
  high: 'sure by its form',
  medium: 'likely',
  low: 'a hint',
};

/** Whose a layer is, in words. */
export const WHOSE: Readonly<Record<LayerOrigin, string>> = { base: 'of the base', own: "the image's own" };

/** How a package database vouches for a file; the package's name follows. */
export const VOUCHED: Readonly<Record<Vouching, string>> = {
  digest: 'the file is as it came with',
  compiled: 'compiled from a file of',
  path: 'by its path the file came with',
};

/** `layer 3 of 7`. */
export function layerWords(index: number, total?: number): string {
  return `layer ${index + 1}${total === undefined ? '' : ` of ${total}`}`;
}

/** `srv/.env · byte 1,204`; empty where a finding has no place. Safe to show. */
export function spotWords({ path, field, offset }: Location): string {
  const file = path ?? field;
  return [
    ...(file === undefined ? [] : [foreign(file, 300)]),
    ...(offset === undefined ? [] : [`byte ${formatCount(offset)}`]),
  ].join(' · ');
}

/** What became of the file in the filesystem that runs; empty where that is not known. */
export function fateWords({ visibility, hiddenBy, layer }: Location): string {
  if (visibility === undefined) return '';
  if (visibility === 'visible') return 'visible in the container';
  const by = hiddenBy === undefined ? 'a later layer' : layerWords(hiddenBy);
  const still = layer === undefined || hiddenBy === undefined ? 'this one' : layerWords(layer.index);
  return `${visibility} by ${by}, yet still in ${still}: whoever pulls the image has it`;
}
