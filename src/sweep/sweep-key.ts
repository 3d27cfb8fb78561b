import { createHash } from 'node:crypto';
import type { Policy } from '../policy/policy.ts';
import { VERSION } from '../version.ts';

const DAY = 10; // characters of a day, 2026-11-21

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
 * hangs on the day (how old an image is, whether an exception has run out), so that another day begins anew. A sweep that a day is not
 * enough for keeps the key that it began with.
 */
export function sweepKeyOf({ policy, ruleSet, platforms, action, now }: SweepTerms): string {
  const terms = [policy.stamp.digest, ruleSet, VERSION, [...platforms].sort(), action];
  return keyOn(now, createHash('sha256').update(JSON.stringify(terms)).digest('hex').slice(0, 32));
}

/** The key of the same terms on another day. */
export function keyOfDay(key: string, day: Date): string {
  return keyOn(day, termsOf(key));
}

/** What a key says without its day. */
export function termsOf(key: string): string {
  return key.slice(DAY + 1);
}

/** A time of the day of a key, RFC 3339. */
export function timeOf(key: string): string {
  return `${key.slice(0, DAY)}T00:00:00.000Z`;
}

function keyOn(day: Date, terms: string): string {
  return `${day.toISOString().slice(0, DAY)}.${terms}`;
}
