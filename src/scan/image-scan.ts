import type { PratiqueError } from '../errors.ts';
import type { Location } from '../model/finding.ts';
import type { Image } from '../model/image.ts';
import type { VouchingPackage } from '../model/package.ts';
import type { ScanCounts } from '../model/verdict.ts';
import type { ImageFiles } from './image-files.ts';
import type { Hit } from './rule.ts';

/** A hit with its place in the image. */
export interface LocatedHit {
  readonly hit: Hit;
  readonly where: Location;
  /** the package whose file it lies in, where a package database of the image vouches for that file */
  readonly package?: VouchingPackage;
}

/** Everything that the one read of an image's layers brought up. */
export interface ImageScan {
  readonly image: Image;
  readonly files: ImageFiles;
  readonly hits: readonly LocatedHit[];
  readonly counts: ScanCounts;
  /** why not all that the policy's YARA rules would find is among the hits */
  readonly yaraFault?: PratiqueError;
  /** things to know that decide nothing; printable */
  readonly notes: readonly string[];
}
