import { createHmac } from 'node:crypto';
import type { Limits } from '../io/limits.ts';
import type { Confidence } from '../model/finding.ts';
import type { Hit, SecretRule } from './rule.ts';
import { entropyOf } from './validators/entropy.ts';
import { isPublishedExample } from './validators/known-examples.ts';
import { isBlank, isMadeUp, isPlaceholder } from './validators/placeholder.ts';

/** What a rule says of the values that it sees; where it looks for them is not asked here. */
export type JudgedRule = Omit<
  SecretRule,
  'keywords' | 'pattern' | 'before' | 'places' | 'source' | 'examples' | 'counterExamples'
>;

/** A value that counts, and what its rule says of it. */
interface JudgedValue {
  readonly rule: JudgedRule;
  readonly secret: string;
  readonly confidence: Confidence;
  /** of rule and value */
  readonly key: string;
  /** of rule and confidence */
  readonly group: string;
  /** as of the rule; here, as it is asked for very often, and no two rules are built alike */
  readonly breadth: number;
  /** the more, the graver */
  readonly gravity: number;
  /** the more, the surer */
  readonly sureness: number;
}

/** Values that are remembered with what was said of them, so that a text that repeats itself is not judged again. */
const MOST_JUDGED = 4096;

const NO_HITS: readonly Hit[] = [];

/** One place at which a rule sees a value. Positions are those of the file. */
interface Sighting {
  readonly value: JudgedValue;
  readonly wide: boolean;
  readonly offset: number;
  readonly end: number;
}

/** One value of one rule in one file: two values are two hits, the same value twice is one. */
interface Kept {
  readonly first: Sighting;
  count: number;
}

/** Gathers the secrets of one file. What it holds of them ends with `finish`. */
export interface SecretCollector {
  /**
   * Judges a value and keeps it, unless it is a placeholder, too regular, or refuted by its rule.
   * @param offset asked only of a value that counts
   * @param wide whether it stood in UTF-16
   * @returns whether it counts
   */
  add(rule: JudgedRule, secret: string, offset: () => number, wide: boolean): boolean;
  /** Nothing that begins before this position will be added any more: what ends before it can be settled. */
  settle(position: number): void;
  /** the hits in the order of their offsets; starts anew */
  finish(): readonly Hit[];
}

/** Makes a collector; it keeps `limits.hitsPerRule` values of each rule and confidence and counts the rest. */
export function createSecretCollector(limits: Limits): SecretCollector {
  const kept = new Map<string, Kept>();
  /** by rule and value; `undefined` for one that does not count */
  const judged = new Map<JudgedRule, Map<string, JudgedValue | undefined>>();
  let judgedCount = 0;
  const tallies = new Map<string, { kept: number; more: number }>();
  /** not settled yet: a narrower rule may still see what lies there */
  let pending: Sighting[] = [];
  /** settled, and may still overshadow what is pending */
  let past: readonly Sighting[] = [];

  function settle(position: number): void {
    if (pending.length === 0) return;
    const settled = pending.filter(({ end }) => end <= position);
    if (settled.length === 0) return;
    const around = past.length === 0 ? pending : [...past, ...pending];
    // By their ends, so that the cap falls on the same values however the file is cut into chunks.
    settled.sort((a, b) => a.end - b.end);
    // The cap comes last: values that another rule speaks for must not use up the places of those that are left.
    for (const sighting of withoutOvershadowed(settled, around)) keep(sighting);
    pending = pending.filter(({ end }) => end > position);
    const first = pending.reduce((least, { offset }) => Math.min(least, offset), position);
    past = [...past, ...settled].filter(({ end }) => end > first);
  }

  function keep(sighting: Sighting): void {
    const { key, group } = sighting.value;
    const known = kept.get(key);
    // Each sureness has its own places: a hundred hints, which fail no image, must not crowd out what would.
    const tally = tallies.get(group) ?? { kept: 0, more: 0 };
    tallies.set(group, tally);
    if (known !== undefined) known.count++;
    else if (tally.kept >= limits.hitsPerRule) tally.more++;
    else {
      tally.kept++;
      kept.set(key, { first: sighting, count: 1 });
    }
  }

  function judgeOnce(rule: JudgedRule, text: string): JudgedValue | undefined {
    const ofRule = judged.get(rule);
    const known = ofRule?.get(text);
    if (known !== undefined || ofRule?.has(text) === true) return known;
    if (judgedCount++ >= MOST_JUDGED) forgetJudged();
    // A text of its own: a part of another would hold on to all of that.
    const secret = Buffer.from(text, 'latin1').toString('latin1');
    const value = judgeValue(rule, secret);
    const values = judged.get(rule) ?? new Map<string, JudgedValue | undefined>();
    judged.set(rule, values.set(secret, value));
    return value;
  }

  function forgetJudged(): void {
    judged.clear();
    judgedCount = 0;
  }

  return {
    add(rule, secret, offsetOf, wide) {
      const value = judgeOnce(rule, secret);
      if (value === undefined) return false;
      const offset = offsetOf();
      pending.push({ value, wide, offset, end: offset + value.secret.length * (wide ? 2 : 1) });
      return true;
    },
    settle,
    finish() {
      settle(Number.POSITIVE_INFINITY);
      // Nearly all files hold none: they must not leave arrays and emptied maps behind.
      if (past.length > 0) past = [];
      if (judgedCount > 0) forgetJudged();
      if (kept.size === 0) return NO_HITS;
      const values = [...kept.values()].sort((a, b) => a.first.offset - b.first.offset);
      const last = new Map(values.map((value) => [value.first.value.group, value]));
      const hits = values.map((value) => {
        const { group } = value.first.value;
        return toHit(value, last.get(group) === value ? (tallies.get(group)?.more ?? 0) : 0);
      });
      kept.clear();
      tallies.clear();
      return hits;
    },
  };
}

