import { type JsonFields, readFields } from '../../../io/json/json-fields.ts';
import type { JsonObject, JsonValue } from '../../../io/json/strict-json.ts';
import type { Severity } from '../../../model/finding.ts';
import { quoted } from '../../../model/printable.ts';
import {
  cannotCount,
  countSeverities,
  severityOfScore,
  type VulnerabilityCounts,
} from '../severity-counts.ts';

const WHERE = 'SARIF';
/** Kinds of results that say that there is nothing. */
const NOTHING: ReadonlySet<string> = new Set(['pass', 'notApplicable']);

/** Whether a scan's result is a SARIF file. */
export function isSarif(result: JsonObject): boolean {
  return result.get('version') === '2.1.0' && result.has('runs');
}

/**
 * Counts the results of a SARIF file by the `security-severity` of their rules, a CVSS score as GitHub reads it. Its levels (`error`,
 * `warning`, `note`) are no severities. What is suppressed counts: it is there.
 * @throws {PratiqueError} `NOT_SUPPORTED`, `JSON_INVALID`
 * @see SARIF 2.1.0, sections 3.14, 3.27 and 3.49
 */
export function countSarif(result: JsonObject): VulnerabilityCounts {
  const runs = readFields(result, { where: WHERE }).objects('runs');
  if (runs.length === 0) throw cannotCount('the SARIF file holds no run');
  return countSeverities(runs.flatMap(severitiesOf));
}

function severitiesOf(run: JsonFields): readonly Severity[] {
  // Section 3.14.23: absent where no scan was tried.
  if (!run.has('results')) throw cannotCount('a run of the SARIF file says nothing of results');
  // Section 3.15.3: what lies in other files was not attested.
  if (run.optionalObject('externalPropertyFileReferences')?.has('results') === true)
    throw cannotCount('a run of the SARIF file has results in another file');
  // Section 3.20.14: a scanner that broke down has not looked at everything.
  if (run.objects('invocations').some((one) => one.optionalBoolean('executionSuccessful') === false))
    throw cannotCount('a run of the SARIF file did not end well');
  const rules = rulesOf(run);
  return run
    .objects('results')
    .filter((one) => !NOTHING.has(one.optionalString('kind') ?? ''))
    .map((one) => {
      const id = one.optionalString('ruleId') ?? one.optionalObject('rule')?.optionalString('id') ?? '';
      const severity = rules.get(id);
      if (severity === undefined)
        throw cannotCount(`the rule ${quoted(id)} of the SARIF file has no security-severity`);
      return severity;
    });
}

/** Severities by rule; of a rule that is there twice the graver one. */
function rulesOf(run: JsonFields): ReadonlyMap<string, Severity> {
  const scores = new Map<string, number>();
  for (const rule of run.object('tool').object('driver').objects('rules')) {
    const text = scoreText(rule.optionalObject('properties')?.get('security-severity'));
    const id = rule.string('id');
    if (text !== undefined && severityOfScore(text) !== undefined)
      scores.set(id, Math.max(Number(text), scores.get(id) ?? 0));
  }
  return new Map([...scores].flatMap(([id, score]) => withSeverity(id, score)));
}

function withSeverity(id: string, score: number): readonly (readonly [string, Severity])[] {
  const severity = severityOfScore(String(score));
  return severity === undefined ? [] : [[id, severity]];
}

/** A text by the book of GitHub; some write a number. */
function scoreText(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return typeof value === 'object' && value !== null && 'literal' in value
    ? String(value.literal)
    : undefined;
}
