import type { Confidence, Location, Severity } from '../model/finding.ts';
import { printable } from '../model/printable.ts';
import { formatReference, type Reference } from '../model/reference.ts';
import type {
  JudgedImage,
  Level,
  Outcome,
  Ruled,
  RuledFinding,
  ScanCounts,
  Verdict,
} from '../model/verdict.ts';
import { type DigestSet, digestSetOf } from './statement.ts';

/**
 * What was judged and found, in counts: the predicate `https://pratique.dev/verdict/v1`. Foreign text is printable
 * and short; no matched text, no message and no build-history line is in it, since any of them can hold a secret.
 */
export interface VerdictPredicate {
  readonly result: 'admitted' | 'refused';
  /** RFC 3339, UTC; `validUntil` is a wish of the issuer, a consumer may ask for less age */
  readonly startedAt: string;
  readonly decidedAt: string;
  readonly validUntil: string;
  readonly pratique: { readonly version: string; readonly ruleSet: DigestSet };
  readonly policy: { readonly name: string; readonly digest: DigestSet };
  readonly subject: DigestSet;
  /** the name that it was judged by, with its tag or digest: a policy may demand other things of another tag */
  readonly reference: string;
  /** `os/architecture` of the images that were judged, and of those left out by choice */
  readonly platforms: readonly string[];
  readonly leftOut: readonly string[];
  /** parts of attestations in the index that were not where the image is, and so were not looked at */
  readonly absent: readonly string[];
  readonly images: readonly ImageSummary[];
}

export interface ImageSummary {
  readonly digest?: DigestSet;
  readonly platform?: string;
  /** the approved base that it stands on, with how many of its layers are the base's */
  readonly base?: { readonly name: string; readonly layers: number };
  readonly scanned?: ScanCounts;
  readonly outcomes: readonly OutcomeSummary[];
  /** enforced ones first */
  readonly findings: readonly FindingSummary[];
  /** findings over the limit of 500 that are counted and not listed */
  readonly findingsNotListed: number;
}

export interface OutcomeSummary {
  readonly check: string;
  readonly level: Level;
  readonly state: Outcome['state'];
  readonly findings: number;
  readonly excepted: number;
  /** in files that a package database of the image vouches for, so that they decide nothing */
  readonly demoted: number;
  /** code of the fault, where a check that is not enforced could not find out */
  readonly fault?: string;
}

export interface FindingSummary {
  readonly check: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly level: Level;
  readonly fingerprint: string;
  readonly excepted: boolean;
  /** the package that ships it, where it is demoted: `deb:libgnutls30` */
  readonly demoted?: string;
  readonly where: WhereSummary;
}

export interface WhereSummary {
  readonly layer?: { readonly index: number; readonly digest: string };
  readonly path?: string;
  readonly offset?: number;
  readonly field?: string;
  readonly visibility?: string;
}

/** findings listed for one image; keeps an attestation under what registries and verifiers take */
const FINDING_LIMIT = 500;
/** characters of a path or field name */
const TEXT_LIMIT = 512;

/**
 * Puts a decided verdict into counts.
 * @param verdict decided; see `requireAttestable`
 * @param reference the name that it was judged by
 * @param validUntil RFC 3339, UTC
 */
export function describeVerdict(
  verdict: Verdict,
  reference: Reference,
  validUntil: string,
): VerdictPredicate {
  return {
    result: verdict.result === 'admitted' ? 'admitted' : 'refused',
    startedAt: verdict.startedAt,
    decidedAt: verdict.at,
    validUntil,
    pratique: { version: verdict.pratique, ruleSet: digestSetOf(verdict.ruleSet) },
    policy: { name: short(verdict.policy.name), digest: digestSetOf(verdict.policy.digest) },
    subject: verdict.subject === undefined ? {} : digestSetOf(verdict.subject.digest),
    reference: formatReference(reference),
    platforms: verdict.images.flatMap(({ platform }) => (platform === undefined ? [] : [short(platform)])),
    leftOut: verdict.leftOut.map(short),
    absent: verdict.absent ?? [],
    images: verdict.images.map(describeImage),
  };
}

function describeImage({ manifest, platform, base, scanned, ruled }: JudgedImage): ImageSummary {
  const findings = ruled.flatMap((one) => one.findings.map((finding) => describeFinding(one, finding)));
  const enforcedFirst = findings.toSorted((a, b) => weight(b) - weight(a));
  return {
    ...(manifest === undefined ? {} : { digest: digestSetOf(manifest.digest) }),
    ...(platform === undefined ? {} : { platform: short(platform) }),
    ...(base && { base: { name: short(base.name), layers: base.layers } }),
    ...(scanned === undefined ? {} : { scanned: countsOf(scanned) }),
    outcomes: ruled.map(describeOutcome),
    findings: enforcedFirst.slice(0, FINDING_LIMIT),
    findingsNotListed: Math.max(0, findings.length - FINDING_LIMIT),
  };
}

function describeOutcome({ outcome, level, findings }: Ruled): OutcomeSummary {
  return {
    check: outcome.check,
    level,
    state: outcome.state,
    findings: findings.length,
    excepted: findings.filter(({ excepted }) => excepted !== undefined).length,
    demoted: findings.filter(({ finding }) => finding.demoted === true).length,
    ...(outcome.state === 'unknown' ? { fault: outcome.error.code } : {}),
  };
}

function describeFinding({ outcome }: Ruled, { finding, level, excepted }: RuledFinding): FindingSummary {
  return {
    check: outcome.check,
    rule: finding.rule,
    severity: finding.severity,
    confidence: finding.confidence,
    level,
    fingerprint: finding.fingerprint,
    excepted: excepted !== undefined,
    ...(finding.demoted === true && finding.package
      ? { demoted: short(`${finding.package.manager}:${finding.package.name}`) }
      : {}),
    where: describeWhere(finding.where),
  };
}

/** The place, without `createdBy`: build commands are known to carry passwords. */
function describeWhere({ layer, path, offset, field, visibility }: Location): WhereSummary {
  return {
    ...(layer === undefined ? {} : { layer: { index: layer.index, digest: layer.digest } }),
    ...(path === undefined ? {} : { path: short(path) }),
    ...(offset === undefined ? {} : { offset }),
    ...(field === undefined ? {} : { field: short(field) }),
    ...(visibility === undefined ? {} : { visibility }),
  };
}

function countsOf({ layers, files, compressedBytes, expandedBytes, contentBytes }: ScanCounts): ScanCounts {
  return { layers, files, compressedBytes, expandedBytes, contentBytes };
}

function weight({ level, excepted }: FindingSummary): number {
  return excepted ? 0 : level === 'fail' ? 2 : 1;
}

function short(text: string): string {
  return printable(text, TEXT_LIMIT);
}
