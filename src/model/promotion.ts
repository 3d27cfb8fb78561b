import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import type { Reference } from './reference.ts';
import type { Result, Verdict } from './verdict.ts';

/** What an image is made of, and what lies beside it. A companion is what cosign keeps under a tag made of a digest. */
export type PieceKind = 'blob' | 'manifest' | 'referrer' | 'companion';

/**
 * What became of a piece at the target, or would in a dry run: it was `there` already, the registry took it over from
 * another repository (`mounted`), or its bytes were sent (`copied`).
 */
export type PieceState = 'there' | 'mounted' | 'copied';

/** One piece of a promotion. */
export interface Piece {
  readonly kind: PieceKind;
  readonly what: Descriptor;
  readonly state: PieceState;
  /** of a companion */
  readonly tag?: string;
}

/** A signature or attestation that does not travel. */
export interface LeftBehind {
  readonly what: Descriptor;
  /** the manifest beside which it was found */
  readonly about: Digest;
  /** printable */
  readonly why: string;
}

/** A tag of the target. `kept`: it stood for the image already. `planned`: a dry run would move it. */
export interface PromotedTag {
  readonly tag: string;
  readonly state: 'moved' | 'kept' | 'planned';
  /** what it stood for before; absent where it was not there */
  readonly previous?: Digest;
}

/** What came of a promotion. Without `promoted` or `planned` nothing was written. */
export interface Promotion {
  readonly state: 'promoted' | 'planned' | 'refused' | 'undecided';
  readonly verdict: Verdict;
  /** the repository that was written to */
  readonly target: Reference;
  readonly pieces: readonly Piece[];
  readonly leftBehind: readonly LeftBehind[];
  /** in the order in which they are moved */
  readonly tags: readonly PromotedTag[];
  /** our own attestations of the target: `there` where a recent one of the same policy was */
  readonly attested: 'pushed' | 'there' | 'planned' | 'not asked for';
}

/** What happens while an image is promoted, for whoever watches. */
export type PromotionEvent =
  /** what the gate says; of an image that is not admitted nothing else is told */
  | { readonly kind: 'judged'; readonly result: Result }
  /** everything that has to be at the target, and how many bytes its blobs have together */
  | { readonly kind: 'planned'; readonly pieces: number; readonly bytes: number }
  /** a blob is sent from its start; once more where the upload was cut */
  | { readonly kind: 'sending'; readonly what: Descriptor }
  /** bytes of it that were just sent */
  | { readonly kind: 'sent'; readonly what: Descriptor; readonly bytes: number }
  | { readonly kind: 'piece'; readonly piece: Piece }
  | { readonly kind: 'verified' }
  | { readonly kind: 'attested' }
  /** told before the write: whatever happens then, this is what to go back to */
  | { readonly kind: 'moving'; readonly tag: string; readonly previous?: Digest }
  | { readonly kind: 'moved'; readonly tag: string }
  /** it stood for the image already */
  | { readonly kind: 'kept'; readonly tag: string };
