import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CommitFiles, commitFiles } from '../../src/action/commit/commit-files.ts';
import type { CommitTree } from '../../src/action/commit/commit-tree.ts';
import { openGithubTree, readTree } from '../../src/action/commit/github-tree.ts';
import { openLocalTree, readFolder } from '../../src/action/commit/local-tree.ts';
import { PratiqueError } from '../../src/errors.ts';
import { type ActionStep, setActionStep } from '../support/action-step.ts';
import { answerOf, serveGithub } from '../support/github-api.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

const ODD = 'odd\nname "with" \\ and ü.yaml';
const TOKEN = ['ghs', 'a'.repeat(36)].join('_');
let step: ActionStep;
let commit: string;
let api: ScriptedServer;

beforeAll(async () => {
  step = await setActionStep();
  await step.write('pratique.yaml', 'version: 1\n');
  await step.write(ODD, 'version: 1\nname: odd\n');
  await step.write('lists/a.txt', 'ghcr.io/acme/**\n');
  await step.write('lists/deep/b.txt', 'ghcr.io/other/**\n');
  await step.write('large.yaml', `${'#'.repeat(2000)}\n`);
  await symlink('pratique.yaml', join(step.workspace, 'link.yaml'));
  await symlink('lists', join(step.workspace, 'linked'));
  await symlink('/etc/passwd', join(step.workspace, 'away.yaml'));
  await mkdir(join(step.workspace, 'module')); // git add would take the entry out again
  step.git('init', '--quiet');
  step.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},module`);
  commit = step.commit();
  api = await serveGithub(step);
});
afterAll(async () => {
  await step.close();
  await api.close();
});

const github = (): CommitTree =>
  openGithubTree(commit, {
    env: { GITHUB_API_URL: api.url, GITHUB_REPOSITORY: 'acme/shop' },
    token: TOKEN,
    now: () => new Date(),
  });
const local = async (): Promise<CommitTree> => {
  const tree = await openLocalTree(step.workspace, commit, process.env);
  if ('why' in tree) throw new Error(tree.why);
  return tree;
};

const media: [string, () => CommitTree | Promise<CommitTree>][] = [
  ['the clone', local],
  ['the API of GitHub', github],
];
describe.each(media)('a commit, by way of %s', (_name, open) => {
  let files: CommitFiles['files'];
  let root: string;
  beforeAll(async () => {
    ({ files, root } = commitFiles(await open()));
  });
  const fault = async (path: string) => {
    const thrown = await files.read(join(root, path), path, 1000).catch((error: unknown) => error);
    if (!(thrown instanceof PratiqueError)) throw new Error(`${path} was read`);
    return [thrown.code, thrown.problem.why];
  };

  test('has its files as they were, whatever the checkout holds now', async () => {
    await step.write('pratique.yaml', 'version: 1\nname: edited\n');
    expect(await files.read(join(root, 'pratique.yaml'), 'p')).toBe('version: 1\n');
    expect(await files.read(join(root, 'lists/deep/b.txt'), 'b')).toBe('ghcr.io/other/**\n');
    expect(await files.isThere(join(root, 'pratique.yaml'))).toBe(true);
    expect(await files.isThere(join(root, 'pratique.yml'))).toBe(false);
    expect(await files.isThere(join(root, 'pratique.yaml/x'))).toBe(false);
  });

  test('has a file whose name has a line break in it', async () => {
    expect(await files.read(join(root, ODD), 'odd')).toBe('version: 1\nname: odd\n');
  });

  test('lists folders, and walks them', async () => {
    expect((await files.list(join(root, 'lists/'))).toSorted()).toEqual(['a.txt', 'deep']);
    const { files: found, notFollowed } = await files.walk(root);
    expect(found.toSorted()).toEqual(
      ['large.yaml', 'lists/a.txt', 'lists/deep/b.txt', ODD, 'pratique.yaml'].toSorted(),
    );
    expect(notFollowed.map(({ name }) => name).toSorted()).toEqual([
      'away.yaml',
      'link.yaml',
      'linked',
      'module',
    ]);
  });

  test('follows no link, to nowhere, and reads nothing outside', async () => {
    const link = 'it is a symbolic link, which is not followed';
    expect(await fault('link.yaml')).toEqual(['POLICY_INVALID', link]);
    expect(await fault('away.yaml')).toEqual(['POLICY_INVALID', link]);
    expect(await fault('linked/a.txt')).toEqual([
      'POLICY_INVALID',
      'a part of its path is a symbolic link, which is not followed',
    ]);
    expect(await fault('module/x.yaml')).toEqual(['POLICY_INVALID', expect.stringContaining('a submodule')]);
    expect(await fault('module')).toEqual(['POLICY_INVALID', expect.stringContaining('a submodule')]);
    for (const path of ['../x', '../../../etc/passwd', '../../etc/passwd', '..'])
      expect(await fault(path)).toEqual([
        'POLICY_INVALID',
        expect.stringContaining('outside of the repository'),
      ]);
    await expect(files.read('/etc/passwd', 'x')).rejects.toThrow('outside of the repository');
    await expect(files.list(join(root, 'linked'))).rejects.toThrow('a symbolic link');
  });

  test('says what is missing, a folder, or too large', async () => {
    expect(await fault('nowhere.yaml')).toEqual(['POLICY_NOT_FOUND', 'there is no such file']);
    expect(await fault('lists')).toEqual(['POLICY_INVALID', 'it is a folder']);
    expect(await fault('large.yaml')).toEqual([
      'POLICY_INVALID',
      expect.stringContaining('more than 1000 bytes'),
    ]);
    await expect(files.list(join(root, 'nowhere'))).rejects.toThrow('no such folder');
  });
});

test('git is asked for the commit itself, whatever stands in its place', async () => {
  const { files, root } = commitFiles(await local());
  await step.write('pratique.yaml', 'version: 1\nname: replaced\n');
  const other = step.commit();
  step.git('replace', commit, other);
  expect(step.git('show', `${commit}:pratique.yaml`)).toContain('replaced');
  expect(await files.read(join(root, 'pratique.yaml'), 'p')).toBe('version: 1\n');
  step.git('replace', '--delete', commit);
});

test('a commit with folders without end is given up', async () => {
  const endless: CommitTree = {
    commit,
    entries: async (id = '0') => [{ name: 'a', kind: 'folder', id: `${Number(id) + 1}` }],
    blob: async () => new Uint8Array(),
  };
  const { files, root } = commitFiles(endless);
  await expect(files.walk(root)).rejects.toThrow('more than 500 folders');
});

test('what the clone holds by the id of another object is not taken for it', async () => {
  const forged = await setActionStep();
  await forged.write('lists/a.txt', 'ghcr.io/acme/**\n');
  const id = forged.commit();
  const read = async () => {
    const tree = await openLocalTree(forged.workspace, id, process.env);
    if ('why' in tree) throw new Error(tree.why);
    const { files, root } = commitFiles(tree);
    return files.read(join(root, 'lists/a.txt'), 'a');
  };
  expect(await read()).toBe('ghcr.io/acme/**\n');
  const spoil = async (name: string, as: string) => {
    const [from, to] = [name, as].map((rev) => {
      const object = forged.git('rev-parse', rev);
      return join(forged.workspace, '.git/objects', object.slice(0, 2), object.slice(2));
    });
    const bytes = readFileSync(from ?? '');
    rmSync(from ?? '');
    writeFileSync(from ?? '', readFileSync(to ?? ''));
    return () => {
      rmSync(from ?? '');
      writeFileSync(from ?? '', bytes);
    };
  };
  await forged.write('lists/a.txt', '**\n');
  forged.commit();
  for (const name of [`${id}:lists/a.txt`, `${id}:lists`, `${id}^{tree}`, id]) {
    const mend = await spoil(name, name.replace(id, 'HEAD'));
    await expect(read(), name).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    mend();
  }
  expect(await read()).toBe('ghcr.io/acme/**\n');
  await forged.close();
});

test('what a partial clone leaves out is had from GitHub, and else undecided', async () => {
  const partial = join(step.workspace, '../partial');
  step.git('config', 'uploadpack.allowFilter', 'true');
  step.git('clone', '--quiet', '--no-checkout', '--filter=tree:0', `file://${step.workspace}`, partial);
  const read = async (elsewhere?: () => CommitTree) => {
    const tree = await openLocalTree(partial, commit, process.env, elsewhere);
    if ('why' in tree) throw new Error(tree.why);
    const { files, root } = commitFiles(tree);
    return files.read(join(root, 'lists/a.txt'), 'a');
  };
  await expect(read()).rejects.toMatchObject({
    code: 'NOT_FOUND',
    problem: { why: 'the clone is partial, and leaves it out' },
  });
  expect(await read(github)).toBe('ghcr.io/acme/**\n');
});

