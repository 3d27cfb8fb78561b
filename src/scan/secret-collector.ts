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

/** Makes a collector; it keeps `limits.hitsPerRule` values of each rule and counts the rest. */
export function createSecretCollector(limits: Limits): SecretCollector {
  const seen = new Map<string, Seen>();
  const tallies = new Map<string, { kept: number; more: number }>();

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
      const values = dropOvershadowed([...seen.values()]).sort((a, b) => a.offset - b.offset);
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

function judge(rule: SecretRule, secret: string): Judgement {
  if (isPlaceholder(secret)) return 'refuted';
  if (rule.minEntropy !== undefined && entropyOf(secret) < rule.minEntropy) return 'refuted';
  return rule.check?.(secret) ?? 'plausible';
}

/** Where two rules see secrets that overlap, the narrower one speaks. */
function dropOvershadowed(values: readonly Seen[]): Seen[] {
  const shadows = [1, 2].map((breadth) => joinSpans(values.filter((value) => breadthOf(value) < breadth)));
  return values.filter((value) => !touches(shadows[breadthOf(value) - 1] ?? [], value));
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
