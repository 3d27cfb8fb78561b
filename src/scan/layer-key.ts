import { createHash } from 'node:crypto';
import type { Limits } from '../io/limits.ts';
import type { Layer } from '../model/image.ts';
import type { CustomRules } from './custom/custom-rules.ts';
import { nameOfKey } from './rekey.ts';
import { RULE_SET } from './rule-set.ts';
import type { YaraRules } from './yara/yara-rules.ts';

interface Terms {
  readonly limits: Limits;
  readonly hashFiles?: boolean;
  readonly custom?: CustomRules;
  readonly yara?: YaraRules;
  readonly fingerprintKey?: string;
}

/** All that the reading of a layer depends on: a blob that is known by another size or type has not been read. */
export function layerKey({ blob, diffId }: Layer, terms: string): string {
  return [blob.digest, blob.size, blob.mediaType, diffId, terms].join(' ');
}

/** What decides beside the layer: by other rules, or within other limits, something else is found in it. */
export function scanTerms({ custom, yara, limits, hashFiles = false, fingerprintKey }: Terms): string {
  const rules = [RULE_SET.digest, custom?.digest, yara?.digest, [...(yara?.shown ?? [])]];
  const bounds = Object.entries(limits).sort();
  const text = JSON.stringify([rules, bounds, hashFiles, nameOfKey(fingerprintKey)]);
  return createHash('sha256').update(text).digest('hex');
}
