import { toPratiqueError } from '../../errors.ts';
import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import type { RootInUse } from '../../model/root-in-use.ts';
import type { PartKind, RootPart, RootReport } from '../../model/trust-report.ts';
import type { TrustRoot } from '../../model/trust-root.ts';

const DAY = 86_400_000; // milliseconds
const OLD = 30; // days; Sigstore announces new logs some weeks ahead

const KINDS: readonly (readonly [field: string, kind: PartKind])[] = [
  ['certificateAuthorities', 'certificate-authority'],
  ['tlogs', 'transparency-log'],
  ['ctlogs', 'certificate-log'],
  ['timestampAuthorities', 'timestamp-authority'],
];

/**
 * What a trust root holds, and what is amiss with it today. Judges no signature: one of last year is checked with what counted
 * then.
 * @param signers names of those who are checked with it
 */
export function describeRoot(
  inUse: RootInUse,
  signers: readonly string[],
  now: Date,
): Omit<RootReport, 'refresh'> {
  const { root, copy } = inUse;
  const warnings = [...inUse.notes];
  if (root.text === undefined) {
    const why = `nothing can be checked with it: ${root.missing ?? 'it was never fetched'}`;
    return { inUse, signers, parts: [], warnings: [...warnings, why] };
  }
  try {
    const parts = partsOf(root.text);
    warnings.push(...warningsOf(root, parts, now));
    const days = copy === undefined ? 0 : Math.floor((now.getTime() - copy.fetchedAt.getTime()) / DAY);
    if (days > OLD) warnings.push(`the copy was fetched ${days} days ago; run pratique trust refresh`);
    return { inUse, signers, parts, warnings };
  } catch (thrown) {
    return { inUse, signers, parts: [], warnings: [...warnings, toPratiqueError(thrown).message] };
  }
}

function partsOf(text: string): readonly RootPart[] {
  const where = 'trusted_root.json';
  const root = readFields(readJson(Buffer.from(text), { where }), { where });
  return KINDS.flatMap(([field, kind]) => root.objects(field).map((part) => partOf(kind, part)));
}

function partOf(kind: PartKind, part: JsonFields): RootPart {
  const isLog = kind.endsWith('-log');
  const valid = (isLog ? part.object('publicKey') : part).optionalObject('validFor');
  const [from, until] = [timeOf(valid, 'start'), timeOf(valid, 'end')];
  const name = part.optionalString(isLog ? 'baseUrl' : 'uri');
  return {
    kind,
    name: name ?? part.optionalObject('subject')?.optionalString('commonName') ?? '',
    ...(from && { from }),
    ...(until && { until }),
  };
}

function timeOf(valid: JsonFields | undefined, name: string): Date | undefined {
  const text = valid?.optionalString(name);
  if (valid === undefined || text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw valid.error(name, 'it is no time');
  return time;
}

/** What nobody can sign with any more: what was signed before still holds. */
function warningsOf(root: TrustRoot, parts: readonly RootPart[], now: Date): readonly string[] {
  const has = (kind: PartKind) => parts.some((part) => part.kind === kind && isValid(part, now));
  const warnings: string[] = [];
  if (!has('certificate-authority')) warnings.push('no certificate authority in it is valid now');
  if (root.needsLog && !has('transparency-log')) warnings.push('all transparency logs in it have ended');
  if (root.needsCertificateLog && !has('certificate-log'))
    warnings.push('all certificate logs in it have ended');
  if (!root.needsLog && !has('timestamp-authority'))
    warnings.push('no timestamp authority in it is valid now');
  return warnings;
}

function isValid({ from, until }: RootPart, now: Date): boolean {
  return (from === undefined || from <= now) && (until === undefined || now <= until);
}
