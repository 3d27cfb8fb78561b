import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isInTagRange, isTagRange, parseTagRange } from '../../src/policy/tag-range.ts';

describe('a range of tags', () => {
  test.each([
    ['>=1.25 <2', '1.25.0', true],
    ['>=1.25 <2', '1.99.3', true],
    ['>=1.25 <2', 'v1.30.1', true],
    ['>=1.25 <2', '2.0.0', false],
    ['>=1.25 <2', '1.24.9', false],
    ['>=1.25 <2', '1.25', true],
    ['>=1.25 <2', '1', false],
    ['>=1 <2', '1', true],
    ['>=1.25.3 <2', '1.25', false],
    ['<=1.25.0', '1.25', false],
    ['<1.25.5', '1.25', false],
    ['<=1.25.0', '1.24', true],
    ['^1.2', '1.9.0', true],
    ['~1.2', '1.3.0', false],
    ['1 || 3', '3.1.0', true],
    ['>=1.25 <2', '1.30.1-alpine', false],
    ['>=1.25 <2', '2.0.0-rc.1', false],
    ['>=1.30.1-alpine <2', '1.30.1-alpine', true],
    ['>=1.25 <2', 'latest', false],
    ['>=1.25 <2', '1.30.1 ', false],
    ['>=1.25 <2', '01.30.1', false],
    ['>=1.25 <2', '1.30.1.4', false],
    ['>=1.25 <2', '1.30.1+build', false],
  ])('%s and the tag %s: %s', (range, tag, expected) => {
    expect(isInTagRange(tag, parseTagRange(range))).toBe(expected);
  });

  test.each(['>=x', '* *', '>=0 || ', ' ', '||', '>= ', `>=1 ${' '.repeat(300)}`])('is not %j', (text) => {
    expect(isTagRange(text)).toBe(true);
    expect(() => parseTagRange(text)).toThrow(/no range of versions/);
  });

  test('is told from a tag with stars by its signs', () => {
    for (const tag of ['1.*', 'v1.2.3', '22-bookworm', 'latest', '*']) expect(isTagRange(tag)).toBe(false);
  });

  test('is answered for any tag', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w][\w.-]{0,127}$/), (tag) => {
        expect(isInTagRange(tag, parseTagRange('>=1 <3'))).toBeTypeOf('boolean');
      }),
    );
  });
});
