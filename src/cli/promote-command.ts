import type { Argv } from 'yargs';
import { errorWithoutSecrets, makeWithoutSecrets } from '../checks/without-secrets.ts';
import { PratiqueError, toPratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import type { Promotion } from '../model/promotion.ts';
import { formatReference, type Reference } from '../model/reference.ts';
import { parseTarget, type Target } from '../model/target.ts';
import { renderPromotion, renderPromotionJson } from '../report/promotion.ts';
import { renderTerminal } from '../report/terminal/terminal.ts';
import { customRulesOf } from '../scan/custom/custom-rules.ts';
import { cacheOptions, readCache } from './cache-option.ts';
import { readFingerprintKey } from './check-command.ts';
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
import { ADMITTED, exitCodeFor } from './exit-code.ts';
import { keylessOptions, requireNoKeylessOptions } from './keyless-options.ts';
import { progressLine } from './progress-line.ts';
import { promotionProgress } from './promotion-progress.ts';
import { promotionSoFar } from './promotion-so-far.ts';
import { isSealing, readSealing } from './sealing.ts';
import { type Terminal, wantsColour, warnTo } from './terminal.ts';

/** connections to one registry: what is above waits for them */
const MOST_JOBS = 16;
const GOES_ON = '; the same command goes on from there';

/** The options of a promotion, without its two places. */
export function promoteOptions(parser: Argv): Argv {
  return keylessOptions(reachOptions(policyOption(parser)))
    .option('tag', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'A tag at the target; repeatable; default: that of the target, or of the source',
    })
    .option('key', {
      type: 'string',
      requiresArg: true,
      describe: 'Private key (PEM file) that attests the image at the target, before the tag moves',
    })
    .option('all-attachments', {
      type: 'boolean',
      describe: 'Also copy signatures and documents beside the image that nobody verified',
    })
    .option('dry-run', {
      type: 'boolean',
      describe: 'Judge, look what is there, show the plan; write nothing',
    })
    .option('no-clobber', { type: 'boolean', describe: 'Move no tag that stands for another image' })
    .option('passphrase-file', {
      type: 'string',
      requiresArg: true,
      describe: 'File with the passphrase of the key; - for standard input',
    })
    .option('force', {
      type: 'boolean',
      describe: 'Take a tag also where somebody else moved it meanwhile',
    })
    .option('jobs', {
      type: 'string',
      requiresArg: true,
      describe: `How many copies are under way at once, 1 to ${MOST_JOBS}; default 4`,
    })
    .option('output', {
      alias: 'o',
      type: 'string',
      requiresArg: true,
      choices: ['text', 'json'],
      describe: 'text or json',
    })
    .option('quiet', { alias: 'q', type: 'boolean', describe: 'Tell no steps' });
}

/** `pratique promote SOURCE TARGET`: judge an image, copy it by digest, and move the tag last. */
export const promoteCommand: Command = {
  options: (parser) =>
    cacheOptions(promoteOptions(parser), 'no')
      .positional('source', {
        type: 'string',
        describe: 'NAME in a registry, oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-daemon:NAME',
      })
      .positional('target', { type: 'string', describe: 'REGISTRY/REPOSITORY[:TAG] to write to' })
      .example(
        '$0 promote staging.acme.dev/shop:1.4 ghcr.io/acme/shop --key gate.key',
        'gate, copy, attest, tag',
      )
      .example('$0 promote SOURCE TARGET --tag 1.4.2 --tag 1.4 --dry-run', 'what would be done'),
  async run(options, terminal) {
    refusePlatforms(options);
    if (options['force'] === true && options['noClobber'] === true)
      throw usage('--force and --no-clobber contradict each other', 'give one of them');
    const source = readTarget(String(one(options, 'source')), one(options, 'as'), terminal);
    const target = readPlace(String(one(options, 'target')));
    const tags = readTagsOption(many(options, 'tag'), source, target);
    const jobs = readJobs(one(options, 'jobs'));
    const policy = await readPolicy(options, terminal);
    const seal = isSealing(options, terminal) ? await readSealing(options, policy, terminal) : undefined;
    if (seal === undefined) requireNoKeylessOptions(options);
    const quiet = options['quiet'] === true;
    const line = progressLine(terminal, quiet);
    const progress = promotionProgress(terminal, quiet);
    const dryRun = options['dryRun'] === true;
    const { registry, repository } = target;
    const soFar = promotionSoFar(formatReference({ registry, repository }), tags, { dryRun });
    terminal.whenInterrupted(() => `${soFar.words()}${soFar.hasBegun() ? GOES_ON : ''}`);
    const { holdEngine } = await import('../sources/engine/held-engine.ts');
    const engine = holdEngine();
    const { createGate } = await import('../gate.ts'); // it knows all rules, and few commands need them
    const { promoteImage } = await import('../promote/promote-image.ts');
    const gate = createGate({
      ...readReach(options, terminal),
      platforms: [], // also where the environment names some: all of them are copied
      openSource: engine.open,
      policy,
      ...readFingerprintKey(terminal),
      ...readCache(options, terminal, false),
      now: terminal.now,
      onProgress: line.update,
    });
    line.begin(source.text);
    try {
      const promotion = await promoteImage(
        gate,
        { source, target, tags },
        {
          ...(seal && { seal }),
          copyUnverified: options['allAttachments'] === true,
          force: options['force'] === true,
          keepTags: options['noClobber'] === true,
          dryRun,
          ...(jobs && { jobs }),
          now: terminal.now,
          warn: warnTo(terminal),
          onEvent(event) {
            line.clear();
            progress.tell(event);
            soFar.tell(event);
          },
        },
      );
      line.clear();
      progress.clear();
      show(promotion, options, terminal);
      return promotion.verdict.result === 'admitted' ? ADMITTED : exitCodeFor([promotion.verdict], false);
    } catch (thrown) {
      line.clear();
      progress.clear();
      if (soFar.hasBegun()) terminal.err.write(`${soFar.words()}\n`);
      throw errorWithoutSecrets(toPratiqueError(thrown), makeWithoutSecrets(customRulesOf(policy.rules)));
    } finally {
      await engine.close();
    }
  },
};

