import { createHmac } from 'node:crypto';
import type { Limits } from '../io/limits.ts';
import type { Hit, Judgement, SecretRule } from './rule.ts';
import { entropyOf } from './validators/entropy.ts';
import { isPlaceholder } from './validators/placeholder.ts';

/** One value of one rule in one file: two values are two hits, the same value twice is one. */
interface Seen {
  readonly rule: SecretRule;
  readonly secret: string;
  readonly verified: boolean;
  readonly wide: boolean;
  offset: number;
  count: number;
}

/** Gathers the secrets of one file. What it holds of them ends with `finish`. */
export interface SecretCollector {
  /**
   * Judges a value and keeps it, unless it is a placeholder, too regular, or refuted by its rule.
   * @param wide whether it stood in UTF-16
   * @returns whether it counts
   */
  add(rule: SecretRule, secret: string, offset: number, wide: boolean): boolean;
  /** the hits in the order of their offsets; starts anew */
  finish(): Hit[];
}

type Tallies = Map<string, { kept: number; more: number }>;

/** Makes a collector; it keeps `limits.hitsPerRule` values of each rule and counts the rest. */
export function createSecretCollector(limits: Limits): SecretCollector {
  const seen = new Map<string, Seen>();
  const tallies: Tallies = new Map();

  function keep(key: string, value: Seen): void {
    const tally = tallies.get(value.rule.id) ?? { kept: 0, more: 0 };
    tallies.set(value.rule.id, tally);
    if (tally.kept >= limits.hitsPerRule) tally.more++;
    else {
      tally.kept++;
      seen.set(key, value);
    }
  }

  return {
    add(rule, secret, offset, wide) {
      const key = `${rule.id} ${secret}`;
      const known = seen.get(key);
      if (known !== undefined) {
        known.count++;
        known.offset = Math.min(known.offset, offset);
        return true;
      }
      const judgement = judge(rule, secret);
      if (judgement === 'refuted') return false;
      keep(key, { rule, secret, verified: judgement === 'verified', wide, offset, count: 1 });
      return true;
    },
    finish() {
      if (seen.size === 0) return [];
      const values = keepCounted(dropOvershadowed([...seen.values()]), [...seen.values()], tallies);
      values.sort((a, b) => a.offset - b.offset);
      const last = new Map(values.map((value) => [value.rule.id, value]));
      const hits = values.map((value) => {
        const more = last.get(value.rule.id) === value ? (tallies.get(value.rule.id)?.more ?? 0) : 0;
        return toHit(value, more);
      });
      seen.clear();
      tallies.clear();
      return hits;
    },
  };
}

/** A key that parses is no placeholder, whatever words its letters happen to make: one in 600 holds `xxxx` or `dummy`. */
function judge(rule: SecretRule, secret: string): Judgement {
  const judgement = rule.check?.(secret) ?? 'plausible';
  if (judgement === 'refuted' || rule.checkDecides === true) return judgement;
  if (isPlaceholder(secret)) return 'refuted';
  if (rule.minEntropy !== undefined && entropyOf(secret) < rule.minEntropy) return 'refuted';
  return judgement;
}

/**
 * Where two rules see secrets that overlap, the narrower one speaks: if it sees all of the other's, or if it is no
 * less grave. A harmless test key in a URL must not hide the password beside it.
 */
function dropOvershadowed(values: readonly Seen[]): Seen[] {
  const narrower = [1, 2].map((breadth) => values.filter((value) => breadthOf(value) < breadth));
  const shadows = narrower.map((all) => ({
    each: all.map(spanOf).sort((a, b) => a.start - b.start),
    grave: SEVERITIES.map((severity) =>
      joinSpans(all.filter((value) => gravity(value) >= GRAVITY[severity])),
    ),
  }));
  return values.filter((value) => {
    const shadow = shadows[breadthOf(value) - 1];
    if (shadow === undefined) return true;
    return !touches(shadow.grave[gravity(value)] ?? [], value) && !isCovered(shadow.each, value);
  });
}

const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
const GRAVITY = { info: 0, low: 1, medium: 2, high: 3, critical: 4 } as const;

function gravity({ rule }: Seen): number {
  return GRAVITY[rule.severity];
}

/** A rule over its cap speaks even if every value it kept was overshadowed: those not kept need not have been. */
function keepCounted(values: Seen[], all: readonly Seen[], tallies: Tallies): Seen[] {
  const speaking = new Set(values.map(({ rule }) => rule.id));
  const silent = all.filter(({ rule }) => !speaking.has(rule.id) && (tallies.get(rule.id)?.more ?? 0) > 0);
  return [...values, ...new Map(silent.map((value) => [value.rule.id, value])).values()];
}

function breadthOf(value: Seen): number {
  return value.rule.breadth ?? 0;
}

interface Span {
  readonly start: number;
  end: number;
}

function spanOf({ offset, secret, wide }: Seen): Span {
  return { start: offset, end: offset + secret.length * (wide ? 2 : 1) };
}

/** Spans that overlap become one; in order. */
function joinSpans(values: readonly Seen[]): readonly Span[] {
  const joined: Span[] = [];
  for (const span of values.map(spanOf).sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && span.start < last.end) last.end = Math.max(last.end, span.end);
    else joined.push(span);
  }
  return joined;
}

/** Whether one of the spans (by their starts) holds the whole of a value. Spans of tokens are few where one starts. */
function isCovered(spans: readonly Span[], value: Seen): boolean {
  const { start, end } = spanOf(value);
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle] as Span).start > start) high = middle;
    else low = middle + 1;
  }
  return spans.slice(Math.max(0, low - 8), low).some((span) => span.end >= end);
}

/** Looks by halves, as a file made to be slow may hold very many. */
function touches(spans: readonly Span[], value: Seen): boolean {
  const { start, end } = spanOf(value);
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle] as Span).end > start) high = middle;
    else low = middle + 1;
  }
  const next = spans[low];
  return next !== undefined && next.start < end;
}

function toHit({ rule, secret, verified, wide, offset, count }: Seen, more: number): Hit {
  return {
    check: 'secrets',
    rule: rule.id,
    severity: rule.severity,
    confidence: verified ? 'verified' : rule.confidence,
    offset,
    message: verified ? `${rule.what}; its form has been verified` : rule.what,
    remedy: rule.remedy,
    args: {
      provider: rule.provider,
      length: secret.length,
      ...(wide ? { encoding: 'utf-16' } : {}),
      ...(count > 1 ? { count } : {}),
      ...(more > 0 ? { more } : {}),
      ...rule.details?.(secret),
    },
    fingerprint: fingerprintOf(rule.id, secret),
  };
}

/** 16 hex digits that stand for a value of a rule: equal for equal values, and no way back for one drawn at random. */
export function fingerprintOf(rule: string, secret: string): string {
  return createHmac('sha256', `pratique fingerprint v1 ${rule}`)
    .update(secret, 'latin1')
    .digest('hex')
    .slice(0, 16);
}
