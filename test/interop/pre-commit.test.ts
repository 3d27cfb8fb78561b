import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GIT_ENV, type GitRepository, hasGit, makeRepository } from '../support/git-repository.ts';
import { missingPrograms } from '../support/programs.ts';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const program = process.env['PRE_COMMIT'] || 'pre-commit';
const reason = whyNot();
if (reason !== undefined) process.stderr.write(`skip: the pre-commit framework: ${reason}\n`);

function whyNot(): string | undefined {
  if (!hasGit || missingPrograms('npm').length > 0) return 'git or npm is not installed';
  const ran = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return ran.status === 0 ? undefined : 'pre-commit is not installed; PRE_COMMIT may name it';
}

/** What the package is made of, and what makes it. */
const PARTS: readonly string[] = [
  ...['.ci', 'bin', 'src', 'schema', 'allowlists', 'trust-roots', 'man', 'LICENSE', 'README.md', '.npmrc'],
  ...['.pre-commit-hooks.yaml', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
];

/** What the framework clones: this repository as it is now, in one commit. */
async function publish(): Promise<GitRepository> {
  const repository = await makeRepository();
  for (const part of PARTS) await cp(join(TOP, part), join(repository.folder, part), { recursive: true });
  repository.git('add', '-A');
  repository.git('commit', '-qm', 'published');
  return repository;
}

describe.skipIf(reason !== undefined)('the pre-commit framework', () => {
  let published: GitRepository;
  let repository: GitRepository;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-pre-commit-'));
    for (const name of ['node', 'nodejs']) await symlink(process.execPath, join(folder, name)); // it asks for both
    published = await publish();
    repository = await makeRepository();
    await repository.write('pratique.yaml', 'version: 1\nname: test\nsources: {allow: ["ghcr.io/acme/*"]}\n');
    const rev = published.git('rev-parse', 'HEAD');
    const hooks = ['pratique-refs', 'pratique-check-refs'].map(
      (id) => `  - id: ${id}\n    language_version: system\n`,
    );
    await repository.write(
      '.pre-commit-config.yaml',
      `repos:\n- repo: ${published.folder}\n  rev: ${rev}\n  hooks:\n${hooks.join('')}`,
    );
    run('install', '--install-hooks', '--hook-type', 'pre-commit', '--hook-type', 'pre-push');
  }, 300_000);
  afterAll(async () => {
    await published?.close();
    await repository?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** What npm needs for its registry stays; what an npm around this run has set does not. */
  const outside = Object.entries(process.env).filter(([name]) => !/^(?:npm_|git_|node_options)/i.test(name));
  const env = () => ({
    ...Object.fromEntries(outside),
    ...GIT_ENV,
    PATH: `${folder}:${process.env['PATH']}`,
    PRE_COMMIT_HOME: join(folder, 'home'),
  });
  function run(...argv: string[]): { code: number | null; told: string } {
    const ran = spawnSync(program, argv, {
      cwd: repository.folder,
      env: env(),
      encoding: 'utf8',
      timeout: 240_000,
    });
    const told = `${ran.stdout}${ran.stderr}`;
    if (argv[0] === 'install' && ran.status !== 0) throw new Error(told);
    return { code: ran.status, told };
  }
  const commit = () => repository.tryGit(['commit', '-m', 'a'], env());

  test('installs this repository by its package, and lets a good name through', async () => {
    await repository.write('Dockerfile', 'FROM ghcr.io/acme/a:1\n');
    repository.git('add', '-A');
    const { code, told } = commit();
    expect(told).toMatch(/images named in files \(names, no network\)\.+Passed/);
    expect(code).toBe(0);
  });

  test('keeps a bad name out of the commit, with its line and what is wrong', async () => {
    await repository.write(
      'deploy/web.yaml',
      'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "ghcr.io/acrne/a:1"}]}\n',
    );
    repository.git('add', '-A');
    const { code, told } = commit();
    expect(told).toContain('exit code: 1');
    expect(told).toContain('./deploy/web.yaml');
    expect(told).toMatch(/3:\d+ +ghcr\.io\/acrne\/a:1/);
    expect(code).toBe(1);
    expect(repository.git('log', '--format=%s')).toBe('a');
  });

  test('judges what is staged', async () => {
    await writeFile(join(repository.folder, 'deploy/web.yaml'), 'a: b\n');
    expect(commit().code).toBe(1);
    repository.git('add', '-A');
    expect(commit().code).toBe(0);
  });

  test('judges every file where it is told to, and images in full before a push', async () => {
    expect(run('run', '--all-files').code).toBe(0);
    const remote = await makeRepository();
    try {
      remote.git('config', 'receive.denyCurrentBranch', 'ignore');
      const push = () => repository.tryGit(['push', remote.folder, 'HEAD:main'], env());
      await repository.write('Dockerfile', 'FROM ghcr.io/acme/a:1\nFROM 127.0.0.1:1/acme/b:1\n');
      repository.git('commit', '-qam', 'b', '--no-verify');
      const { code, told } = push();
      expect(told).toMatch(/names, no network\)\.+Failed/);
      expect(told).toMatch(/\(in full\)\.+Failed/);
      expect(code).toBe(1);
    } finally {
      await remote.close();
    }
  });
});
