import { createHash } from 'node:crypto';
import type { JudgedReference, ReferenceRemark } from '../../model/named-reference.ts';
import { formatReference } from '../../model/reference.ts';
import { foreign } from '../foreign.ts';
import { toJsonText } from '../json-text.ts';
import { type RuleUse, rulesOf } from '../sarif/sarif-rules.ts';
import { physicalLocation, sarifText } from '../sarif/sarif-text.ts';
import { type Entry, entriesOf } from '../tally.ts';
import { type ReferencesReport, tallyReferences } from './references-report.ts';

interface Result {
  readonly rule: RuleUse;
  readonly at: ReferenceRemark;
  readonly message: string;
  /** what makes it the same one in the next run, beside the file */
  readonly same: readonly string[];
}

const LISTED = 25_000; // results that GitHub takes in one run

/**
 * The names of a repository for code scanning: one run, each finding at the line and column of the name. What is not known or
 * not read is a result too, and the run then says that it did not succeed.
 * @see SARIF 2.1.0, section 3.30 "region object"; GitHub, "SARIF support for code scanning"
 */
export function renderReferencesSarif(report: ReferencesReport): string {
  const { judged, found, pratique, policy } = report;
  const all = [
    ...judged.flatMap(resultsOf),
    ...found.unread.map((remark) => unknown(remark, `This was not read: ${remark.text}`, [remark.text])),
  ];
  const listed = all.slice(0, LISTED);
  const rules = rulesOf(listed.map(({ rule }) => rule));
  const { result, undecided, unread } = tallyReferences(report);
  const seen = new Map<string, number>();
  return toJsonText({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'pratique', version: pratique, informationUri: 'https://pratique.dev', rules },
        },
        automationDetails: { id: 'pratique/refs/' },
        invocations: [{ executionSuccessful: undecided + unread === 0 && all.length === listed.length }],
        columnKind: 'utf16CodeUnits',
        results: listed.map((one) => toResult(one, rules, seen)),
        properties: { result, policy: { name: policy.name, digest: policy.digest, origin: policy.origin } },
      },
    ],
  });
}

function resultsOf({ named, verdict }: JudgedReference): readonly Result[] {
  const { reference, why, text } = named;
  const name = reference === undefined ? text : formatReference(reference);
  const entries =
    verdict === undefined ? [] : entriesOf(verdict).filter(({ weight }) => weight !== 'excepted');
  const faults = reference === undefined ? [] : (verdict?.faults ?? []);
  const at = { file: named.file, line: named.line, column: named.column, text };
  return [
    ...entries.map(
      (entry): Result => ({
        rule: ruleOf(entry),
        at,
        message: `${foreign(entry.finding.message)}. ${foreign(entry.finding.remedy)}.`,
        same: [entry.finding.fingerprint],
      }),
    ),
    ...(why === undefined ? [] : [unknown(at, `"${foreign(name, 300)}" cannot be known: ${why}`, [text])]),
    ...faults.map(({ message, code }) => unknown(at, `${foreign(name, 300)}: ${message}`, [name, code])),
  ];
}

function unknown(at: ReferenceRemark, message: string, same: readonly string[]): Result {
  const remedy = 'Name the image in full, or render the file and give it to pratique refs -';
  const id = 'pratique.unknown-reference';
  const rule = {
    id,
    check: 'pratique',
    level: 'error',
    severity: 'high',
    confidence: 'verified',
    remedy,
  } as const;
  return { rule, at, message, same };
}

function ruleOf({ check, finding, weight }: Entry): RuleUse {
  const { rule, severity, confidence, remedy } = finding;
  const level = weight === 'enforced' ? 'error' : weight === 'warned' ? 'warning' : 'note';
  return { id: rule, check, level, severity, confidence, remedy };
}

function toResult(
  { rule, at, message, same }: Result,
  rules: ReturnType<typeof rulesOf>,
  seen: Map<string, number>,
) {
  const hash = createHash('sha256')
    .update(JSON.stringify([rule.id, at.file, ...same]))
    .digest('hex')
    .slice(0, 16);
  const count = (seen.get(hash) ?? 0) + 1;
  seen.set(hash, count);
  return {
    ruleId: rule.id,
    ruleIndex: rules.findIndex(({ id }) => id === rule.id),
    level: rule.level,
    message: { text: sarifText(message) },
    locations: [physicalLocation({ uri: at.file, line: at.line, column: at.column })],
    partialFingerprints: {
      primaryLocationLineHash: `${hash}:${count}`,
      'pratiqueFinding/v1': `${hash}:${count}`,
    },
  };
}
