import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { NOW } from '../checks/samples.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'policy-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function load(yaml: string): Promise<Policy> {
  writeFileSync(join(dir, 'pratique.yaml'), `version: 1\n${yaml}\n`);
  return loadPolicy({ cwd: dir, file: 'pratique.yaml', env: {}, now: NOW });
}

const HEX = 'ab'.repeat(32);

describe('bases in a policy', () => {
  test('are none, and their findings fail, where nothing is said', async () => {
    expect(await load('')).toMatchObject({ bases: [], baseFindings: 'fail' });
  });

  test('are images, patterns and chains, in their order', async () => {
    const { bases, images, baseFindings } = await load(
      `bases:
  - debian:12
  - ghcr.io/acme/base@sha256:${HEX}
  - ghcr.io/acme/*
  - {name: golden, created: 2026-10-01, diff-ids: ["sha256:${HEX}"]}
base-findings: warn
images: [{match: "**", base-max-age: 30d}]`,
    );
    expect(bases.map(({ kind, name }) => [kind, name])).toEqual([
      ['image', 'docker.io/library/debian:12'],
      ['image', `ghcr.io/acme/base@sha256:${HEX}`],
      ['pattern', 'ghcr.io/acme/*'],
      ['chain', 'golden'],
    ]);
    expect(bases[3]).toMatchObject({ created: '2026-10-01T00:00:00Z', diffIds: [`sha256:${HEX}`] });
    expect(baseFindings).toBe('warn');
    expect(images[0]?.baseMaxAgeSeconds).toBe(30 * 86_400);
  });

  test.each([
    ['bases: [debian]', 'no tag and no digest'],
    ['bases: ["**"]', 'begins with a host'],
    ['bases: ["*.example.com/base:*"]', 'begins with a host'],
    ['bases: ["ghcr.io:*/acme/*"]', 'begins with a host'],
    ['bases: ["*/base:1"]', 'could be a host'],
    ['bases: ["debian:"]', 'can be no tag'],
    ['bases: []', 'name at least one base'],
    ['bases: [{name: a, diff-ids: []}]', 'at least one layer'],
    ['bases: [{name: a, diff-ids: ["sha512:00"]}]', 'a diffID is sha256:'],
    ['bases: [{name: a, diff-ids: ["sha256:00"], layers: 1}]', 'layers'],
    ['base-findings: off', 'base-findings'],
  ])('%s is refused', async (yaml, why) => {
    await expect(load(yaml)).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      problem: { why: expect.stringContaining(why) },
    });
  });

  test('are in the digest of the policy, and so is what their findings weigh', async () => {
    const texts = [
      '',
      'bases: [debian:12]',
      'bases: [debian:13]',
      'bases: ["docker.io/library/debian:*"]',
      'bases: [debian:12, debian:13]',
      'bases: [debian:13, debian:12]',
      `bases: [{name: a, diff-ids: ["sha256:${HEX}"]}]`,
      `bases: [{name: a, diff-ids: ["sha256:${HEX}"], created: 2026-10-01}]`,
      'base-findings: warn',
      'images: [{match: "**"}]',
      'images: [{match: "**", base-max-age: 30d}]',
    ];
    const digests: string[] = [];
    for (const text of texts) digests.push((await load(text)).stamp.digest);
    expect(new Set(digests).size).toBe(texts.length);
  });
});
