import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';
import { GIT_ENV, type GitRepository, hasGit, makeRepository } from '../support/git-repository.ts';

const MAIN = pathToFileURL(join(import.meta.dirname, '../../src/cli/main.ts')).href;
const POLICY = 'version: 1\nname: test\nsources: {allow: ["ghcr.io/acme/*"]}\n';

if (!hasGit) process.stderr.write('skip: hooks of git: git is not installed\n');

describe.skipIf(!hasGit)('hooks of git that run the program', () => {
  let repository: GitRepository;
  let bin: string;

  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), 'pratique-bin-'));
    await writeFile(join(bin, 'main.mjs'), `import { main } from ${JSON.stringify(MAIN)};\nawait main();\n`);
    await writeFile(join(bin, 'pratique'), `#!/bin/sh\nexec '${process.execPath}' '${bin}/main.mjs' "$@"\n`);
    await chmod(join(bin, 'pratique'), 0o755);
  });
  afterAll(() => rm(bin, { recursive: true }));
  beforeEach(async () => {
    repository = await makeRepository();
    await repository.write('pratique.yaml', POLICY);
  });
  afterEach(() => repository.close());

  const install = (stage: string) =>
    run(fakeTerminal(['hook', 'install', '--stage', stage], { cwd: repository.folder, env: GIT_ENV }));
  const withPratique = () => ({ PATH: `${bin}:${process.env['PATH']}` });

  test('judges what is committed: staged text, and not that of the folder, also with --all and of one file', async () => {
    await repository.write('Dockerfile', 'FROM ghcr.io/acme/a:1\n');
    await repository.write('x', 'x');
    repository.git('add', '-A');
    await install('pre-commit');
    expect(repository.tryGit(['commit', '-qm', 'a'], withPratique()).code).toBe(0);
    await repository.write('Dockerfile', 'FROM evil:1\n');
    const all = repository.tryGit(['commit', '-qam', 'b'], withPratique());
    expect(all.told).toContain('"docker.io/library/evil:1"');
    expect(all.code).toBe(1);
    expect(repository.tryGit(['commit', '-qm', 'b', 'Dockerfile'], withPratique()).code).toBe(1);
    repository.git('add', '-A');
    await repository.write('Dockerfile', 'FROM ghcr.io/acme/a:1\n');
    const one = repository.tryGit(['commit', '-qm', 'b'], withPratique());
    expect(one.told).toContain('./Dockerfile');
    expect(one.code).toBe(1);
    await repository.write('x', 'y');
    expect(repository.tryGit(['commit', '-qm', 'b', 'x'], withPratique()).code).toBe(0);
  });

  test('judges what is pushed, and lets a branch be deleted', async () => {
    const remote = await makeRepository();
    try {
      remote.git('config', 'receive.denyCurrentBranch', 'ignore');
      repository.git('remote', 'add', 'origin', remote.folder);
      await install('pre-push');
      await repository.write('Dockerfile', 'FROM evil:1\n');
      repository.git('add', '-A');
      repository.git('commit', '-qm', 'a');
      const push = (...argv: string[]) =>
        repository.tryGit(['push', '-q', 'origin', ...argv], withPratique());
      expect(push('main').told).toContain('evil');
      expect(push('main').code).toBe(1);
      await repository.write('Dockerfile', 'FROM ghcr.io/acme/a:1\n');
      repository.git('commit', '-qam', 'b');
      expect(push('main', 'main:other').told).toMatch(/^ADMITTED {2}1 admitted by name/);
      expect(push(':other').code).toBe(0);
      expect(repository.tryGit(['push', '-q', remote.folder, 'main:third'], withPratique()).code).toBe(0);
    } finally {
      await remote.close();
    }
  });
});
