import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { attachVerdict } from '../attest/attach.ts';
import type { AttestedVerdict } from '../attest/attest-verdict.ts';
import { readSigningKey, type SigningKey } from '../attest/signing-key.ts';
import { PratiqueError, toPratiqueError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { printable, quoted } from '../model/printable.ts';
import type { Target } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { renderProblem } from '../report/problem.ts';
import { one, secretFile } from './common-options.ts';
import { type Terminal, wantsColour } from './terminal.ts';
import { removeFile, writeFileWhole } from './write-file.ts';

/** What was asked for with `--key`, `--attest` and `--attestation`. */
export interface Attesting {
  /**
   * Signs each decided verdict, writes the file, pushes the referrers. The verdicts stand whatever happens here.
   * @returns whether everything that was asked for was done
   */
  attest(gate: Gate, targets: readonly Target[], verdicts: readonly Verdict[]): Promise<boolean>;
}

/**
 * Reads the attestation options; the key is read before any image is, so that a wrong one costs nothing.
 * Where the policy says `push: referrer`, a key is enough: a developer without one just checks.
 * @throws {PratiqueError} `USAGE`, `KEY_INVALID`
 */
export async function readAttesting(
  options: Record<string, unknown>,
  policy: Policy,
  terminal: Terminal,
): Promise<Attesting | undefined> {
  const file = one(options, 'attestation');
  const keyFile = one(options, 'key') ?? terminal.env['PRATIQUE_KEY'];
  const push = options['attest'] === true || (keyFile !== undefined && policy.attest.push === 'referrer');
  if (!push && file === undefined) return unused(one(options, 'key'));
  if (keyFile === undefined) {
    throw new PratiqueError('USAGE', {
      what: 'an attestation needs a key to sign with',
      next: 'give --key FILE, a private key in PEM; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 makes one',
    });
  }
  const key = await openSigningKey(keyFile, terminal);
  return {
    attest: (gate, targets, verdicts) => attestAll({ key, push, file, terminal }, gate, targets, verdicts),
  };
}

/** Reads and opens the private key of `--key`. @throws {PratiqueError} `USAGE`, `KEY_INVALID` */
export async function openSigningKey(file: string, terminal: Terminal): Promise<SigningKey> {
  return readSigningKey(
    await readKeyFile(resolve(terminal.cwd, secretFile('--key', file))),
    terminal.env['PRATIQUE_KEY_PASSPHRASE'],
  );
}

interface Plan {
  readonly key: SigningKey;
  readonly push: boolean;
  readonly file: string | undefined;
  readonly terminal: Terminal;
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
  try {
    const { attestVerdict } = await import('../attest/attest-verdict.ts'); // signing is seldom asked for
    const { validForSeconds } = gate.policy.attest;
    const { bundles } = attestVerdict(verdict, plan.key, target.reference, { validForSeconds });
    lines.push(...bundles.map((bundle) => JSON.stringify(bundle.json)));
    if (plan.push) await push(plan, gate, target, bundles);
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
  { terminal }: Plan,
  gate: Gate,
  target: Target,
  bundles: AttestedVerdict['bundles'],
): Promise<void> {
  const source = gate.open(target, (warning) => terminal.err.write(`${warning}\n`));
  try {
    for (const bundle of bundles) {
      const { digest } = await attachVerdict(source, bundle.about, bundle);
      terminal.err.write(`attached ${bundle.predicateType} as ${digest}\n`);
    }
  } finally {
    await source.close();
  }
}

function unused(key: string | undefined): undefined {
  if (key === undefined) return undefined;
  throw new PratiqueError('USAGE', {
    what: '--key alone signs nothing',
    next: 'add --attest to push the attestation, or --attestation FILE to write it',
  });
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new PratiqueError(
      'KEY_INVALID',
      {
        what: `the key ${quoted(path)} could not be read`,
        why: (cause as NodeJS.ErrnoException).code ?? 'unknown reason',
      },
      { cause },
    );
  }
}
