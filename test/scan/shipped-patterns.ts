import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { MINER_SIGNS } from '../../src/scan/miners/signs/all.ts';
import { RULE_SET } from '../../src/scan/rule-set.ts';

// This is recheck in pure JavaScript; its own door would start a program.
const require = createRequire(import.meta.url);
const { checkSync }: typeof import('recheck') = require('recheck/lib/browser.js');

/** A pattern as it runs: at the keyword where it begins with one, else anywhere in a window. */
export interface ShippedPattern {
  /** of the rules that have it */
  readonly ids: readonly string[];
  readonly source: string;
  readonly flags: string;
  /** as the rule has it */
  readonly pattern: RegExp;
  /** 32 hex digits over source and flags */
  readonly key: string;
}

/** What recheck has said of a pattern. */
export interface Proof {
  readonly key: string;
  /** `safe`, or the class of its complexity, or `unknown` where the time was over */
  readonly result: string;
}

/** The results that are kept; made by `npm run prove:redos`. */
export const PROOFS_PATH = new URL('../../testdata/redos-proofs.txt', import.meta.url);

/** Fewer attacks in one generation than recheck's own 500: what is found is found among the first, by the shape alone. */
export const SEARCH = { maxIteration: 2, maxInitialGenerationSize: 50, maxGenerationSize: 30, randomSeed: 1 };

/** All that ship, each once. */
export function shippedPatterns(): readonly ShippedPattern[] {
  const all = new Map<string, ShippedPattern>();
  for (const { id, pattern, isSticky } of patternsOfRules()) {
    const source = isSticky ? `^(?:${pattern.source})` : pattern.source;
    const { flags } = pattern;
    const key = createHash('sha256').update(`${source}\n${flags}`).digest('hex').slice(0, 32);
    const ids = [...(all.get(key)?.ids ?? []), id];
    all.set(key, { ids, source, flags, pattern, key });
  }
  return [...all.values()];
}

function patternsOfRules(): readonly {
  readonly id: string;
  readonly pattern: RegExp;
  readonly isSticky: boolean;
}[] {
  return [
    ...RULE_SET.secrets.map(({ id, pattern, before = 0 }) => ({ id, pattern, isSticky: before === 0 })),
    ...MINER_SIGNS.flatMap(({ id, pattern }) =>
      pattern === undefined ? [] : [{ id, pattern, isSticky: true }],
    ),
  ];
}

/**
 * Asks recheck.
 * @param milliseconds after which the answer is `unknown`
 */
export function prove(
  { source, flags, key }: Pick<ShippedPattern, 'source' | 'flags' | 'key'>,
  milliseconds: number,
): Proof {
  const found = checkSync(source, flags, { ...SEARCH, timeout: milliseconds });
  return { key, result: found.status === 'vulnerable' ? found.complexity.type : found.status };
}

/** The results that are kept, by key. */
export function keptProofs(): ReadonlyMap<string, Proof> {
  if (!existsSync(PROOFS_PATH)) return new Map();
  const lines = readFileSync(PROOFS_PATH, 'utf8').split('\n');
  const rows = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(' '));
  return new Map(rows.map(([key = '', result = '']) => [key, { key, result }]));
}
