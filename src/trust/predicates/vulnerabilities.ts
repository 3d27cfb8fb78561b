import type { JsonFields } from '../../io/json/json-fields.ts';
import { isJsonArray, isJsonObject, type JsonValue } from '../../io/json/strict-json.ts';
import { PREDICATE, type Statement } from '../../model/statement.ts';
import { predicateFields, readTime } from './predicate-fields.ts';
import { countGrype, isGrype } from './scanners/grype.ts';
import { countListed } from './scanners/listed.ts';
import { countSarif, isSarif } from './scanners/sarif.ts';
import { countTrivy, isTrivy } from './scanners/trivy.ts';
import { addCounts, cannotCount, NOTHING_COUNTED, type VulnerabilityCounts } from './severity-counts.ts';

const WHERE = 'vulnerability scan';

/**
 * When a scan ended: of an older one newer vulnerabilities are not in it.
 * @throws {PratiqueError} `JSON_INVALID`
 */
export function scanFinishedOn(statement: Statement): Date {
  return readTime(predicateFields(statement, WHERE).object('metadata'), 'scanFinishedOn');
}

/**
 * Counts what a scan found, by severity. Read are the in-toto predicate (v0.1, v0.2), and cosign's with what Trivy or Grype wrote as
 * JSON, or a SARIF file.
 * @throws {PratiqueError} `JSON_INVALID` where it is not what its type says; `NOT_SUPPORTED` where it cannot be counted: a result
 *   of an unknown form, a severity without an order, or one that looked at no package. That is never none
 * @see in-toto attestation, spec/predicates/vuln.md and vulns_02.md; cosign, specs/COSIGN_VULN_ATTESTATION_SPEC.md
 */
export function countVulnerabilities(statement: Statement): VulnerabilityCounts {
  const predicate = predicateFields(statement, WHERE);
  if (statement.predicateType === PREDICATE.cosignVulnerabilities)
    return scannersOf(predicate)
      .map((scanner) => countResult(scanner.get('result')))
      .reduce(addCounts, NOTHING_COUNTED);
  return countListed(predicate.object('scanner').array('result'), WHERE);
}

/** cosign writes `scanner`, its specification says `scanners`: what stands in either is read. */
function scannersOf(predicate: JsonFields): readonly JsonFields[] {
  const one = predicate.optionalObject('scanner');
  const all = [...(one === undefined ? [] : [one]), ...predicate.objects('scanners')];
  if (all.length === 0) throw predicate.error('scanner', 'it names no scanner');
  return all;
}

function countResult(result: JsonValue | undefined): VulnerabilityCounts {
  if (isJsonArray(result)) return countListed(result, WHERE);
  if (!isJsonObject(result)) throw cannotCount('it has no result');
  if (isTrivy(result)) return countTrivy(result);
  if (isGrype(result)) return countGrype(result);
  if (isSarif(result)) return countSarif(result);
  throw cannotCount('its result has none of the forms that are read: JSON of Trivy or Grype, or SARIF');
}
