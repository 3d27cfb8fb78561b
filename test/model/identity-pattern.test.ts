import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  matchesIdentity,
  requireIdentityPattern,
  requireTextPattern,
} from '../../src/model/identity-pattern.ts';

const WORKFLOW = 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3';

describe('a pattern for identities', () => {
  test.each([
    WORKFLOW,
    'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v*',
    'https://github.com/acme/*/.github/workflows/release.yml@refs/tags/*',
    'https://github.com/acme/app/.github/workflows/*@refs/tags/v1.*.3',
  ])('%s stands for the workflow', (pattern) => {
    expect(() => requireIdentityPattern(pattern)).not.toThrow();
    expect(matchesIdentity(pattern, WORKFLOW)).toBe(true);
  });

  test.each([
    ['a prefix', 'https://github.com/acme/app'],
    ['a substring', 'acme/app'],
    ['nothing', ''],
    [
      'a dot that stands for any character',
      'https://githubxcom/acme/app/.github/workflows/release.yml@refs/tags/v*',
    ],
    ['a regular expression', 'https://github.com/acme/.+'],
    ['a star over several parts', 'https://github.com/acme/*'],
    ['a star over the workflow and its ref', 'https://github.com/acme/app/.github/workflows/*'],
    ['another case', WORKFLOW.replace('acme', 'Acme')],
    ['a ref cut short', WORKFLOW.slice(0, -1)],
  ])('is not met by %s', (_what, pattern) => {
    expect(matchesIdentity(pattern, WORKFLOW)).toBe(false);
  });

  test.each([
    `https://evil.example/?${WORKFLOW}`,
    `${WORKFLOW}/x`,
    `${WORKFLOW} `,
    WORKFLOW.replace('/app/', '/app-evil/'),
    WORKFLOW.replace('github.com', 'github.com@evil.example'),
  ])('of one workflow is not met by %s', (identity) => {
    expect(matchesIdentity(WORKFLOW, identity)).toBe(false);
  });

  test('of a domain is met by its addresses only', () => {
    expect(matchesIdentity('*@acme.example', 'jo@acme.example')).toBe(true);
    expect(matchesIdentity('*@acme.example', 'jo@evil.example@acme.example')).toBe(false);
    expect(matchesIdentity('*@acme.example', 'jo@acme.example.evil')).toBe(false);
  });

  test.each([
    ['*', 'no star'],
    ['ci@*', 'no star'],
    ['*@*.example', 'no star'],
    ['https://*/acme/app', 'no star'],
    ['https://*.github.com/acme/app', 'no star'],
    ['*://github.com/acme/app', 'no star'],
    ['https://github.com/acme/**', 'write *'],
    ['https://github.com/acme/a b', 'ASCII'],
    ['https://github.com/äcme', 'ASCII'],
    ['x'.repeat(1025), 'longer'],
  ])('cannot be %s', (pattern, why) => {
    expect(() => requireIdentityPattern(pattern)).toThrow(why);
  });

  test('without a star is met by itself and by nothing else', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '/', '@', '.'), maxLength: 12 });
    fc.assert(fc.property(texts, texts, (one, other) => matchesIdentity(one, other) === (one === other)));
  });
});

describe('a pattern for what a certificate says', () => {
  test.each([
    'refs/tags/v*',
    'refs/*/main',
    '*',
    'push',
    'Release it',
    '*/app',
    'https://github.com/*/*',
    'git@host:a/*',
  ])('can be %s', (pattern) => {
    expect(() => requireTextPattern(pattern)).not.toThrow();
  });

  test.each([
    ['https://*/acme', 'no star'],
    ['https://github.*/acme', 'no star'],
    ['http*://github.com/acme', 'no star'],
    ['*://github.com/acme', 'no star'],
    ['*//github.com/acme', 'no star'],
    ['https:*/*/acme', 'no star'],
    ['https:/*/github.com/acme', 'no star'],
    ['*/*/*/acme', 'no star'],
    ['refs/**', 'write *'],
    [' push', 'ASCII'],
    ['push ', 'ASCII'],
    ['', 'ASCII'],
    ['pu\nsh', 'ASCII'],
    ['x'.repeat(1025), 'longer'],
  ])('cannot be %s', (pattern, why) => {
    expect(() => requireTextPattern(pattern)).toThrow(why);
  });

  test('never stands for two hosts', () => {
    const unit = fc.constantFrom('*', '/', ':', 'https:', '//', 'a', '@');
    const patterns = fc.array(unit, { minLength: 1, maxLength: 9 }).map((parts) => parts.join(''));
    const hosts = ['https://good.example', 'https://evil.example'];
    fc.assert(
      fc.property(patterns, fc.constantFrom('', '/a', '/a/a', '/a@a'), (pattern, path) => {
        try {
          requireTextPattern(pattern);
        } catch {
          return;
        }
        expect(hosts.filter((host) => matchesIdentity(pattern, host + path)).length).toBeLessThan(2);
      }),
      { numRuns: 3000 },
    );
  });
});
