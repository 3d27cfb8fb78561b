import type {
  Check,
  CheckContext,
  ConfigCheck,
  FileCheck,
  NameCheck,
  StatementCheck,
} from './checks/check.ts';
import { CHECKS } from './checks/list.ts';
import { asIs, attempt, faultOf, joined, outcomeOf, unknown, unread } from './checks/outcome.ts';
import { makeWithoutSecrets } from './checks/without-secrets.ts';
import { PratiqueError } from './errors.ts';
import { until, withinDeadline } from './io/deadline.ts';
import type { BaseKnowledge, BaseMatch } from './model/base.ts';
import { formatPlatform } from './model/descriptor.ts';
import type { Digest } from './model/digest.ts';
import type { EmbeddedAttestation, Image, Resolved } from './model/image.ts';
import type { ImageSource } from './model/image-source.ts';
import type { Reference } from './model/reference.ts';
import type { Target } from './model/target.ts';
import type { AnyEvidence } from './model/trusted.ts';
import type { Outcome, ScanCounts, Verdict } from './model/verdict.ts';
import { decide } from './policy/decide.ts';
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
  const active = CHECKS.filter(
    (check) => isDemanded(check, policy) && settingOf(policy, rule, check.id).level !== 'off',
  );
  const yara = yaraFor(active, options);
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
      images: judged.map(({ image, base, outcomes, counts }) => ({
        ...(image === undefined
          ? {}
          : { manifest: image.manifest, platform: formatPlatform(image.platform) }),
        ...(base?.match && { base: base.match }),
        outcomes,
        ...(counts === undefined ? {} : { scanned: counts }),
      })),
      expected: active.map((check) => check.id),
      leftOut: resolved?.leftOut ?? [],
      policy,
      ...(target.reference === undefined ? {} : { reference: target.reference }),
      ruleSet: ruleSetDigest(options.custom, yara),
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
      nameChecks(active).map((check) => {
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
      configChecks(active).map((check) => {
        const context = contextOf(check, base);
        return outcomeOf(
          check.id,
          clean,
          () => check.run(image, context),
          () => check.note?.(image, context),
        );
      }),
    async judgeStatements(image, attested) {
      const checks = statementChecks(active);
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
      const checks = fileChecks(active);
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
      const rest = active.filter((check) => !known.has(check.id)).map((check) => unknown(check.id, error));
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

/** Whether the policy asks for a check at all: one that asks nothing neither passes nor is missed. */
function isDemanded(check: Check, policy: Policy): boolean {
  return !('isDemanded' in check) || check.isDemanded?.(policy) !== false;
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

const nameChecks = (checks: readonly Check[]) =>
  checks.filter((check): check is NameCheck => check.reads === 'name');
const configChecks = (checks: readonly Check[]) =>
  checks.filter((check): check is ConfigCheck => check.reads === 'config');
const statementChecks = (checks: readonly Check[]) =>
  checks.filter((check): check is StatementCheck => check.reads === 'statements');
const fileChecks = (checks: readonly Check[]) =>
  checks.filter((check): check is FileCheck => check.reads === 'files');
