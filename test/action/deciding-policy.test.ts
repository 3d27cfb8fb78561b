import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DecidingPolicy, readDecidingPolicy } from '../../src/action/deciding-policy.ts';
import { readInputs } from '../../src/action/inputs.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { type ActionStep, setActionStep } from '../support/action-step.ts';
import { makeKey } from '../support/cosign.ts';
import { answerOf, serveGithub } from '../support/github-api.ts';
import { root as notationRoot } from '../support/notation/sign.ts';
import type { Reply } from '../support/scripted-server.ts';

const NOW = new Date('2026-11-21T00:00:00Z');
let step: ActionStep;
beforeEach(async () => {
  step = await setActionStep();
});
afterEach(() => step.close());

/** A policy that names a file of every kind that a policy can name. */
async function writeEverything(): Promise<void> {
  const files = {
    'pratique.yaml': `version: 1
extends: ./org/baseline.yaml
sources: { allow-lists: [allowlists/, one.txt] }
lookalikes: { protect: [protected.txt] }
signers:
  release: { key: keys/release.pub }
  notary: { notation: { ca: [keys/ca.pem], identities: ["C=US, ST=WA, O=acme"] } }
  ci: { issuer: "https://login.acme.test", identity: "a@acme.test", root: acme }
trust-roots:
  acme: { file: roots/trusted_root.json }
  other: { tuf: { mirror: "https://tuf.acme.test", root: roots/tuf.json } }
rules: [rules/own.yaml, rules/leaks.toml]
yara: { rules: [yara/] }
baseline: known.yaml
`,
    'org/baseline.yaml':
      'version: 1\nextends: root.yaml\nopen: [sources.allow, lookalikes.protect, exceptions]\nchecks: { hygiene.root-user: fail }\n',
    'org/root.yaml': 'version: 1\nname: org\nopen: [sources.allow, lookalikes.protect, exceptions]\n',
    'allowlists/a.txt': 'ghcr.io/acme/**\n',
    'allowlists/b.yaml': 'owner: a\nentries: [{ image: "quay.io/acme/*", reason: ours }]\n',
    'one.txt': 'docker.io/library/alpine\n',
    'protected.txt': 'ghcr.io/acme/shop\n',
    'keys/release.pub': makeKey().publicPem,
    'keys/ca.pem': notationRoot.pem,
    'roots/trusted_root.json': readFileSync('trust-roots/sigstore.json', 'utf8'),
    'roots/tuf.json': readFileSync('trust-roots/tuf/root.json', 'utf8'),
    'rules/own.yaml':
      "version: 1\nrules: [{ id: acme, what: A token, keywords: [acme_], pattern: 'acme_[0-9a-f]{8}', remedy: Revoke it, examples: [acme_0123abcd] }]\n",
    'rules/leaks.toml': '[extend]\npath = "base.toml"\n',
    'rules/base.toml': "[[rules]]\nid = 'other'\nregex = 'other_[0-9a-f]{8}'\nkeywords = ['other_']\n",
    'yara/a.yar': 'rule a { condition: false }',
    'yara/deep/b.yara': 'rule b { condition: false }',
    'known.yaml': `version: 1\nentries: [{ rule: secrets.github-token, fingerprint: "${'a'.repeat(16)}", reason: r, owner: o, until: 2027-01-01 }]\n`,
  };
  for (const [name, text] of Object.entries(files)) await step.write(name, text);
}

/** What whoever wrote a pull request could do to the checkout. */
async function spoilEverything(): Promise<void> {
  for (const entry of readdirSync(step.workspace, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !path.includes('/.git/')) rmSync(path);
  }
  await step.write('pratique.yaml', 'version: 1\nname: edited\nsources: { allow: ["**"] }\n');
}

const read = (inputs: Record<string, string>, env: Record<string, string> = {}): Promise<DecidingPolicy> => {
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const all = { PATH: process.env['PATH'] ?? '', HOME: step.workspace, ...env };
  return readDecidingPolicy(readInputs(Object.fromEntries(given)), {
    env: all,
    workspace: step.workspace,
    now: () => NOW,
  });
};

