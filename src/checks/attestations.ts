import { PratiqueError, toPratiqueError } from '../errors.ts';
import type { Finding } from '../model/finding.ts';
import type { Image } from '../model/image.ts';
import { printable, quoted } from '../model/printable.ts';
import type { AnyEvidence } from '../model/trusted.ts';
import type { AttestationDemand } from '../policy/images/demands.ts';
import { areScans } from '../policy/images/predicate-types.ts';
import { countVulnerabilities } from '../trust/predicates/vulnerabilities.ts';
import { attestationsOfType, type Dated, decidingOf } from './attestations/parts/deciding.ts';
import { objectionIn, tooOld, type Unmet } from './attestations/parts/judge-attestation.ts';
import { aboutStatements, rejectedDetails, unsettledList } from './attestations/parts/statement-finding.ts';
import type { CheckContext, StatementCheck } from './check.ts';

const REMEDIES: Readonly<Record<string, string>> = {
  'attestations.missing': 'Attest it: cosign attest --type TYPE --predicate FILE IMAGE@sha256:…',
  'attestations.unsigned': 'Sign it: what a builder writes into the index anybody could have written',
  'attestations.other-signer': 'Have it attested by a signer that the policy demands',
  'attestations.malformed': 'Attest it again; what was attested is not what its type says',
  'attestations.too-old': 'Scan or check the image again, and attest that',
  'attestations.vulnerable': 'Build the image with versions in which this is mended, and scan it again',
};
const REMEDY = 'Find out what the attestation says of the image, and mend that';

/**
 * Demands what `attestations` of the image's rule lists, each signed by one of its signers. Of each signer the newest counts; one that
 * speaks against the image refuses it, whatever others say, and one that is too old says nothing.
 */
export const attestations: StatementCheck = {
  id: 'attestations',
  reads: 'statements',
  readsEmbedded: true,
  isDemanded: ({ images }) => images.some((rule) => rule.attestations.length > 0),
  demands: ({ rule }) => rule !== undefined && rule.attestations.length > 0,
  run(evidence, image, context) {
    const results = (context.rule?.attestations ?? []).map((demand) => meet(evidence, demand, context));
    const findings = results.flatMap((result, index) => {
      const demand = context.rule?.attestations[index];
      return 'unmet' in result && demand !== undefined ? [tell(image, demand, result)] : [];
    });
    // What is found refuses, also where another demand could not be decided.
    if (findings.length > 0) return findings;
    for (const result of results) if ('fault' in result) throw result.fault;
    return [];
  },
  note(evidence, { rule, now }: CheckContext) {
    const demands = rule?.attestations ?? [];
    if (demands.length === 0) return 'none demanded';
    return demands.map((demand) => noteOf(evidence, demand, now)).join('; ');
  },
};

type Result =
  | { readonly met: true }
  | { readonly fault: PratiqueError }
  | { readonly unmet: Unmet; readonly details: readonly string[] };

/** What came of one demand: what speaks against the image goes before what cannot be decided, and that before a pass. */
function meet(evidence: readonly AnyEvidence[], demand: AttestationDemand, context: CheckContext): Result {
  const all = attestationsOfType(evidence, demand);
  const names = new Set(demand.signedBy.map(({ name }) => name));
  const judged = decidingOf(all.filter(({ signer }) => names.has(signer))).map((one) =>
    judge(one, demand, context),
  );
  const unmet = judged.flatMap((one) => ('unmet' in one ? [one.unmet] : []));
  const against = unmet.find(({ rule }) => rule !== 'attestations.too-old');
  if (against !== undefined) return { unmet: against, details: unmet.map(({ why }) => why) };
  const fault = judged.find((one) => 'fault' in one);
  if (fault !== undefined) return fault;
  if (judged.some((one) => 'met' in one)) return unreadFault(evidence, demand) ?? { met: true };
  const [old] = unmet;
  if (old !== undefined) return { unmet: old, details: unmet.map(({ why }) => why) };
  return nothingBy(
    evidence,
    demand,
    all.map(({ signer }) => printable(signer)),
  );
}

