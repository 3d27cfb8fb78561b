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

/** A value and what its rule says of it. */
interface JudgedValue {
  readonly rule: JudgedRule;
  readonly secret: string;
  /** of rule and value */
  readonly key: string;
  /** of rule and confidence */
  readonly group: string;
  /** absent for a value that is none */
  readonly confidence: Confidence | undefined;
}

/** Values that are remembered with what was said of them, so that a text that repeats itself is not judged again. */
const MOST_JUDGED = 4096;

/** One place at which a rule sees a value. Positions are those of the file. */
interface Sighting extends JudgedValue {
  readonly confidence: Confidence;
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
  finish(): Hit[];
}

/** Makes a collector; it keeps `limits.hitsPerRule` values of each rule and confidence and counts the rest. */
export function createSecretCollector(limits: Limits): SecretCollector {
  const kept = new Map<string, Kept>();
  const judged = new Map<JudgedRule, Map<string, JudgedValue>>();
  let judgedCount = 0;
  const tallies = new Map<string, { kept: number; more: number }>();
  /** not settled yet: a narrower rule may still see what lies there */
  let pending: Sighting[] = [];
  /** settled, and may still overshadow what is pending */
  let past: readonly Sighting[] = [];

  function settle(position: number): void {
    const settled = pending.filter(({ end }) => end <= position);
    if (settled.length === 0) return;
    const around = [...past, ...pending];
    // By their ends, so that the cap falls on the same values however the file is cut into chunks.
    settled.sort((a, b) => a.end - b.end);
    // The cap comes last: values that another rule speaks for must not use up the places of those that are left.
    for (const sighting of withoutOvershadowed(settled, around)) keep(sighting);
    pending = pending.filter(({ end }) => end > position);
    const first = pending.reduce((least, { offset }) => Math.min(least, offset), position);
    past = [...past, ...settled].filter(({ end }) => end > first);
  }

  function keep(sighting: Sighting): void {
    const { key } = sighting;
    const known = kept.get(key);
    // Each sureness has its own places: a hundred hints, which fail no image, must not crowd out what would.
    const { group } = sighting;
    const tally = tallies.get(group) ?? { kept: 0, more: 0 };
    tallies.set(group, tally);
    if (known !== undefined) known.count++;
    else if (tally.kept >= limits.hitsPerRule) tally.more++;
    else {
      tally.kept++;
      kept.set(key, { first: sighting, count: 1 });
    }
  }

  function judgeOnce(rule: JudgedRule, text: string): JudgedValue {
    const ofRule = judged.get(rule);
    const known = ofRule?.get(text);
    if (known !== undefined) return known;
    if (judgedCount++ >= MOST_JUDGED) forgetJudged();
    // A text of its own: a part of another would hold on to all of that.
    const secret = Buffer.from(text, 'latin1').toString('latin1');
    const confidence = judge(rule, secret);
    const value = {
      rule,
      secret,
      key: `${rule.id} ${secret}`,
      group: `${rule.id} ${confidence}`,
      confidence,
    };
    const values = judged.get(rule) ?? new Map<string, JudgedValue>();
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
      const { confidence } = value;
      if (confidence === undefined) return false;
      const offset = offsetOf();
      const end = offset + value.secret.length * (wide ? 2 : 1);
      const { key, group } = value;
      pending.push({ rule, secret: value.secret, key, group, confidence, wide, offset, end });
      return true;
    },
    settle,
    finish() {
      settle(Number.POSITIVE_INFINITY);
      past = [];
      if (judgedCount > 0) forgetJudged();
      if (kept.size === 0) return [];
      const values = [...kept.values()].sort((a, b) => a.first.offset - b.first.offset);
      const last = new Map(values.map((value) => [value.first.group, value]));
      const hits = values.map((value) => {
        const { group } = value.first;
        return toHit(value, last.get(group) === value ? (tallies.get(group)?.more ?? 0) : 0);
      });
      kept.clear();
      tallies.clear();
      return hits;
    },
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
  const shadows = [1, 2, 3, 4].map(
    (breadth) => new Shadows(around.filter((one) => breadthOf(one) < breadth)),
  );
  return withoutTwins(values.filter((value) => shadows[breadthOf(value) - 1]?.cover(value) !== true));
}

