import type { EarlierOptions } from './attest/earlier.ts';
import { checkImage } from './check-image.ts';
import { requireKnownRules } from './known-rules.ts';
import type { Digest } from './model/digest.ts';
import type { Resolved } from './model/image.ts';
import type { ImageSource } from './model/image-source.ts';
import type { Reference } from './model/reference.ts';
import type { Target } from './model/target.ts';
import type { Verdict } from './model/verdict.ts';
import { createOpener, type Opener, type OpenerOptions } from './opener.ts';
import type { Policy } from './policy/policy.ts';
import { beginRun } from './run.ts';
import { LayerCache } from './scan/cache/layer-cache.ts';
import { customRulesOf, ruleSetDigest } from './scan/custom/custom-rules.ts';
import type { LayerScan } from './scan/layer-scan.ts';
import type { ScanProgress } from './scan/scan-image.ts';
import { yaraRulesOf } from './scan/yara/yara-rules.ts';
import { VERSION } from './version.ts';

export interface GateOptions extends OpenerOptions {
  /** `linux/amd64`, …; absent or empty: every platform that a node could choose */
  readonly platforms?: readonly string[];
  /** what fingerprints of secrets are made with; absent: a key that everybody has */
  readonly fingerprintKey?: string;
  /** a folder of this user's alone, in which what was found in layers is kept for later gates; absent: nothing is */
  readonly cacheFolder?: string;
  /** verdicts that a pass may rest on, instead of reading files anew; absent: none */
  readonly reuse?: Reuse;
  readonly onProgress?: (progress: ScanProgress) => void;
}

/** Whose earlier verdicts a pass may rest on; see `EarlierOptions`. */
export type Reuse = Pick<EarlierOptions, 'signers' | 'terms' | 'share'>;

/** One policy, any number of images. Layers that several images share are scanned once. */
export interface Gate extends Opener {
  readonly policy: Policy;
  /** digest of all content rules together */
  readonly ruleSet: Digest;
  /** Judges one image. Never throws for what the image or its registry does: that is an *undecided* verdict. */
  check(target: Target): Promise<Verdict>;
}

/**
 * Makes a gate. Nothing is read or sent before `check`.
 * @throws {PratiqueError} `POLICY_INVALID` for a rule of contents that there is not: its level would change nothing; for one
 *   of the policy's own that does not compile, or does not find its own examples; for YARA rules without their engine
 */
export function createGate(options: GateOptions): Gate {
  const { policy, platforms = [], now = () => new Date(), onProgress, fingerprintKey, cacheFolder } = options;
  const yara = yaraRulesOf(policy.yara);
  requireKnownRules(policy, yara);
  const custom = customRulesOf(policy.rules);
  const memo = new Map<string, LayerScan>();
  const cache = cacheFolder === undefined ? undefined : new LayerCache(cacheFolder, { now });
  const opener = createOpener(options);
  const earlierFinder =
    (
      { signers: all, ...reuse }: Reuse,
      source: ImageSource,
      reference: Reference,
      warn: (text: string) => void,
    ) =>
    async (resolved: Resolved, ruleSet: Digest) => {
      const signers = await opener.signersNow(all, warn);
      const { findEarlier } = await import('./attest/earlier.ts'); // seldom asked for
      const at = { now: now(), version: VERSION };
      return findEarlier(source, resolved, { ...reuse, ...at, signers, reference, policy, ruleSet });
    };
  return {
    ...opener,
    policy,
    ruleSet: ruleSetDigest(custom, yara),
    async check(target) {
      const notes: string[] = [];
      const over = new AbortController();
      const warn = (text: string) => notes.push(text);
      const source = opener.open(target, warn, over.signal);
      const run = beginRun({
        target,
        policy,
        source,
        platforms,
        now,
        memo,
        ...(cache && { cache }),
        findBase: (image) => opener.findBase(image, warn, over.signal),
        collect: opener.collector(source, warn, over.signal),
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
