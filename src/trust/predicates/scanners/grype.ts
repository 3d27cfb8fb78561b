import { type JsonFields, readFields } from '../../../io/json/json-fields.ts';
import { isJsonObject, type JsonObject } from '../../../io/json/strict-json.ts';
import type { Severity } from '../../../model/finding.ts';
import { quoted } from '../../../model/printable.ts';
import { cannotCount, countSeverities, severityOf, type VulnerabilityCounts } from '../severity-counts.ts';

const WHERE = 'result of Grype';

/** Whether a scan's result has the form of `grype -o json`. */
export function isGrype(result: JsonObject): boolean {
  const descriptor = result.get('descriptor');
  return isJsonObject(descriptor) && descriptor.get('name') === 'grype' && result.has('matches');
}

/**
 * Counts what Grype found; matches that its own configuration ignores are not in `matches`.
 * @throws {PratiqueError} `NOT_SUPPORTED`, `JSON_INVALID`
 * @see anchore/grype, grype/presenter/models/document.go; severities: grype/vulnerability/severity.go, Unknown is the least
 */
export function countGrype(result: JsonObject): VulnerabilityCounts {
  const grype = readFields(result, { where: WHERE });
  grype.array('matches');
  return countSeverities(grype.objects('matches').map(severityIn));
}

function severityIn(match: JsonFields): Severity | 'unknown' {
  const word = match.object('vulnerability').string('severity');
  const severity = severityOf(word);
  if (severity === undefined) throw cannotCount(`Grype calls a severity ${quoted(word)}`);
  return severity;
}
