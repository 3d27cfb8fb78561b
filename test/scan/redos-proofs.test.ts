import { describe, expect, it } from 'vitest';
import { measurePattern } from '../../src/scan/pattern-shape.ts';
import { keptProofs, shippedPatterns } from './shipped-patterns.ts';

describe('the proofs that no pattern can be made slow', () => {
  const kept = keptProofs();
  const shipped = shippedPatterns();

  it('hold one for each pattern that ships; else run `npm run prove:redos`', () => {
    const without = shipped.filter(({ key }) => kept.get(key)?.result !== 'safe');
    expect(without.flatMap(({ ids }) => ids)).toEqual([]);
  });

  it('hold none for what ships no more', () => {
    const keys = new Set(shipped.map(({ key }) => key));
    expect([...kept.keys()].filter((key) => !keys.has(key))).toEqual([]);
  });

  it('are of patterns that are bounded by their shape as well', () => {
    expect(shipped.filter(({ pattern }) => measurePattern(pattern).faults.length > 0)).toEqual([]);
  });
});
