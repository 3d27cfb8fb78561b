import { type JsonFields, readFields } from '../../../io/json/json-fields.ts';
import { isJsonArray, type JsonValue } from '../../../io/json/strict-json.ts';
import type { Severity } from '../../../model/finding.ts';
import { quoted } from '../../../model/printable.ts';
import {
  cannotCount,
  countSeverities,
  severityOf,
  severityOfScore,
  type VulnerabilityCounts,
} from '../severity-counts.ts';

const ORDER: readonly (Severity | 'unknown')[] = ['critical', 'high', 'medium', 'low', 'info', 'unknown'];

/**
 * Counts the vulnerabilities that the in-toto predicate lists: each has severities by several methods, and the gravest counts. A
 * score of a method that has no order is passed over only where another has one.
 * @param where what is read, for messages
 * @throws {PratiqueError} `NOT_SUPPORTED`, `JSON_INVALID`
 * @see in-toto attestation, spec/predicates/vulns_02.md (v0.2) and vuln.md (v0.1, where an entry may wrap `vulnerability`)
 */
export function countListed(result: readonly JsonValue[], where: string): VulnerabilityCounts {
  const path = '$.predicate.scanner.result';
  const entries = result.map((item, index) => readFields(item, { where, path: `${path}[${index}]` }));
  return countSeverities(entries.map((entry) => gravestOf(entry.optionalObject('vulnerability') ?? entry)));
}

function gravestOf(entry: JsonFields): Severity | 'unknown' {
  const id = entry.string('id');
  const severities = isJsonArray(entry.get('severity'))
    ? entry.objects('severity')
    : [entry.object('severity')];
  const known = new Set(severities.map(orderOf));
  const gravest = ORDER.find((severity) => known.has(severity));
  if (gravest === undefined) throw cannotCount(`${quoted(id)} has no severity with an order`);
  return gravest;
}

/** A word; or a number, where its method is one of CVSS. */
function orderOf(severity: JsonFields): Severity | 'unknown' | undefined {
  const [method, score] = [severity.string('method'), severity.string('score')];
  return severityOf(score) ?? (/cvss|nvd/i.test(method) ? severityOfScore(score) : undefined);
}