function show(promotion: Promotion, options: Record<string, unknown>, { out, env }: Terminal): void {
  const flags = flagsOf(options);
  if (one(options, 'output') === 'json') {
    out.write(renderPromotionJson(promotion, flags));
    return;
  }
  const colour = wantsColour(out, env);
  const quiet = promotion.verdict.result === 'admitted';
  out.write(renderTerminal([promotion.verdict], { colour, width: out.columns, quiet }));
  out.write(renderPromotion(promotion, { colour, flags }));
}

/** What this run was given to reach the registry and the policy with, for the command that goes back. */
function flagsOf(options: Record<string, unknown>): readonly string[] {
  const names = ['policy', 'ca-file', 'auth-file', 'insecure', 'allow-realm'];
  return names.flatMap((name) => {
    const values = many(options, name) ?? [];
    return values.flatMap((value) => [`--${name}`, value]);
  });
}

/** A digest stands for all platforms of an index; a part of it would be another image, with another digest. */
function refusePlatforms(options: Record<string, unknown>): void {
  if (many(options, 'platform') === undefined) return;
  throw usage(
    '--platform does not go with promote',
    'leave it out: the whole index is copied, so all of it is judged',
  );
}

function readPlace(text: string): Reference {
  const target = parseTarget(text); // as the source is read: `oci:out` is a folder, and no repository of Docker Hub
  if (target.kind !== 'registry')
    throw usage(`${quoted(text)} is no repository in a registry`, 'name REGISTRY/REPOSITORY[:TAG]');
  if (target.reference.digest === undefined) return target.reference;
  throw usage(`the target ${quoted(text)} has a digest`, 'leave it out: the digest is that of the source');
}

function readJobs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const jobs = /^[0-9]{1,2}$/.test(text) ? Number(text) : 0;
  if (jobs >= 1 && jobs <= MOST_JOBS) return jobs;
  throw usage(`--jobs ${quoted(text)} is no number from 1 to ${MOST_JOBS}`, 'write --jobs 4');
}

const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
/** Names that registries without a referrers API, and cosign, keep lists and signatures under. */
const RESERVED = /^sha(?:256|512)-[0-9a-f]{64}/;

function readTagsOption(
  given: readonly string[] | undefined,
  source: Target,
  target: Reference,
): readonly string[] {
  if (given !== undefined && target.tag !== undefined)
    throw usage('the target has a tag, and there is --tag too', 'name the tag in one place');
  const own = target.tag ?? ('path' in source ? source.tag : source.reference?.tag);
  const tags = [...new Set(given ?? (own === undefined ? [] : [own]))];
  if (tags.length === 0) throw usage('no tag is named for the target', 'name one with --tag');
  const bad = tags.find((tag) => !TAG.test(tag) || RESERVED.test(tag));
  if (bad === undefined) return tags;
  throw usage(`${quoted(bad)} cannot be the tag of an image`, 'name another one with --tag');
}

function usage(what: string, next: string): PratiqueError {
  return new PratiqueError('USAGE', { what, next });
}
