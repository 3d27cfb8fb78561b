import { describe, expect, test } from 'vitest';
import { keptProofs, prove, shippedPatterns } from './shipped-patterns.ts';

// Run by `npm run test:redos`. What recheck has said of each pattern is kept in testdata/redos-proofs.txt and made by
// `npm run prove:redos`; here it is asked again of some, and of all that are not in there.

/** milliseconds for one pattern; one that takes longer is left to the proof that is kept */
const BUDGET = Number(process.env['REDOS_MILLISECONDS'] ?? 20_000);
/** for the sample of those that have a proof */
const SAMPLE_SECONDS = Number(process.env['REDOS_SECONDS'] ?? 30);
const SEED = Number(process.env['REDOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const kept = keptProofs();
const all = shippedPatterns();
const unproved = all.filter(({ key }) => kept.get(key)?.result !== 'safe');

describe('patterns without a proof', () => {
  test.for(unproved)('cannot be made slow: $ids', { timeout: BUDGET + 60_000 }, (pattern) => {
    expect(prove(pattern, BUDGET).result).toBe('safe');
  });

  test('are the exception', () => {
    expect(unproved.length * 2).toBeLessThan(all.length);
  });
});

describe('a proof that is kept', () => {
  test(`holds when recheck is asked again, seed ${SEED}`, {
    timeout: SAMPLE_SECONDS * 1000 + BUDGET + 60_000,
  }, () => {
    const end = performance.now() + SAMPLE_SECONDS * 1000;
    const results: Record<string, number> = {};
    for (const pattern of shuffled(all, SEED)) {
      if (performance.now() > end) break;
      const { result } = prove(pattern, BUDGET);
      expect(['safe', 'unknown'], pattern.ids.join()).toContain(result);
      results[result] = (results[result] ?? 0) + 1;
    }
    process.stdout.write(`measured: ${JSON.stringify(results)} of ${all.length} patterns, seed ${SEED}\n`);
    expect(results['safe'] ?? 0).toBeGreaterThan(results['unknown'] ?? 0);
  });
});

function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  return list
    .map((value) => ({ value, order: next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}

describe('the proof itself', () => {
  test.each([
    ['nested repetition', '^(?:(a+)+b)', ''],
    ['overlapping alternatives', '^(?:(?:a|a)*b)', ''],
    ['two repetitions of the same letters', '^(?:[a-z]*[a-z]*[a-z]*!)', 'i'],
    ['two long repetitions, bounded', '^(?:key[a-z]{0,2000}[a-z_]{0,2000}[a-z]{0,2000}!)', 'i'],
    ['the end of a token that is sought from everywhere', 'key[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*\\.x', ''],
  ])('sees %s', (_name, source, flags) => {
    const { result } = prove({ source, flags, key: '' }, 20_000);
    expect(['polynomial', 'exponential']).toContain(result);
  });
});
