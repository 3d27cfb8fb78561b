import { createHmac } from 'node:crypto';
import type { Hit } from './rule.ts';

/**
 * Hits whose fingerprints of secrets only the holder of a key can make. The built-in fingerprint hides what was drawn
 * at random; a password of few possibilities could be guessed from it by trying them all.
 */
export function rekeyHits<T extends { readonly hit: Hit }>(
  hits: readonly T[],
  key: string | undefined,
): readonly T[] {
  if (key === undefined) return hits;
  return hits.map((one) => {
    const { hit } = one;
    if (hit.check !== 'secrets') return one;
    const fingerprint = createHmac('sha256', key).update(`pratique fingerprint v1 ${hit.fingerprint}`);
    return { ...one, hit: { ...hit, fingerprint: fingerprint.digest('hex').slice(0, 16) } };
  });
}

/** Tells results apart that were rekeyed with different keys. */
export function nameOfKey(key: string | undefined): string {
  return key === undefined ? '' : createHmac('sha256', key).update('pratique layers v1').digest('hex');
}
