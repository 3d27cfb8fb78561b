import type { Verdict } from '../../model/verdict.ts';
import { reusedOf } from '../json.ts';
import { toJsonText } from '../json-text.ts';
import { formatCount } from '../size.ts';
import { type Fault, faultsOf, tallyOf } from '../tally.ts';
import { categoriesOf } from './sarif-category.ts';
import { faultResults, findingResults, listedOf, type SarifResult } from './sarif-results.ts';
import { rulesOf } from './sarif-rules.ts';
import { type Anchor, sarifText } from './sarif-text.ts';

export interface SarifOptions {
  /** the file and line of the repository that names the image, or the policy file; `pratique.yaml`, line 1 */
  readonly anchor?: Anchor;
  /** a place of its own for each verdict, in their order */
  readonly anchors?: readonly Anchor[];
  /** no run for what was not looked at whole; see `supersedes` */
  readonly onlySuperseding?: boolean;
}

const SARIF_SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
const SEMANTIC_VERSION = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * The verdicts for code scanning: SARIF 2.1.0, one run with a category of its own for each image. An image in a
 * registry has no line in a repository, so every result stands at the anchor and names image, layer and path.
 *
 * What was not found out never looks clean: such a run says that it did not succeed, and carries a result for
 * each fault, because an empty run would close every alert that is open. GitHub takes 20 runs in a file.
 * @see SARIF 2.1.0, sections 3.13 to 3.58; GitHub, "SARIF support for code scanning"
 */
export function renderSarif(verdicts: readonly Verdict[], options: SarifOptions = {}): string {
  const { anchor = { uri: 'pratique.yaml', line: 1 }, anchors = [], onlySuperseding = false } = options;
  const categories = categoriesOf(verdicts.map(({ name }) => name));
  const runs = verdicts.flatMap((verdict, index) =>
    onlySuperseding && !supersedes(verdict)
      ? []
      : [runOf(verdict, categories[index] ?? 'pratique/', anchors[index] ?? anchor)],
  );
  return toJsonText({
    $schema: SARIF_SCHEMA,
    version: '2.1.0',
    runs: runs.length === 0 ? [emptyRun()] : runs,
  });
}

/**
 * Whether the run of a verdict may take the place of the one before. Uploaded, it closes every alert that is not in it: also those
 * that a run with faults did not come to look at (a refusal by one check says nothing of a layer that another could not read), and those
 * that a pass by an earlier verdict did not look for.
 */
export function supersedes({ faults, result, reused }: Verdict): boolean {
  return result !== 'undecided' && faults.length === 0 && reused === undefined;
}

function runOf(verdict: Verdict, category: string, anchor: Anchor) {
  const { entries, omitted } = listedOf(verdict);
  const results = [...findingResults(verdict, entries, anchor), ...faultResults(verdict, anchor)];
  const rules = rulesOf(results.map(({ rule }) => rule));
  const faults = faultsOf(verdict);
  const { version, semanticVersion } = versionOf(verdict);
  return {
    tool: {
      driver: {
        name: 'pratique',
        version,
        ...semanticVersion,
        informationUri: 'https://pratique.dev',
        rules,
        notifications: notificationIds(faults, omitted).map((id) => ({ id })),
      },
    },
    automationDetails: { id: category },
    invocations: [
      {
        executionSuccessful: verdict.result !== 'undecided' && faults.length === 0 && omitted === 0,
        ...timesOf(verdict),
        toolExecutionNotifications: [...faults.map(notificationOf), ...omittedNotice(omitted)],
      },
    ],
    columnKind: 'utf16CodeUnits',
    results: results.map((result) => toResult(result, rules)),
    properties: propertiesOf(verdict),
  };
}

const OMITTED = 'FINDINGS_OMITTED';

function notificationIds(faults: readonly Fault[], omitted: number): readonly string[] {
  return [...new Set([...faults.map(({ error }) => error.code), ...(omitted > 0 ? [OMITTED] : [])])];
}

function notificationOf({ error, decides }: Fault) {
  return {
    descriptor: { id: error.code },
    level: decides ? 'error' : 'warning',
    message: { text: sarifText(error.message) || error.code },
  };
}

function omittedNotice(omitted: number) {
  if (omitted === 0) return [];
  const text = `${formatCount(omitted)} more findings are not listed here; see -o json.`;
  return [{ descriptor: { id: OMITTED }, level: 'error', message: { text } }];
}

function toResult({ result, rule }: SarifResult, rules: ReturnType<typeof rulesOf>) {
  return { ruleId: rule.id, ruleIndex: rules.findIndex(({ id }) => id === rule.id), ...result };
}

function versionOf({ pratique }: Verdict) {
  return {
    version: pratique,
    semanticVersion: SEMANTIC_VERSION.test(pratique) ? { semanticVersion: pratique } : {},
  };
}

function timesOf({ startedAt, at }: Verdict) {
  const [start, end] = [startedAt, at].map((time) => new Date(time));
  return {
    ...(isTime(start) ? { startTimeUtc: start.toISOString() } : {}),
    ...(isTime(end) ? { endTimeUtc: end.toISOString() } : {}),
  };
}

/** RFC 3339, which the schema asks for, has years of four digits. */
function isTime(date: Date | undefined): date is Date {
  const year = date?.getUTCFullYear() ?? Number.NaN;
  return year >= 0 && year <= 9999;
}

function propertiesOf(verdict: Verdict) {
  const { enforced, warned, excepted, total } = tallyOf(verdict);
  return {
    image: verdict.name,
    result: verdict.result,
    ...(verdict.subject && { digest: verdict.subject.digest }),
    counts: { findings: total, enforced, warned, excepted },
    policy: { name: verdict.policy.name, digest: verdict.policy.digest, origin: verdict.policy.origin },
    ruleSet: verdict.ruleSet,
    ...(verdict.reused && { reused: reusedOf(verdict.reused) }),
  };
}

/** No image at all: a run that did not succeed, since a file without runs is refused and an empty run looks clean. */
function emptyRun() {
  return {
    tool: {
      driver: {
        name: 'pratique',
        informationUri: 'https://pratique.dev',
        rules: [],
        notifications: [{ id: 'NO_IMAGE' }],
      },
    },
    automationDetails: { id: 'pratique/' },
    invocations: [
      {
        executionSuccessful: false,
        toolExecutionNotifications: [
          {
            descriptor: { id: 'NO_IMAGE' },
            level: 'error',
            message: { text: 'No image was checked: nothing was decided.' },
          },
        ],
      },
    ],
    columnKind: 'utf16CodeUnits',
    results: [],
  };
}
