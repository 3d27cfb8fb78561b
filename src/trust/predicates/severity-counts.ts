import { PratiqueError } from '../../errors.ts';
import type { Severity } from '../../model/finding.ts';

/** How many vulnerabilities a scan found. */
export interface VulnerabilityCounts {
  readonly bySeverity: Readonly<Record<Severity, number>>;
  /** those whose severity nobody has assessed yet; scanners themselves order these below all others */
  readonly unknown: number;
}

export const NOTHING_COUNTED: VulnerabilityCounts = {
  bySeverity: { critical: 0, high: 0, medium: 0, low: 0, info: 0 },
  unknown: 0,
};

/**
 * The words of Trivy, Grype, NVD and the Linux distributions' trackers, lower case. `undefined` stands for "not assessed", which the
 * scanners say themselves.
 */
const WORDS: ReadonlyMap<string, Severity | 'unknown'> = new Map([
  ['critical', 'critical'],
  ['high', 'high'],
  ['important', 'high'],
  ['medium', 'medium'],
  ['moderate', 'medium'],
  ['low', 'low'],
  ['negligible', 'info'],
  ['info', 'info'],
  ['informational', 'info'],
  ['none', 'info'],
  ['unknown', 'unknown'],
  ['unassigned', 'unknown'],
]);
const SCORE = /^(?:10(?:\.0{1,2})?|\d(?:\.\d{1,2})?)$/;

/** A severity's place in the order; `undefined` for a word that has none. */
export function severityOf(word: string): Severity | 'unknown' | undefined {
  return WORDS.get(word.toLowerCase());
}

/**
 * The severity of a CVSS base score, `9.8`; `undefined` for a text that is none.
 * @see CVSS v3.1 specification, section 5, "Qualitative Severity Rating Scale"
 */
export function severityOfScore(text: string): Severity | undefined {
  if (!SCORE.test(text)) return undefined;
  const score = Number(text);
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'info';
}

/** Counts a list of severities. */
export function countSeverities(severities: Iterable<Severity | 'unknown'>): VulnerabilityCounts {
  const counts = { ...NOTHING_COUNTED.bySeverity };
  let unknown = 0;
  for (const severity of severities) {
    if (severity === 'unknown') unknown += 1;
    else counts[severity] += 1;
  }
  return { bySeverity: counts, unknown };
}

/** Two counts as one. */
export function addCounts(one: VulnerabilityCounts, other: VulnerabilityCounts): VulnerabilityCounts {
  const { critical, high, medium, low, info } = one.bySeverity;
  const more = other.bySeverity;
  return {
    bySeverity: {
      critical: critical + more.critical,
      high: high + more.high,
      medium: medium + more.medium,
      low: low + more.low,
      info: info + more.info,
    },
    unknown: one.unknown + other.unknown,
  };
}

/** Says that the vulnerabilities of a scan cannot be counted. @param why printable */
export function cannotCount(why: string): PratiqueError {
  return new PratiqueError('NOT_SUPPORTED', {
    what: 'what the vulnerability scan found cannot be counted',
    why,
    next: 'attest the JSON that Trivy or Grype writes, a SARIF file with security-severity, or the predicate of in-toto',
  });
}
