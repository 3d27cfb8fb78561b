import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { attachVerdict } from '../attest/attach.ts';
import { areAttached } from '../attest/attached.ts';
import type { UnsignedStatement } from '../attest/attest-verdict.ts';
import type { Seal, Sealed } from '../attest/seal.ts';
import { PratiqueError, toPratiqueError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { printable, quoted } from '../model/printable.ts';
import type { Target } from '../model/target.ts';
import type { Signer } from '../model/trusted.ts';
import type { Verdict } from '../model/verdict.ts';
import { parseDuration } from '../policy/duration.ts';
import type { Policy } from '../policy/policy.ts';
import { renderProblem } from '../report/problem.ts';
import { one } from './common-options.ts';
import { keylessOptions, requireNoKeylessOptions } from './keyless-options.ts';
import { isSealing, readSealing } from './sealing.ts';
import { type Terminal, wantsColour, warnTo } from './terminal.ts';
import { removeFile, writeFileWhole } from './write-file.ts';

/** What was asked for with `--key` or `--keyless`, `--attest` and `--attestation`. */
export interface Attesting {
  /**
   * Signs each decided verdict, writes the file, pushes the referrers. The verdicts stand whatever happens here.
   * @returns whether everything that was asked for was done
   */
  attest(gate: Gate, targets: readonly Target[], verdicts: readonly Verdict[]): Promise<boolean>;
  /** who signs, where that is known before */
  readonly signer?: Signer;
}

/** The options of signing a verdict; `readAttesting` reads them. */
export function attestingOptions(parser: Argv): Argv {
  return keylessOptions(parser)
    .option('key', {
      type: 'string',
      requiresArg: true,
      describe: 'Private key (PEM file) that signs the attestation',
    })
    .option('passphrase-file', {
      type: 'string',
      requiresArg: true,
      describe: 'File with the passphrase of the key; - for standard input',
    })
    .option('attest', { type: 'boolean', describe: 'Push the signed attestation beside the image' })
    .option('attestation', {
      type: 'string',
      requiresArg: true,
      describe: 'Write the signed attestation to this file',
    })
    .option('valid-for', {
      type: 'string',
      requiresArg: true,
      describe: 'How long the attestation counts, as 7d or 12h; at most what the policy says',
    })
    .option('replace', {
      type: 'boolean',
      describe: 'Push also where the same verdict is attached already and still counts',
    });
}

/**
 * Reads the attestation options. What is wrong with a key is found before any image is read, so that it costs nothing; what
 * is wrong with a token, or with the services that it is for, is found when it is used.
 * Where the policy says `push: referrer`, a key or `--keyless` is enough: a developer without one just checks.
 * @throws {PratiqueError} `USAGE`, `KEY_INVALID`, `POLICY_INVALID`
 */
export async function readAttesting(
  options: Record<string, unknown>,
  policy: Policy,
  terminal: Terminal,
): Promise<Attesting | undefined> {
  const file = one(options, 'attestation');
  const byItself = policy.attest.push === 'referrer' && policy.attest.sign !== 'none';
  const push = options['attest'] === true || (byItself && isSealing(options, terminal));
  if (!push && file === undefined) return requireNothingElse(options);
  const plan: Plan = {
    seal: await readSealing(options, policy, terminal),
    push,
    file,
    terminal,
    replace: options['replace'] === true,
    validForSeconds: readValidFor(options, policy),
  };
  const { signer } = plan.seal;
  return {
    attest: (gate, targets, verdicts) => attestAll(plan, gate, targets, verdicts),
    ...(signer && { signer }),
  };
}

interface Plan {
  readonly seal: Seal;
  readonly push: boolean;
  readonly file: string | undefined;
  readonly replace: boolean;
  readonly validForSeconds: number;
  readonly terminal: Terminal;
}

/** A flag may ask for less than the policy, never for more. */
function readValidFor(options: Record<string, unknown>, { attest }: Policy): number {
  const text = one(options, 'validFor');
  if (text === undefined) return attest.validForSeconds;
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds <= attest.validForSeconds) return seconds;
  throw new PratiqueError('USAGE', {
    what: `--valid-for ${quoted(text)} cannot be taken`,
    why:
      seconds === undefined
        ? 'it is not a duration'
        : `the policy allows ${attest.validForSeconds} s (verdict.attest.valid-for)`,
    next: 'write 7d, 12h or 30m',
  });
}

