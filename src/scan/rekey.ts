import { createHmac } from 'node:crypto';
import type { LocatedHit } from './image-scan.ts';

/**
 * Hits whose fingerprints of secrets only the holder of a key can make. The built-in fingerprint hides what was drawn
 * at random; a password of few possibilities could be guessed from it by trying them all.
 */
export function rekeyHits(hits: readonly LocatedHit[], key: string | undefined): readonly LocatedHit[] {
  if (key === undefined) return hits;
  return hits.map((located) => {
    const { hit } = located;
    if (hit.check !== 'secrets') return located;
    const fingerprint = createHmac('sha256', key).update(`pratique fingerprint v1 ${hit.fingerprint}`);
    return { ...located, hit: { ...hit, fingerprint: fingerprint.digest('hex').slice(0, 16) } };
  });
}
