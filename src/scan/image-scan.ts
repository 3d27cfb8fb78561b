import type { Location } from '../model/finding.ts';
import type { ScanCounts } from '../model/verdict.ts';
import type { Hit } from './rule.ts';

/** A hit with its place in the image. */
export interface LocatedHit {
  readonly hit: Hit;
  readonly where: Location;
}

/** Everything that the one read of an image's layers brought up. */
export interface ImageScan {
  readonly hits: readonly LocatedHit[];
  readonly counts: ScanCounts;
}