function judgeValue(rule: JudgedRule, secret: string): JudgedValue | undefined {
  const confidence = judge(rule, secret);
  if (confidence === undefined) return undefined;
  return {
    rule,
    secret,
    confidence,
    key: `${rule.id} ${secret}`,
    group: `${rule.id} ${confidence}`,
    breadth: rule.breadth ?? 0,
    gravity: GRAVITY[rule.severity],
    sureness: SURENESS[confidence],
  };
}

/**
 * How sure a rule is of a value; `undefined` where it is none. A value that proves itself is no placeholder, whatever
 * words its letters happen to make: one key in 600 holds `xxxx`. One that looks typed is a mere hint.
 */
function judge(rule: JudgedRule, secret: string): Confidence | undefined {
  const judgement = rule.check?.(secret) ?? 'plausible';
  if (judgement === 'refuted' || isPublishedExample(secret)) return undefined;
  if (judgement === 'verified') return 'verified';
  if (judgement === 'doubtful') return 'low';
  if (rule.checkDecides === true) return rule.confidence;
  // What has a form of its own may be filled with a row of the keyboard and open a door all the same: a hint.
  const isNone = (rule.breadth ?? 0) === 0 ? isBlank(secret) : isPlaceholder(secret);
  if (isNone) return undefined;
  if (rule.minEntropy !== undefined && entropyOf(secret) < rule.minEntropy) return undefined;
  return isMadeUp(secret) ? 'low' : rule.confidence;
}

/**
 * Where two rules see secrets that overlap, the narrower one speaks: if it sees all of the other's, or if it is no
 * less grave and no less sure. A harmless test key in a URL must not hide the password beside it, and a mere hint,
 * which never fails an image, must hide nothing.
 * @param around everything that may overlap with one of the values, themselves included
 */
function withoutOvershadowed(values: readonly Sighting[], around: readonly Sighting[]): readonly Sighting[] {
  const shadows: Shadows[] = [];
  const ordered = around.toSorted((a, b) => a.offset - b.offset);
  const clear = values.filter((one) => {
    const { breadth } = one.value;
    // Nothing is narrower than that.
    if (breadth === 0) return true;
    shadows[breadth] ??= new Shadows(ordered.filter(({ value }) => value.breadth < breadth));
    return !shadows[breadth].cover(one);
  });
  return withoutTwins(clear);
}

/** Breadth from which on rules go by a context or a name: they tell of one value in other words only. */
const GENERIC = 2;

