import { describe, expect, it } from 'vitest';
import { measurePattern } from '../../src/scan/pattern-shape.ts';

describe('measurePattern', () => {
  it.each([
    [/abc/, 3, 3, 0],
    [/a{2,5}b?/, 2, 6, 0],
    [/(?:ab|cd){3}x|yy/, 2, 7, 0],
    [/(?<![A-Za-z])(?<secret>k_[a-z0-9]{36})(?![a-z])/, 38, 38, 1],
    [/(?<=%[0-9A-F]{2})\x41\u0042\]\\/, 4, 4, 3],
    [/[\]a-c\\]{4}\bq/, 5, 5, 1],
  ])('measures %s', (pattern, shortest, longest, beyond) => {
    expect(measurePattern(pattern)).toEqual({ shortest, longest, beyond, faults: [] });
  });

  it.each([
    [/a+/, 'without a bound'],
    [/a*b/, 'without a bound'],
    [/a{3,}/, 'without a bound'],
    [/(?:a{1,3}b){2,4}/, 'length varies'],
    [/(?:a|bc){2,9}/, 'length varies'],
    [/(?:ab?){7}/, 'length varies'],
    [/(?<x>a)\k<x>/, 'reference back'],
    [/(a)\1/, 'reference back'],
    [/(a)b/, 'not the secret'],
    [/(?<other>a)b/, 'not the secret'],
    [/^a/, 'anchor'],
    [/a$/, 'anchor'],
  ])('finds fault with %s', (pattern, fault) => {
    expect(measurePattern(pattern).faults.join()).toContain(fault);
  });
});
