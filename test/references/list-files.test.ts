import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
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
    await write('a/c.txt', 'FROM named:1\n');
    const { references } = await findReferences(['a/c.txt', 'a'], { cwd: folder, env: {} });
    expect(references.map(({ text }) => text)).toEqual(['named:1']);
    await rm(join(folder, 'a/c.txt'));
    expect(await listed(['a', 'node_modules/b.txt'])).toEqual(['a/Dockerfile', 'node_modules/b.txt']);
  });

  test('are not reached through links', async () => {
    await write('real/Dockerfile', 'FROM a:1\n');
    await symlink(join(folder, 'real'), join(folder, 'linked'));
    await symlink('/dev/zero', join(folder, 'Dockerfile'));
    const { references, unread } = await findReferences([], { cwd: folder, env: {} });
    expect(references.map(({ file }) => file)).toEqual(['real/Dockerfile']);
    expect(unread.map(({ file }) => file)).toEqual(['Dockerfile']);
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
      const fault = await listed([], since).catch((thrown: unknown) => thrown);
      expect(fault).toMatchObject({ code: 'USAGE' });
      expect(String(fault)).not.toContain('core.'); // nobody wrote the command line of git
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

  test('are compared without the filters that the repository sets up, which are programs', async () => {
    await write('.git/info/attributes', '* filter=Own.made\n');
    for (const kind of ['clean', 'process'])
      git('config', `filter.Own.made.${kind}`, `touch ${join(folder, 'ran')}; cat`);
    git('config', 'filter.Own.made.required', 'true');
    await write('Dockerfile', 'FROM c:1\n');
    expect(await listed([], 'HEAD')).toEqual(['Dockerfile']);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  test('are compared without asking a remote for what a partial clone left there', async () => {
    const helper = join(folder, '.git/helper.sh');
    await writeFile(helper, `#!/bin/sh\ntouch ${join(folder, 'ran')}\n`, { mode: 0o755 });
    git('config', 'core.repositoryFormatVersion', '1');
    git('config', 'extensions.partialClone', 'origin');
    git('config', 'remote.origin.url', folder);
    git('config', 'remote.origin.promisor', 'true');
    git('config', 'remote.origin.uploadpack', helper);
    await expect(listed([], '1'.repeat(40))).rejects.toMatchObject({ code: 'USAGE' });
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  test('are those of the folder that is named, also in a hook, where git names a repository by itself', async () => {
    await write('vendor/new/Dockerfile', 'FROM c:1\n');
    git('add', '.');
    const env = { ...ENV, GIT_DIR: join(folder, '.git'), GIT_INDEX_FILE: join(folder, '.git/index') };
    const { files } = await listFiles(['vendor'], { cwd: folder, env });
    expect(files.map(({ shown }) => shown)).toEqual(['vendor/Dockerfile', 'vendor/new/Dockerfile']);
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
    expect(unread.map(({ file, text }) => [file, text])).toEqual([
      ['linked.Dockerfile', 'it is a link, and what it leads to is not read here: name that file itself'],
    ]);
  });

  test('that are links are nothing more where they lead to a file that is read', async () => {
    await symlink('Dockerfile', join(folder, 'Containerfile'));
    await write('build/image.txt', 'FROM hidden:1\n');
    await symlink('image.txt', join(folder, 'build/Dockerfile'));
    await write('notes.yaml', 'FROM hidden:2\n');
    await symlink('notes.yaml', join(folder, 'b.Dockerfile'));
    await write('images.yaml', 'image: hidden:3\n');
    await symlink('images.yaml', join(folder, 'values.yaml'));
    git('add', '.');
    const { references, unread } = await findReferences([], { cwd: folder, env: ENV });
    expect(references.map(({ file }) => file)).toEqual(['Dockerfile', 'vendor/Dockerfile']);
    expect(unread.map(({ file }) => file).sort()).toEqual([
      'b.Dockerfile',
      'build/Dockerfile',
      'values.yaml',
    ]);
    const named = await findReferences(['build', 'build/image.txt'], { cwd: folder, env: ENV });
    expect(named.references.map(({ text }) => text)).toContain('hidden:1');
    expect(named.unread).toEqual([]);
  });

  test('are all that is there in a folder of which git tracks nothing', async () => {
    await write('out/Dockerfile', 'FROM rendered:1\n');
    expect(await listed(['out'])).toEqual(['out/Dockerfile']);
  });
});

describe('a file that cannot be read', () => {
  test('is not one with a line break in its name', async () => {
    await writeFile(join(folder, 'Dockerfile.\n::error::x'), 'FROM a:1\n');
    const { references } = await findReferences([], { cwd: folder, env: {} });
    expect(references.map(({ text }) => text)).toEqual(['a:1']);
  });

  test('as text is told, where its name says that it names images', async () => {
    await writeFile(join(folder, 'compose.yaml'), Buffer.from([0xff, 0xfe, 0x69, 0x00]));
    await writeFile(join(folder, 'data.json'), Buffer.from([0xff]));
    const { unread } = await findReferences([], { cwd: folder, env: {} });
    expect(unread).toEqual([{ file: 'compose.yaml', line: 1, column: 1, text: 'it is not UTF-8 text' }]);
  });

  test.each(['walked', 'tracked'])('because its name is no UTF-8 is told, %s', async (how) => {
    if (how === 'tracked' && !hasGit) return;
    await writeFile(Buffer.concat([Buffer.from(`${folder}/Dockerfile.`), Buffer.from([0xff])]), 'FROM a:1\n');
    if (how === 'tracked')
      for (const argv of [
        ['init', '--quiet'],
        ['add', '.'],
      ])
        git(...argv);
    const { unread } = await findReferences([], { cwd: folder, env: ENV });
    expect(unread.map(({ text }) => text)).toEqual(['its name is not UTF-8 text']);
  });

  test('because it is too large is told', async () => {
    await writeFile(join(folder, 'compose.yaml'), Buffer.alloc(16 * 1024 * 1024 + 1, 0x20));
    const { unread } = await findReferences([], { cwd: folder, env: {} });
    expect(unread).toHaveLength(1);
  });
});

describe('a Dockerfile of another name', () => {
  test.each([
    ['compose.yaml', 'services: {a: {build: {context: ., dockerfile: ./image/prod.docker}}}\n'],
    ['docker-bake.hcl', 'target "a" { dockerfile = "image/prod.docker" }\n'],
    ['docker-bake.json', '{"target": {"a": {"dockerfile": "image/prod.docker"}}}\n'],
    ['.devcontainer/devcontainer.json', '{"build": {"dockerfile": "../image/prod.docker"}}\n'],
    ['action.yml', 'runs: {using: docker, image: image/prod.docker}\n'],
  ])('that %s builds from is told as unread, unless it is named itself', async (file, text) => {
    await write(file, text);
    await write('image/prod.docker', 'FROM hidden:1\n');
    const options = { cwd: folder, env: {} };
    const { unread } = await findReferences([], options);
    expect(unread.map((one) => [one.file, one.text.includes('prod.docker')])).toEqual([[file, true]]);
    const named = await findReferences(['.', 'image/prod.docker'], options);
    expect(named.references.map(({ reference }) => reference?.tag)).toEqual(['1']);
    expect(named.unread).toEqual([]);
  });

  test('is one that its name may say, and not one that is read as something else', async () => {
    const compose = (file: string) => `services: {a: {build: {context: ., dockerfile: ${file}}}}\n`;
    await write('compose.yaml', compose('Dockerfile.py'));
    await write('Dockerfile.py', 'FROM a:1\n');
    await write('b/compose.yaml', compose('notes.yaml'));
    await write('b/notes.yaml', 'FROM hidden:1\n');
    const { unread } = await findReferences(['.', 'b/notes.yaml'], { cwd: folder, env: {} });
    expect(unread.map(({ file }) => file)).toEqual(['b/compose.yaml']);
  });
});
