import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { MINER_SIGNS } from '../../src/scan/miner-signs.ts';
import { measurePattern } from '../../src/scan/pattern-shape.ts';
import { RULE_SET } from '../../src/scan/rule-set.ts';

// Run by `npm run test:redos`: it takes minutes. This is recheck in pure JavaScript; its own door would start a program.
const require = createRequire(import.meta.url);
const { checkSync }: typeof import('recheck') = require('recheck/lib/browser.js');

/** milliseconds for one pattern; what is not proved by then rests on its shape alone */
const BUDGET = Number(process.env['REDOS_MILLISECONDS'] ?? 1000);
/** for all together; the patterns that are not reached by then are skipped, and counted */
const END = performance.now() + 60_000 * Number(process.env['REDOS_MINUTES'] ?? 20);

/** A pattern as it runs: at the keyword where it begins with one, else anywhere in a window. */
interface Shipped {
  readonly id: string;
  readonly source: string;
  readonly flags: string;
  readonly pattern: RegExp;
}

const PATTERNS: readonly Shipped[] = [
  ...RULE_SET.secrets.map(({ id, pattern, before = 0 }) => shipped(id, pattern, before === 0)),
  ...MINER_SIGNS.flatMap(({ id, pattern }) => (pattern === undefined ? [] : [shipped(id, pattern, true)])),
];

function shipped(id: string, pattern: RegExp, sticky: boolean): Shipped {
  const source = sticky ? `^(?:${pattern.source})` : pattern.source;
  return { id, source, flags: pattern.flags, pattern };
}

describe('a pattern that ships', () => {
  const tally = { safe: 0, 'not finished': 0 };

  test.for(PATTERNS)('cannot be made slow: $id', ({ source, flags, pattern }, { skip }) => {
    skip(performance.now() > END, 'not reached in the time for all');
    const found = checkSync(source, flags, { timeout: BUDGET, randomSeed: 1 });
    tally[found.status === 'safe' ? 'safe' : 'not finished']++;
    expect(found.status === 'vulnerable' ? found.complexity.summary : 'none was found').toBe(
      'none was found',
    );
    expect(measurePattern(pattern).faults).toEqual([]);
  });

  test('is proved safe in most cases', () => {
    process.stdout.write(
      `measured: ${JSON.stringify(tally)} of ${PATTERNS.length} patterns within ${BUDGET} ms each\n`,
    );
    expect(tally.safe).toBeGreaterThan(tally['not finished']);
  });
});

describe('the proof itself', () => {
  test.each([
    ['nested repetition', '^(?:(a+)+b)', ''],
    ['overlapping alternatives', '^(?:(?:a|a)*b)', ''],
    ['two repetitions of the same letters', '^(?:[a-z]*[a-z]*[a-z]*!)', 'i'],
  ])('sees %s', (_name, source, flags) => {
    expect(checkSync(source, flags, { timeout: 10_000 }).status).toBe('vulnerable');
  });
});
