import { PratiqueError } from '../../../errors.ts';
import type { Severity } from '../../../model/finding.ts';
import { quoted } from '../../../model/printable.ts';
import type { Reference } from '../../../model/reference.ts';
import type { Statement } from '../../../model/statement.ts';
import type { Verified } from '../../../model/trusted.ts';
import type { AttestationDemand } from '../../../policy/images/demands.ts';
import { areScans, areVsas } from '../../../policy/images/predicate-types.ts';
import { meetsCondition } from '../../../trust/predicates/conditions.ts';
import type { VulnerabilityCounts } from '../../../trust/predicates/severity-counts.ts';
import { readVsa, repositoryOf } from '../../../trust/predicates/vsa.ts';
import { countVulnerabilities } from '../../../trust/predicates/vulnerabilities.ts';
import { ageOf } from '../../build-date.ts';

/** Why an attestation does not do: the rule, and a printable clause. */
export interface Unmet {
  readonly rule: string;
  readonly why: string;
  readonly severity?: Severity;
}

const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

/**
 * What an attestation says against the image, by what is demanded of it; `undefined` where it says nothing against it.
 * @throws {PratiqueError} `JSON_INVALID` where it is not what its type says; `NOT_SUPPORTED`, `NAME_UNKNOWN` where what it says
 *   cannot be told
 */
export function objectionIn(
  statement: Verified<Statement>,
  demand: AttestationDemand,
  reference: Reference | undefined,
): Unmet | undefined {
  const types = [statement.predicateType];
  return (
    (areVsas(types) ? vsaObjection(statement, demand, reference) : undefined) ??
    (areScans(types) ? scanObjection(statement, demand) : undefined) ??
    conditionObjection(statement, demand)
  );
}

/** A summary that passes counts for the place that it names; a package URL can be compared, another name says what it likes. */
function vsaObjection(
  statement: Verified<Statement>,
  { verifier }: AttestationDemand,
  reference: Reference | undefined,
): Unmet | undefined {
  const vsa = readVsa(statement);
  if (verifier !== undefined && vsa.verifierId !== verifier)
    return { rule: 'attestations.other-verifier', why: `its verifier is ${quoted(vsa.verifierId)}` };
  if (!vsa.passed)
    return { rule: 'attestations.failed', why: `the image failed on ${vsa.timeVerified.toISOString()}` };
  const repository = repositoryOf(vsa.resourceUri);
  if (repository === undefined) return undefined;
  if (reference === undefined)
    throw new PratiqueError('NAME_UNKNOWN', {
      what: 'the image has no name to hold against that of a verification summary',
      next: 'say which name it will have: --as NAME',
    });
  if (repository === `${reference.registry}/${reference.repository}`) return undefined;
  return { rule: 'attestations.other-resource', why: `it is for ${quoted(vsa.resourceUri)}` };
}

function scanObjection(statement: Statement, { failFrom }: AttestationDemand): Unmet | undefined {
  const counts = countVulnerabilities(statement);
  if (failFrom === undefined) return undefined;
  const grave = SEVERITIES.slice(0, SEVERITIES.indexOf(failFrom) + 1);
  const found = grave.filter((severity) => counts.bySeverity[severity] > 0);
  const unknown = failFrom === 'info' ? counts.unknown : 0;
  if (found.length === 0 && unknown === 0) return undefined;
  const why = `the scan found ${wordsOf(found, counts, unknown)}; nothing from ${failFrom} on is allowed`;
  return {
    rule: 'attestations.vulnerable',
    why,
    severity: found[0] === 'critical' ? 'critical' : 'high',
  };
}

function wordsOf(found: readonly Severity[], { bySeverity }: VulnerabilityCounts, unknown: number): string {
  const words = found.map((severity) => `${bySeverity[severity]} ${severity}`);
  return [...words, ...(unknown > 0 ? [`${unknown} of unknown severity`] : [])].join(', ');
}

function conditionObjection(statement: Statement, { where }: AttestationDemand): Unmet | undefined {
  const unmet = where.find((condition) => !meetsCondition(statement.predicate, condition));
  if (unmet === undefined) return undefined;
  return { rule: 'attestations.condition', why: `${quoted(unmet.path)} is not as demanded` };
}

/** how far ahead of ours the clock of a signer may run */
const SKEW_SECONDS = 300;

/**
 * Why an attestation is too old to say anything; `undefined` where it is not.
 * @throws {PratiqueError} `AGE_UNKNOWN` where no moment of it is known, or one that is yet to come
 */
export function tooOld(
  at: Date | undefined,
  { maxAgeSeconds, type }: AttestationDemand,
  now: Date,
): Unmet | undefined {
  const seconds = at === undefined ? Number.NaN : (now.getTime() - at.getTime()) / 1000;
  if (seconds < -SKEW_SECONDS) throw ageUnknown(type, `it says ${at?.toISOString()}, which is yet to come`);
  if (maxAgeSeconds === undefined) return undefined;
  if (Number.isNaN(seconds))
    throw ageUnknown(type, 'neither what it tells nor a log or timestamp says when it was made');
  if (seconds <= maxAgeSeconds) return undefined;
  return {
    rule: 'attestations.too-old',
    why: `it is ${ageOf(seconds)} old; the policy allows ${ageOf(maxAgeSeconds)}`,
  };
}

function ageUnknown(type: string, why: string): PratiqueError {
  return new PratiqueError('AGE_UNKNOWN', {
    what: `the age of the attestation ${quoted(type)} cannot be found out`,
    why,
    next: 'take max-age out of the demand, or have it attested with a date',
  });
}
