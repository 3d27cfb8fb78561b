import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readOwnRules } from '../../src/cli/opened-image.ts';
import { PratiqueError } from '../../src/errors.ts';
import { createGate } from '../../src/gate.ts';
import { parseTarget } from '../../src/model/target.ts';
import { createOpener } from '../../src/opener.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { NOW } from '../checks/samples.ts';

const RULE = 'rule Acme_One { condition: filesize > 1 }';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'yara-'));
  mkdirSync(join(dir, '.git'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** The policy of `pratique.yaml`, with these files beside it. */
function load(policy: string, files: Readonly<Record<string, string>> = {}): Promise<Policy> {
  for (const [name, text] of Object.entries({ ...files, 'pratique.yaml': `version: 1\n${policy}` })) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return loadPolicy({ cwd: dir, env: {}, now: NOW });
}

async function faultsOf(policy: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const thrown: unknown = await load(policy, files).catch((error: unknown) => error);
  if (!(thrown instanceof PratiqueError)) throw new Error('the policy was taken');
  expect(thrown.code).toBe('POLICY_INVALID');
  return thrown.problem.why ?? '';
}

describe('yara in a policy', () => {
  test('names files and folders of rules; what is not said has a default', async () => {
    const policy = await load('yara: { rules: [one.yar, ./more/, more/b.yara] }', {
      'one.yar': RULE,
      'more/b.yara': RULE,
      'more/deep/c.YAR': RULE,
      'more/README.md': 'not a rule',
    });
    expect(policy.yara).toEqual({
      sources: ['one.yar', 'more/b.yara', 'more/deep/c.YAR'].map((shown) => ({ shown, text: RULE })),
      severity: 'high',
      files: 'programs',
      largerFiles: 'undecided',
    });
    const said = 'yara: { rules: [one.yar], severity: low, files: all, larger-files: tell }';
    expect((await load(said)).yara).toMatchObject({ severity: 'low', files: 'all', largerFiles: 'tell' });
  });

  test('has no rules that a link to a folder would leave out unseen; a mounted ConfigMap has such a link of its own', async () => {
    mkdirSync(join(dir, 'rules'));
    symlinkSync('..', join(dir, 'rules/..data'));
    symlinkSync('nowhere', join(dir, 'rules/notes'));
    const files = { 'rules/a.yar': RULE, 'vendor/b.yar': RULE };
    expect((await load('yara: { rules: [rules/] }', files)).yara?.sources).toHaveLength(1);
    symlinkSync('../vendor', join(dir, 'rules/vendor'));
    expect(await faultsOf('yara: { rules: [rules/] }')).toContain(
      'rules/vendor:1:1: it is a link to a folder, which is not followed',
    );
  });

  test('is told with its place where it means nothing', async () => {
    expect(await faultsOf('yara: { rules: [] }')).toContain('yara.rules: name at least one file');
    expect(await faultsOf('yara: { rules: [a.yar], timeout: 3 }')).toContain(
      'timeout: there is no such setting',
    );
    expect(await faultsOf('yara: { rules: [gone.yar] }')).toContain('gone.yar:1:1: there is no such file');
    expect(await faultsOf('yara: { rules: [gone/] }')).toContain('gone/:1:1: there is no such folder');
    expect(await faultsOf('yara: { rules: [a.txt] }', { 'a.txt': RULE })).toContain('end in .yar or .yara');
    expect(await faultsOf('yara: { rules: [empty/] }', { 'empty/a.txt': RULE })).toContain(
      'there are no rules in it',
    );
  });

  test('is in the digest of the policy by what the rules say, not by where they lie', async () => {
    const digest = async (policy: string, files: Readonly<Record<string, string>> = {}) =>
      (await load(policy, files)).stamp.digest;
    const first = await digest('yara: { rules: [a.yar] }', { 'a.yar': RULE });
    expect(await digest('yara: { rules: [x/] }', { 'x/b.yar': RULE })).toBe(first);
    const others = [
      await digest(''),
      await digest('yara: { rules: [a.yar] }', { 'a.yar': `${RULE} ` }),
      await digest('yara: { rules: [x/], severity: low }'),
      await digest('yara: { rules: [x/], files: all }'),
      await digest('yara: { rules: [x/], larger-files: tell }'),
      await digest('yara: { rules: [x/] }\nlimits: { yara-seconds: 5 }'),
    ];
    expect(new Set([first, ...others]).size).toBe(7);
  });

  test('adds to that of a baseline, and may only tighten it', async () => {
    const files = { 'a.yar': RULE, 'b.yar': `${RULE}\n` };
    const extending = (base: string, own: string) =>
      load(`extends: base.yaml\nyara: { rules: [b.yar]${own} }`, {
        ...files,
        'base.yaml': `version: 1\n${base}`,
      });
    const base = 'yara: { rules: [a.yar], severity: medium, larger-files: undecided }';
    const both = await extending(base, ', files: all, severity: critical');
    expect(both.yara?.sources.map(({ shown }) => shown)).toEqual(['a.yar', 'b.yar']);
    expect(both.yara).toMatchObject({ files: 'all', severity: 'critical' });
    expect((await extending('name: base', ', severity: info')).yara?.severity).toBe('info');
    for (const own of [', severity: low', ', larger-files: tell'])
      await expect(extending(base, own)).rejects.toThrow('the baseline says');
    await expect(extending('yara: { rules: [a.yar], files: all }', ', files: programs')).rejects.toThrow(
      'the baseline says all',
    );
  });
});

describe('a level for a YARA rule', () => {
  const gate = async (policy: string) =>
    createGate({ policy: await load(policy, { 'a.yar': RULE }), env: {} });

  test('is taken for rules that there are', async () => {
    const checks = 'checks: { yara: warn, yara.acme-one: fail, yara.unscanned: fail }';
    await expect(gate(`yara: { rules: [a.yar] }\n${checks}`)).resolves.toBeDefined();
  });

  test.each([
    ['yara: { rules: [a.yar] }\nchecks: { yara.acme-two: fail }', 'yara.acme-two'],
    ['checks: { yara: fail }', '"yara"'],
    ['checks: { yara.acme-one: fail }', 'yara.acme-one'],
  ])('is refused for others, as it would change nothing: %s', async (policy, named) => {
    await expect(gate(policy)).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      problem: { what: expect.stringContaining(named) },
    });
  });

  test('needs no engine where nothing is judged', async () => {
    const policy = await load('yara: { rules: [bad.yar] }\nchecks: { yara.x: warn }', {
      'bad.yar': 'rule x {',
    });
    await expect(readOwnRules(policy)).resolves.toBeUndefined();
    await createOpener({ policy, env: {} }).open(parseTarget('oci:nowhere')).close();
  });

  test('makes a gate fail that has rules which do not compile', async () => {
    await expect(
      load('yara: { rules: [bad.yar] }', { 'bad.yar': 'rule x {\n condition: nothing }' }).then((policy) =>
        createGate({ policy, env: {} }),
      ),
    ).rejects.toThrow('bad.yar:2:13 unknown identifier');
  });
});
