import type { Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import type { Target } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import { FORMAT_NAMES } from '../report/format-names.ts';
import { attestingOptions, readAttesting } from './attesting.ts';
import { readBaselineOption, writeBaseline } from './baseline-option.ts';
import { cacheOptions, readCache } from './cache-option.ts';
import type { Command } from './command-line.ts';
import {
  many,
  one,
  policyOption,
  reachOptions,
  readPolicy,
  readReach,
  readTarget,
} from './common-options.ts';
import { ADMITTED, exitCodeFor, withAttestation } from './exit-code.ts';
import { filesOptions } from './named-references.ts';
import { readNamedTargets } from './named-targets.ts';
import { progressLine } from './progress-line.ts';
import { readReuse, reuseOption } from './reuse-option.ts';
import type { Terminal } from './terminal.ts';
import { readViews, writeViews } from './views.ts';

/** The options of a check, without what is checked. */
export function checkOptions(parser: Argv): Argv {
  return reuseOption(attestingOptions(filesOptions(reachOptions(policyOption(parser)))))
    .option('output', {
      alias: 'o',
      type: 'string',
      array: true,
      requiresArg: true,
      describe: `A view, FORMAT[=FILE]: ${FORMAT_NAMES.join(', ')}; repeatable`,
    })
    .option('write-baseline', {
      type: 'string',
      requiresArg: true,
      describe: 'Add the secrets that refuse these images to this file, for 90 days',
    })
    .option('owner', {
      type: 'string',
      requiresArg: true,
      describe: 'Who answers for what --write-baseline accepts',
    })
    .option('refs', {
      type: 'boolean',
      describe:
        'Judge every image that files name: what is named here are files and folders; default: this one',
    })
    .option('if-any', { type: 'boolean', describe: 'With --refs: exit 0 where the files name no image' })
    .option('report-only', { type: 'boolean', describe: 'Exit 0 also where an image is refused' })
    .option('quiet', { alias: 'q', type: 'boolean', describe: 'One line for each image' })
    .option('verbose', { alias: 'v', type: 'boolean', describe: 'Everything that was found' });
}

/** `pratique check IMAGE…`: judge images and say so. */
export const checkCommand: Command = {
  options: (parser) =>
    cacheOptions(checkOptions(parser), 'yes, but in CI or where the verdict is attested')
      .positional('image', {
        type: 'string',
        array: true,
        describe:
          'NAME in a registry, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG] or docker-daemon:NAME',
      })
      .example('$0 check ghcr.io/acme/shop:1.4', 'judge every platform of an image')
      .example('$0 check oci:./build:latest --as ghcr.io/acme/shop:1.4', 'judge before the push')
      .example('$0 check IMAGE -o sarif=pratique.sarif --key gate.key --attest', 'in a pipeline'),
  async run(options, terminal) {
    const views = readViews(many(options, 'output') ?? []);
    const given = options['refs'] === true ? undefined : readTargets(options, terminal);
    const policy = await readPolicy(options, terminal);
    const named = given === undefined ? await readNamedTargets(options, policy, terminal) : undefined;
    const targets = given ?? named?.targets ?? [];
    const attesting = await readAttesting(options, policy, terminal);
    const reuse = await readReuse(options, policy, attesting, terminal);
    const cache = readCache(options, terminal, attesting === undefined);
    const baseline = await readBaselineOption(options, terminal);
    const line = progressLine(terminal, options['quiet'] === true);
    const { createGate } = await import('../gate.ts'); // names in files are judged without its rules for contents
    const gate = createGate({
      ...readReach(options, terminal),
      policy,
      ...readFingerprintKey(terminal),
      ...reuse,
      ...cache,
      now: terminal.now,
      onProgress: line.update,
    });
    const verdicts: Verdict[] = [];
    for (const target of targets) {
      line.begin(target.text);
      verdicts.push(await gate.check(target));
      line.clear();
    }
    terminal.whenInterrupted(
      () => 'it was judged; not all of it was written, or attested where that was asked for',
    );
    const unknown = named?.unknown ?? [];
    const all = [...verdicts, ...unknown.map(({ verdict }) => verdict)];
    await writeViews(views, all, terminal, {
      ...flags(options),
      ...(named && { anchors: [...named.anchors, ...unknown.map(({ anchor }) => anchor)] }),
    });
    if (baseline !== undefined) await writeBaseline(baseline, targets, verdicts, terminal);
    const attested = attesting === undefined || (await attesting.attest(gate, targets, verdicts));
    const isNone = all.length === 0 && options['ifAny'] === true;
    const code = isNone ? ADMITTED : exitCodeFor(all, options['reportOnly'] === true);
    return withAttestation(code, attested);
  },
};

/** Shorter ones could be tried out like the values that they are to protect. */
const LEAST_KEY = 16; // characters

/**
 * What fingerprints of secrets are made with, where somebody gave it.
 * @throws {PratiqueError} `USAGE` for a key that is empty or short: in CI, a secret that is not there reads so
 */
export function readFingerprintKey({ env }: Terminal): { readonly fingerprintKey?: string } {
  const fingerprintKey = env['PRATIQUE_FINGERPRINT_KEY'];
  if (fingerprintKey === undefined) return {};
  if (fingerprintKey.length >= LEAST_KEY) return { fingerprintKey };
  throw new PratiqueError('USAGE', {
    what: `PRATIQUE_FINGERPRINT_KEY has fewer than ${LEAST_KEY} characters`,
    next: 'give it a long random value, or unset it: fingerprints are then made with the key that everybody has',
  });
}

function readTargets(options: Record<string, unknown>, terminal: Terminal): readonly Target[] {
  const names = many(options, 'image') ?? [];
  const as = one(options, 'as');
  requireRefs(options);
  if (names.length === 0) throw noImage();
  if (as !== undefined && names.length > 1) {
    throw new PratiqueError('USAGE', {
      what: '--as goes with one image',
      next: 'check the images one by one',
    });
  }
  return names.map((name) => readTarget(name, as, terminal));
}

function noImage(): PratiqueError {
  return new PratiqueError('USAGE', {
    what: 'no image is named',
    next: 'name one, as in pratique check ghcr.io/acme/shop:1.4',
  });
}

/** Without `--refs` these would be read and change nothing. */
function requireRefs(options: Record<string, unknown>): void {
  if (options['fromInput'] === true)
    throw new PratiqueError('USAGE', { what: '- goes with --refs', next: 'name the image' });
  const idle = ['since', 'staged', 'pushed', 'exclude', 'ifAny'].find((name) => options[name] !== undefined);
  if (idle !== undefined)
    throw new PratiqueError('USAGE', {
      what: `--${idle === 'ifAny' ? 'if-any' : idle} goes with --refs`,
      next: 'add --refs, or leave it out',
    });
}

function flags(options: Record<string, unknown>) {
  return { quiet: options['quiet'] === true, verbose: options['verbose'] === true };
}
