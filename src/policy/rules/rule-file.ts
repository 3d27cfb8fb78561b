import { z } from 'zod';
import type { Allowance, CustomRule } from '../../model/custom-rule.ts';
import { parsePathPattern } from '../../model/path-pattern.ts';
import { printable } from '../../model/printable.ts';
import { parsed } from '../schema-parts.ts';
import type { Path, YamlFile } from '../yaml-places.ts';

const words = z.string().trim().min(1, 'a word is needed here');
const text = z.string().min(1, 'a text is needed here');
const pathPattern = parsed(parsePathPattern);
const keyword = text.regex(/^[\x21-\x7e][\x20-\x7e]{2,99}$/, 'a keyword is 3 to 100 characters of ASCII');

const rule = z.strictObject({
  id: z
    .string()
    .max(100, 'an id has at most 100 characters')
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'an id has lower-case letters, digits and dashes: acme-deploy-token')
    .describe('Findings and levels name it as secrets.custom-ID'),
  what: words.describe('What it finds, as a noun phrase'),
  keywords: z
    .array(keyword)
    .min(1, 'name at least one keyword, or leave keywords out')
    .optional()
    .describe(
      'One of them stands near every match, in any case; without any the pattern runs over every byte',
    ),
  pattern: text.describe('RE2 syntax, over bytes'),
  secret: z
    .union([words, z.int('a group is a name or a number').min(0, 'a group is a name or a number')])
    .optional()
    .describe(
      'The group that is the secret, by name or number; default: the first that takes part, else all',
    ),
  entropy: z
    .number()
    .min(0, 'bits per character, 0 to 8')
    .max(8, 'bits per character, 0 to 8')
    .optional()
    .describe('Bits per character that the secret must have more of'),
  paths: z.array(pathPattern).min(1, 'name at least one path, or leave paths out').optional(),
  'except-paths': z.array(pathPattern).optional(),
  allow: z
    .strictObject({
      words: z.array(text).optional().describe('In the secret, in any case'),
      patterns: z.array(text).optional().describe('RE2 syntax, in the secret'),
    })
    .optional()
    .describe('Values that are none'),
  severity: z.enum(['info', 'low', 'medium', 'high', 'critical']).optional(),
  confidence: z.enum(['low', 'medium', 'high']).optional().describe('low only warns'),
  remedy: words.optional().describe('What to do about it, as an imperative sentence'),
  examples: z.array(text).min(1, 'a rule is proved by at least one example').describe('Texts that it finds'),
  'counter-examples': z.array(text).optional().describe('Texts that it does not find'),
});

/** A file of rules, as it is written. Unknown settings are refused: a mistyped one would guard nothing. */
export const ruleFile = z.strictObject({
  version: z.literal(1, 'this version reads rules of version 1'),
  rules: z.array(rule).min(1, 'there is no rule in it'),
});

type RuleWritten = z.infer<typeof rule>;

/** What to do about a secret, where its rule says nothing of it. */
export const REMEDY = 'Revoke the secret, then build without it';

/** The rules of a file that the schema has taken. */
export function rulesOf({ rules }: z.infer<typeof ruleFile>, file: YamlFile): readonly CustomRule[] {
  return rules.map((written, index) => ruleOf(written, file, ['rules', index]));
}

function ruleOf(written: RuleWritten, file: YamlFile, path: Path): CustomRule {
  const { secret, allow } = written;
  return {
    id: `secrets.custom-${written.id}`,
    what: printable(written.what, 200),
    keywords: (written.keywords ?? []).map((one) => one.toLowerCase()),
    pattern: written.pattern,
    ...(secret === undefined ? {} : { secret }),
    entropy: written.entropy ?? 0,
    paths: (written.paths ?? []).map(parsePathPattern),
    exceptPaths: (written['except-paths'] ?? []).map(parsePathPattern),
    allow: allow === undefined ? [] : [allowanceOf(allow)],
    severity: written.severity ?? 'high',
    confidence: written.confidence ?? 'high',
    remedy: printable(written.remedy ?? REMEDY, 300),
    tags: [],
    examples: written.examples,
    counterExamples: written['counter-examples'] ?? [],
    places: placesOf(written, file, path),
    shown: file.shown,
  };
}

function allowanceOf({ words: spared = [], patterns = [] }: NonNullable<RuleWritten['allow']>): Allowance {
  return {
    all: false,
    target: 'secret',
    patterns,
    words: spared.map((word) => word.toLowerCase()),
    paths: [],
  };
}

function placesOf(written: RuleWritten, file: YamlFile, path: Path): ReadonlyMap<string, string> {
  const at = (...below: Path) => file.placeOf([...path, ...below]);
  return new Map([
    ['', at()],
    ['pattern', at('pattern')],
    ['secret', at('secret')],
    ...written.examples.map((_, index) => [`examples.${index}`, at('examples', index)] as const),
    ...(written['counter-examples'] ?? []).map(
      (_, index) => [`counter-examples.${index}`, at('counter-examples', index)] as const,
    ),
    ...(written.allow?.patterns ?? []).map(
      (_, index) => [`allow.0.regexes.${index}`, at('allow', 'patterns', index)] as const,
    ),
  ]);
}
