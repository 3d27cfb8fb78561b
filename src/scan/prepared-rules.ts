import { bytesNotBehind, bytesWithin } from './byte-sets.ts';
import { createMatcher, type Matcher, type MatcherOptions } from './matcher.ts';
import { BYTES_BEFORE, BYTES_BEHIND } from './miners/bounds.ts';
import { type Need, needsOf } from './pattern-needs.ts';
import { measurePattern } from './pattern-shape.ts';
import { SECRET_GROUP } from './pattern-tree.ts';
import { type PatternWalk, walkOf } from './pattern-walk.ts';
import type { MinerSign, Reach, RuleSet, SecretRule } from './rule.ts';
import { START } from './rules/pattern.ts';

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
  /** tells from the bytes alone whether it may match; `undefined` where that would take too much memory */
  readonly walk: PatternWalk | undefined;
}

/** Worked out when it is first asked for, as most never are. */
type Lazy<T> = () => T;

/** What to do where a keyword was seen. */
export type Target =
  | {
      readonly kind: 'secret';
      readonly rule: number;
      readonly exact: Uint8Array | undefined;
      readonly run: Lazy<PreparedPattern>;
      /** see `needsOf` */
      readonly needs: Lazy<Need | undefined>;
    }
  | {
      readonly kind: 'sign';
      readonly sign: number;
      readonly run: Lazy<PreparedPattern> | undefined;
      readonly needs: Lazy<Need | undefined> | undefined;
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
 * @throws {RangeError} for a pattern that is not linear by construction; where `rules.reach` is told, when that is met
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
  for (const [index, rule] of rules.secrets.entries()) addSecret(targets, rule, index, rules.reach);
  const runs = new Map<RegExp, Lazy<PreparedPattern>>();
  for (const [index, sign] of rules.minerSigns.entries()) addSign(targets, sign, index, runs, rules.reach);
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
  const { before, after } = rules.reach ?? reachOf(targets.values());
  return {
    rules,
    matcher: createMatcher(bytes, options),
    keywords,
    mostBefore: Math.max(before, BYTES_BEFORE),
    mostAfter: Math.max(after, BYTES_BEHIND + longestOf(targets.keys())),
  };
}

/** Measures every pattern. */
function reachOf(targets: Iterable<readonly Target[]>): Reach {
  const runs = new Set([...targets].flat().map(({ run }) => run));
  let [before, after] = [0, 0];
  for (const run of runs) {
    before = Math.max(before, run?.().before ?? 0);
    after = Math.max(after, run?.().after ?? 0);
  }
  return { before, after };
}

function addSecret(
  targets: Map<string, Target[]>,
  rule: SecretRule,
  index: number,
  reach: Reach | undefined,
): void {
  const { pattern, keywords, before = 0 } = rule;
  const run = once(() => preparePattern(pattern, before, reach));
  const needs = once(() => needsOf(pattern, keywords));
  const inAnyCase: Target = { kind: 'secret', rule: index, exact: undefined, run, needs };
  for (const keyword of before === 0 ? withoutLonger(rule) : keywords) {
    const exact = Buffer.from(keyword, 'latin1');
    add(targets, keyword.toLowerCase(), pattern.ignoreCase ? inAnyCase : { ...inAnyCase, exact });
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

/** @param runs those that were made: several signs have one pattern */
function addSign(
  targets: Map<string, Target[]>,
  { pattern, keyword }: MinerSign,
  index: number,
  runs: Map<RegExp, Lazy<PreparedPattern>>,
  reach: Reach | undefined,
): void {
  let [run, needs]: [Lazy<PreparedPattern>?, Lazy<Need | undefined>?] = [];
  if (pattern !== undefined) {
    run = runs.get(pattern) ?? once(() => preparePattern(pattern, 0, reach));
    needs = once(() => needsOf(pattern, [keyword]));
    runs.set(pattern, run);
  }
  add(targets, keyword.toLowerCase(), { kind: 'sign', sign: index, run, needs });
}

/** Works something out when it is first asked for. */
function once<T>(work: () => T): Lazy<T> {
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

function preparePattern(pattern: RegExp, before: number, reach: Reach | undefined): PreparedPattern {
  const { shortest, longest, beyond, faults } = measurePattern(pattern);
  if (faults.length > 0) throw new RangeError(`the pattern ${pattern.source} has ${faults.join(', ')}`);
  if (reach !== undefined && (before + beyond > reach.before || longest + beyond > reach.after))
    throw new RangeError(`the pattern ${pattern.source} wants more than is held for it`);
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
    walk: walkOf(pattern, sticky),
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
