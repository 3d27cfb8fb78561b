import type { Statement } from '../../../model/statement.ts';
import type { AnyEvidence, Verified, VerifiedEvidence } from '../../../model/trusted.ts';
import type { AttestationDemand } from '../../../policy/images/demands.ts';
import { ownTime } from '../../../trust/predicates/own-time.ts';

export type Attestation = VerifiedEvidence & { readonly statement: Verified<Statement> };

/** An attestation, and the moment that it speaks of; `fault` where it says one that cannot be read. */
export interface Dated {
  readonly attestation: Attestation;
  readonly at?: Date;
  readonly fault?: unknown;
}

/** The signed attestations of the demanded type, by whomever. */
export function attestationsOfType(
  evidence: readonly AnyEvidence[],
  { predicateTypes }: AttestationDemand,
): readonly Attestation[] {
  return evidence.flatMap((one) => {
    if (one.state !== 'verified' || one.statement === undefined) return [];
    return predicateTypes.includes(one.statement.predicateType) ? [{ ...one, statement: one.statement }] : [];
  });
}

/**
 * Of several attestations by one signer about one digest those that decide: the newest, so that a later scan that found something is
 * not outvoted by an older one that did not; and every one whose moment is not known, as it might be the newest. What is about
 * the index says nothing new of a platform that was looked at by itself: a scan of an index is one of the scanner's own platform.
 */
export function decidingOf(attestations: readonly Attestation[]): readonly Dated[] {
  const dated = attestations.map(dateOf);
  const subjectOf = ({ attestation: { signer, about } }: Dated) => `${signer} ${about.digest}`;
  return [...Map.groupBy(dated, subjectOf).values()].flatMap((own) => {
    const newest = Math.max(...own.map(timeOf));
    return own.filter((one) => one.at === undefined || timeOf(one) === newest);
  });
}

function timeOf({ at }: Dated): number {
  return at?.getTime() ?? Number.NEGATIVE_INFINITY;
}

/**
 * What it says itself, and where its type says nothing of it, when it was signed, as far as that is proved. Nothing that was signed
 * in spring tells of autumn: of the two moments the first counts.
 */
function dateOf(attestation: Attestation): Dated {
  const { statement, signedAt } = attestation;
  try {
    const told = ownTime(statement);
    const at =
      told !== undefined && signedAt !== undefined && signedAt < told ? signedAt : (told ?? signedAt);
    return { attestation, ...(at && { at }) };
  } catch (fault) {
    return { attestation, fault };
  }
}
