import { createHash } from 'node:crypto';
import type { Policy } from '../policy/policy.ts';
import { VERSION } from '../version.ts';

/** What makes two verdicts about one digest the same. */
export interface SweepTerms {
  readonly policy: Policy;
  /** digest of all content rules */
  readonly ruleSet: string;
  /** `linux/amd64`, …; empty: all */
  readonly platforms: readonly string[];
  /** what is done with each verdict, in words that differ where it differs */
  readonly action: string;
  readonly now: Date;
}

/**
 * Names the verdicts that may stand for each other: by one policy, one set of rules and one version, on one day. Much in a verdict
 * hangs on the day (how old an image is, whether an exception has run out), so that another day begins anew.
 */
export function sweepKeyOf({ policy, ruleSet, platforms, action, now }: SweepTerms): string {
  const day = now.toISOString().slice(0, 10);
  const terms = [policy.stamp.digest, ruleSet, VERSION, [...platforms].sort(), action];
  return `${day}.${createHash('sha256').update(JSON.stringify(terms)).digest('hex').slice(0, 32)}`;
}
