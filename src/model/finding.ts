import type { Digest } from './digest.ts';
import type { VouchingPackage } from './package.ts';

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info';
/** How sure the rule is: `verified` by a checksum or parse, `high` by shape, `medium` by context, `low` a hint. */
export type Confidence = 'verified' | 'high' | 'medium' | 'low';

/** In the filesystem that runs, is the file there as found, deleted by a later layer, or replaced by one? */
export type Visibility = 'visible' | 'deleted' | 'replaced';

/** Whose a layer is: of the base that the image stands on, or the image's own. */
export type LayerOrigin = 'base' | 'own';

/** Where a finding is. Each field is there when it applies; texts are foreign and not escaped. */
export interface Location {
  /** digest of the image manifest */
  readonly image?: Digest;
  readonly platform?: string;
  readonly layer?: {
    readonly index: number;
    readonly digest: Digest;
    readonly createdBy?: string;
    /** absent where no base of the image is known */
    readonly from?: LayerOrigin;
  };
  /** path in the image without a leading slash; of an archive member `app.jar!/conf/a.yml` */
  readonly path?: string;
  /** byte offset of the match in the file */
  readonly offset?: number;
  readonly visibility?: Visibility;
  /** index of the later layer that deleted or replaced it; absent where it is visible, or where that is not known */
  readonly hiddenBy?: number;
  /** part of the image configuration: `config.Env[3]`, `history[2]` */
  readonly field?: string;
}

/**
 * One thing found. `rule` and `args` say it; the wording is elsewhere. Never the secret itself.
 * `fingerprint` is stable for the same thing at the same place, and cannot be turned back into it.
 */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** one plain sentence without a full stop, already printable */
  readonly message: string;
  /** one imperative sentence: what to do about it */
  readonly remedy: string;
  readonly where: Location;
  readonly args: Readonly<Record<string, string | number | readonly string[]>>;
  readonly fingerprint: string;
  /** the package that the file came with, where a package database in the image vouches for it */
  readonly package?: VouchingPackage;
  /** it tells of what was not looked at: no offence, and no pass either, unless the policy speaks of its rule */
  readonly unread?: true;
  /** it is what the package ships to everybody: listed and counted, and never refuses the image */
  readonly demoted?: true;
}

/** How many more a finding stands for, which are not listed and may lie elsewhere: past a limit only the last one says so. */
export function unlistedOf({ args }: Finding): number {
  const more = args['more'];
  return typeof more === 'number' ? more : 0;
}
