import type { EarlierOptions } from './attest/earlier.ts';
import { checkImage } from './check-image.ts';
import { imitatedHost } from './checks/name/imitated-host.ts';
import { PratiqueError } from './errors.ts';
import { type FetchUrl, notAsked, openFetch } from './io/fetch-url.ts';
import type { BaseChain, BaseKnowledge } from './model/base.ts';
import type { Catalogue } from './model/catalogue.ts';
import type { Digest } from './model/digest.ts';
import type { Image, Resolved } from './model/image.ts';
import type { ImageSource } from './model/image-source.ts';
import type { ImageTarget } from './model/image-target.ts';
import { printable, quoted } from './model/printable.ts';
import { formatReference, type Reference } from './model/reference.ts';
import type { Target } from './model/target.ts';
import type { Verdict } from './model/verdict.ts';
import type { Policy } from './policy/policy.ts';
import { rootKeeper, signersInUse } from './roots-in-use.ts';
import { beginRun } from './run.ts';
import { customRulesOf, ruleSetDigest } from './scan/custom/custom-rules.ts';
import { LayerCache } from './scan/cache/layer-cache.ts';
import type { LayerScan } from './scan/layer-scan.ts';
import { MINER_RULES } from './scan/miners/judgements.ts';
import { RULE_SET } from './scan/rule-set.ts';
import type { ScanProgress } from './scan/scan-image.ts';
import { UNSCANNED_RULE } from './scan/unpack/unscanned.ts';
import { YARA_UNSCANNED_RULE } from './scan/yara/yara-hit.ts';
import { type YaraRules, yaraRulesOf } from './scan/yara/yara-rules.ts';
import { findAmong } from './sources/approved-bases.ts';
import { openSource } from './sources/open.ts';
import { proxyFor } from './sources/registry/proxies.ts';
import { openRegistryCatalogue } from './sources/registry/registry-catalogue.ts';
import { openRegistryTarget } from './sources/registry/registry-target.ts';
import { type CollectEvidence, makeCollector } from './trust/collect-once.ts';
import { VERSION } from './version.ts';

/** How the gate reaches registries; nothing here decides about an image. */
export interface Reach {
  /** for credential files, helpers and proxies; the process's environment, or none */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** hosts (with port) that are spoken to over plain http; loopback is anyway */
  readonly insecure?: readonly string[];
  /** PEM file of certificate authorities to trust beside the system's */
  readonly caFile?: string;
  /** token servers (host, with port) that may be given the credentials of any registry */
  readonly allowRealms?: readonly string[];
  /** a docker `config.json` or podman `auth.json`, instead of the usual places */
  readonly authFile?: string;
  /** nobody is asked but the image's registry and its token server: no mirror of trust roots, no server that a certificate names */
  readonly offline?: boolean;
  /** ends what is under way */
  readonly signal?: AbortSignal;
}

export interface GateOptions extends Reach {
  readonly policy: Policy;
  /** `linux/amd64`, …; absent or empty: every platform that a node could choose */
  readonly platforms?: readonly string[];
  /** what fingerprints of secrets are made with; absent: a key that everybody has */
  readonly fingerprintKey?: string;
  /** a folder of this user's alone, in which what was found in layers is kept for later gates; absent: nothing is */
  readonly cacheFolder?: string;
  /** nothing is judged through this gate, so that the engine for the policy's YARA rules need not be there */
  readonly opensOnly?: boolean;
  /** opens sources in another way than `openSource` does */
  readonly openSource?: typeof openSource;
  /** verdicts that a pass may rest on, instead of reading files anew; absent: none */
  readonly reuse?: Reuse;
  readonly now?: () => Date;
  readonly onProgress?: (progress: ScanProgress) => void;
}

/** Whose earlier verdicts a pass may rest on; see `EarlierOptions`. */
export type Reuse = Pick<EarlierOptions, 'signers' | 'terms' | 'share'>;

