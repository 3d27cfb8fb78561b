import type { Digest } from './digest.ts';
import type { Severity } from './finding.ts';
import type { Level, Outcome, Result } from './verdict.ts';

/** One image of a sweep: a digest, and every name that stood for it. */
export interface SweepItem {
  readonly digest: Digest;
  /** full references, `ghcr.io/acme/shop:1.4`; in the order in which they were found */
  readonly names: readonly string[];
}

/** A name of which no digest could be found out. */
export interface UnresolvedName {
  /** as it was given or listed; foreign */
  readonly name: string;
  readonly fault: SweptFault;
}

/** Why something could not be found out, as text. */
export interface SweptFault {
  /** an `ErrorCode` */
  readonly code: string;
  /** printable sentence */
  readonly text: string;
  /** seconds after which it may be different, where a registry said so */
  readonly afterSeconds?: number;
}

/** What one check came to for one name. */
export interface SweptCheck {
  readonly check: string;
  readonly state: Outcome['state'];
  readonly level: Level;
  /** findings that count against the image */
  readonly findings: number;
}

/** A finding that refuses, short enough to be kept for years. */
export interface SweptFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly fingerprint: string;
  /** printable: `layer 3, etc/app.conf` */
  readonly where: string;
}

/** What was decided about one name of an image. */
export interface SweptName {
  readonly name: string;
  readonly result: Result;
  readonly checks: readonly SweptCheck[];
  /** those that refuse; at most some hundred */
  readonly findings: readonly SweptFinding[];
  /** how many more there are */
  readonly more: number;
  readonly faults: readonly SweptFault[];
  /** what was done with the verdict, where it was to be attested or promoted */
  readonly acted?: { readonly done: boolean; readonly text: string };
}

/** What was decided about one image of a sweep; plain data, the same in the ledger, in a queue and in every report. */
export interface SweptImage {
  readonly digest: Digest;
  /** the worst of its names' */
  readonly result: Result;
  readonly names: readonly SweptName[];
  /** RFC 3339, UTC */
  readonly at: string;
  /** how long it took to judge, in seconds */
  readonly seconds: number;
  /** times it was begun, this one included */
  readonly attempts: number;
  /** whether it is undecided for a reason that may be gone the next time: it is judged anew then */
  readonly passing?: true;
}

/** The worst of several results: a refusal is certain and comes first; of none, nothing was found out. */
export function worstOf(results: readonly Result[]): Result {
  if (results.includes('refused')) return 'refused';
  return results.length === 0 || results.includes('undecided') ? 'undecided' : 'admitted';
}
