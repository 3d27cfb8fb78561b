import { createHash } from 'node:crypto';
import { PratiqueError } from '../../errors.ts';
import { DEFAULT_LIMITS } from '../../io/limits.ts';
import type { CustomRule } from '../../model/custom-rule.ts';
import { type Digest, parseDigest } from '../../model/digest.ts';
import { printable, quoted } from '../../model/printable.ts';
import { createMatcher, type Matcher } from '../matcher.ts';
import type { ContentScanner } from '../rule.ts';
import { RULE_SET } from '../rule-set.ts';
import { type CompiledRule, compileRule } from './compiled-rule.ts';
import { createCustomScanner } from './custom-scanner.ts';

/** All rules of a user, ready to scan with. */
export interface CustomRules {
  readonly compiled: readonly CompiledRule[];
  readonly matcher: Matcher;
  /** by the index that the matcher tells */
  readonly keywords: readonly PreparedKeyword[];
  /** whether a rule has no keywords */
  readonly someRunEverywhere: boolean;
  /** over all that decides what they find */
  readonly digest: Digest;
}

/** The digest that names all rules of a run: the built-in ones alone, or with those of a policy, for secrets and YARA's. */
export function ruleSetDigest(custom: CustomRules | undefined, yara?: { readonly digest: Digest }): Digest {
  if (custom === undefined && yara === undefined) return RULE_SET.digest;
  const own = [custom?.digest ?? '', ...(yara === undefined ? [] : [`yara ${yara.digest}`])];
  const text = `${RULE_SET.digest} ${own.join(' ')}`;
  return parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);
}

interface PreparedKeyword {
  /** bytes in the file, NULs between the letters of UTF-16 included */
  readonly length: number;
  readonly wide: boolean;
  /** indices of the rules that it wakes */
  readonly users: readonly number[];
}

/** Raised when the code that judges values changes what is found. */
const ENGINE_REVISION = 1;
const SHOWN = 50; // lines; the rest is counted

const KNOWN = new WeakMap<readonly CustomRule[], CustomRules>();

/**
 * The policy's own rules made ready, or those that were made before; `undefined` where it has none.
 * @throws {PratiqueError} `POLICY_INVALID`, as `prepareCustomRules`
 */
export function customRulesOf(rules: readonly CustomRule[]): CustomRules | undefined {
  if (rules.length === 0) return undefined;
  const made = KNOWN.get(rules) ?? prepareCustomRules(rules);
  KNOWN.set(rules, made);
  return made;
}

/**
 * Compiles rules and proves each on its own examples.
 * @throws {PratiqueError} `POLICY_INVALID` with a line for every fault: `rules/acme.yaml:7:5 acme-token: …`
 */
export function prepareCustomRules(rules: readonly CustomRule[]): CustomRules {
  const faults: string[] = [];
  const compiled = rules.map((rule) =>
    compileRule(rule, (part, why) => faults.push(faultLine(rule, part, why))),
  );
  if (faults.length === 0) {
    for (const one of compiled) faults.push(...unproven(one));
  }
  if (faults.length > 0) throw invalid(faults);
  return prepare(compiled);
}

function prepare(compiled: readonly CompiledRule[]): CustomRules {
  const users = new Map<string, number[]>();
  for (const [index, { rule }] of compiled.entries()) {
    for (const keyword of new Set(rule.keywords)) users.set(keyword, [...(users.get(keyword) ?? []), index]);
  }
  const keywords: PreparedKeyword[] = [];
  const bytes: Uint8Array[] = [];
  for (const [text, list] of users) {
    for (const wide of [false, true]) {
      const written = wide ? Buffer.from(text, 'utf16le').subarray(0, -1) : Buffer.from(text, 'latin1');
      keywords.push({ length: written.length, wide, users: list });
      bytes.push(written);
    }
  }
  return {
    compiled,
    matcher: createMatcher(bytes),
    keywords,
    someRunEverywhere: compiled.some(({ rule }) => rule.keywords.length === 0 && rule.pattern !== undefined),
    digest: digestOf(compiled),
  };
}

function digestOf(compiled: readonly CompiledRule[]): Digest {
  const rules = compiled.map(({ rule }) => {
    const { places: _, shown: __, examples: ___, counterExamples: ____, ...decides } = rule;
    return decides;
  });
  const text = JSON.stringify({
    engine: ENGINE_REVISION,
    rules: rules.sort((a, b) => (a.id < b.id ? -1 : 1)),
  });
  return parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);
}

/** A rule that does not find what its author says it finds would be taken for a guard, and be none. */
function unproven(compiled: CompiledRule): readonly string[] {
  const { rule } = compiled;
  if (rule.examples.length === 0 && rule.counterExamples.length === 0) return [];
  const open = { ...rule, paths: [], exceptPaths: [] };
  const { pathPattern: _, ...anywhere } = compiled;
  const scanner = createCustomScanner(prepare([{ ...anywhere, rule: open }]), DEFAULT_LIMITS);
  return [
    ...rule.examples.flatMap((text, index) =>
      isSeen(scanner, text)
        ? []
        : [faultLine(rule, `examples.${index}`, 'the rule does not find its own example')],
    ),
    ...rule.counterExamples.flatMap((text, index) =>
      isSeen(scanner, text)
        ? [faultLine(rule, `counter-examples.${index}`, 'the rule finds its own counter-example')]
        : [],
    ),
  ];
}

function isSeen(scanner: ContentScanner, text: string): boolean {
  scanner.begin({});
  scanner.write(Buffer.from(text));
  return scanner.end().length > 0;
}

/** @param why may hold parts of the file: it is escaped here */
function faultLine({ shown, places, id }: CustomRule, part: string, why: string): string {
  const place = places.get(part) ?? places.get(part.replace(/\.\d+$/, '')) ?? places.get('') ?? '1:1';
  const name = id.replace(/^secrets\.custom-/, '');
  return printable(`${shown}:${place} ${name}.${part}: ${why}`, 1000);
}

function invalid(lines: readonly string[]): PratiqueError {
  const more = lines.length > SHOWN ? [`… ${lines.length - SHOWN} more`] : [];
  return new PratiqueError('POLICY_INVALID', {
    what:
      lines.length === 1
        ? 'a rule of the policy cannot be used'
        : `rules of the policy cannot be used: ${lines.length} faults`,
    why: [...lines.slice(0, SHOWN), ...more].join('\n'),
    next: `mend the rule; ${quoted('docs/rules.md')} describes every setting`,
  });
}