/** One policy, any number of images. Layers that several images share are scanned once. */
export interface Gate {
  readonly policy: Policy;
  /** digest of all content rules together */
  readonly ruleSet: Digest;
  /** Judges one image. Never throws for what the image or its registry does: that is an *undecided* verdict. */
  check(target: Target): Promise<Verdict>;
  /** Opens the source of a target, for whoever wants to read or attach; the caller closes it. */
  open(target: Target, warn?: (text: string) => void): ImageSource;
  /** Makes what finds the evidence beside digests of a source, as `check` does: by the policy's signers and their trust roots. */
  collector(source: ImageSource, warn?: (text: string) => void): CollectEvidence;
  /** Opens the lists of a registry; the caller closes it. */
  openCatalogue(registry: string, warn?: (text: string) => void): Catalogue;
  /** Opens a repository for writing; the caller closes it. */
  openTarget(reference: Reference, warn?: (text: string) => void): ImageTarget;
  /** The base that an image stands on, among those that the policy approves. Never throws for what a registry does. */
  findBase(image: Image, warn?: (text: string) => void): Promise<BaseKnowledge>;
}

/**
 * Makes a gate. Nothing is read or sent before `check`.
 * @throws {PratiqueError} `POLICY_INVALID` for a rule of contents that there is not: its level would change nothing; for one
 *   of the policy's own that does not compile, or does not find its own examples; for YARA rules without their engine
 */
export function createGate(options: GateOptions): Gate {
  const { policy, platforms = [], now = () => new Date(), onProgress, fingerprintKey, cacheFolder } = options;
  const yara = options.opensOnly === true ? undefined : yaraRulesOf(policy.yara);
  requireKnownRules(policy, yara);
  const custom = customRulesOf(policy.rules);
  const memo = new Map<string, LayerScan>();
  const cache = cacheFolder === undefined ? undefined : new LayerCache(cacheFolder, { now });
  const known = new Map<string, readonly BaseChain[]>();
  const roots = rootKeeper({ ...reachOf(options, undefined), limits: policy.limits, now });
  const registryOptions = (
    reference: Reference | undefined,
    warn: (text: string) => void = () => {},
    over?: AbortSignal,
  ) => ({
    ...reachOf(options, over),
    limits: policy.limits,
    now: () => now().getTime(),
    warn,
    imitated: (host: string) => {
      const found = imitatedHost(host, reference, policy);
      if (found?.isOnlyTold) warn(found.why);
      return found?.isOnlyTold ? undefined : found?.why;
    },
  });
  const open = (target: Target, warn?: (text: string) => void, over?: AbortSignal) =>
    (options.openSource ?? openSource)(target, registryOptions(target.reference, warn, over));
  const baseFinder = (warn?: (text: string) => void, over?: AbortSignal) =>
    findAmong({
      bases: policy.bases,
      known,
      open: (reference) =>
        open({ kind: 'registry', text: formatReference(reference), reference }, warn, over),
    });
  const collector = (source: ImageSource, warn: (text: string) => void, over?: AbortSignal) => {
    const signersNow = async () => {
      const { signers, notes } = await signersInUse(policy.signers, roots);
      for (const note of notes) warn(note);
      return signers;
    };
    return makeCollector(source, signersNow, policy.limits, {
      now: now(),
      fetchUrl: fetchFor(options, over),
    });
  };
  const earlierFinder =
    (
      { signers: all, ...reuse }: Reuse,
      source: ImageSource,
      reference: Reference,
      warn: (text: string) => void,
    ) =>
    async (resolved: Resolved, ruleSet: Digest) => {
      const { signers, notes } = await signersInUse(all, roots);
      for (const note of notes) warn(note);
      const { findEarlier } = await import('./attest/earlier.ts'); // seldom asked for
      const at = { now: now(), version: VERSION };
      return findEarlier(source, resolved, { ...reuse, ...at, signers, reference, policy, ruleSet });
    };
  return {
    policy,
    ruleSet: ruleSetDigest(custom, yara),
    open: (target, warn) => open(target, warn),
    collector: (source, warn = () => {}) => collector(source, warn),
    openCatalogue: (registry, warn) =>
      openRegistryCatalogue(registry, registryOptions({ registry, repository: '' }, warn)),
    openTarget: (reference, warn) => openRegistryTarget(reference, registryOptions(reference, warn)),
    findBase: (image, warn) => baseFinder(warn)(image),
    async check(target) {
      const notes: string[] = [];
      const over = new AbortController();
      const warn = (text: string) => notes.push(text);
      const source = open(target, warn, over.signal);
      const run = beginRun({
        target,
        policy,
        source,
        platforms,
        now,
        memo,
        ...(cache && { cache }),
        findBase: baseFinder(warn, over.signal),
        collect: collector(source, warn, over.signal),
        notes,
        ...(options.reuse &&
          target.reference && {
            findEarlier: earlierFinder(options.reuse, source, target.reference, warn),
          }),
        ...(onProgress && { onProgress }),
        ...(custom && { custom }),
        ...(yara && { yara }),
        ...(fingerprintKey !== undefined && { fingerprintKey }),
      });
      try {
        return await checkImage(target, run);
      } finally {
        over.abort(); // what a deadline left behind must not wait for another try
      }
    },
  };
}

