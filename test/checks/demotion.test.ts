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
  path = 'srv/node_modules/harbour/a.pem',
): boolean {
  const found = hitOf('secrets', { rule, confidence });
  const hit = { ...found, where: { ...found.where, path }, ...(owner && { package: owner }) };
  const context = contextOf({ ownPackages: ownPackages.map(parsePackagePattern) });
  const [finding] = secrets.run(scanWith([hit]), context);
  expect(finding?.package?.manager).toEqual(owner?.manager);
  return finding?.demoted === true;
}

describe('a secret in a file that a package brought', () => {
  test.each([
    ['digest', 'high', true],
    ['digest', 'medium', true],
    ['compiled', 'high', false],
    ['compiled', 'medium', true],
    ['path', 'medium', true],
    ['path', 'high', false],
  ] as const)('vouched for by %s, of confidence %s, is demoted: %s', (by, confidence, demoted) => {
    expect(isDemoted('secrets.sample', confidence, packageOf(by))).toBe(demoted);
  });

  test('is never demoted where it has proven itself a token', () => {
    for (const by of ['digest', 'compiled', 'path'] as const)
      expect(isDemoted('secrets.github-token', 'verified', packageOf(by))).toBe(false);
  });

  test('is demoted where it is a key, also one that parses, if its bytes are vouched for', () => {
    for (const rule of KEY_RULES) expect(isDemoted(rule, 'verified', packageOf('digest'))).toBe(true);
  });

  test.each([
    ['srv/node_modules/ssh2/test/fixtures/id_rsa', true],
    ['node_modules/@acme/ui/docs/tls.md', true],
    ['srv/node_modules/signer/README.md', true],
    ['srv/node_modules/ssh2/key.pem', false],
    ['srv/node_modules/ssh2/lib/key.pem', false],
    ['srv/test/node_modules/ssh2/key.pem', false],
    ['srv/node_modules/test/key.pem', false],
    ['srv/node_modules/@test/docs/key.pem', false],
    ['srv/node_modules/a/test/node_modules/b/key.pem', false],
    ['srv/node_modules/a/latest/key.pem', false],
    ['srv/node_modules/a/key.md.pem', false],
    ['srv/node_modules/a/lib/data.zip!/test/key.pem', false],
    ['srv/node_modules/a/test/data.zip!/key.pem', true],
  ])('is demoted where it is a key and only its path is vouched for, at %s: %s', (path, demoted) => {
    for (const rule of KEY_RULES) {
      for (const confidence of ['verified', 'high', 'medium'] as const)
        expect(isDemoted(rule, confidence, packageOf('path'), [], path)).toBe(demoted);
      expect(isDemoted(rule, 'verified', packageOf('compiled'), [], path)).toBe(demoted);
    }
  });

  test('is demoted where it could not be looked into only if its very bytes are vouched for', () => {
    expect(isDemoted('secrets.unscanned', 'high', packageOf('digest'))).toBe(true);
    for (const by of ['path', 'compiled'] as const)
      expect(isDemoted('secrets.unscanned', 'medium', packageOf(by))).toBe(false);
    expect(isDemoted('secrets.unscanned', 'high', packageOf('digest'), ['deb:*'])).toBe(false);
  });

  test('is not demoted where it stands for others that could not be looked into', () => {
    const hit = hitOf('secrets', { rule: 'secrets.unscanned', confidence: 'high', args: { more: 2 } });
    const [finding] = secrets.run(scanWith([{ ...hit, package: packageOf('digest') }]), contextOf());
    expect(finding).not.toHaveProperty('demoted');
  });

  test('is not demoted where another package that has the same file is one’s own', () => {
    const owner = { ...packageOf('digest', 'pypi'), also: [{ manager: 'conda', name: 'acme-x' }] } as const;
    const hit = { ...hitOf('secrets', { confidence: 'medium' }), package: owner };
    const judge = (pattern: string) =>
      secrets.run(scanWith([hit]), contextOf({ ownPackages: [parsePackagePattern(pattern)] }));
    expect(judge('conda:acme-*')).toMatchObject([{ package: { manager: 'conda', by: 'digest' } }]);
    expect(judge('conda:acme-*')[0]).not.toHaveProperty('demoted');
    expect(judge('conda:other')).toMatchObject([{ package: { manager: 'pypi' }, demoted: true }]);
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
  const known = new Set<string>([...RULE_SET.secrets, ...RULE_SET.files].map(({ id }) => id));
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