function judge(
  { attestation: { statement }, at, fault }: Dated,
  demand: AttestationDemand,
  { now, reference }: CheckContext,
): { readonly met: true } | { readonly fault: PratiqueError } | { readonly unmet: Unmet } {
  try {
    if (fault !== undefined) throw fault;
    const old = tooOld(at, demand, now);
    const unmet = old ?? objectionIn(statement, demand, reference);
    return unmet === undefined ? { met: true } : { unmet };
  } catch (thrown) {
    const error = toPratiqueError(thrown);
    if (error.code !== 'JSON_INVALID') return { fault: error };
    return { unmet: { rule: 'attestations.malformed', why: error.message } };
  }
}

/**
 * Why a demand that is met cannot be decided: beside what meets it lies something that may be of the type and later, and that was
 * not read. It is too big; or a demanded signer made it, and what they signed cannot be read.
 */
function unreadFault(
  evidence: readonly AnyEvidence[],
  { type, predicateTypes, signedBy }: AttestationDemand,
): { readonly fault: PratiqueError } | undefined {
  const names = new Set(signedBy.map(({ name }) => name));
  const unread = evidence
    .filter((one) => one.state === 'rejected')
    .filter(({ form }) => form === 'sigstore-bundle' || form === 'cosign-attestation')
    .filter(({ label }) => label === undefined || predicateTypes.includes(label))
    .find(({ reason, signers = [] }) => reason === 'too-big' || signers.some((name) => names.has(name)));
  if (unread === undefined) return undefined;
  const fault = new PratiqueError(unread.reason === 'too-big' ? 'LIMIT_EXCEEDED' : 'JSON_INVALID', {
    what: `an attestation that may be a later ${quoted(type)} cannot be read`,
    where: unread.from.digest,
    why: unread.detail,
    next: 'remove it from the registry, or raise the limit in the policy if that is what stopped it',
  });
  return { fault };
}

/** Where no demanded signer attested anything of this type: what there is instead. */
function nothingBy(
  evidence: readonly AnyEvidence[],
  demand: AttestationDemand,
  others: readonly string[],
): Result {
  const fault = unsettledList(evidence, demand.signedBy);
  if (fault !== undefined) return { fault };
  if (others.length > 0) {
    const by = [...new Set(others)];
    return { unmet: { rule: 'attestations.other-signer', why: `it is by ${by.join(', ')}` }, details: by };
  }
  if (evidence.some((one) => isUnsignedOf(one, demand)))
    return { unmet: { rule: 'attestations.unsigned', why: 'there is one that nobody signed' }, details: [] };
  const details = rejectedDetails(evidence);
  const why = details.length === 0 ? 'there is none' : `what lies beside it does not count: ${details[0]}`;
  return { unmet: { rule: 'attestations.missing', why }, details };
}

function isUnsignedOf(one: AnyEvidence, { predicateTypes }: AttestationDemand): boolean {
  return one.state === 'unsigned' && predicateTypes.includes(one.predicateType);
}

function tell(
  image: Image,
  { type, signedBy }: AttestationDemand,
  { unmet, details }: Extract<Result, { unmet: unknown }>,
): Finding {
  const demanded = signedBy.map(({ name }) => name);
  const by = demanded.map((name) => printable(name)).join(' or ');
  return aboutStatements(image, {
    rule: unmet.rule,
    ...(unmet.severity && { severity: unmet.severity }),
    message: `the attestation ${quoted(type)} by ${by} does not do: ${unmet.why}`,
    remedy: REMEDIES[unmet.rule] ?? REMEDY,
    demanded,
    details,
    same: [type],
  });
}

/** What a met demand rests on; of a scan what it found that has no severity, since nothing fails by it. */
function noteOf(evidence: readonly AnyEvidence[], demand: AttestationDemand, now: Date): string {
  const names = new Set(demand.signedBy.map(({ name }) => name));
  const counted = decidingOf(
    attestationsOfType(evidence, demand).filter(({ signer }) => names.has(signer)),
  ).filter(({ at }) => tooOld(at, demand, now) === undefined);
  const signers = [...new Set(counted.map(({ attestation }) => printable(attestation.signer)))];
  const unknown = counted
    .filter(({ attestation: { statement } }) => areScans([statement.predicateType]))
    .reduce((sum, { attestation: { statement } }) => sum + countVulnerabilities(statement).unknown, 0);
  const more = unknown === 0 ? '' : `, with ${unknown} of unknown severity`;
  const unsigned = evidence.some((one) => isUnsignedOf(one, demand)) ? ', another unsigned' : '';
  return `${printable(demand.type)} by ${signers.join(', ')}${more}${unsigned}`;
}
