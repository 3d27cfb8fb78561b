import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { errorWithoutSecrets } from '../checks/without-secrets.ts';
import { readAttesting } from '../cli/attesting.ts';
import { readFingerprintKey } from '../cli/check-command.ts';
import { readReach } from '../cli/common-options.ts';
import { type ExitCode, exitCodeFor, UNDECIDED, withAttestation } from '../cli/exit-code.ts';
import { readReuse } from '../cli/reuse-option.ts';
import type { Terminal } from '../cli/terminal.ts';
import { exitCodeOf, PratiqueError, toPratiqueError } from '../errors.ts';
import { createGate, type Gate } from '../gate.ts';
import type { Target } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import { foreign } from '../report/foreign.ts';
import { FORMATS } from '../report/formats.ts';
import { renderProblem } from '../report/problem.ts';
import { anchorsOf } from './anchors.ts';
import { watchAttached } from './attested.ts';
import { readDecidingPolicy } from './deciding-policy.ts';
import { type Inputs, readInputs, withoutInputs } from './inputs.ts';
import { readNamedImages } from './named-images.ts';
import { beginRunner, type Runner, type World } from './runner.ts';
import { ATTESTATIONS, stepOptions } from './step-options.ts';
import { type StepOutcome, tellFault, tellOutcome } from './tell.ts';
import { trustedOptions } from './trusted-options.ts';
import { readFormats, requirePlaces, type WantedView, writeWanted } from './written-views.ts';

/**
 * One step of a workflow: judges the images that its inputs name, and tells the runner. Never throws.
 * @returns as the command line; anything but 0 fails the step
 */
export async function runAction(world: World): Promise<ExitCode> {
  const runner = beginRunner(world);
  try {
    const inputs = readInputs(world.env);
    return await judge(inputs, { ...world, env: withoutInputs(world.env) }, runner);
  } catch (thrown) {
    const error = errorWithoutSecrets(toPratiqueError(thrown));
    runner.log(renderProblem(error, { colour: false }));
    return (await tellFault(runner, error)) ? exitCodeOf(error) : UNDECIDED;
  } finally {
    runner.end();
  }
}

async function judge(inputs: Inputs, world: World, runner: Runner): Promise<ExitCode> {
  const { env, now } = world;
  const reportOnly = inputs.flag('report-only');
  const wanted = readFormats(inputs.lines('formats'));
  const folder = await mkdtemp(join(env['RUNNER_TEMP'] || tmpdir(), 'pratique-'));
  const wished = stepOptions(inputs, folder);
  const terminal = terminalOf(world, runner);
  await requirePlaces(wanted, terminal.cwd);
  const deciding = await readDecidingPolicy(inputs, { env, workspace: terminal.cwd, now });
  const { policy } = deciding;
  runner.log(`policy ${foreign(policy.stamp.origin)}, ${policy.stamp.digest}: ${foreign(deciding.said)}\n`);
  const options = await trustedOptions(wished, deciding.commit, {
    env,
    workspace: terminal.cwd,
    folder,
  });
  const { targets, unknown } = await readNamedImages(inputs, policy, terminal);
  const attesting = await readAttesting(options, policy, terminal);
  const reuse = await readReuse(options, policy, attesting, terminal);
  const reach = readReach(options, terminal);
  const { gate, attached } = watchAttached(
    createGate({ ...reach, ...readFingerprintKey(terminal), ...reuse, policy, now }),
  );
  const judged = await judgeAll(gate, targets, runner);
  for (const { verdict } of unknown) tellVerdict(verdict, runner);
  const isAttested = attesting === undefined || (await attesting.attest(gate, targets, judged));
  const verdicts = [...judged, ...unknown.map(({ verdict }) => verdict)];
  const code = exitCodeFor(verdicts, reportOnly);
  const outcome: StepOutcome = {
    deciding,
    verdicts,
    anchors: [
      ...(await anchorsOf(targets, { env, workspace: terminal.cwd, ...fileOf(deciding) })),
      ...unknown.map(({ anchor }) => anchor),
    ],
    isAttested,
    reportOnly,
    attached,
    bundle: join(folder, ATTESTATIONS),
  };
  await tellOutcome(runner, outcome, await writeViews(wanted, outcome, terminal.cwd, folder));
  return withAttestation(code, isAttested);
}

function fileOf({ file }: { readonly file?: string }): { readonly policyFile?: string } {
  return file === undefined ? {} : { policyFile: file };
}

async function judgeAll(gate: Gate, targets: readonly Target[], runner: Runner): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const target of targets) {
    const verdict = await gate.check(target);
    verdicts.push(verdict);
    tellVerdict(verdict, runner);
  }
  return verdicts;
}

function tellVerdict(verdict: Verdict, runner: Runner): void {
  runner.log(FORMATS.text([verdict], { colour: false, width: 120 }));
}

function writeViews(
  wanted: readonly WantedView[],
  { verdicts, anchors }: StepOutcome,
  workspace: string,
  folder: string,
) {
  return writeWanted(wanted, verdicts, { workspace, folder, anchors });
}

/** The log as the commands know it: nobody is there to type, and what a command would say on two streams is one. */
function terminalOf({ env, now }: World, runner: Runner): Terminal {
  const output = { write: runner.log, isTTY: false, columns: 120 };
  const silent = async () => {
    throw new PratiqueError('USAGE', { what: 'nobody is there to type it' });
  };
  return {
    argv: [],
    env,
    cwd: resolve(env['GITHUB_WORKSPACE'] || '.'),
    now,
    in: { isTTY: false, read: silent, ask: silent },
    out: output,
    err: output,
    untilStopped: () => new Promise(() => {}),
    stop: () => false,
    whenInterrupted: () => {},
    interruption: () => 'no verdict was reached',
  };
}
