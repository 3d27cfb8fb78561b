import { describe, expect, test } from 'vitest';
import { KEY_RULES } from '../../src/checks/demotion.ts';
import { miners } from '../../src/checks/miners.ts';
import { secrets } from '../../src/checks/secrets.ts';
import type { Confidence } from '../../src/model/finding.ts';
import type { PackageManager, VouchingPackage } from '../../src/model/package.ts';
import { matchesPackage, parsePackagePattern } from '../../src/model/package-pattern.ts';
import { RULE_SET } from '../../src/scan/rule-set.ts';
import { contextOf, hitOf, scanWith } from './samples.ts';

function packageOf(
  by: VouchingPackage['by'],
  manager: PackageManager = 'deb',
  name = 'harbour',
): VouchingPackage {
  return { manager, name, version: '1.0', by };
}

/** Whether a finding of this rule and confidence is demoted. */
function isDemoted(
  rule: string,
  confidence: Confidence,
  owner: VouchingPackage | undefined,
  ownPackages: readonly string[] = [],
): boolean {
  const hit = { ...hitOf('secrets', { rule, confidence }), ...(owner && { package: owner }) };
  const context = contextOf({ ownPackages: ownPackages.map(parsePackagePattern) });
  const [finding] = secrets.run(scanWith([hit]), context);
  expect(finding?.package).toEqual(owner);
  return finding?.demoted === true;
}

describe('a secret in a file that a package brought', () => {
  test.each([
    ['digest', 'high', true],
    ['digest', 'medium', true],
    ['compiled', 'high', true],
    ['path', 'medium', true],
    ['path', 'high', false],
  ] as const)('vouched for by %s, of confidence %s, is demoted: %s', (by, confidence, demoted) => {
    expect(isDemoted('secrets.sample', confidence, packageOf(by))).toBe(demoted);
  });

  test('is never demoted where it has proven itself a token', () => {
    for (const by of ['digest', 'compiled', 'path'] as const)
      expect(isDemoted('secrets.github-token', 'verified', packageOf(by))).toBe(false);
  });

  test('is demoted where it is a key, also one that parses', () => {
    for (const rule of KEY_RULES) {
      expect(isDemoted(rule, 'verified', packageOf('digest'))).toBe(true);
      expect(isDemoted(rule, 'verified', packageOf('path'))).toBe(true);
    }
  });

  test('is not demoted in packages of one’s own, and without a package', () => {
    expect(isDemoted('secrets.sample', 'medium', packageOf('digest'), ['deb:harb*'])).toBe(false);
    expect(isDemoted('secrets.private-key', 'verified', packageOf('digest'), ['npm:x', 'deb:*'])).toBe(false);
    expect(isDemoted('secrets.sample', 'medium', packageOf('digest'), ['rpm:harbour'])).toBe(true);
    expect(isDemoted('secrets.sample', 'medium', undefined)).toBe(false);
  });

  test('is not demoted where it is a miner', () => {
    const hit = { ...hitOf('miners', { confidence: 'high' }), package: packageOf('digest') };
    const [finding] = miners.run(scanWith([hit]), contextOf());
    expect(finding).toMatchObject({ package: { name: 'harbour' } });
    expect(finding?.demoted).toBeUndefined();
  });
});

test('every rule for keys is one that there is', () => {
  const known = new Set<string>(RULE_SET.secrets.map(({ id }) => id));
  expect([...KEY_RULES].filter((id) => !known.has(id))).toEqual([]);
});

describe('patterns for packages', () => {
  test.each([
    ['npm:@acme/*', 'npm', '@acme/ui', true],
    ['npm:@acme/*', 'npm', '@acme-evil/ui', false],
    ['deb:acme-*', 'deb', 'acme-agent', true],
    ['deb:acme', 'deb', 'acme-agent', false],
    ['deb:acme', 'rpm', 'acme', false],
    ['deb:Acme', 'deb', 'acme', false],
    ['pypi:acme-tools', 'pypi', 'Acme_Tools', true],
    ['pypi:acme.*', 'pypi', 'acme_tools', true],
  ] as const)('%s fits %s:%s: %s', (pattern, manager, name, fits) => {
    expect(matchesPackage(parsePackagePattern(pattern), { manager, name })).toBe(fits);
  });

  test.each(['acme', 'dpkg:acme', '*:acme', 'deb:', 'deb:a b', `deb:${'a'.repeat(300)}`])(
    '%s is none',
    (text) => {
      expect(() => parsePackagePattern(text)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }));
    },
  );
});
