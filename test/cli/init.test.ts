import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { run } from '../../src/cli/main.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';

describe('pratique init', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
    execFileSync('git', ['init', '-q'], { cwd: folder });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const told = async (...argv: string[]) => {
    const terminal = fakeTerminal(argv, { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder } });
    return { code: await run(terminal), ...terminal.text() };
  };
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  const read = (path: string) => readFile(join(folder, path), 'utf8');
  const git = (...argv: string[]) => execFileSync('git', argv, { cwd: folder });
  const origin = (url: string) => git('remote', 'add', 'origin', url);

  async function project() {
    await write('Dockerfile', 'FROM docker.io/library/node:22\nFROM ghcr.io/acme/shop/base:1\n');
    await write(
      'compose.yaml',
      'services: { db: { image: "postgres:17" }, cache: { image: "postgres:16" } }\n',
    );
    await write('.github/workflows/build.yml', 'jobs: { a: { steps: [] } }\nenv:\n  REGISTRY: ghcr.io\n');
    origin('https://github.com/Acme/Shop.git');
    git('add', '-A');
  }

  test('writes a policy, a list and a workflow that pratique itself passes', async () => {
    await project();
    const { code, out } = await told('init');
    expect(code).toBe(0);
    expect(out).toContain('registry    ghcr.io (.github/workflows/build.yml)');
    git('add', '-A');
    const policy = await loadPolicy({ cwd: folder, env: {}, now: new Date() });
    expect(policy.stamp.name).toBe('Shop');
    expect(policy.sources?.allow.map(({ origin: line }) => line.split(':')[0])).toContain(
      'allowlists/images.yaml',
    );
    const refs = await told('refs');
    expect(refs.out).toContain('ADMITTED');
    expect(refs.code).toBe(0);
    expect(await told('allow', 'lint')).toMatchObject({ code: 0, err: '' });
    expect((await told('allow', 'test', 'ghcr.io/acme/shop:1')).code).toBe(0);
  });

  test('names each repository once in the list, with the place where it is named, and its owner', async () => {
    await project();
    await told('init', '--owner', 'team-x');
    expect(parse(await read('allowlists/images.yaml'))).toEqual({
      owner: 'team-x',
      entries: [
        { image: 'docker.io/library/node', reason: 'named in Dockerfile:1' },
        { image: 'docker.io/library/postgres', reason: 'named in compose.yaml:1, and 1 more' },
      ],
    });
  });

  test('makes a workflow whose actions are pinned by commit, with no more than it needs', async () => {
    await project();
    await told('init');
    const workflow = parse(await read('.github/workflows/pratique.yml'));
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const steps: { uses?: string }[] = Object.values<{ steps: [] }>(workflow.jobs).flatMap(
      (job) => job.steps,
    );
    const uses = steps.flatMap((step) => step.uses ?? []);
    expect(uses).toHaveLength(2);
    for (const action of uses) expect(action).toMatch(/@[0-9a-f]{40}$/);
    // As the workflows of the documentation have them, to the commit.
    const shown = readFileSync(new URL('../../docs/workflows/gate.yml', import.meta.url), 'utf8');
    for (const action of uses) expect(shown).toContain(`uses: ${action} #`);
  });

  test('uses the copy of pratique that it is told of, and no other than one at a commit', async () => {
    await project();
    const action = `acme/gate@${'a1'.repeat(20)}`;
    expect((await told('init', '--action', 'acme/gate@v1')).err).toContain('no copy of pratique at a commit');
    expect((await told('init', '--action', action)).code).toBe(0);
    expect(await read('.github/workflows/pratique.yml')).toContain(`uses: ${action} #`);
  });

  test('makes a job for GitLab, whose image its own list allows', async () => {
    await write('.gitlab-ci.yml', 'build: { image: "docker.io/library/alpine:3.22", script: [make] }\n');
    origin('git@gitlab.com:acme/shop.git');
    git('add', '-A');
    expect((await told('init')).code).toBe(0);
    git('add', '-A');
    expect(Object.keys(parse(await read('.gitlab/pratique.yml')))).toEqual(['pratique']);
    expect((await told('refs', '.', '.gitlab/pratique.yml')).code).toBe(0);
  });

  test('has the job for GitLab take pratique from a copy at a commit, not from whoever has the name on a registry', async () => {
    await write('.gitlab-ci.yml', 'build: { script: [make] }\n');
    origin('git@gitlab.acme.dev:tools/ci/shop.git');
    git('add', '-A');
    const { out } = await told('init');
    const script = async () => parse(await read('.gitlab/pratique.yml')).pratique.script.join('\n');
    expect(await script()).toContain('git clone --quiet https://gitlab.acme.dev/acme/pratique.git /opt/');
    expect(await script()).toContain(`checkout --quiet ${'0'.repeat(40)}`);
    expect(await script()).not.toMatch(/npx|pratique@|npm install/);
    expect(out).toContain('put your copy of pratique into .gitlab/pratique.yml');
    expect(out).toContain('write into .gitlab-ci.yml: include: [{ local: .gitlab/pratique.yml }]');
    await rm(join(folder, '.gitlab'), { recursive: true });
    const told2 = await told('init', '--action', `tools/ci/gate@${'a1'.repeat(20)}`);
    expect(await script()).toContain('/tools/ci/gate.git /opt/');
    expect(await script()).toContain(`checkout --quiet ${'a1'.repeat(20)}`);
    expect(told2.out).not.toContain('put your copy');
  });

  test('takes what is pushed to the project’s own registry on gitlab.com for what is built here', async () => {
    await write('.gitlab-ci.yml', 'build: { script: ["docker push $CI_REGISTRY_IMAGE:1"] }\n');
    origin('https://gitlab.com/Acme/platform/shop.git');
    git('add', '-A');
    await told('init');
    expect(parse(await read('pratique.yaml')).sources.allow).toEqual([
      'registry.gitlab.com/acme/platform/shop',
      'registry.gitlab.com/acme/platform/shop/**',
    ]);
  });

  test('changes nothing that is there, and says so', async () => {
    await project();
    await told('init');
    const before = await Promise.all(['pratique.yaml', 'allowlists/images.yaml'].map(read));
    await write('pratique.yaml', 'version: 1\n');
    const { code, err } = await told('init', '--owner', 'other');
    expect(code).toBe(0);
    expect(err).toContain('pratique.yaml is there already');
    expect(await read('pratique.yaml')).toBe('version: 1\n');
    expect(await read('allowlists/images.yaml')).toBe(before[1]);
  });

  test('writes no list beside a policy that does not name it', async () => {
    await project();
    await write('pratique.yaml', 'version: 1\n');
    await told('init');
    expect(await readdir(folder)).not.toContain('allowlists');
  });

  test('writes nothing with --dry-run, and prints it all', async () => {
    await project();
    const { code, out } = await told('init', '--dry-run');
    expect(code).toBe(0);
    for (const file of ['pratique.yaml', 'allowlists/images.yaml', '.github/workflows/pratique.yml'])
      expect(out).toContain(`--- ${file}`);
    expect(await readdir(folder)).not.toContain('pratique.yaml');
  });

  test('vouches for no name that imitates another', async () => {
    await write('Dockerfile', 'FROM docker.io/librarry/nginx:1\nFROM node:22\n');
    git('add', '-A');
    const { err } = await told('init');
    expect(err).toContain('left out of the list: docker.io/librarry/nginx');
    expect(await read('allowlists/images.yaml')).not.toContain('librarry');
    expect((await told('refs')).code).toBe(1);
  });

  test('follows no link out of the repository', async () => {
    await project();
    const outside = await mkdtemp(join(tmpdir(), 'pratique-test-'));
    await symlink(outside, join(folder, 'allowlists'));
    const { code, err } = await told('init');
    expect(err).toContain('"allowlists" could not be written');
    expect(code).toBe(3);
    expect(await readdir(outside)).toEqual([]);
    expect(lstatSync(join(folder, 'allowlists')).isSymbolicLink()).toBe(true);
    await rm(outside, { recursive: true });
  });

  test('tells the host of a login, and nothing else of it', async () => {
    await write('Dockerfile', 'FROM node:22\n');
    const login = Buffer.from(['user', 'hunter', '2hunter2'].join(':')).toString('base64');
    await write('.docker/config.json', JSON.stringify({ auths: { 'registry.acme.dev': { auth: login } } }));
    git('add', 'Dockerfile');
    const { out, err } = await told('init', '--dry-run');
    expect(out).toContain('registry    registry.acme.dev (a login of this machine)');
    expect(out + err).not.toContain(login);
  });

  test('takes what files and people are called for text in YAML, whatever it holds', async () => {
    const path = 'a: "b" #c/Dockerfile';
    await write(path, 'FROM node:22\n');
    origin('https://github.com/acme/1.10.git');
    git('add', '-A');
    await told('init', '--owner', 'x: [y\n#z');
    expect(parse(await read('allowlists/images.yaml'))).toEqual({
      owner: 'x: [y\n#z',
      entries: [{ image: 'docker.io/library/node', reason: `named in ${path}:1` }],
    });
    expect(parse(await read('pratique.yaml')).name).toBe('1.10');
  });

  test('calls Docker Hub by the name that policies know it by, not as its login does', async () => {
    await write('Dockerfile', 'FROM node:22\n');
    await write('.docker/config.json', '{"auths": {"https://index.docker.io/v1/": {}}}');
    git('add', 'Dockerfile');
    const { out } = await told('init', '--dry-run');
    expect(out).toContain('registry    docker.io (a login of this machine)');
    expect(out).not.toContain('index.docker.io');
  });

  test('is for the root of a repository: 2', async () => {
    await mkdir(join(folder, 'inner'));
    const terminal = fakeTerminal(['init'], { cwd: join(folder, 'inner') });
    expect(await run(terminal)).toBe(2);
    expect(terminal.text().err).toContain('not the root of a git repository');
  });

  test('says what it does not know, and writes what a repository without images can use', async () => {
    await write('Dockerfile', 'ARG TAG\nFROM $TAG\n');
    git('add', '-A');
    const { code, err, out } = await told('init');
    expect(err).toContain('not known: Dockerfile:2');
    expect(out).toContain('leave its file out there with --exclude');
    expect(code).toBe(0);
    expect((await loadPolicy({ cwd: folder, env: {}, now: new Date() })).sources).toBeUndefined();
  });
});
