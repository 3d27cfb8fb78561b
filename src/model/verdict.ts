import type { PratiqueError } from '../errors.ts';
import type { BaseMatch } from './base.ts';
import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import type { Finding, LayerOrigin } from './finding.ts';

/** What one check came to. `unknown` is neither: it could not find out. */
export type Outcome =
  | { readonly check: string; readonly state: 'passed'; readonly note?: string }
  | { readonly check: string; readonly state: 'failed'; readonly findings: readonly Finding[] }
  | { readonly check: string; readonly state: 'unknown'; readonly error: PratiqueError };

/** What the policy does with a check: enforce it, tell of it, or leave it out. */
export type Level = 'fail' | 'warn' | 'off';

/** An outcome with what the policy made of it. */
export interface Ruled {
  readonly outcome: Outcome;
  readonly level: Level;
  /** findings that count, after exceptions */
  readonly findings: readonly RuledFinding[];
}

export interface RuledFinding {
  readonly finding: Finding;
  readonly level: Level;
  /** it tells of something that was not looked at: the verdict cannot be a pass */
  readonly leavesOpen?: true;
  /** set where an exception of the policy covers it */
  readonly excepted?: { readonly reason: string; readonly owner: string; readonly until: string };
}

/** One platform's image and everything that was judged about it. */
export interface JudgedImage {
  /** absent where the run ended before the name was resolved */
  readonly manifest?: Descriptor;
  readonly platform?: string;
  /** the approved base that it stands on; absent where none is known */
  readonly base?: BaseMatch;
  readonly ruled: readonly Ruled[];
  /** what was looked at; absent where nothing was scanned */
  readonly scanned?: ScanCounts;
  /** lowest first; absent where the run ended before the image was read */
  readonly layers?: readonly JudgedLayer[];
}

/** One layer of an image, as its manifest and its history describe it. */
export interface JudgedLayer {
  /** from 0, lowest first */
  readonly index: number;
  readonly digest: Digest;
  /** bytes of the blob as stored */
  readonly size: number;
  /** the build step that made it, with secrets cut out; foreign text, not escaped */
  readonly createdBy?: string;
  /** absent where no base of the image is known */
  readonly from?: LayerOrigin;
}

/** What was looked at, so that "nothing found" means something. */
export interface ScanCounts {
  readonly layers: number;
  readonly files: number;
  /** bytes of layer blobs as stored */
  readonly compressedBytes: number;
  /** bytes of layer tars */
  readonly expandedBytes: number;
  /** bytes of file contents that the content checks read */
  readonly contentBytes: number;
}

/** What a verdict is: admitted, refused, or not found out. */
export type Result = 'admitted' | 'refused' | 'undecided';

/** The one evaluation from which every view is made. */
export interface Verdict {
  /** as the person wrote it; foreign text, not escaped */
  readonly name: string;
  readonly subject?: Descriptor;
  readonly result: Result;
  readonly images: readonly JudgedImage[];
  /** platforms that were left out by the caller's choice */
  readonly leftOut: readonly string[];
  /** parts of attestations in the index that the source said it does not have: not looked at, and not told to be clean */
  readonly absent?: readonly Digest[];
  readonly policy: PolicyStamp;
  /** digest of all content rules together */
  readonly ruleSet: Digest;
  readonly pratique: string;
  /** when the run began, and when the verdict was reached; RFC 3339, UTC */
  readonly startedAt: string;
  readonly at: string;
  /** why it is undecided: every fault that an enforced check met */
  readonly faults: readonly PratiqueError[];
  /** things to know that decide nothing: unused exceptions, registry warnings; printable */
  readonly notes: readonly string[];
  /** set where no layer was read: what the files hold is taken from an earlier verdict, by the same policy and the same rules */
  readonly reused?: EarlierVerdict;
}

/** A signed verdict that a later one rests on. */
export interface EarlierVerdict {
  /** the policy's name for whoever signed it; not escaped */
  readonly signer: string;
  /** when it was reached, and until when a verdict may rest on it; RFC 3339, UTC */
  readonly decidedAt: string;
  readonly validUntil: string;
  /** the referrer that carries it */
  readonly attestation: Digest;
}

export interface PolicyStamp {
  readonly name: string;
  readonly digest: Digest;
  /** file path or `built-in` */
  readonly origin: string;
}
