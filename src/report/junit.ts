import type { PratiqueError } from '../errors.ts';
import type { JudgedImage, Ruled, Verdict } from '../model/verdict.ts';
import { adviceOn } from './advice.ts';
import { formatBuildStep } from './build-step.ts';
import { commandFor } from './next-command.ts';
import { fateWords, layerWords, spotWords } from './place-words.ts';
import { plural } from './size.ts';
import { checkStation } from './stations.ts';
import { byGravity, type Entry, entriesOf, faultsOf } from './tally.ts';
import { tallyWords } from './tally-words.ts';
import { xmlElement, xmlText } from './xml-text.ts';

const LISTED = 100; // findings told in one test case; Jenkins and GitLab show them as one text

interface Counts {
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
}

/**
 * The verdicts as test results, for Jenkins and GitLab: a suite for each platform of each image, a test case for each check. What
 * refuses an image is a failure; what could not be found out is an error; a check that the policy turned off is skipped; what only
 * warns passes, and is told in its output.
 * The case `verdict` of each suite is the result of the whole image, so that the file is green only where every image was admitted.
 * @see Jenkins xunit-plugin, junit-10.xsd
 */
export function renderJunit(verdicts: readonly Verdict[]): string {
  const total = noCounts();
  const suites = verdicts.flatMap((verdict) => suitesOf(verdict, total));
  if (suites.length === 0) suites.push(emptySuite(total));
  const { tests, failures, errors } = total; // the schema of Jenkins knows no `skipped` here
  const body = xmlElement('testsuites', { name: 'pratique', tests, failures, errors }, lines(suites, ''));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}\n`;
}

function suitesOf(verdict: Verdict, total: Counts): readonly string[] {
  const entries = entriesOf(verdict);
  const images: readonly JudgedImage[] = verdict.images.length === 0 ? [{ ruled: [] }] : verdict.images;
  return images.map((image) => {
    const counts = noCounts();
    const className = classOf(verdict, image);
    const cases = [
      verdictCase(verdict, className, counts),
      ...image.ruled.map((ruled) => checkCase(verdict, ruled, className, counts, entries, image)),
    ];
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key];
    return xmlElement(
      'testsuite',
      { name: className, ...counts, ...timesOf(verdict) },
      lines([propertiesOf(verdict, image), ...cases], '  '),
    );
  });
}

/** The image and its platform. GitLab shows it beside each case; Jenkins takes what stands before the last dot for a package. */
function classOf({ name }: Verdict, { platform }: JudgedImage): string {
  return platform === undefined ? name : `${name} (${platform})`;
}

function verdictCase(verdict: Verdict, classname: string, counts: Counts): string {
  const message = `${verdict.result}: ${tallyWords(verdict)}`;
  if (verdict.result === 'admitted')
    return testCase(classname, 'verdict', counts, verdict.reused && systemOut([message]));
  if (verdict.result === 'refused')
    return testCase(classname, 'verdict', counts, failure('refused', message, []));
  const faults = faultsOf(verdict);
  const told = faults.map(({ error }) => faultText(error));
  return testCase(classname, 'verdict', counts, fault(faults[0]?.error.code ?? 'UNDECIDED', message, told));
}

function checkCase(
  verdict: Verdict,
  ruled: Ruled,
  classname: string,
  counts: Counts,
  entries: readonly Entry[],
  image: JudgedImage,
): string {
  const { outcome } = ruled;
  const { state, reason } = checkStation(ruled);
  const told = entries
    .filter((entry) => entry.check === outcome.check && entry.images.includes(image))
    .sort(byGravity)
    .map((entry) => entryText(entry, verdict, image));
  if (state === 'off') return testCase(classname, outcome.check, counts, skipped(reason));
  if (state === 'unknown' && outcome.state === 'unknown') {
    // a check that only warns keeps nothing undecided, but did not pass either
    const { code, problem, message } = outcome.error;
    return ruled.level === 'fail'
      ? testCase(
          classname,
          outcome.check,
          counts,
          fault(code, oneLine(problem.what), [faultText(outcome.error)]),
        )
      : testCase(
          classname,
          outcome.check,
          counts,
          skipped(`could not be found out, and only warns: ${oneLine(message)}`),
        );
  }
  if (state === 'failed') return testCase(classname, outcome.check, counts, failure('finding', reason, told));
  return testCase(classname, outcome.check, counts, told.length === 0 ? undefined : systemOut(told));
}

type Outcome = readonly [count: 'failures' | 'errors' | 'skipped' | undefined, element: string];

function testCase(classname: string, name: string, counts: Counts, outcome?: Outcome): string {
  counts.tests += 1;
  const [count, element] = outcome ?? [];
  if (count !== undefined) counts[count] += 1;
  return xmlElement('testcase', { classname, name, time: 0 }, element === undefined ? [] : [element]);
}

function failure(type: string, message: string, told: readonly string[]): Outcome {
  return ['failures', xmlElement('failure', { type, message }, textOf(told))];
}

function fault(type: string, message: string, told: readonly string[]): Outcome {
  return ['errors', xmlElement('error', { type, message }, textOf(told))];
}

function skipped(message: string): Outcome {
  return ['skipped', xmlElement('skipped', { message })];
}

function systemOut(told: readonly string[]): Outcome {
  return [undefined, xmlElement('system-out', {}, textOf(told))];
}

function textOf(told: readonly string[]): readonly string[] {
  const more = told.length - LISTED;
  const shown = [...told.slice(0, LISTED), ...(more > 0 ? [`… and ${plural(more, 'more finding')}`] : [])];
  return shown.length === 0 ? [] : [xmlText(shown.join('\n\n'))];
}

/** A finding as people read it: what, where, what to do. No line starts with foreign text, which a runner's log could obey. */
function entryText({ finding, weight, excepted }: Entry, verdict: Verdict, image: JudgedImage): string {
  const { where, rule, severity, message, remedy } = finding;
  const { layer } = where;
  const step = layer?.createdBy === undefined ? '' : formatBuildStep(layer.createdBy).slice(0, 200);
  const place = layer === undefined ? '' : layerWords(layer.index, image.scanned?.layers);
  const command = commandFor(finding, verdict);
  const spot = spotWords(where);
  const lines = [
    `${weight}, ${severity}: ${message} [${rule}]`,
    spot === '' ? '' : `in ${spot}`,
    [place, step].filter((part) => part !== '').join(', '),
    fateWords(where),
    excepted === undefined
      ? `-> ${remedy}`
      : `excepted until ${excepted.until} by ${excepted.owner}: ${excepted.reason}`,
    command === undefined || excepted !== undefined ? '' : `-> ${command}`,
  ];
  return lines
    .filter((line) => line !== '')
    .map(oneLine)
    .join('\n');
}

function faultText(error: PratiqueError): string {
  const { what, where, why } = error.problem;
  const parts = [what, where, why].filter((part) => part !== undefined).map(oneLine);
  return `could not be found out: ${parts.join('; ')}\n-> ${oneLine(adviceOn(error))}`;
}

/** A line break in foreign text must not start a line of ours. */
function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

function propertiesOf({ subject, policy, result, pratique }: Verdict, { manifest }: JudgedImage): string {
  const pairs = [
    ['result', result],
    ['digest', subject?.digest],
    ['manifest', manifest?.digest],
    ['policy', policy.name],
    ['policy-digest', policy.digest],
    ['pratique', pratique],
  ] as const;
  return xmlElement(
    'properties',
    {},
    pairs.flatMap(([name, value]) => (value === undefined ? [] : [xmlElement('property', { name, value })])),
  );
}

function timesOf({ startedAt, at }: Verdict): { readonly time?: string; readonly timestamp?: string } {
  const [start, end] = [Date.parse(startedAt), Date.parse(at)];
  if (!(end >= start)) return {};
  return {
    time: ((end - start) / 1000).toFixed(3),
    timestamp: new Date(start).toISOString().slice(0, 19),
  };
}

function emptySuite(total: Counts): string {
  const counts = noCounts();
  const element = testCase('pratique', 'verdict', counts, fault('NO_IMAGE', 'no image was checked', []));
  total.tests = 1;
  total.errors = 1;
  return xmlElement('testsuite', { name: 'pratique', ...counts }, lines([element], '  '));
}

function noCounts(): Counts {
  return { tests: 0, failures: 0, errors: 0, skipped: 0 };
}

function lines(elements: readonly string[], indent: string): readonly string[] {
  return ['\n', ...elements.map((element) => `${indent}  ${element}\n`), indent];
}
