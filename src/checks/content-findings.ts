import type { Finding } from '../model/finding.ts';
import type { ImageScan, LocatedHit } from '../scan/image-scan.ts';
import type { Hit } from '../scan/rule.ts';

/** The hits of one kind that the read of the layers and the configuration brought up, as findings. */
export function findingsOf({ hits }: ImageScan, kind: Hit['check']): readonly Finding[] {
  return hits.filter(({ hit }) => hit.check === kind).map(findingOf);
}

function findingOf({ hit: { check: _, offset, ...hit }, where, package: owner }: LocatedHit): Finding {
  return { ...hit, where: { ...where, offset }, ...(owner && { package: owner }) };
}
