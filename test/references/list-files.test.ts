import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parsePathPattern } from '../../src/model/path-pattern.ts';
import { listFiles } from '../../src/references/files/list-files.ts';
import { findReferences } from '../../src/references/find-references.ts';

const hasGit = (() => {
  try {
    execFileSync('git', ['--version']);
    return true;
  } catch {
    return false;
  }
})();
/** Without the settings of whoever runs the tests. */
const ENV = {
  PATH: process.env['PATH'],
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = async (path: string, text = 'x') => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
};
const git = (...argv: string[]) => execFileSync('git', argv, { cwd: folder, env: ENV });
const listed = async (paths: readonly string[] = [], since?: string) => {
  const { files } = await listFiles(paths, {
    cwd: folder,
    env: ENV,
    ...(since === undefined ? {} : { since }),
  });
  return files.map(({ shown }) => shown).sort();
};

describe('the files of a folder outside of a repository', () => {
  test('are all but those in folders of other people’s files, which is said', async () => {
    for (const path of [
      'Dockerfile',
      'a/b/compose.yaml',
      'node_modules/x/Dockerfile',
      'a/vendor/y/Dockerfile',
    ])
      await write(path);
    expect(await listed()).toEqual(['Dockerfile', 'a/b/compose.yaml']);
    const { notes } = await listFiles([], { cwd: folder, env: {} });
    expect(notes.join()).toContain('a/vendor');
  });

  test('are those of a folder that is named, and a file that is named is one whatever it is', async () => {
    await write('a/Dockerfile');
    await write('node_modules/b.txt');
    expect(await listed(['a', 'node_modules/b.txt'])).toEqual(['a/Dockerfile', 'node_modules/b.txt']);
  });

  test('are not reached through links', async () => {
    await write('real/Dockerfile', 'FROM a:1\n');
    await symlink(join(folder, 'real'), join(folder, 'linked'));
    await symlink('/dev/zero', join(folder, 'Dockerfile'));
    expect(await listed()).toEqual(['real/Dockerfile']);
    await expect(listed(['linked'])).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('need git for --since', async () => {
    await expect(listed([], 'HEAD')).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('can be left out by a pattern', async () => {
    await write('charts/a/values.yaml');
    await write('Dockerfile');
    const { files } = await listFiles([], { cwd: folder, env: {}, exclude: [parsePathPattern('charts/**')] });
    expect(files.map(({ shown }) => shown)).toEqual(['Dockerfile']);
  });

  test('must be there', async () => {
    await expect(listed(['nowhere'])).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe.skipIf(!hasGit)('the files of a repository', () => {
  beforeEach(async () => {
    git('init', '--quiet', '--initial-branch=main');
    await write('.gitignore', 'out/\n');
    await write('Dockerfile', 'FROM a:1\n');
    await write('vendor/Dockerfile', 'FROM b:1\n');
    await write('ü n.yaml');
    git('add', '.');
    git('commit', '--quiet', '-m', 'one');
  });

  test('are those that git tracks, also in folders that a walk leaves out', async () => {
    await write('out/Dockerfile');
    await write('untracked/Dockerfile');
    expect(await listed()).toEqual(['.gitignore', 'Dockerfile', 'vendor/Dockerfile', 'ü n.yaml'].sort());
    expect(await listed(['vendor'])).toEqual(['vendor/Dockerfile']);
  });

  test('since a revision are those that are new or changed, in the working tree too', async () => {
    await write('new/Dockerfile');
    git('add', '.');
    git('commit', '--quiet', '-m', 'two');
    await write('Dockerfile', 'FROM c:1\n');
    git('rm', '--quiet', '--cached', 'vendor/Dockerfile');
    expect(await listed([], 'HEAD~1')).toEqual(['Dockerfile', 'new/Dockerfile']);
    expect(await listed([], 'HEAD')).toEqual(['Dockerfile']);
    expect(await listed(['new'], 'HEAD~1')).toEqual(['new/Dockerfile']);
  });

  test.each(['nothing', '--output=stolen', '-h', 'HEAD..HEAD'])(
    'have no revision called %s',
    async (since) => {
      await expect(listed([], since)).rejects.toMatchObject({ code: 'USAGE' });
      expect(await listed()).not.toContain('stolen');
    },
  );

  test('are listed without running what the repository sets up for git', async () => {
    await write('hook.sh', `#!/bin/sh\ntouch ${join(folder, 'ran')}\n`);
    execFileSync('chmod', ['+x', join(folder, 'hook.sh')]);
    git('config', 'core.fsmonitor', join(folder, 'hook.sh'));
    await write('Dockerfile', 'FROM c:1\n');
    await listed([], 'HEAD');
    await listed();
    await rm(join(folder, '.gitignore'));
    expect(await listFiles(['ran'], { cwd: folder, env: {} }).catch(() => 'absent')).toBe('absent');
  });

  test('that are links or submodules are not read', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'pratique-test-'));
    await writeFile(join(outside, 'Dockerfile'), 'FROM stolen:1\n');
    await symlink(join(outside, 'Dockerfile'), join(folder, 'linked.Dockerfile'));
    git('add', '.');
    git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub.Dockerfile`);
    await mkdir(join(folder, 'sub.Dockerfile'));
    const { references, unread } = await findReferences([], { cwd: folder, env: ENV });
    await rm(outside, { recursive: true });
    expect(references.map(({ text }) => text)).toEqual(['a:1', 'b:1']);
    expect(unread).toEqual([]);
  });
});

describe('a file that cannot be read', () => {
  test('as text is told, where its name says that it names images', async () => {
    await writeFile(join(folder, 'compose.yaml'), Buffer.from([0xff, 0xfe, 0x69, 0x00]));
    await writeFile(join(folder, 'data.json'), Buffer.from([0xff]));
    const { unread } = await findReferences([], { cwd: folder, env: {} });
    expect(unread).toEqual([{ file: 'compose.yaml', line: 1, column: 1, text: 'it is not UTF-8 text' }]);
  });

  test('because it is too large is told', async () => {
    await writeFile(join(folder, 'compose.yaml'), Buffer.alloc(16 * 1024 * 1024 + 1, 0x20));
    const { unread } = await findReferences([], { cwd: folder, env: {} });
    expect(unread).toHaveLength(1);
  });
});
