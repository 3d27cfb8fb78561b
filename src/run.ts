import type { Earlier, NoneEarlier } from './attest/earlier.ts';
import { restedOn, restsOn } from './attest/earlier-rulings.ts';
import { activeChecks } from './checks/active-checks.ts';
import type { Check, CheckContext, StatementCheck } from './checks/check.ts';
import { asIs, attempt, faultOf, joined, outcomeOf, unknown, unread } from './checks/outcome.ts';
import { makeWithoutSecrets } from './checks/without-secrets.ts';
import { PratiqueError } from './errors.ts';
import { until, withinDeadline } from './io/deadline.ts';
import { type BaseKnowledge, type BaseMatch, originOf } from './model/base.ts';
import { formatPlatform } from './model/descriptor.ts';
import type { Digest } from './model/digest.ts';
import type { EmbeddedAttestation, Image, Layer, Resolved } from './model/image.ts';
import type { ImageSource } from './model/image-source.ts';
import type { Reference } from './model/reference.ts';
import type { Target } from './model/target.ts';
import type { AnyEvidence } from './model/trusted.ts';
import type { JudgedLayer, Outcome, Ruled, ScanCounts, Verdict } from './model/verdict.ts';
import { decide } from './policy/decide.ts';
import { openExceptions } from './policy/exceptions.ts';
import type { Policy } from './policy/policy.ts';
import { ruleFor, settingOf } from './policy/settings.ts';
import type { LayerCache } from './scan/cache/layer-cache.ts';
import { type CustomRules, ruleSetDigest } from './scan/custom/custom-rules.ts';
import type { LayerScan } from './scan/layer-scan.ts';
import { type ScanProgress, scanImage } from './scan/scan-image.ts';
import type { YaraRules } from './scan/yara/yara-rules.ts';
import { readAttestations } from './sources/attestation-documents.ts';
import { type CollectEvidence, makeCollector } from './trust/collect-once.ts';
import { collectEmbedded } from './trust/embedded.ts';
import { VERSION } from './version.ts';

/** What was judged of one image; without `image` where the run ended before one was reached. */
export interface Judged {
  readonly image?: Image;
  readonly base?: BaseKnowledge;
  readonly outcomes: readonly Outcome[];
  readonly counts?: ScanCounts;
  /** what an earlier verdict made of its files, where they are not read */
  readonly earlier?: readonly Ruled[];
}

export interface RunOptions {
  readonly target: Target;
  readonly policy: Policy;
  readonly source: ImageSource;
  /** `linux/amd64`, …; empty: every platform that a node could choose */
  readonly platforms: readonly string[];
  readonly now: () => Date;
  /** layers already scanned in this process, by digest; shared between runs under one rule set */
  readonly memo?: Map<string, LayerScan>;
  /** what earlier processes found in layers */
  readonly cache?: LayerCache;
  /** the policy's own rules, prepared */
  readonly custom?: CustomRules;
  /** the policy's YARA rules, prepared */
  readonly yara?: YaraRules;
  /** what fingerprints of secrets are made with; absent: the key that is the same everywhere */
  readonly fingerprintKey?: string;
  /** finds the base of an image among those that the policy approves; absent: none is looked for */
  readonly findBase?: (image: Image) => Promise<BaseKnowledge>;
  /** finds the evidence beside digests; absent: by the policy's signers as its reader left them, and asking nobody else */
  readonly collect?: CollectEvidence;
  /** finds a verdict that the files of these images need not be read for; absent: they are read */
  readonly findEarlier?: (resolved: Resolved, ruleSet: Digest) => Promise<Earlier | NoneEarlier>;
  readonly onProgress?: (progress: ScanProgress) => void;
  /** things to tell that decide nothing (registry warnings); read when the verdict is made */
  readonly notes?: readonly string[];
}