async function onPull(base: string): Promise<Record<string, string>> {
  await step.write('../event.json', JSON.stringify({ pull_request: { base: { sha: base } } }));
  return { GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: join(step.workspace, '../event.json') };
}

describe('the policy of a commit', () => {
  test('is that commit’s to the last file that it names, whatever the checkout holds', async () => {
    await writeEverything();
    const before = await loadPolicy({ cwd: step.workspace, env: {}, now: NOW });
    const base = step.commit();
    await spoilEverything();
    const { policy, said, warns, file } = await read({}, await onPull(base));
    expect(policy.stamp).toEqual({ ...before.stamp, origin: `pratique.yaml@${base}` });
    expect(policy.signers.size).toBe(3);
    expect(policy.yara?.sources).toHaveLength(2);
    expect(policy.rules).toHaveLength(2);
    expect(said).toContain('the base of this pull request');
    expect([warns, file]).toEqual([false, 'pratique.yaml']);
  });

  test('is not had from the checkout by a path that leads there', async () => {
    const secret = join(step.workspace, 'loose.yaml');
    await step.write('pratique.yaml', `version: 1\nextends: ${secret}\n`);
    await step.write('loose.yaml', 'version: 1\n');
    const base = step.commit();
    await expect(read({}, await onPull(base))).rejects.toThrow('outside of the repository');
    await expect(read({ policy: secret }, await onPull(base))).rejects.toThrow('outside of the repository');
    await expect(read({ policy: '../workspace/loose.yaml' }, await onPull(base))).rejects.toThrow('outside');
  });

  test('is the built-in one where the base has none, and that is said', async () => {
    await step.write('README.md', '');
    const base = step.commit();
    await step.write('pratique.yaml', 'version: 1\nname: mine\nsources: { allow: ["**"] }\n');
    const { policy, said, warns, file } = await read({}, await onPull(base));
    expect([policy.stamp.origin, policy.sources, warns, file]).toEqual([
      'built-in',
      undefined,
      true,
      undefined,
    ]);
    expect(said).toContain('no pratique.yaml at the base');
    await expect(read({ policy: 'pratique.yaml' }, await onPull(base))).rejects.toMatchObject({
      code: 'POLICY_NOT_FOUND',
    });
  });

  test('is refused by the wrong name, rather than passed over', async () => {
    await step.write('pratique.yml', 'version: 1\n');
    await expect(read({}, await onPull(step.commit()))).rejects.toThrow('the wrong name');
  });

  test('is had from GitHub where the clone is as shallow as actions/checkout makes it', async () => {
    await writeEverything();
    const base = step.commit();
    const before = await loadPolicy({ cwd: step.workspace, env: {}, now: NOW });
    await spoilEverything();
    step.commit();
    const shallow = join(step.workspace, '../shallow');
    step.git('clone', '--quiet', '--depth=1', `file://${step.workspace}`, shallow);
    const api = await serveGithub(step);
    const env = { ...(await onPull(base)), GITHUB_API_URL: api.url, GITHUB_REPOSITORY: 'acme/shop' };
    const world = { env: { ...env, PATH: process.env['PATH'] ?? '' }, workspace: shallow, now: () => NOW };
    const token = ['ghs', 'c'.repeat(36)].join('_');
    const { policy } = await readDecidingPolicy(readInputs({ 'INPUT_GITHUB-TOKEN': token }), world);
    expect(policy.stamp).toEqual({ ...before.stamp, origin: `pratique.yaml@${base}` });
    expect(new Set(api.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set([`Bearer ${token}`]),
    );
    expect(new Set(api.requests.map(({ target }) => target)).size).toBe(api.requests.length);
    await api.close();
  });

  test('is undecided, and not wrong, where GitHub fails in the middle of it', async () => {
    await writeEverything();
    const base = step.commit();
    const api = await serveGithub(step);
    const answers = new Map<string, Reply>();
    api.script = ({ path }) => {
      const answer = answers.get(path) ?? answerOf(step, path);
      answers.set(path, answer);
      return answer;
    };
    const env = { ...(await onPull(base)), GITHUB_API_URL: api.url, GITHUB_REPOSITORY: 'acme/shop' };
    const workspace = join(step.workspace, '../none');
    const world = { env: { ...env, PATH: process.env['PATH'] ?? '' }, workspace, now: () => NOW };
    const ask = () => readDecidingPolicy(readInputs({ 'INPUT_GITHUB-TOKEN': 'c'.repeat(40) }), world);
    await ask();
    expect(answers.size).toBeGreaterThan(20);
    for (const failing of [...answers.keys()].filter((_path, index) => index % 3 === 1)) {
      api.script = ({ path }) =>
        path === failing ? { body: 'x'.repeat(100), cutAfter: 1 } : answers.get(path);
      await expect(ask(), failing).rejects.toMatchObject({ code: 'NETWORK' });
    }
    await api.close();
  });

  test('needs the commit: in the clone, or from GitHub', async () => {
    await step.write('pratique.yaml', 'version: 1\n');
    step.commit();
    const away = 'd'.repeat(40);
    await expect(read({}, await onPull(away))).rejects.toThrow('there is no github-token');
    const env = {
      ...(await onPull(away)),
      GITHUB_API_URL: 'http://127.0.0.1:1',
      GITHUB_REPOSITORY: 'acme/shop',
    };
    await expect(read({ 'github-token': 'x'.repeat(40) }, env)).rejects.toMatchObject({ code: 'NETWORK' });
  });
});

describe('the policy of the checkout', () => {
  test('decides where the input says so, and on a pull request that is told', async () => {
    await step.write('pratique.yaml', 'version: 1\nname: base\n');
    const base = step.commit();
    await step.write('pratique.yaml', 'version: 1\nname: edited\n');
    const told = await read({ 'policy-ref': 'head' }, await onPull(base));
    expect([told.policy.stamp.name, told.warns]).toEqual(['edited', true]);
    expect(told.said).toContain('can edit it');
    expect((await read({ 'policy-ref': base }, await onPull(base))).policy.stamp.name).toBe('base');
  });

  test('is not that of a variable, which a step before this one can set', async () => {
    await expect(read({}, { PRATIQUE_POLICY: 'evil.yaml' })).rejects.toThrow('PRATIQUE_POLICY is set');
    expect(await read({})).toMatchObject({ warns: true, policy: { stamp: { origin: 'built-in' } } });
  });
});

describe('allow-lists beside the policy', () => {
  const lists = { 'allow-lists': 'lists/\nmore.txt' };
  beforeEach(async () => {
    await step.write('lists/a.txt', 'ghcr.io/acme/**\n');
    await step.write('more.txt', 'quay.io/acme/*\n');
  });

  test('are the only names that may enter where there is no policy', async () => {
    const { policy } = await read(lists);
    expect(policy.sources?.allow.map(({ origin }) => origin)).toEqual(['lists/a.txt:1', 'more.txt:1']);
    expect(policy.stamp.origin).toBe('lists/, more.txt');
  });

  test('are taken by a policy that is open for them, and by no other', async () => {
    await step.write('pratique.yaml', 'version: 1\nsources: { allow: [ghcr.io/own/*] }\n');
    await expect(read(lists)).rejects.toThrow('open: [sources.allow]');
    await step.write(
      'pratique.yaml',
      'version: 1\nopen: [sources.allow]\nsources: { allow: [ghcr.io/own/*] }\n',
    );
    expect((await read(lists)).policy.sources?.allow).toHaveLength(3);
  });

  test('come from the commit that decides, like the policy', async () => {
    const base = step.commit();
    await step.write('more.txt', '**/*\n');
    const { policy } = await read(lists, await onPull(base));
    expect(policy.sources?.allow.map(({ origin }) => origin)).toEqual(['lists/a.txt:1', 'more.txt:1']);
    await expect(read({ 'allow-lists': 'nowhere.txt' }, await onPull(base))).rejects.toThrow('no such file');
  });
});