/** Where generic rules see the very same value, the surest speaks, and among equals the first by its id. */
function withoutTwins(values: readonly Sighting[]): readonly Sighting[] {
  const best = new Map<number, Sighting>();
  for (const one of values) {
    if (one.value.breadth < GENERIC) continue;
    const place = placeOf(one);
    const other = best.get(place);
    if (other === undefined || speaksBefore(one.value, other.value)) best.set(place, one);
  }
  if (best.size === 0) return values;
  return values.filter(
    (one) => one.value.breadth < GENERIC || best.get(placeOf(one))?.value.rule === one.value.rule,
  );
}

/** Where it begins, and how long it is: less than 2^20. */
function placeOf({ offset, end }: Sighting): number {
  return offset * 0x100000 + (end - offset);
}

function speaksBefore(a: JudgedValue, b: JudgedValue): boolean {
  const more = a.sureness - b.sureness;
  return more === 0 ? a.rule.id < b.rule.id : more > 0;
}

const GRAVITY = { info: 0, low: 1, medium: 2, high: 3, critical: 4 } as const;
const SURENESS = { low: 0, medium: 1, high: 2, verified: 3 } as const;

/** What narrower rules see, by how grave and how sure they are. */
class Shadows {
  private readonly all: readonly Sighting[];
  private readonly whole = new Map<number, readonly Span[]>();
  private readonly joined = new Map<number, readonly Span[]>();

  /** @param all in the order of their offsets */
  constructor(all: readonly Sighting[]) {
    this.all = all;
  }

  cover(one: Sighting): boolean {
    if (this.all.length === 0) return false;
    const { gravity, sureness } = one.value;
    return touches(this.noLess(gravity, sureness), one) || isCovered(this.each(sureness), one);
  }

  /** Whoever names all of a value knows best how grave it is; only a hint is not enough for that. */
  private each(sureness: number): readonly Span[] {
    const least = Math.min(sureness, SURENESS.medium);
    const known = this.whole.get(least);
    if (known !== undefined) return known;
    const spans = this.all.filter(({ value }) => value.sureness >= least);
    this.whole.set(least, spans);
    return spans;
  }

  private noLess(gravity: number, sureness: number): readonly Span[] {
    const key = 8 * gravity + sureness;
    const known = this.joined.get(key);
    if (known !== undefined) return known;
    const spans = joinSpans(
      this.all.filter(({ value }) => value.gravity >= gravity && value.sureness >= sureness),
    );
    this.joined.set(key, spans);
    return spans;
  }
}

type Span = Pick<Sighting, 'offset' | 'end'>;

/** Spans that overlap become one; they are in order, and stay so. */
function joinSpans(spans: readonly Span[]): readonly Span[] {
  const joined: { readonly offset: number; end: number }[] = [];
  let last: { readonly offset: number; end: number } | undefined;
  for (const { offset, end } of spans) {
    if (last !== undefined && offset < last.end) last.end = Math.max(last.end, end);
    else {
      last = { offset, end };
      joined.push(last);
    }
  }
  return joined;
}

/** Whether one of the spans (by their starts) holds the whole of a value. Spans of tokens are few where one starts. */
function isCovered(spans: readonly Span[], { offset, end }: Sighting): boolean {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle] as Span).offset > offset) high = middle;
    else low = middle + 1;
  }
  for (let at = Math.max(0, low - 8); at < low; at++) if ((spans[at] as Span).end >= end) return true;
  return false;
}

/** Looks by halves, as a file made to be slow may hold very many. */
function touches(spans: readonly Span[], { offset, end }: Sighting): boolean {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle] as Span).end > offset) high = middle;
    else low = middle + 1;
  }
  const next = spans[low];
  return next !== undefined && next.offset < end;
}

function toHit({ first, count }: Kept, more: number): Hit {
  const { value, wide, offset } = first;
  const { rule, secret, confidence } = value;
  return {
    check: 'secrets',
    rule: rule.id,
    severity: rule.severity,
    confidence,
    offset,
    message: confidence === 'verified' ? `${rule.what}; its form has been verified` : rule.what,
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