/** One image's way through the gate: what each step of `checkImage` needs, and nothing that decides. */
export interface Run {
  readonly source: ImageSource;
  readonly platforms: readonly string[];
  judgeName(reference: Reference | undefined): readonly Outcome[];
  /** whether these outcomes already hold an enforced failure */
  refuses(outcomes: readonly Outcome[]): boolean;
  /** @param attested what lies beside the image in its index */
  judgeStatements(image: Image, attested: readonly EmbeddedAttestation[]): Promise<readonly Outcome[]>;
  /** what the image stands on; `undefined` where the policy approves no bases */
  baseOf(image: Image): Promise<BaseKnowledge | undefined>;
  judgeConfig(image: Image, base: BaseKnowledge | undefined): readonly Outcome[];
  /** with `--reuse`: the verdict that needs no file read, if it is a pass; never throws */
  restOnEarlier(resolved: Resolved, judged: readonly Judged[]): Promise<Verdict | undefined>;
  /** @param attested what lies beside the image in its index */
  judgeFiles(
    image: Image,
    attested: readonly EmbeddedAttestation[],
    base: BaseKnowledge | undefined,
  ): Promise<{ outcomes: readonly Outcome[]; counts?: ScanCounts }>;
  settle(resolved: Resolved | undefined, judged: readonly Judged[]): Verdict;
  /** the verdict where a step could not find out: every check that had not run is unknown for that reason */
  undecided(named: readonly Outcome[], thrown: unknown): Verdict;
  /** @throws {PratiqueError} `TIMEOUT` after `limits.imageSeconds` */
  withinDeadline<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Starts the clock and finds the rule of the policy that fits the name. Sends nothing. */
export function beginRun(options: RunOptions): Run {
  const { target, policy, source, platforms, now } = options;
  const rule = ruleFor(policy, target.reference);
  const startedAt = now();
  let over = false;
  const isOver = () => over;
  const scanNotes: string[] = [];
  const clean = makeWithoutSecrets(options.custom);
  const collect =
    options.collect ?? makeCollector(source, async () => policy.signers, policy.limits, { now: startedAt });
  const active = activeChecks(policy, rule);
  const yara = yaraFor(active.all, options);
  const ruleSet = ruleSetDigest(options.custom, yara);
  const contextOf = (check: Check, base?: BaseKnowledge): CheckContext => ({
    policy,
    ...(rule === undefined ? {} : { rule }),
    ...(target.reference && { reference: target.reference }),
    setting: settingOf(policy, rule, check.id),
    now: startedAt,
    ...(target.kind === 'registry' ? {} : { isBorrowedName: true as const }),
    ...(base && { base }),
  });
  const absent = new Set<Digest>();
  const settle: Run['settle'] = (resolved, judged) => ({
    ...decide({
      name: target.text,
      ...(resolved === undefined ? {} : { subject: resolved.subject }),
      images: judged.map(({ image, base, outcomes, counts, earlier }) => ({
        ...(image === undefined
          ? {}
          : {
              manifest: image.manifest,
              platform: formatPlatform(image.platform),
              layers: image.layers.map((layer) => judgedLayer(layer, base?.match, clean)),
            }),
        ...(base?.match && { base: base.match }),
        outcomes,
        ...(earlier && { earlier }),
        ...(counts === undefined ? {} : { scanned: counts }),
      })),
      expected: active.all.map((check) => check.id),
      leftOut: resolved?.leftOut ?? [],
      policy,
      ...(target.reference === undefined ? {} : { reference: target.reference }),
      ruleSet,
      version: VERSION,
      startedAt: startedAt.toISOString(),
      at: now().toISOString(),
      notes: [...policy.remarks, ...(options.notes ?? []).map(clean), ...scanNotes],
    }),
    ...(absent.size > 0 && { absent: [...absent] }),
  });

  return {
    source,
    platforms,
    settle,
    judgeName: (reference) =>
      active.ofName.map((check) => {
        const context = contextOf(check);
        return outcomeOf(
          check.id,
          asIs,
          () => check.run(reference, context),
          () => check.note?.(reference, context),
        );
      }),
    refuses: (outcomes) => settle(undefined, [{ outcomes }]).result === 'refused',
    baseOf: async (image) => (policy.bases.length === 0 ? undefined : options.findBase?.(image)),
    judgeConfig: (image, base) =>
      active.ofConfig.map((check) => {
        const context = contextOf(check, base);
        return outcomeOf(
          check.id,
          clean,
          () => check.run(image, context),
          () => check.note?.(image, context),
        );
      }),
    async restOnEarlier(resolved, judged) {
      const { findEarlier } = options;
      if (findEarlier === undefined) return undefined;
      const checks = active.ofFiles.map(({ id }) => ({ id, level: settingOf(policy, rule, id).level }));
      const book = openExceptions(policy.exceptions, target.reference, startedAt.toISOString().slice(0, 10));
      const found = await attempt(clean, async () =>
        restedOn(await findEarlier(resolved, ruleSet), judged, checks, book),
      );
      const rested = 'error' in found ? { why: found.error.message } : found.value;
      const verdict = 'why' in rested ? undefined : settle(resolved, rested.judged);
      if (verdict?.result === 'admitted' && 'reused' in rested)
        return { ...verdict, reused: rested.reused, notes: [restsOn(rested.reused), ...verdict.notes] };
      const why = 'why' in rested ? rested.why : 'what is judged anew does not pass';
      scanNotes.push(clean(`no earlier verdict is rested on: ${why}`));
      return undefined;
    },
    async judgeStatements(image, attested) {
      const checks = active.ofStatements;
      if (checks.length === 0) return [];
      const beside = await attempt(clean, () => collect([image.manifest, ...image.parents]));
      const isInside = (check: StatementCheck) =>
        check.readsEmbedded === true && check.demands(contextOf(check));
      const inside = checks.some(isInside)
        ? await attempt(clean, () =>
            collectEmbedded(source, image.manifest, attested, { collect, limits: policy.limits }),
          )
        : { value: [] };
      return checks.map((check) => {
        const context = contextOf(check);
        const evidence = isInside(check) ? joined<AnyEvidence>(beside, inside) : beside;
        if ('error' in evidence) return unread(check, context, evidence.error);
        return outcomeOf(
          check.id,
          clean,
          () => check.run(evidence.value, image, context),
          () => check.note?.(evidence.value, context),
        );
      });
    },
    async judgeFiles(image, attested, base) {
      const checks = active.ofFiles;
      if (checks.length === 0) return { outcomes: [] };
      const notThereNow = new Set<Digest>();
      const scanned = await attempt(clean, () =>
        scanImage(image, (layer) => until(isOver, source.blob(layer.blob)), {
          ...scanOptions(options, base?.match),
          ...(yara && { yara }),
          ...(source.stored && { stored: ({ blob }) => source.stored?.(blob) ?? Promise.resolve(undefined) }),
          attestations: readAttestations(source, attested, policy.limits, ({ digest }) =>
            notThereNow.add(digest),
          ),
          isOver,
        }),
      );
      if ('error' in scanned) return { outcomes: checks.map(({ id }) => unknown(id, scanned.error)) };
      const { scan } = scanned.value;
      scanNotes.push(...scan.notes.map(clean), ...[...notThereNow].map(notThere));
      for (const digest of notThereNow) absent.add(digest);
      const empty = scan.counts.files === 0 ? nothingInIt() : undefined;
      if (empty !== undefined) return { outcomes: checks.map(({ id }) => unknown(id, empty)) };
      const outcomes = checks.map((check) =>
        outcomeOf(check.id, asIs, () => check.run(scan, contextOf(check, base))),
      );
      return { outcomes, counts: scan.counts };
    },
    undecided(named, thrown) {
      const error = faultOf(thrown, clean);
      const known = new Set(named.map((outcome) => outcome.check));
      const rest = active.all
        .filter((check) => !known.has(check.id))
        .map((check) => unknown(check.id, error));
      return settle(undefined, [{ outcomes: [...named, ...rest] }]);
    },
    withinDeadline: (work) => withinDeadline(work, policy.limits.imageSeconds),
    close: () => {
      over = true;
      return source.close();
    },
  };
}

/**
 * The YARA rules, where they are asked for.
 * @throws {PratiqueError} `INTERNAL` where nobody prepared them: without them nothing would be found, and that pass
 */
function yaraFor(active: readonly Check[], { yara }: RunOptions): YaraRules | undefined {
  if (!active.some(({ id }) => id === 'yara')) return undefined;
  if (yara !== undefined) return yara;
  throw new PratiqueError('INTERNAL', { what: 'the YARA rules of the policy were not prepared' });
}

/** Empty never counts as clean: whatever this is, it is not the image that somebody meant. */
function nothingInIt(): PratiqueError {
  return new PratiqueError('NO_IMAGE', {
    what: 'the image holds no file',
    next: 'see what it is with pratique inspect; turn the checks that read files off for it if it is meant to be empty',
  });
}

function notThere(digest: Digest): string {
  return `${digest} of an attestation in the index is not where the image is, and was not looked at`;
}

function scanOptions(
  { policy, memo, cache, onProgress, custom, fingerprintKey }: RunOptions,
  base: BaseMatch | undefined,
) {
  return {
    limits: policy.limits,
    ...(base && { base }),
    ...(memo && { memo }),
    ...(cache && { cache }),
    ...(onProgress && { onProgress }),
    ...(custom && { custom }),
    ...(fingerprintKey !== undefined && { fingerprintKey }),
  };
}

function judgedLayer(
  { index, blob, createdBy }: Layer,
  base: BaseMatch | undefined,
  clean: (text: string) => string,
): JudgedLayer {
  const from = originOf(index, base);
  return {
    index,
    digest: blob.digest,
    size: blob.size,
    ...(createdBy !== undefined && { createdBy: clean(createdBy) }),
    ...(from && { from }),
  };
}
