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
 * Of several attestations by one signer those that decide: the newest, so that a later scan that found something is not outvoted by
 * an older one that did not; and every one whose moment is not known, as it might be the newest.
 */
export function decidingOf(attestations: readonly Attestation[]): readonly Dated[] {
  const dated = attestations.map(dateOf);
  return [...Map.groupBy(dated, ({ attestation }) => attestation.signer).values()].flatMap((own) => {
    const newest = Math.max(...own.map(timeOf));
    return own.filter((one) => one.at === undefined || timeOf(one) === newest);
  });
}

function timeOf({ at }: Dated): number {
  return at?.getTime() ?? Number.NEGATIVE_INFINITY;
}

/** What it says itself; where its type says nothing of it, when it was signed, as far as that is proved. */
function dateOf(attestation: Attestation): Dated {
  try {
    const at = ownTime(attestation.statement) ?? attestation.signedAt;
    return { attestation, ...(at && { at }) };
  } catch (fault) {
    return { attestation, fault };
  }
}
