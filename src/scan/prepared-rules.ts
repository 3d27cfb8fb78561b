import { createMatcher, type Matcher, type MatcherOptions } from './matcher.ts';
import { BYTES_BEFORE, BYTES_BEHIND } from './miners/bounds.ts';
import { type Need, needsOf } from './pattern-needs.ts';
import { measurePattern } from './pattern-shape.ts';
import { SECRET_GROUP } from './pattern-tree.ts';
import type { MinerSign, RuleSet, SecretRule } from './rule.ts';
import { START } from './rules/pattern.ts';
import { bytesNotBehind, bytesWithin, whatFollows } from './what-follows.ts';

/** A pattern ready to be run around a keyword. Lengths in characters, which are bytes of the file. */
export interface PreparedPattern {
  /** flags: y where the match begins with the keyword or near it, else g; its only group is the secret, without a name */
  readonly pattern: RegExp;
  readonly sticky: boolean;
  /** kept before the match: what may stand before the keyword, and what the pattern looks back at */
  readonly before: number;
  readonly lookBehind: number;
  /** kept from the keyword's first byte on */
  readonly after: number;
  /** the match cannot begin inside a word */
  readonly wordStart: boolean;
  /** by byte, 1 where the match may not begin behind it; only where it begins with the keyword */
  readonly notBehind: Uint8Array | undefined;
  /** of the shortest match, or less */
  readonly shortest: number;
  /** by byte, 1 where the match may hold it; only where it may begin before the keyword */
  readonly within: Uint8Array | undefined;
}

/** See `whatFollows`; worked out when the keyword is first seen, as most never are. */
export type Following = () => Uint8Array | undefined;

/** What to do where a keyword was seen. */
export type Target =
  | {
      readonly kind: 'secret';
      readonly rule: number;
      readonly exact: Uint8Array | undefined;
      readonly run: PreparedPattern;
      readonly follows: Following;
      /** see `needsOf`; worked out when it is first asked for */
      readonly needs: () => Need | undefined;
    }
  | {
      readonly kind: 'sign';
      readonly sign: number;
      readonly run: PreparedPattern | undefined;
      readonly follows: Following | undefined;
      readonly needs: (() => Need | undefined) | undefined;
    };

/** A keyword as the matcher knows it: as written, or with a NUL between the letters, as in UTF-16. */
export interface PreparedKeyword {
  /** bytes of the plain keyword */
  readonly length: number;
  readonly wide: boolean;
  /** bytes that the matcher has seen when it tells of it */
  readonly seen: number;
  /** what is to follow those; letters small, and either case will do */
  readonly rest: Uint8Array | undefined;
  readonly targets: readonly Target[];
}

/** A rule set made ready to scan with; made once for each. */
export interface PreparedRules {
  readonly rules: RuleSet;
  readonly matcher: Matcher;
  /** by the index that the matcher tells */
  readonly keywords: readonly PreparedKeyword[];
  /** bytes before a keyword that some pattern may want */
  readonly mostBefore: number;
  /** bytes from the first of a keyword on that some pattern may want */
  readonly mostAfter: number;
}

/** Places at which a long match may begin up to which each is tried by itself: a search would go on to its end. */
const FEW_STARTS = 8;
const LONG_MATCH = 1024;
/** Letters of a keyword in UTF-16 that the matcher looks for. */
const WIDE_LETTERS = 5;

const prepared = new WeakMap<RuleSet, PreparedRules>();

/**
 * Builds the automaton and the patterns of a rule set, or gives those that were built before.
 * @param options of the matcher; counts for the first that asks
 * @throws {RangeError} for a pattern that is not linear by construction
 */
export function prepareRules(rules: RuleSet, options: MatcherOptions = {}): PreparedRules {
  const known = prepared.get(rules);
  if (known !== undefined) return known;
  const made = build(rules, options);
  prepared.set(rules, made);
  return made;
}

