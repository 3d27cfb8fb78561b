import type { TrustRoot } from './trust-root.ts';

/** A trust root as signatures are checked with it now, and how it came here. */
export interface RootInUse {
  readonly root: TrustRoot;
  /**
   * `built-in`: what ships with pratique; `file`: the policy's; `cache`: fetched earlier; `mirror`: fetched now, and not kept;
   * `nowhere`: it could not be had
   */
  readonly from: 'built-in' | 'file' | 'cache' | 'mirror' | 'nowhere';
  /** absent for what did not come from a TUF repository */
  readonly copy?: CopyFacts;
  /** what people should know of it; printable */
  readonly notes: readonly string[];
}

/** What is known of the copy of a TUF repository. */
export interface CopyFacts {
  readonly fetchedAt: Date;
  /** when the first of its metadata ran or runs out */
  readonly expires: Date;
  /** of the metadata files */
  readonly versions: {
    readonly root: number;
    readonly timestamp: number;
    readonly snapshot: number;
    readonly targets: number;
  };
}
