import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatImagePattern } from '../../src/model/image-pattern.ts';
import { formatPackagePattern } from '../../src/model/package-pattern.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { NOW, publicKey } from '../checks/samples.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'policy-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** The policy of a file that extends a baseline. */
function extended(baseline: string, own: string): Promise<Policy> {
  writeFileSync(join(dir, 'base.yaml'), `version: 1\n${baseline}`);
  writeFileSync(join(dir, 'own.yaml'), `version: 1\nextends: base.yaml\n${own}`);
  writeFileSync(join(dir, 'key.pub'), publicKey());
  return loadPolicy({ cwd: dir, file: 'own.yaml', env: {}, now: NOW });
}

describe('a file that extends another', () => {
  test('has everything that the other says', async () => {
    const policy = await extended(
      'name: base\nsources: {allow: [ghcr.io/acme/**], deny: [nginx], require-digest: deploy}\nsigners: {a: {key: key.pub}}\nchecks: {hygiene.root-user: fail}\nlimits: {layers: 50}',
      'sources: {deny: ["**:latest"]}\nimages: [{match: "**", signed-by: [a]}]',
    );
    expect(policy.stamp.name).toBe('base');
    expect(policy.sources?.allow.map(({ pattern }) => formatImagePattern(pattern))).toEqual([
      'ghcr.io/acme/**',
    ]);
    expect(policy.sources?.deny.map(formatImagePattern)).toEqual(['docker.io/library/nginx', '**:latest']);
    expect(policy.sources?.requireDigest).toBe('deploy');
    expect(policy.images[0]?.signedBy[0]?.name).toBe('a');
    expect(policy.checks.get('hygiene.root-user')?.level).toBe('fail');
    expect(policy.limits.layers).toBe(50);
  });

  test('has the own packages of both', async () => {
    const policy = await extended('own-packages: ["deb:acme-*"]', 'own-packages: ["npm:@acme/*"]');
    expect(policy.ownPackages.map(formatPackagePattern)).toEqual(['deb:acme-*', 'npm:@acme/*']);
    const without = await extended('own-packages: ["deb:acme-*"]', '');
    expect(policy.stamp.digest).not.toBe(without.stamp.digest);
    await expect(extended('', 'own-packages: ["dpkg:acme"]')).rejects.toMatchObject({
      code: 'POLICY_INVALID',
    });
  });

  test.each([
    ['sources: {allow: [a/b]}', 'sources: {require-digest: always}'],
    ['checks: {secrets: warn}', 'checks: {secrets: fail}'],
    ['checks: {secrets: warn}', 'checks: {secrets.github-token: fail}'],
    ['', 'checks: {hygiene.root-user: fail, hygiene.admin-ports: {level: fail, fail-from: medium}}'],
    ['limits: {layers: 50}', 'limits: {layers: 49, entries: 5}'],
    ['verdict: {attest: {valid-for: 3d}}', 'verdict: {attest: {valid-for: 2d, push: none}}'],
    ['', 'lookalikes: {max-distance: 2}'],
    ['', 'lookalikes: {protect: [builtin:popular-500]}'],
    ['', 'images: [{match: "**", max-age: 5d, checks: {hygiene.root-user: fail}}]'],
    ['', 'signers: {a: {key: key.pub}}'],
  ])('%s may be tightened by %s', async (baseline, own) => {
    await expect(extended(baseline, own)).resolves.toBeDefined();
  });

  test.each([
    ['sources.allow', 'sources: {allow: [a/b]}', 'sources: {allow: [a/c]}', 'sources'],
    ['sources.allow', '', 'sources: {allow: [a/c]}', 'sources'],
    [
      'sources.allow',
      'sources: {require-digest: always}',
      'sources: {require-digest: deploy}',
      'sources.require-digest',
    ],
    ['lookalikes.protect', '', 'lookalikes: {protect: [ghcr.io/evil/x]}', 'lookalikes.protect'],
    ['lookalikes.protect', '', 'lookalikes: {protect: [ghcr.io/evil/**]}', 'lookalikes.protect'],
    [
      'lookalikes.protect',
      'lookalikes: {max-distance: 2}',
      'lookalikes: {max-distance: 1}',
      'lookalikes.max-distance',
    ],
    ['checks', '', 'lookalikes: {action: warn}', 'checks.name.lookalike'],
    ['checks', '', 'checks: {secrets: warn}', 'checks.secrets'],
    ['checks', '', 'checks: {secrets.github-token: off}', 'checks.secrets.github-token'],
    [
      'checks',
      'checks: {hygiene.root-user: fail}',
      'checks: {hygiene.root-user: warn}',
      'checks.hygiene.root-user',
    ],
    ['checks', '', 'checks: {secrets: {level: fail, fail-from: high}}', 'checks.secrets.fail-from'],
    ['checks', '', 'checks: {hygiene.admin-ports: {level: fail, ports: [1]}}', 'checks.hygiene.admin-ports'],
    ['checks', '', 'images: [{match: "**", checks: {secrets: off}}]', 'images.0.checks.secrets'],
    [
      'checks',
      'checks: {secrets: warn, secrets.github-token: fail}',
      'images: [{match: "**", checks: {secrets: warn}}]',
      'images.0.checks.secrets',
    ],
    ['images', 'images: [{match: "**", max-age: 5d}]', 'images: [{match: a/b}]', 'images'],
    ['bases', '', 'bases: [debian:12]', 'bases'],
    ['bases', 'bases: [debian:12]', 'bases: [debian:13]', 'bases'],
    ['bases', '', 'base-findings: warn', 'base-findings'],
    [
      'admit',
      'signers: {ci: {issuer: "https://a.test", identity: "https://a.test/b"}}',
      'admit: [{signer: ci}]',
      'admit',
    ],
    ['exceptions', '', 'exceptions: [{rule: secrets, reason: a, owner: b, until: 2027-01-01}]', 'exceptions'],
    ['limits', '', 'limits: {layers: 501}', 'limits.layers'],
    ['verdict', '', 'verdict: {attest: {valid-for: 8d}}', 'verdict.attest.valid-for'],
    ['verdict', 'verdict: {attest: {sign: key}}', 'verdict: {attest: {sign: none}}', 'verdict.attest.sign'],
  ])('may loosen it only where it says open: [%s]: %j, %j', async (opening, baseline, own, path) => {
    await expect(extended(baseline, own)).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      problem: {
        why: expect.stringMatching(new RegExp(`^own\\.yaml:\\d+:\\d+ ${path}: .*open: \\[${opening}\\]$`)),
      },
    });
    await expect(extended(`open: [${opening}]\n${baseline}`, own)).resolves.toBeDefined();
    const others = [
      'sources.allow',
      'lookalikes.protect',
      'images',
      'checks',
      'exceptions',
      'limits',
      'verdict',
      'bases',
      'admit',
    ];
    const rest = others.filter((one) => one !== opening).join(', ');
    await expect(extended(`open: [${rest}]\n${baseline}`, own)).rejects.toMatchObject({
      code: 'POLICY_INVALID',
    });
  });

  test('puts its rules for images before those of an open baseline', async () => {
    const policy = await extended('open: [images]\nimages: [{match: "**"}]', 'images: [{match: a/b}]');
    expect(policy.images.map(({ match }) => formatImagePattern(match))).toEqual(['docker.io/a/b', '**']);
  });

  test('cannot name a signer again', async () => {
    await expect(extended('signers: {a: {key: key.pub}}', 'signers: {a: {key: key.pub}}')).rejects.toThrow(
      'has a signer of that name',
    );
  });

  test('opens no more than the other has opened', async () => {
    writeFileSync(join(dir, 'root.yaml'), 'version: 1');
    const list = 'sources: {allow: [a/b]}';
    await expect(extended('extends: root.yaml\nopen: [sources.allow]', list)).rejects.toThrow('sources');
    writeFileSync(join(dir, 'root.yaml'), 'version: 1\nopen: [sources.allow]');
    await expect(extended('extends: root.yaml\nopen: [sources.allow]', list)).resolves.toBeDefined();
    await expect(extended('extends: root.yaml', list)).rejects.toThrow('sources');
  });

  test('finds the keys and lists of each file beside that file', async () => {
    await expect(extended('signers: {a: {key: nowhere.pub}}', '')).rejects.toThrow(
      'base.yaml:2:20 signers.a.key',
    );
  });

  test('does not run in a circle, and not on without end', async () => {
    await expect(extended('extends: own.yaml', '')).rejects.toThrow('in a circle');
    await expect(extended('extends: base.yaml', '')).rejects.toThrow('in a circle');
    for (let n = 0; n < 12; n += 1)
      writeFileSync(join(dir, `${n}.yaml`), `version: 1\nextends: ${n + 1}.yaml`);
    await expect(extended('extends: 0.yaml', '')).rejects.toThrow('more than 8 files');
    await expect(extended('extends: nowhere.yaml', '')).rejects.toMatchObject({ code: 'POLICY_NOT_FOUND' });
  });
});
