import { RE2JS } from 're2js';
import type { Allowance, CustomRule } from '../../model/custom-rule.ts';
import { matchesPath } from '../../model/path-pattern.ts';
import { entropyOf } from '../validators/entropy.ts';

/** A user's rule, ready to run on an engine whose time is linear in the text (RE2). */
export interface CompiledRule {
  readonly rule: CustomRule;
  readonly pattern?: RE2JS;
  readonly pathPattern?: RE2JS;
  readonly allow: readonly CompiledAllowance[];
}

interface CompiledAllowance extends Pick<Allowance, 'all' | 'target' | 'words'> {
  readonly patterns: readonly RE2JS[];
  readonly paths: readonly RE2JS[];
}

/** A value that a rule sees in a text; positions are those of the text. */
export interface Sight {
  readonly secret: string;
  readonly start: number;
  readonly matchStart: number;
  readonly matchEnd: number;
}

/** characters of one pattern */
const MOST_CHARACTERS = 8192;
/** instructions of one compiled pattern: time per byte grows with them */
const MOST_INSTRUCTIONS = 10_000;
/** bytes on either side of a match that count as its line at most */
const LINE_REACH = 1000;

/** Says what is wrong with a part of a rule. */
export type Tell = (part: string, why: string) => void;

/** Compiles a rule; what is wrong is told, and the rule is not to be used then. */
export function compileRule(rule: CustomRule, tell: Tell): CompiledRule {
  const { pattern: text, pathPattern: path } = rule;
  const many = (part: string, texts: readonly string[], reads: Reads) =>
    texts.flatMap((one, index) => compilePattern(one, `${part}.${index}`, tell, reads) ?? []);
  const pattern = text === undefined ? undefined : compilePattern(text, 'pattern', tell, 'bytes');
  const pathPattern = path === undefined ? undefined : compilePattern(path, 'path', tell, 'paths');
  if (pattern !== undefined) requireUsable(pattern, rule, tell);
  return {
    rule,
    ...(pattern === undefined ? {} : { pattern }),
    ...(pathPattern === undefined ? {} : { pathPattern }),
    allow: rule.allow.map(({ all, target, words, patterns, paths }, index) => ({
      all,
      target,
      words,
      patterns: many(`allow.${index}.regexes`, patterns, 'bytes'),
      paths: many(`allow.${index}.paths`, paths, 'paths'),
    })),
  };
}

/** Contents are read as bytes, one letter for each; paths are texts. */
type Reads = 'bytes' | 'paths';

function compilePattern(text: string, part: string, tell: Tell, reads: Reads): RE2JS | undefined {
  if (text.length > MOST_CHARACTERS) {
    tell(part, `it is longer than ${MOST_CHARACTERS} characters`);
    return undefined;
  }
  if (reads === 'bytes' && !/^[\x00-\x7f]*$/.test(text)) {
    tell(part, 'it has letters beyond ASCII: a pattern reads bytes, write them as \\x{..}');
    return undefined;
  }
  try {
    const pattern = RE2JS.compile(text);
    if (pattern.programSize() <= MOST_INSTRUCTIONS) return pattern;
    tell(part, `it unfolds to ${pattern.programSize()} steps; at most ${MOST_INSTRUCTIONS} are run`);
  } catch (thrown) {
    tell(part, `it is no pattern in RE2 syntax: ${(thrown as Error).message}`);
  }
  return undefined;
}

function requireUsable(pattern: RE2JS, { secret }: CustomRule, tell: Tell): void {
  if (pattern.matcher('').find()) tell('pattern', 'it matches where there is nothing');
  if (typeof secret === 'number' && secret > pattern.groupCount())
    tell('secret', `the pattern has ${pattern.groupCount()} groups`);
  if (typeof secret === 'string' && !Object.hasOwn(pattern.namedGroups(), secret))
    tell('secret', 'the pattern has no group of this name');
}

