import { PratiqueError } from '../../errors.ts';
import type { ImagePattern } from '../../model/image-pattern.ts';
import { printable } from '../../model/printable.ts';
import { type Part, placeOf } from './part.ts';

/** What a policy of another program comes to in ours. It admits nothing that the other one refuses. */
export interface Imported {
  /** absent: the original says nothing of names, only of signatures */
  readonly allow: readonly ImagePattern[];
  readonly deny: readonly ImagePattern[];
  readonly signers: ReadonlyMap<string, ImportedSigner>;
  /** the first that fits decides */
  readonly images: readonly ImportedRule[];
  readonly remarks: readonly ImportRemark[];
}

/** A signer as a policy file writes it. */
export type ImportedSigner =
  | { readonly key: string }
  | { readonly issuer: string; readonly identity: string };

/** An entry of `images`, as a policy file writes it. */
export interface ImportedRule {
  readonly match: ImagePattern;
  /** names of signers; empty: no signature is demanded */
  readonly signedBy: readonly string[];
  /** URIs of predicate types that must be attested by one of `attestedBy` */
  readonly attested?: { readonly types: readonly string[]; readonly by: readonly string[] };
}

/** Something of the original that was not carried over, or not as it was. */
export interface ImportRemark {
  /** `file:line:column` */
  readonly place: string;
  /** clause; foreign texts in it are quoted */
  readonly text: string;
}

/** A remark on a part of the original. */
export function remarkOn(part: Part, text: string): ImportRemark {
  return { place: placeOf(part), text };
}

/** entries that are held against each other; a cluster has some dozen */
const MOST = 500;

/** @throws {PratiqueError} `POLICY_INVALID` where there are so many that each could not be held against each */
export function requireFew(count: number, part: Part | undefined): void {
  if (count <= MOST) return;
  throw new PratiqueError('POLICY_INVALID', {
    what: 'the file cannot be imported',
    ...(part && { where: printable(placeOf(part)) }),
    why: `it has ${count} entries, and at most ${MOST} are held against each other`,
    next: 'import it in parts',
  });
}
