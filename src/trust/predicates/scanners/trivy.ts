import { type JsonFields, readFields } from '../../../io/json/json-fields.ts';
import type { JsonObject } from '../../../io/json/strict-json.ts';
import type { Severity } from '../../../model/finding.ts';
import { quoted } from '../../../model/printable.ts';
import { cannotCount, countSeverities, severityOf, type VulnerabilityCounts } from '../severity-counts.ts';

const WHERE = 'result of Trivy';
/** Parts of a result that are about packages. Others are about secrets, licences and the like. */
const PACKAGES: ReadonlySet<string> = new Set(['os-pkgs', 'lang-pkgs']);

/** Whether a scan's result has the form of `trivy image --format json`. */
export function isTrivy(result: JsonObject): boolean {
  return result.get('SchemaVersion') === 2 && result.has('ArtifactType');
}

/**
 * Counts what Trivy found. A run that looked at no package, for secrets alone or because it knew none in the image, found out
 * nothing about vulnerabilities: that is not none.
 * @throws {PratiqueError} `NOT_SUPPORTED`, `JSON_INVALID`
 * @see aquasecurity/trivy, pkg/types/report.go; severities: pkg/dbtypes, UNKNOWN is the least
 */
export function countTrivy(result: JsonObject): VulnerabilityCounts {
  const parts = readFields(result, { where: WHERE }).objects('Results');
  if (!parts.some((part) => PACKAGES.has(part.optionalString('Class') ?? '')))
    throw cannotCount('Trivy looked at no package');
  return countSeverities(parts.flatMap((part) => part.objects('Vulnerabilities').map(severityIn)));
}

function severityIn(vulnerability: JsonFields): Severity | 'unknown' {
  const word = vulnerability.string('Severity');
  const severity = severityOf(word);
  if (severity === undefined) throw cannotCount(`Trivy calls a severity ${quoted(word)}`);
  return severity;
}
