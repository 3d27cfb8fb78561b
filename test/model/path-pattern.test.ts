import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchesStars } from '../../src/model/glob.ts';
import { matchesPath, parsePathPattern } from '../../src/model/path-pattern.ts';

describe('matchesPath', () => {
  test.each([
    ['etc/ssl/private/snakeoil.key', 'etc/ssl/private/snakeoil.key'],
    ['/etc/ssl/*.key', 'etc/ssl/a.key'],
    ['usr/share/**', 'usr/share/doc/a/b'],
    ['**/test/**', 'a/b/test/c'],
    ['**/test/**', 'test/c'],
    ['**', 'a'],
    ['**/*.pem', 'a.pem'],
    ['opt/app.jar!/**/a.yml', 'opt/app.jar!/conf/a.yml'],
    ['a*b*c', 'aXbXbXc'],
  ])('%s is met by %s', (pattern, path) => {
    expect(matchesPath(parsePathPattern(pattern), path)).toBe(true);
  });

  test.each([
    ['etc/ssl', 'etc/ssl/a.key'],
    ['etc/ssl/*.key', 'etc/ssl/x/a.key'],
    ['usr/share/**', 'usr/share'],
    ['usr/share/**', 'usr/share2/x'],
    ['a.b', 'axb'],
    ['a[bc]', 'ab'],
  ])('%s is not met by %s', (pattern, path) => {
    expect(matchesPath(parsePathPattern(pattern), path)).toBe(false);
  });

  test.each(['', '/', 'a//b', 'a/../b', './a', 'a/b**', 'a/'])('%j is no pattern', (text) => {
    expect(() => parsePathPattern(text)).toThrow('not a pattern for paths');
  });
});

describe('matchesStars', () => {
  test('agrees with a regular expression on short texts', () => {
    const pattern = fc.stringMatching(/^[ab*]{0,6}$/);
    const text = fc.stringMatching(/^[ab]{0,8}$/);
    fc.assert(
      fc.property(pattern, text, (glob, value) => {
        expect(matchesStars(glob, value)).toBe(new RegExp(`^${glob.replaceAll('*', '[ab]*')}$`).test(value));
      }),
      { numRuns: 1000 },
    );
  });

  test('ends on a pattern that makes a backtracking matcher run for years', () => {
    expect(matchesStars(`${'a*'.repeat(40)}b`, 'a'.repeat(400))).toBe(false);
  });
});