/** Breadth from which on rules go by a context or a name: they tell of one value in other words only. */
const GENERIC = 2;

/** Where generic rules see the very same value, the surest speaks, and among equals the first by its id. */
function withoutTwins(values: readonly Sighting[]): readonly Sighting[] {
  const best = new Map<number, Sighting>();
  for (const value of values) {
    if (breadthOf(value) < GENERIC) continue;
    const place = placeOf(value);
    const other = best.get(place);
    if (other === undefined || speaksBefore(value, other)) best.set(place, value);
  }
  if (best.size === 0) return values;
  return values.filter(
    (value) => breadthOf(value) < GENERIC || best.get(placeOf(value))?.rule === value.rule,
  );
}

/** Where it begins, and how long it is: less than 2^20. */
function placeOf({ offset, end }: Sighting): number {
  return offset * 0x100000 + (end - offset);
}

function speaksBefore(a: Sighting, b: Sighting): boolean {
  const more = surenessOf(a) - surenessOf(b);
  return more === 0 ? a.rule.id < b.rule.id : more > 0;
}

const GRAVITY = { info: 0, low: 1, medium: 2, high: 3, critical: 4 } as const;
const SURENESS = { low: 0, medium: 1, high: 2, verified: 3 } as const;

/** What narrower rules see, by how grave and how sure they are. */
class Shadows {
  private readonly all: readonly Sighting[];
  private readonly whole = new Map<number, readonly Span[]>();
  private readonly joined = new Map<string, readonly Span[]>();

  constructor(all: readonly Sighting[]) {
    this.all = all;
  }

  cover(value: Sighting): boolean {
    if (this.all.length === 0) return false;
    const [gravity, sureness] = [gravityOf(value), surenessOf(value)];
    return touches(this.noLess(gravity, sureness), value) || isCovered(this.each(sureness), value);
  }

  /** Whoever names all of a value knows best how grave it is; only a hint is not enough for that. */
  private each(sureness: number): readonly Span[] {
    const least = Math.min(sureness, SURENESS.medium);
    const known = this.whole.get(least);
    if (known !== undefined) return known;
    const spans = this.all.filter((one) => surenessOf(one) >= least).map(spanOf);
    spans.sort((a, b) => a.start - b.start);
    this.whole.set(least, spans);
    return spans;
  }

  private noLess(gravity: number, sureness: number): readonly Span[] {
    const key = `${gravity} ${sureness}`;
    const known = this.joined.get(key);
    if (known !== undefined) return known;
    const spans = joinSpans(
      this.all.filter((one) => gravityOf(one) >= gravity && surenessOf(one) >= sureness),
    );
    this.joined.set(key, spans);
    return spans;
  }
}

function gravityOf({ rule }: Sighting): number {
  return GRAVITY[rule.severity];
}

function surenessOf({ confidence }: Sighting): number {
  return SURENESS[confidence];
}

function breadthOf(value: Sighting): number {
  return value.rule.breadth ?? 0;
}

interface Span {
  readonly start: number;
  end: number;
}

function spanOf({ offset, end }: Sighting): Span {
  return { start: offset, end };
}

/** Spans that overlap become one; in order. */
function joinSpans(values: readonly Sighting[]): readonly Span[] {
  const joined: Span[] = [];
  for (const span of values.map(spanOf).sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && span.start < last.end) last.end = Math.max(last.end, span.end);
    else joined.push(span);
  }
  return joined;
}

/** Whether one of the spans (by their starts) holds the whole of a value. Spans of tokens are few where one starts. */
function isCovered(spans: readonly Span[], value: Sighting): boolean {
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
function touches(spans: readonly Span[], value: Sighting): boolean {
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

function toHit({ first, count }: Kept, more: number): Hit {
  const { rule, secret, confidence, wide, offset } = first;
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