/** Whether a rule looks at this file or field at all. @param path absent for a field of the configuration */
export function looksAt({ rule, pathPattern, allow }: CompiledRule, path: string | undefined): boolean {
  if (path === undefined) return rule.paths.length === 0 && pathPattern === undefined;
  if (rule.paths.length > 0 && !rule.paths.some((pattern) => matchesPath(pattern, path))) return false;
  if (rule.exceptPaths.some((pattern) => matchesPath(pattern, path))) return false;
  if (pathPattern !== undefined && !found(pathPattern, path)) return false;
  return !allow.some((one) => sparesPath(one, path));
}

/** Spared by its path alone, whatever is in it. */
function sparesPath({ all, words, patterns, paths }: CompiledAllowance, path: string): boolean {
  if (all && (words.length > 0 || patterns.length > 0)) return false;
  return paths.some((pattern) => found(pattern, path));
}

/**
 * Every value that a rule sees in a text, from `from` on, in order; only matches that begin before `before`.
 * Values that the rule spares are passed over.
 */
export function* sightsIn(
  compiled: CompiledRule,
  text: string,
  from: number,
  before: number,
  path: string | undefined,
): Generator<Sight | { readonly matchEnd: number }> {
  const { pattern, rule } = compiled;
  if (pattern === undefined) return;
  const matcher = pattern.matcher(text);
  for (let at = from; at < before && matcher.find(at); ) {
    const [matchStart, matchEnd] = [matcher.start(), matcher.end()];
    if (matchStart >= before) return;
    at = Math.max(matchEnd, matchStart + 1);
    const [start, end] = spanOf(matcher, rule.secret);
    const sight = { secret: text.slice(start, end), start, matchStart, matchEnd };
    yield start >= 0 && end > start && counts(compiled, sight, text, path) ? sight : { matchEnd };
  }
}

type Matcher = ReturnType<RE2JS['matcher']>;

/** The group that was asked for; where none was, the first that took part, as gitleaks chooses. */
function spanOf(matcher: Matcher, secret: CustomRule['secret']): readonly [number, number] {
  if (secret !== undefined) return [matcher.start(secret), matcher.end(secret)];
  for (let group = 1; group <= matcher.groupCount(); group++) {
    if (matcher.end(group) > matcher.start(group)) return [matcher.start(group), matcher.end(group)];
  }
  return [matcher.start(), matcher.end()];
}

function counts(
  { rule, allow }: CompiledRule,
  sight: Sight,
  text: string,
  path: string | undefined,
): boolean {
  if (rule.entropy > 0 && entropyOf(sight.secret) <= rule.entropy) return false;
  return !allow.some((one) => spares(one, sight, text, path));
}

function spares(
  { all, target, words, patterns, paths }: CompiledAllowance,
  sight: Sight,
  text: string,
  path: string | undefined,
): boolean {
  const conditions: boolean[] = [];
  if (paths.length > 0) conditions.push(path !== undefined && paths.some((one) => found(one, path)));
  if (patterns.length > 0) {
    const held = targetOf(target, sight, text);
    conditions.push(patterns.some((pattern) => found(pattern, held)));
  }
  if (words.length > 0) {
    const secret = sight.secret.toLowerCase();
    conditions.push(words.some((word) => secret.includes(word)));
  }
  if (conditions.length === 0) return false;
  return all ? conditions.every(Boolean) : conditions.some(Boolean);
}

function targetOf(
  target: Allowance['target'],
  { secret, matchStart, matchEnd }: Sight,
  text: string,
): string {
  if (target === 'secret') return secret;
  if (target === 'match') return text.slice(matchStart, matchEnd);
  const before = text.slice(Math.max(0, matchStart - LINE_REACH), matchStart);
  const after = text.slice(matchEnd, matchEnd + LINE_REACH);
  const [rest = ''] = after.split('\n', 1);
  return before.slice(before.lastIndexOf('\n') + 1) + text.slice(matchStart, matchEnd) + rest;
}

function found(pattern: RE2JS, text: string): boolean {
  return pattern.matcher(text).find();
}