test('no program that the clone names is run', async () => {
  const mark = join(step.workspace, '../was-run');
  const program = `touch ${mark}; false`;
  const settings = [
    'core.fsmonitor',
    'core.pager',
    'core.sshCommand',
    'diff.external',
    'alias.cat-file',
    'filter.x.smudge',
  ];
  for (const name of settings) step.git('config', name, name.startsWith('alias') ? `!${program}` : program);
  step.git('config', 'remote.origin.url', 'ext::sh -c "touch was-run"');
  step.git('config', 'remote.origin.promisor', 'true');
  step.git('config', 'extensions.partialClone', 'origin');
  await step.write('.gitattributes', '* filter=x diff=x\n');
  const { files, root } = commitFiles(await local());
  expect(await files.read(join(root, 'pratique.yaml'), 'p')).toBe('version: 1\n');
  expect(await openLocalTree(step.workspace, '4'.repeat(40), process.env)).toMatchObject({
    why: expect.any(String),
  });
  expect([existsSync(mark), existsSync(join(step.workspace, 'was-run'))]).toEqual([false, false]);
});

describe('where the clone does not have the commit', () => {
  test('it is said why', async () => {
    expect(await openLocalTree(step.workspace, '2'.repeat(40), process.env)).toMatchObject({
      why: 'the clone does not have that commit',
    });
    const empty = await setActionStep();
    expect(await openLocalTree(empty.workspace, commit, process.env)).toMatchObject({
      why: 'the workspace is no clone of a repository',
    });
    expect(await openLocalTree(join(empty.workspace, 'gone'), commit, process.env)).toMatchObject({
      why: 'there is no git, or no checkout',
    });
    await empty.close();
  });
});

