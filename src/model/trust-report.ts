import type { RootInUse } from './root-in-use.ts';

/** What `pratique trust` tells of one trust root. */
export interface RootReport {
  readonly inUse: RootInUse;
  /** the policy's names for those who are checked with it */
  readonly signers: readonly string[];
  /** in the order of the file */
  readonly parts: readonly RootPart[];
  /** why signatures may not hold under it although they are good; printable */
  readonly warnings: readonly string[];
  /** what a refresh did; absent where none was asked for */
  readonly refresh?: RefreshReport;
}

/** One authority or log of a trust root. */
export interface RootPart {
  readonly kind: PartKind;
  /** its URL, or its name; foreign text, not escaped */
  readonly name: string;
  /** since when what it vouches for counts; absent: always */
  readonly from?: Date;
  /** until when; absent: no end is known */
  readonly until?: Date;
}

export type PartKind =
  | 'certificate-authority'
  | 'transparency-log'
  | 'certificate-log'
  | 'timestamp-authority';

/** A refresh of one root: what it was, and what it has become or why it has not. */
export interface RefreshReport {
  readonly before: RootInUse;
  /** absent where it worked; printable */
  readonly failed?: string;
}
