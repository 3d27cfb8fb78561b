import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { errorWithoutSecrets, makeWithoutSecrets } from '../checks/without-secrets.ts';
import { PratiqueError, toPratiqueError } from '../errors.ts';
import type { Gate, GateOptions } from '../gate.ts';
import { quoted } from '../model/printable.ts';
import { formatReference, parseReference, type Reference } from '../model/reference.ts';
import { parseTarget } from '../model/target.ts';
import { customRulesOf } from '../scan/custom/custom-rules.ts';
import type { Judging } from '../sweep/judge-door.ts';
import { sweepKeyOf } from '../sweep/sweep-key.ts';
import { type Attesting, attestingOptions, readAttesting } from './attesting.ts';
import { cacheOptions, readCache } from './cache-option.ts';
import { readFingerprintKey } from './check-command.ts';
import { one, policyOption, reachOptions, readPolicy, readReach } from './common-options.ts';
import { isSealing, readSealing } from './sealing.ts';
import type { Terminal } from './terminal.ts';

/** What every process of a sweep reads from its command line. */
export interface SweepSetting extends Judging {
  readonly gate: Gate;
}

/** Options that decide what a verdict of a sweep is, and what is done with it. */
export function sweepSettingOptions(parser: Argv): Argv {
  const judging = attestingOptions(reachOptions(policyOption(parser)));
  return cacheOptions(judging, 'yes, but in CI or where verdicts are attested').option('promote', {
    type: 'string',
    requiresArg: true,
    describe:
      'REGISTRY[/PATH] that each image is promoted to, under its own repository and tag, if it is admitted',
  });
}

/**
 * Sets a gate up as the command line of a sweep says.
 * @param began when the sweep began: its day is part of what verdicts stand for each other by
 * @throws {PratiqueError} `USAGE`, `POLICY_INVALID`, `KEY_INVALID`
 */
export async function readSweepSetting(
  options: Record<string, unknown>,
  terminal: Terminal,
  began: Date,
): Promise<SweepSetting> {
  refuse(options, terminal);
  const policy = await readPolicy(options, terminal);
  const reach = readReach(options, terminal);
  const { createGate } = await import('../gate.ts'); // it knows all rules, and few commands need them
  const promoteTo = readPlace(one(options, 'promote'));
  const attesting = promoteTo === undefined ? await readAttesting(options, policy, terminal) : undefined;
  const signs = attesting !== undefined || promoteTo !== undefined;
  const gateOptions: GateOptions = {
    ...reach,
    policy,
    ...readFingerprintKey(terminal),
    ...readCache(options, terminal, !signs), // so that processes read a layer once that several images have
    now: terminal.now,
  };
  const gate = createGate({ ...gateOptions, ...(promoteTo && { platforms: [] }) });
  const action = JSON.stringify([
    promoteTo ?? '',
    attesting !== undefined,
    one(options, 'validFor') ?? '',
    options['replace'] === true,
  ]);
  const { platforms } = reach;
  const key = sweepKeyOf({ policy, ruleSet: gate.ruleSet, platforms, action, now: began });
  const clean = makeWithoutSecrets(customRulesOf(policy.rules));
  const made =
    promoteTo === undefined ? checker(gate, attesting) : await promoter(gate, promoteTo, options, terminal);
  return {
    gate,
    key,
    judge: (name) =>
      made(name).catch((thrown) => {
        throw errorWithoutSecrets(toPratiqueError(thrown), clean);
      }),
  };
}

function checker(gate: Gate, attesting: Attesting | undefined): Judging['judge'] {
  return async (name) => {
    const target = parseTarget(name);
    const verdict = await gate.check(target);
    const done = await attesting?.attest(gate, [target], [verdict]);
    if (done === undefined || verdict.result === 'undecided') return { verdict };
    return { verdict, acted: { done, text: done ? 'attested' : 'not attested' } };
  };
}

/** The module that a judging process runs, beside this one: as it was written, or as it was built. */
export const SWEEP_JUDGE = new URL(
  import.meta.url.endsWith('.ts') ? './judging-process.ts' : './judging-process.js',
  import.meta.url,
);

async function promoter(
  gate: Gate,
  place: string,
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<Judging['judge']> {
  const { promoteImage } = await import('../promote/promote-image.ts');
  const seal = isSealing(options, terminal) ? await readSealing(options, gate.policy, terminal) : undefined;
  return async (name) => {
    const source = parseTarget(name);
    const reference = parseReference(name);
    const target = placed(place, reference);
    const { verdict, state } = await promoteImage(
      gate,
      { source, target, tags: [reference.tag ?? 'latest'] },
      { ...(seal && { seal }), now: terminal.now },
    );
    if (verdict.result !== 'admitted') return { verdict };
    return { verdict, acted: { done: state === 'promoted', text: `${state} as ${formatReference(target)}` } };
  };
}

function placed(place: string, { repository }: Reference): Reference {
  return parseReference(`${place}/${repository}`);
}

function readPlace(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const place = text.replace(/\/+$/, '');
  try {
    const { registry, repository, tag, digest } = parseReference(`${place}/x`);
    if (tag === undefined && digest === undefined) return `${registry}/${repository}`.replace(/\/x$/, '');
  } catch {
    // told below
  }
  throw new PratiqueError('USAGE', {
    what: `--promote ${quoted(text)} is no place in a registry`,
    next: 'write REGISTRY or REGISTRY/PATH, as in --promote ghcr.io/acme',
  });
}

/** A sweep starts processes that nobody can type into, and that share no file of one image. */
function refuse(options: Record<string, unknown>, { cwd }: Terminal): void {
  const wrong: readonly (readonly [string, boolean, string])[] = [
    ['--as', one(options, 'as') !== undefined, 'every image of a sweep is judged by its own name'],
    [
      '--attestation',
      one(options, 'attestation') !== undefined,
      'use --attest, which puts each beside its image',
    ],
    [
      '--passphrase-file -',
      one(options, 'passphraseFile') === '-',
      `write it to a file that only you can read, as ${quoted(resolve(cwd, 'passphrase'))}`,
    ],
  ];
  for (const [option, isThere, next] of wrong)
    if (isThere) throw new PratiqueError('USAGE', { what: `${option} does not go with sweep`, next });
}