/** The policy's reader knows the checks, and not the rules that are data: these are held against it here. */
function requireKnownRules(policy: Policy, yara: YaraRules | undefined): void {
  const { checks, images, exceptions, rules, stamp } = policy;
  const isYaraKnown = yara !== undefined || policy.yara === undefined;
  const known = new Set([
    ...[...RULE_SET.secrets, ...RULE_SET.files, ...rules].map(({ id }) => id),
    ...MINER_RULES,
    UNSCANNED_RULE,
    ...(yara === undefined ? [] : ['yara', YARA_UNSCANNED_RULE, ...yara.ids]),
  ]);
  const named = [
    ...checks.keys(),
    ...images.flatMap((image) => [...image.checks.keys()]),
    ...exceptions.filter(({ baseline }) => baseline === undefined).map(({ rule }) => rule),
  ];
  const held = isYaraKnown ? /^(?:(?:secrets|miners)\.|yara(?:\.|$))/ : /^(?:secrets|miners)\./;
  const wrong = named.filter((id) => held.test(id) && !known.has(id));
  if (wrong.length === 0) return;
  throw new PratiqueError('POLICY_INVALID', {
    what: `the policy speaks of rules that there are not: ${[...new Set(wrong)].map((id) => quoted(id)).join(', ')}`,
    where: printable(stamp.origin),
    next: 'take the id from a finding, or name the whole check',
  });
}

/** Asks the servers that certificates name, through the same proxies. */
function fetchFor(reach: Reach, over: AbortSignal | undefined): FetchUrl {
  if (reach.offline === true) return ({ url }) => Promise.reject(notAsked(url));
  const signal = signalOf(reach, over);
  return openFetch({ proxyFor: (url) => proxyFor(url, reach.env), ...(signal && { signal }) });
}

function signalOf({ signal }: Reach, over: AbortSignal | undefined): AbortSignal | undefined {
  return signal && over ? AbortSignal.any([signal, over]) : (signal ?? over);
}

function reachOf(reach: Reach, over: AbortSignal | undefined): Reach {
  const { env, insecure, allowRealms, caFile, authFile, offline } = reach;
  const signal = signalOf(reach, over);
  return {
    env,
    ...(insecure && { insecure }),
    ...(allowRealms && { allowRealms }),
    ...(caFile !== undefined && { caFile }),
    ...(authFile !== undefined && { authFile }),
    ...(offline && { offline }),
    ...(signal && { signal }),
  };
}
