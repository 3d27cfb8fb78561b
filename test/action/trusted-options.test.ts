import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CommitFiles, commitFiles } from '../../src/action/commit/commit-files.ts';
import { openLocalTree } from '../../src/action/commit/local-tree.ts';
import { trustedOptions } from '../../src/action/trusted-options.ts';
import { type ActionStep, setActionStep } from '../support/action-step.ts';

let step: ActionStep;
let commit: CommitFiles;
beforeAll(async () => {
  step = await setActionStep();
  for (const name of ['config.json', 'root.json', 'auth.json', 'ca.pem'])
    await step.write(name, `base ${name}`);
  const tree = await openLocalTree(step.workspace, step.commit(), process.env);
  if ('why' in tree) throw new Error(tree.why);
  commit = commitFiles(tree);
  for (const name of ['config.json', 'root.json', 'auth.json', 'ca.pem', 'new.json'])
    await step.write(name, 'edited');
});
afterAll(() => step.close());

const trusted = (options: Record<string, unknown>, env: Record<string, string> = {}, of?: CommitFiles) =>
  trustedOptions(options, of, { env, workspace: step.workspace, folder: join(step.workspace, '..') });

test('what says whom to trust is the commit’s where it lies in the workspace, whoever names it', async () => {
  const absolute = join(step.workspace, 'root.json');
  const options = { signingConfig: 'config.json', trustedRoot: absolute, validFor: '7d' };
  const env = { PRATIQUE_AUTH_FILE: './auth.json', PRATIQUE_CA_FILE: 'sub/../ca.pem' };
  const { validFor, ...files } = await trusted(options, env, commit);
  expect(validFor).toBe('7d');
  const read = Object.entries(files).map(async ([name, path]) => [
    name,
    await readFile(String(path), 'utf8'),
  ]);
  expect(Object.fromEntries(await Promise.all(read))).toEqual({
    signingConfig: 'base config.json',
    trustedRoot: 'base root.json',
    authFile: 'base auth.json',
    caFile: 'base ca.pem',
  });
});

test('an input goes before the variable that stands for it', async () => {
  const { authFile } = await trusted(
    { authFile: 'config.json' },
    { PRATIQUE_AUTH_FILE: 'auth.json' },
    commit,
  );
  expect(await readFile(String(authFile), 'utf8')).toBe('base config.json');
});

test('what lies outside of the workspace, or is named where the checkout decides, stays as it is', async () => {
  const outside = {
    authFile: join(step.workspace, '../config.json'),
    trustedRoot: '../workspace2/root.json',
  };
  expect(await trusted(outside, { PRATIQUE_CA_FILE: '/etc/ca.pem' }, commit)).toEqual(outside);
  const inside = { authFile: 'auth.json' };
  expect(await trusted(inside, { PRATIQUE_CA_FILE: 'ca.pem' })).toEqual(inside);
});

test('what the commit does not have ends the step, and nobody is told to let the checkout decide', async () => {
  const thrown = await trusted({ authFile: 'new.json' }, {}, commit).catch((error: unknown) => error);
  expect(thrown).toMatchObject({ code: 'POLICY_NOT_FOUND' });
  expect(String(thrown)).toContain('outside of the workspace (RUNNER_TEMP)');
  expect(String(thrown)).not.toContain('policy-ref: head');
});

test('a login that is given in the place of a file’s name is not told', async () => {
  const login = '{"auths":{"ghcr.io":{"auth":"of-the-runner"}}}';
  for (const [options, env] of [
    [{ authFile: login }, {}],
    [{}, { PRATIQUE_AUTH_FILE: login }],
  ] as const) {
    const thrown = await trusted(options, env, commit).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'USAGE' });
    expect(String(thrown)).toMatch(/^PratiqueError: registry-config takes the name of a file/);
    expect(String(thrown)).not.toContain('of-the-runner');
  }
});