function build(rules: RuleSet, options: MatcherOptions): PreparedRules {
  const targets = new Map<string, Target[]>();
  for (const [index, rule] of rules.secrets.entries()) addSecret(targets, rule, index);
  for (const [index, sign] of rules.minerSigns.entries()) addSign(targets, sign, index);
  const keywords: PreparedKeyword[] = [];
  const bytes: Uint8Array[] = [];
  for (const [text, list] of targets) {
    for (const wide of [false, true]) {
      const whole = wide ? widen(text) : Buffer.from(text, 'latin1');
      // UTF-16 doubles the letters, and is rare: its keywords are found by how they begin, or the table grows threefold.
      const isCut = wide && text.length > WIDE_LETTERS;
      const seen = isCut ? 2 * WIDE_LETTERS - 1 : whole.length;
      const rest = isCut ? whole.subarray(seen) : undefined;
      keywords.push({ length: text.length, wide, seen, rest, targets: list });
      bytes.push(whole.subarray(0, seen));
    }
  }
  const runs = [...targets.values()].flat().flatMap((target) => target.run ?? []);
  return {
    rules,
    matcher: createMatcher(bytes, options),
    keywords,
    mostBefore: runs.reduce((most, run) => Math.max(most, run.before), BYTES_BEFORE),
    mostAfter: runs.reduce(
      (most, run) => Math.max(most, run.after),
      BYTES_BEHIND + longestOf(targets.keys()),
    ),
  };
}

function addSecret(targets: Map<string, Target[]>, rule: SecretRule, index: number): void {
  const run = preparePattern(rule.pattern, rule.before ?? 0);
  const needs = once(() => needsOf(rule.pattern, rule.keywords));
  for (const keyword of run.sticky ? withoutLonger(rule) : rule.keywords) {
    const exact = rule.pattern.ignoreCase ? undefined : Buffer.from(keyword, 'latin1');
    const follows = followingOf(rule.pattern, keyword, run.sticky);
    add(targets, keyword.toLowerCase(), { kind: 'secret', rule: index, exact, run, follows, needs });
  }
}

/** Without keywords that begin with another: where a match begins with its keyword, the shorter finds it as well. */
function withoutLonger({ keywords, pattern }: SecretRule): readonly string[] {
  const shorter: string[] = [];
  const spelled = pattern.ignoreCase ? keywords.map((keyword) => keyword.toLowerCase()) : [...keywords];
  for (const keyword of spelled.sort()) {
    const last = shorter.at(-1);
    if (last === undefined || !keyword.startsWith(last)) shorter.push(keyword);
  }
  return shorter;
}

function addSign(targets: Map<string, Target[]>, sign: MinerSign, index: number): void {
  const { pattern, keyword } = sign;
  const run = pattern === undefined ? undefined : preparePattern(pattern, 0);
  const follows = pattern === undefined ? undefined : followingOf(pattern, keyword, true);
  const needs = pattern === undefined ? undefined : once(() => needsOf(pattern, [keyword]));
  add(targets, keyword.toLowerCase(), { kind: 'sign', sign: index, run, follows, needs });
}

function followingOf(pattern: RegExp, keyword: string, isFirst: boolean): Following {
  return once(() => whatFollows(pattern, keyword, isFirst));
}

/** Works something out when it is first asked for. */
function once<T>(work: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    known ??= { value: work() };
    return known.value;
  };
}

function add(targets: Map<string, Target[]>, keyword: string, target: Target): void {
  const list = targets.get(keyword);
  if (list === undefined) targets.set(keyword, [target]);
  else list.push(target);
}

function preparePattern(pattern: RegExp, before: number): PreparedPattern {
  const { shortest, longest, beyond, faults } = measurePattern(pattern);
  if (faults.length > 0) throw new RangeError(`the pattern ${pattern.source} has ${faults.join(', ')}`);
  const sticky = before === 0;
  return {
    pattern: new RegExp(
      withoutName(pattern),
      `${pattern.flags}${sticky || (before <= FEW_STARTS && longest > LONG_MATCH) ? 'y' : 'g'}`,
    ),
    sticky,
    before: before + beyond,
    lookBehind: beyond,
    after: longest + beyond,
    wordStart: sticky && pattern.source.startsWith(START),
    notBehind: sticky ? bytesNotBehind(pattern) : undefined,
    shortest,
    within: sticky ? undefined : bytesWithin(pattern),
  };
}

/** What the names of groups are told by is made for each match, and that takes longer than many a match itself. */
function withoutName({ source }: RegExp): string {
  if (source.indexOf(SECRET_GROUP) !== source.lastIndexOf(SECRET_GROUP))
    throw new RangeError(`the pattern ${source} has two groups`);
  return source.replace(SECRET_GROUP, '(');
}

function widen(text: string): Uint8Array {
  const wide = Buffer.alloc(text.length * 2 - 1);
  for (let i = 0; i < text.length; i++) wide[i * 2] = text.charCodeAt(i);
  return wide;
}

function longestOf(texts: Iterable<string>): number {
  let longest = 0;
  for (const text of texts) longest = Math.max(longest, text.length);
  return longest;
}
