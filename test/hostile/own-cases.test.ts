import { describe, expect, it } from 'vitest';
import { allCases } from '../../testdata/hostile/cases.ts';
import { nameOfBytes, type Outcome, readOutcomes } from '../../testdata/hostile/outcomes.ts';
import { REFUSED } from './exceptions.ts';
import { shouldSee } from './rule.ts';
import { type SeenByUs, seeWithUs } from './seen-by-us.ts';

const CASES = allCases();
const { about, cases: OUTCOMES } = readOutcomes();
/** Milliseconds for one case. */
const PATIENCE = 10_000;

function outcomeOf(name: string): Outcome {
  const outcome = OUTCOMES.get(name);
  if (outcome === undefined) throw new Error(`${name} was never measured: node testdata/hostile/measure.ts`);
  return outcome;
}

function trees(seen: SeenByUs): readonly string[] {
  return typeof seen === 'string' ? [] : seen.map(({ files }) => files.join('\n'));
}

describe(`hostile images, as measured on ${about['measured']} with ${about['containerd']}`, () => {
  it('are at least 250, in every group, each with an outcome, and no outcome without a case', () => {
    expect(CASES.size).toBeGreaterThanOrEqual(250);
    expect([...OUTCOMES.keys()].sort()).toEqual([...CASES.keys()].sort());
    expect(new Set([...CASES.values()].map(({ group }) => group)).size).toBe(6);
  });

  it.each([...CASES])('%s: seen as it runs, or refused', { timeout: PATIENCE }, async (name, one) => {
    const outcome = outcomeOf(name);
    const files = one.files();
    if (outcome.bytes !== undefined) expect(nameOfBytes(files), 'measure it again').toBe(outcome.bytes);
    const expected = shouldSee(one, outcome);
    const seen = await seeWithUs(files);
    if (expected === 'refused' || REFUSED.has(name)) {
      expect(seen, 'a fault with a code').toBeTypeOf('string');
      expect(seen).not.toBe('INTERNAL');
    } else {
      expect(trees(seen), String(seen)).toContain(expected.join('\n'));
      requireSkopeosChoice(seen, outcome);
    }
  });

  it('every exception is one: runtimes run it alike', () => {
    const others = [...REFUSED.keys()].filter((name) => {
      const one = CASES.get(name);
      return one === undefined || shouldSee(one, outcomeOf(name)) === 'refused';
    });
    expect(others).toEqual([]);
  });
});

/** What skopeo would copy is among what we look at. */
function requireSkopeosChoice(seen: SeenByUs, { skopeo }: Outcome): void {
  if (typeof seen === 'string' || !/^[0-9a-f]{8}$/.test(skopeo)) return;
  expect(seen.map(({ manifest }) => manifest)).toContain(skopeo);
}