async function attestAll(plan: Plan, gate: Gate, targets: readonly Target[], verdicts: readonly Verdict[]) {
  const lines: string[] = [];
  let complete = true;
  for (const [index, verdict] of verdicts.entries()) {
    const target = targets[index];
    if (target === undefined || !(await attestOne(plan, gate, target, verdict, lines))) complete = false;
  }
  return (await keep(plan, lines)) && complete;
}

/** Writes the file. With nothing to write there is none: one of an earlier run must not be taken for this one's. */
async function keep({ file, terminal }: Plan, lines: readonly string[]): Promise<boolean> {
  if (file === undefined) return true;
  const path = resolve(terminal.cwd, file);
  try {
    if (lines.length === 0) await removeFile(path);
    else {
      await writeFileWhole(path, lines.map((line) => `${line}\n`).join(''));
      terminal.err.write(`attestation written to ${printable(file)}\n`);
    }
    return true;
  } catch (thrown) {
    return notAttested(terminal, thrown);
  }
}

async function attestOne(
  plan: Plan,
  gate: Gate,
  target: Target,
  verdict: Verdict,
  lines: string[],
): Promise<boolean> {
  const { terminal } = plan;
  if (verdict.result === 'undecided') {
    terminal.err.write(`not attested: ${quoted(target.text)} is undecided\n`);
    return false;
  }
  if (verdict.subject === undefined) {
    terminal.err.write(
      `not attested: ${quoted(target.text)} was refused by its name, before its digest was known\n`,
    );
    return true; // as far as a name can be: there is no content to attest anything about
  }
  if (verdict.reused !== undefined) {
    const { decidedAt, validUntil } = verdict.reused;
    terminal.err.write(
      `not attested anew: ${quoted(target.text)} rests on the verdict of ${decidedAt}, which is attached; from ${validUntil} on it is judged anew\n`,
    );
    return true;
  }
  try {
    const { statementsOf } = await import('../attest/attest-verdict.ts');
    const { validForSeconds } = plan;
    const unsigned = statementsOf(verdict, target.reference, { validForSeconds });
    const sealed = await plan.seal(unsigned);
    lines.push(...sealed.bundles.map((bundle) => JSON.stringify(bundle.json)));
    if (plan.push) await push(plan, gate, target, unsigned, sealed);
    return true;
  } catch (thrown) {
    return notAttested(terminal, thrown);
  }
}

function notAttested(terminal: Terminal, thrown: unknown): false {
  const error = toPratiqueError(thrown);
  terminal.err.write(renderProblem(error, { colour: wantsColour(terminal.err, terminal.env) }));
  terminal.err.write('the verdict stands, but it is not attested\n');
  return false;
}

async function push(
  plan: Plan,
  gate: Gate,
  target: Target,
  unsigned: readonly UnsignedStatement[],
  { bundles: all, signer }: Sealed,
): Promise<void> {
  const { terminal } = plan;
  const source = gate.open(target, warnTo(terminal));
  try {
    for (const [digest, bundles] of Map.groupBy(all, ({ about }) => about.digest)) {
      const pair = unsigned.filter(({ about }) => about.digest === digest);
      const options = { signer, limits: gate.policy.limits, now: terminal.now() };
      if (!plan.replace && source.attach && (await areAttached(source, pair, options))) {
        terminal.err.write(`attached already to ${digest}, and still counts; --replace attaches it anew\n`);
        continue;
      }
      for (const bundle of bundles) {
        const attached = await attachVerdict(source, bundle.about, bundle);
        terminal.err.write(`attached ${bundle.predicateType} as ${attached.digest}\n`);
      }
    }
  } finally {
    await source.close();
  }
}

function requireNothingElse(options: Record<string, unknown>): undefined {
  requireNoKeylessOptions(options);
  if (one(options, 'key') === undefined || options['reuse'] === true) return undefined;
  throw new PratiqueError('USAGE', {
    what: '--key alone signs nothing',
    next: 'add --attest to push the attestation, or --attestation FILE to write it',
  });
}
