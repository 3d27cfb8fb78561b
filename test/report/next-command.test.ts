import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandFor, nameToType, pinnedName } from '../../src/report/next-command.ts';
import { hostileText, hostileVerdict } from '../support/arbitrary-verdicts.ts';
import { digestOf, sampleFinding, sampleVerdict } from '../support/sample-verdicts.ts';

const PINNED = `ghcr.io/acme/shop@${digestOf('a')}`;

describe('the command for a finding', () => {
  test.each([
    ['secrets.github-token', 'pratique explain secrets.github-token'],
    ['miners.xmrig', 'pratique explain miners.xmrig'],
    ['provenance.missing', 'pratique explain provenance.missing'],
    ['signature.missing', `cosign sign ${PINNED}`],
    ['hygiene.pinned-reference', `docker pull ${PINNED}`],
    ['name.not-allowed', 'pratique explain ghcr.io/acme/shop:1.4.2'],
  ])('of %s is %s', (rule, command) => {
    expect(commandFor(sampleFinding({ rule }), sampleVerdict())).toBe(command);
  });

  test('of a lookalike is to check the name that was meant', () => {
    const finding = sampleFinding({ rule: 'name.lookalike', args: { meant: 'docker.io/library/nginx' } });
    expect(commandFor(finding, sampleVerdict())).toBe('pratique check docker.io/library/nginx');
  });

  test('never holds more than plain words: nobody copies a second command with it', () => {
    const rule = fc.oneof(
      hostileText,
      fc.constantFrom(
        'name.lookalike',
        'name.denied',
        'signature.missing',
        'secrets.x; rm -rf /',
        'hygiene.latest-tag',
      ),
    );
    fc.assert(
      fc.property(hostileVerdict, rule, hostileText, (verdict, id, meant) => {
        const command = commandFor(sampleFinding({ rule: id, args: { meant } }), verdict);
        if (command !== undefined)
          expect(command).toMatch(/^(?:pratique (?:explain|check)|cosign sign|docker pull) \w[\w.:/@-]*$/);
        expect(nameToType(verdict)).toMatch(/^\w[\w.:/@-]*$/);
      }),
      { numRuns: 300 },
    );
  });

  test('explains the name that an image of the local engine has, and no folder', () => {
    const named = (name: string) =>
      commandFor(sampleFinding({ rule: 'name.not-allowed' }), sampleVerdict({ name }));
    expect(named('docker-daemon:nginx:1')).toBe('pratique explain nginx:1');
    expect(named('oci:./build')).toBeUndefined();
  });

  test('takes no name for an option', () => {
    for (const name of ['--policy=x', '--quiet', '-q', `a${'b'.repeat(1000)}`]) {
      const verdict = sampleVerdict({ name });
      expect(commandFor(sampleFinding({ rule: 'name.denied' }), verdict)).toBeUndefined();
      expect(nameToType(verdict)).toBe('IMAGE');
    }
  });
});

test('only what is in a registry, and was resolved, is pinned', () => {
  expect(pinnedName(sampleVerdict())).toBe(PINNED);
  expect(pinnedName(sampleVerdict({ name: 'docker://ghcr.io/acme/shop:2' }))).toBe(PINNED);
  for (const name of ['oci:./build:latest', 'docker-daemon:nginx', 'docker-daemon:nginx:1'])
    expect(pinnedName(sampleVerdict({ name }))).toBeUndefined();
  expect(pinnedName(sampleVerdict({ name: 'A B' }))).toBeUndefined();
  const { subject: _, ...unresolved } = sampleVerdict();
  expect(pinnedName(unresolved)).toBeUndefined();
});
