import { existsSync } from 'node:fs';
import type { PratiqueError } from '../errors.ts';
import type { Digest } from '../model/digest.ts';
import type { Result, Verdict } from '../model/verdict.ts';
import { foreign } from '../report/foreign.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { proseText } from '../report/markdown-text.ts';
import { supersedes } from '../report/sarif/sarif.ts';
import type { Anchor } from '../report/sarif/sarif-text.ts';
import { tallyOf } from '../report/tally.ts';
import { annotationsOf, faultAnnotation } from './annotations.ts';
import type { DecidingPolicy } from './deciding-policy.ts';
import type { Runner } from './runner.ts';

/** What a step came to. */
export interface StepOutcome {
  readonly deciding: DecidingPolicy;
  readonly verdicts: readonly Verdict[];
  /** the line of the repository for each verdict */
  readonly anchors: readonly Anchor[];
  /** whether everything is attested that was to be */
  readonly isAttested: boolean;
  readonly reportOnly: boolean;
  /** referrers that were pushed */
  readonly attached: readonly Digest[];
  /** where the file of attestations is, if one was written */
  readonly bundle: string;
}

/** GitHub drops a summary of more than 1 MiB whole; some of it is ours. */
const SUMMARY_BUDGET = 1024 * 1024 - 16 * 1024; // bytes
const RUNS = 20; // of a SARIF file that GitHub takes

/** @param written where each view is. @throws {PratiqueError} `WRITE_FAILED` */
export async function tellOutcome(
  runner: Runner,
  outcome: StepOutcome,
  written: ReadonlyMap<string, string>,
): Promise<void> {
  const { deciding, verdicts, anchors, reportOnly } = outcome;
  if (deciding.warns) notice(runner, deciding.said);
  const missing = shortfalls(outcome);
  for (const text of missing)
    runner.command({ name: 'error', properties: { title: 'pratique' }, message: text });
  for (const command of annotationsOf(verdicts, anchors, { reportOnly, reserved: missing.length }))
    runner.command(command);
  if (written.has('sarif') && verdicts.filter(supersedes).length > RUNS)
    notice(
      runner,
      `the SARIF file has more than ${RUNS} images, and code scanning takes no more: judge them in several steps`,
    );
  await runner.summarize(summaryOf(outcome));
  for (const [name, value] of outputsOf(outcome, written)) await runner.setOutput(name, value);
}

/**
 * Tells of a fault that ended the step before there was a verdict. Never throws.
 * @returns whether the runner could be told
 */
export async function tellFault(runner: Runner, error: PratiqueError): Promise<boolean> {
  runner.command(faultAnnotation(error));
  try {
    await runner.summarize(`**Nothing was decided:** ${proseText(error.message, 2000)} (${error.code})\n`);
    await runner.setOutput('verdict', 'undecided');
    return true;
  } catch {
    return false;
  }
}

function notice(runner: Runner, text: string): void {
  runner.command({ name: 'notice', properties: { title: 'pratique' }, message: foreign(text, 1000) });
}

/** What fails a step, and no verdict tells. */
function shortfalls({ isAttested, verdicts }: StepOutcome): readonly string[] {
  return [
    ...(verdicts.length === 0 ? ['no image was found that could be judged: nothing was decided'] : []),
    ...(isAttested ? [] : ['not everything is attested that was to be; the log says why']),
  ];
}

function summaryOf(outcome: StepOutcome): string {
  const { deciding, verdicts } = outcome;
  const lines = [deciding.said, ...shortfalls(outcome)].map((line) => `- ${proseText(line, 1000)}\n`);
  return `${renderMarkdown(verdicts, { budget: SUMMARY_BUDGET })}\n${lines.join('')}\n`;
}

function outputsOf(
  outcome: StepOutcome,
  written: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] {
  const { verdicts, deciding, attached, bundle } = outcome;
  const [first, second] = verdicts;
  const images = verdicts.map(({ name, result, subject }) => ({
    name,
    result,
    ...(subject && { digest: subject.digest }),
  }));
  return [
    ['verdict', resultOf(outcome)],
    ['digest', second === undefined ? (first?.subject?.digest ?? '') : ''],
    ['images', JSON.stringify(images)],
    ['findings', String(verdicts.reduce((sum, verdict) => sum + tallyOf(verdict).enforced, 0))],
    ['policy-digest', deciding.policy.stamp.digest],
    ...written,
    ['attestation-bundle', existsSync(bundle) ? bundle : ''],
    ['attestation-digest', attached.join('\n')],
  ];
}

/** All images together, as the exit code has it. */
function resultOf({ verdicts }: StepOutcome): Result {
  const some = (result: Result) => verdicts.some((verdict) => verdict.result === result);
  if (some('refused')) return 'refused';
  return some('undecided') || verdicts.length === 0 ? 'undecided' : 'admitted';
}