describe('an answer of GitHub', () => {
  const reading = async (reply: object) => {
    api.script = () => reply;
    const { files, root } = commitFiles(github());
    const thrown = await files.read(join(root, 'pratique.yaml'), 'p').catch((error: unknown) => error);
    api.script = ({ path }) => answerOf(step, path);
    return String(thrown);
  };

  test('that refuses says what is to be mended, and never the token', async () => {
    for (const [status, meaning] of [
      [401, 'contents: read'],
      [403, 'contents: read'],
      [404, 'contents: read'],
      [500, 'out of order'],
      [429, 'too often'],
    ] as const) {
      const said = await reading({ status, body: `{"message": "not for ${TOKEN}"}` });
      expect(said).toContain(meaning);
      expect(said).not.toContain(TOKEN.slice(4, 14));
    }
    for (const headers of [{ 'x-ratelimit-remaining': '0' }, { 'retry-after': '60' }])
      expect(await reading({ status: 403, headers })).toContain('too often');
    expect(await reading({ status: 403, headers: { 'x-ratelimit-remaining': '7' } })).toContain(
      'may not read',
    );
  });

  test('that is cut short, or odd, is none', async () => {
    const entry = { path: 'pratique.yaml', mode: '100644', type: 'blob', sha: '3'.repeat(40) };
    for (const body of [
      '',
      '[]',
      '{"tree": []}',
      '{"tree": [{}], "truncated": false}',
      '{"tree": {}, "truncated": false}',
    ])
      expect(await reading({ body })).toContain('an answer about the policy that cannot be used');
    expect(await reading({ body: JSON.stringify({ tree: [entry], truncated: true }) })).toContain(
      'not listed whole',
    );
    expect(await reading({ status: 302, headers: { location: 'https://evil.example/' } })).toContain(
      'answered 302',
    );
  });

  test('with another file than the one asked for is none', async () => {
    api.script = ({ path }) =>
      path.includes('/blobs/') ? { body: 'version: 1\nname: other\n' } : answerOf(step, path);
    const { files, root } = commitFiles(github());
    await expect(files.read(join(root, 'pratique.yaml'), 'p')).rejects.toThrow(
      'not the file that was asked for',
    );
    api.script = ({ path }) => answerOf(step, path);
  });

  test('goes to an address with TLS, of a repository', () => {
    const open = (env: Record<string, string>) => () =>
      openGithubTree(commit, { env, token: TOKEN, now: () => new Date() });
    expect(open({ GITHUB_API_URL: 'http://api.acme.test', GITHUB_REPOSITORY: 'acme/shop' })).toThrow('https');
    expect(open({ GITHUB_API_URL: 'https://a:b@api.acme.test', GITHUB_REPOSITORY: 'acme/shop' })).toThrow(
      'https',
    );
    expect(open({ GITHUB_REPOSITORY: 'acme/../shop/x' })).toThrow('names no repository');
    expect(open({})).toThrow('names no repository');
  });
});

test('whatever git or GitHub list, it is read or refused with a sentence', () => {
  const isSaid = (read: (bytes: Buffer) => unknown) => (bytes: Uint8Array) => {
    try {
      read(Buffer.from(bytes));
    } catch (thrown) {
      if (!(thrown instanceof PratiqueError)) throw thrown;
    }
  };
  const entry = fc
    .tuple(fc.constantFrom('100644', '40000', '120000', '160000', '777777'), fc.string())
    .map(([mode, name]) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.alloc(20, 7)]));
  const folder = fc.array(entry).map((entries) => Buffer.concat(entries));
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array(), folder),
      isSaid((bytes) => readFolder(bytes, 20)),
    ),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      isSaid(readTree),
    ),
  );
});
