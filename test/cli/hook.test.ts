import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';
import { GIT_ENV, type GitRepository, hasGit, makeRepository } from '../support/git-repository.ts';

const POLICY = 'version: 1\nname: test\nsources: {allow: ["ghcr.io/acme/*"]}\n';

describe.skipIf(!hasGit)('pratique hook', () => {
  let repository: GitRepository;

  beforeEach(async () => {
    repository = await makeRepository();
    await repository.write('pratique.yaml', POLICY);
  });
  afterEach(() => repository.close());

  const hook = async (argv: string, change: { cwd?: string; env?: typeof GIT_ENV } = {}) => {
    const terminal = fakeTerminal(['hook', ...argv.split(' ')], {
      cwd: repository.folder,
      env: GIT_ENV,
      ...change,
    });
    return { code: await run(terminal), ...terminal.text() };
  };
  const readHook = (stage: string) => readFile(join(repository.folder, '.git/hooks', stage), 'utf8');

  test('is installed once, told, and taken away', async () => {
    expect((await hook('status')).out).toMatch(
      /^pre-commit: there is no hook .*\npre-push: there is no hook/,
    );
    expect((await hook('install')).out).toMatch(/^pre-commit: installed .*; it runs pratique refs --staged/);
    const text = await readHook('pre-commit');
    expect((await hook('install')).out).toContain('installed already');
    expect(await readHook('pre-commit')).toBe(text);
    expect((await hook('status')).out).toMatch(/^pre-commit: installed \(.*\npre-push: there is no hook/);
    expect((await hook('install --stage pre-push --stage pre-commit')).out).toContain(
      'pre-push: installed (',
    );
    expect((await hook('uninstall --stage pre-push')).out).toContain('pre-push: removed');
    expect((await hook('uninstall')).out).toMatch(
      /pre-commit: removed.*\npre-push: there is no hook; nothing was/,
    );
    await expect(readHook('pre-commit')).rejects.toThrow('ENOENT');
  });

  test.each([
    ['a script', (path: string) => writeFile(path, '#!/bin/sh\nexit 0\n')],
    ['a link', (path: string) => symlink('/bin/true', path)],
    ['a link to nowhere', (path: string) => symlink('/nowhere', path)],
    ['a folder', (path: string) => mkdir(path)],
    ['a pipe that nobody writes to', async (path: string) => void spawnSync('mkfifo', [path])],
  ])('leaves the hook of somebody else as it is, and says what to add: %s', async (_, make) => {
    const path = join(repository.folder, '.git/hooks/pre-commit');
    await mkdir(dirname(path), { recursive: true });
    await make(path);
    const { code, err } = await hook('install');
    expect(err).toContain('there is a hook pre-commit already');
    expect(err).toContain('pratique refs --staged --quiet || exit');
    expect(code).toBe(2);
    expect((await hook('status')).out).toContain('see whether it runs pratique refs --staged');
    expect((await hook('uninstall')).out).toContain('nothing was removed');
  });

  test('names the file that people write where husky wrote the hook', async () => {
    repository.git('config', 'core.hooksPath', '.husky/_');
    await repository.write('.husky/_/pre-commit', '#!/bin/sh\n');
    expect((await hook('install')).err).toContain('/.husky/pre-commit"');
  });

  test('does not take away what was changed by hand', async () => {
    await hook('install');
    await writeFile(
      join(repository.folder, '.git/hooks/pre-commit'),
      `${await readHook('pre-commit')}# mine\n`,
    );
    expect((await hook('uninstall')).out).toContain('a hook of somebody else; nothing was removed');
    expect(await readHook('pre-commit')).toContain('# mine');
  });

  test('stands where core.hooksPath says, also when asked from below, and not where others share it', async () => {
    repository.git('config', 'core.hooksPath', '.githooks');
    await repository.write('deep/er/x', 'x');
    await hook('install', { cwd: join(repository.folder, 'deep/er') });
    expect(await readFile(join(repository.folder, '.githooks/pre-commit'), 'utf8')).toContain(
      'refs --staged',
    );
    repository.git('config', 'core.hooksPath', tmpdir());
    const { code, err } = await hook('install');
    expect(err).toContain('where other repositories share them');
    expect(code).toBe(2);
    expect((await hook('status')).code).toBe(0);
  });

  test.each(['.git/hooks', '.husky/_'])(
    'stands in no folder that %s leads to outside of the repository, where others share it',
    async (hooks) => {
      const outside = await mkdtemp(join(tmpdir(), 'pratique-hooks-'));
      try {
        const link = join(repository.folder, dirname(hooks), hooks === '.git/hooks' ? 'hooks' : '');
        await rm(link, { recursive: true, force: true });
        await symlink(outside, link);
        repository.git('config', 'core.hooksPath', hooks);
        const { code, err } = await hook('install');
        expect([code, err]).toEqual([2, expect.stringContaining('where other repositories share them')]);
        expect(await readdir(outside)).toEqual([]);
      } finally {
        await rm(outside, { recursive: true });
      }
    },
  );

  test('stands where git looks in a worktree and in a submodule', async () => {
    repository.git('add', '-A');
    repository.git('commit', '-qm', 'a');
    repository.git('worktree', 'add', '-q', 'tree');
    await hook('install', { cwd: join(repository.folder, 'tree') });
    expect(await readHook('pre-commit')).toContain('refs --staged');
    const other = await makeRepository();
    try {
      await other.write('a', 'a');
      other.git('add', '-A');
      other.git('commit', '-qm', 'a');
      repository.git('submodule', '--quiet', 'add', other.folder, 'sub');
      const { out } = await hook('install --stage pre-push', { cwd: join(repository.folder, 'sub') });
      expect(out).toContain('.git/modules/sub/hooks/pre-push');
    } finally {
      await other.close();
    }
  });

  test('is for a repository with files', async () => {
    expect((await hook('status', { cwd: '/' })).code).toBe(2);
    expect((await hook('status', { cwd: join(repository.folder, '.git') })).code).toBe(2);
    expect((await hook('install --stage commit-msg')).err).toContain('is no hook that pratique knows');
    repository.git('config', 'core.hooksPath', '');
    const { code, err } = await hook('status');
    expect([code, err]).toEqual([2, expect.stringContaining('git does not say where its hooks are')]);
    const withoutGit = await hook('status', { env: { PATH: '/nowhere' } });
    expect([withoutGit.code, withoutGit.err]).toEqual([
      2,
      expect.stringContaining('git is in no folder of PATH'),
    ]);
  });

  test('lets nothing through where pratique is not found, and says how to go on', async () => {
    await hook('install');
    repository.git('add', '-A');
    const { code, told } = repository.tryGit(['commit', '-qm', 'a'], { PATH: '/usr/bin:/bin' });
    expect(told).toContain('pratique is not on the PATH');
    expect(told).toContain('git commit --no-verify');
    expect(code).toBe(1);
    expect(repository.tryGit(['commit', '-qm', 'a', '--no-verify'], { PATH: '/usr/bin:/bin' }).code).toBe(0);
  });
});

describe('pratique refs --staged and --pushed', () => {
  test.each([
    [['refs', '--staged', 'a'], '--staged does not go with paths'],
    [['refs', '--staged', '--since', 'a'], '--staged does not go with --since'],
    [['refs', '--staged', '--fix'], '--staged does not go with --fix'],
    [['refs', '--staged', '--pushed', 'a'], '--staged does not go with --pushed'],
    [['refs', '--pushed', 'a', '-'], '--pushed does not go with -'],
    [['check', 'a', '--staged'], '--staged goes with --refs'],
    [['check', 'a', '--if-any'], '--if-any goes with --refs'],
  ])('are understood alone: %j', async (argv, why) => {
    const terminal = fakeTerminal(argv);
    expect(await run(terminal)).toBe(2);
    expect(terminal.text().err).toContain(why);
  });
});
