import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parsePathPattern } from '../../src/model/path-pattern.ts';
import { pushedTrees, readObjects, stagedTree } from '../../src/references/files/git-tree.ts';
import { MOST_BYTES } from '../../src/references/files/read-text.ts';
import { findCommitted } from '../../src/references/find-committed.ts';
import { GIT_ENV, type GitRepository, hasGit, makeRepository } from '../support/git-repository.ts';

const ZERO = '0'.repeat(40);

describe.skipIf(!hasGit)('names in what is committed or pushed', () => {
  let repository: GitRepository;
  beforeEach(async () => {
    repository = await makeRepository();
  });
  afterEach(() => repository.close());

  const found = async (trees: Parameters<typeof findCommitted>[0], exclude: readonly string[] = []) => {
    const { references, unread, files } = await findCommitted(trees, {
      cwd: repository.folder,
      env: GIT_ENV,
      exclude: exclude.map(parsePathPattern),
    });
    return { names: references.map(({ file, text }) => `${file} ${text}`).sort(), unread, files };
  };
  const staged = async (...exclude: string[]) =>
    found([await stagedTree(repository.folder, GIT_ENV)], exclude);
  const pushed = async (lines: string, remote = 'origin') =>
    found(await pushedTrees(repository.folder, GIT_ENV, lines, remote));
  const commit = (message = 'a') => {
    repository.git('add', '-A');
    repository.git('commit', '-qm', message);
    return repository.git('rev-parse', 'HEAD');
  };

  describe('staged', () => {
    test('are those of the index, not of the file as it was edited since', async () => {
      await repository.write('Dockerfile', 'FROM staged:1\n');
      repository.git('add', '-A');
      await repository.write('Dockerfile', 'FROM edited:1\n');
      expect((await staged()).names).toEqual(['Dockerfile staged:1']);
    });

    test('are those of what differs from the last commit, before the first of everything', async () => {
      await repository.write('Dockerfile', 'FROM a:1\n');
      await repository.write('b/compose.yaml', 'services: {a: {image: "b:1"}}\n');
      repository.git('add', '-A');
      expect((await staged()).names).toEqual(['Dockerfile a:1', 'b/compose.yaml b:1']);
      commit();
      expect((await staged()).names).toEqual([]);
      await repository.write('Dockerfile', 'FROM a:2\n');
      repository.git('add', '-A');
      repository.git('rm', '-q', 'b/compose.yaml');
      expect((await staged()).names).toEqual(['Dockerfile a:2']);
      expect((await staged('Dockerfile')).names).toEqual([]);
    });

    test('are found under names that are awkward', async () => {
      const paths = [
        'a b/Dockerfile',
        'ü/Dockerfile',
        'new\nline/Dockerfile',
        '"q"/Dockerfile',
        '*/Dockerfile',
      ];
      for (const path of paths) await repository.write(path, 'FROM a:1\n');
      repository.git('add', '-A');
      expect((await staged()).names).toEqual(paths.map((path) => `${path} a:1`).sort());
    });

    test('are read through a link to a file that is tracked, and through no other', async () => {
      await repository.write('real/Dockerfile', 'FROM a:1\n');
      await repository.write('notes.yaml', 'FROM b:1\n');
      commit();
      await symlink('real/Dockerfile', join(repository.folder, 'Dockerfile'));
      await symlink('notes.yaml', join(repository.folder, 'Dockerfile.b'));
      await symlink('/real/Dockerfile', join(repository.folder, 'Dockerfile.c'));
      await symlink('Dockerfile', join(repository.folder, 'Dockerfile.d'));
      repository.git('add', '-A');
      const { names, unread } = await staged();
      expect(names).toEqual(['real/Dockerfile a:1']);
      expect(unread.map(({ file }) => file).sort()).toEqual(['Dockerfile.b', 'Dockerfile.c', 'Dockerfile.d']);
    });

    test('are not known of a file that Git LFS keeps elsewhere', async () => {
      const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'5'.repeat(64)}\nsize 12\n`;
      await repository.write('Dockerfile', pointer);
      repository.git('add', '-A');
      const { names, unread } = await staged();
      expect([names, unread.map(({ text }) => text)]).toEqual([[], [expect.stringContaining('Git LFS')]]);
    });

    test('are not known of a file that is too large', async () => {
      await repository.write('Dockerfile', `FROM a:1\n${' '.repeat(MOST_BYTES)}`);
      repository.git('add', '-A');
      const { names, unread } = await staged();
      expect([names, unread.map(({ text }) => text)]).toEqual([[], [`it has more than ${MOST_BYTES} bytes`]]);
    });

    test('are those of a Dockerfile too that a staged file builds from under another name', async () => {
      await repository.write('image/prod.docker', 'FROM a:1\n');
      commit();
      await repository.write(
        'compose.yaml',
        'services: {a: {build: {context: ., dockerfile: image/prod.docker}}}\n',
      );
      repository.git('add', '-A');
      const { names, unread } = await staged();
      expect([names, unread]).toEqual([['image/prod.docker a:1'], []]);
      await repository.write(
        'compose.yaml',
        'services: {a: {build: {context: ., dockerfile: gone.docker}}}\n',
      );
      repository.git('add', '-A');
      expect((await staged()).unread).toHaveLength(1);
    });

    test('need no program that the repository names', async () => {
      await repository.write('.gitattributes', '* filter=evil diff=evil\n');
      await repository.write('Dockerfile', 'FROM a:1\n');
      repository.git('add', '-A');
      const started = join(repository.folder, 'started');
      for (const name of [
        'filter.evil.clean',
        'filter.evil.smudge',
        'diff.evil.textconv',
        'diff.evil.command',
      ])
        repository.git('config', name, `touch ${started}; cat`);
      repository.git('config', 'core.fsmonitor', `touch ${started}; true`);
      expect((await staged()).names).toEqual(['Dockerfile a:1']);
      expect(existsSync(started)).toBe(false);
      repository.tryGit(['diff']);
      expect(existsSync(started)).toBe(true); // it would have been
    });

    test('are those of the content itself, not of what stands in for it here', async () => {
      await repository.write('Dockerfile', 'FROM bad:1\n');
      await repository.write('good', 'FROM good:1\n');
      repository.git('add', '-A');
      repository.git(
        'replace',
        repository.git('rev-parse', ':Dockerfile'),
        repository.git('rev-parse', ':good'),
      );
      expect((await staged()).names).toEqual(['Dockerfile bad:1']);
    });

    test('cannot be told outside of a repository', async () => {
      await expect(stagedTree('/', GIT_ENV)).rejects.toMatchObject({ code: 'USAGE' });
    });
  });

  describe('pushed', () => {
    const line = (local: string, there = ZERO) => `refs/heads/main ${local} refs/heads/main ${there}\n`;

    test('to a new branch are those of all that the remote has not', async () => {
      await repository.write('Dockerfile', 'FROM a:1\n');
      const first = commit();
      await repository.write('b/Dockerfile', 'FROM b:1\n');
      const second = commit();
      expect((await pushed(line(second))).names).toEqual(['Dockerfile a:1', 'b/Dockerfile b:1']);
      repository.git('update-ref', 'refs/remotes/origin/main', first);
      expect((await pushed(line(second))).names).toEqual(['b/Dockerfile b:1']);
      expect((await pushed(line(second), 'other')).names).toHaveLength(2);
      expect((await pushed(line(second), 'https://example.com/a*')).names).toHaveLength(2);
    });

    test('are as the commit has them that is pushed, whatever lies in the folder or the index', async () => {
      await repository.write('Dockerfile', 'FROM a:1\n');
      const first = commit();
      await repository.write('Dockerfile', 'FROM bad:1\n');
      const second = commit();
      await repository.write('Dockerfile', 'FROM put-right:1\n');
      const third = commit();
      await repository.write('Dockerfile', 'FROM staged:1\n');
      repository.git('add', '-A');
      expect((await pushed(line(third, first))).names).toEqual(['Dockerfile put-right:1']);
      expect((await pushed(line(second, first))).names).toEqual(['Dockerfile bad:1']);
    });

    test('are none of a branch that is deleted there, nor of one that brings nothing', async () => {
      await repository.write('Dockerfile', 'FROM a:1\n');
      const first = commit();
      expect((await pushed(`(delete) ${ZERO} refs/heads/main ${first}\n`)).names).toEqual([]);
      expect((await pushed(line(first, first))).names).toEqual([]);
      expect((await pushed('')).names).toEqual([]);
    });

    test('are those of a branch although the remote has moved to a commit that is not known here', async () => {
      await repository.write('Dockerfile', 'FROM a:1\n');
      const first = commit();
      expect((await pushed(line(first, '1'.repeat(40)))).names).toEqual(['Dockerfile a:1']);
    });

    test('are those of an annotated tag, and each of several branches', async () => {
      await repository.write('Dockerfile', 'FROM a:1\n');
      const first = commit();
      repository.git('tag', '-a', '-m', 'one', 'v1');
      const tag = repository.git('rev-parse', 'v1');
      await repository.write('Dockerfile', 'FROM b:1\n');
      const second = commit();
      expect((await pushed(`refs/tags/v1 ${tag} refs/tags/v1 ${ZERO}\n`)).names).toEqual(['Dockerfile a:1']);
      expect((await pushed(line(first) + line(second))).names).toEqual(['Dockerfile a:1', 'Dockerfile b:1']);
    });

    test('are not those of a branch that was merged and is there already', async () => {
      await repository.write('Dockerfile', 'FROM a:1\n');
      const first = commit();
      repository.git('checkout', '-qb', 'side');
      await repository.write('side/Dockerfile', 'FROM side:1\n');
      commit();
      repository.git('checkout', '-q', 'main');
      await repository.write('main/Dockerfile', 'FROM main:1\n');
      repository.git('update-ref', 'refs/remotes/origin/main', commit());
      repository.git('checkout', '-q', 'side');
      repository.git('merge', '-q', '--no-edit', 'main');
      const merged = repository.git('rev-parse', 'HEAD');
      expect((await pushed(line(merged))).names).toEqual(['side/Dockerfile side:1']);
      expect((await pushed(line(merged, first))).names).toEqual(['side/Dockerfile side:1']);
      // What a merge itself brings in is in neither of its sides.
      await repository.write('evil/Dockerfile', 'FROM evil:1\n');
      repository.git('add', '-A');
      repository.git('commit', '-q', '--amend', '--no-edit');
      const evil = repository.git('rev-parse', 'HEAD');
      expect((await pushed(line(evil))).names).toEqual(['evil/Dockerfile evil:1', 'side/Dockerfile side:1']);
    });

    test('cannot be told by other lines, or of what is no commit', async () => {
      await expect(pushed('main\n')).rejects.toMatchObject({ code: 'USAGE' });
      await repository.write('Dockerfile', 'FROM a:1\n');
      commit();
      const blob = repository.git('rev-parse', 'HEAD:Dockerfile');
      await expect(pushed(`refs/tags/x ${blob} refs/tags/x ${ZERO}\n`)).rejects.toMatchObject({
        code: 'USAGE',
      });
      await expect(pushed(line('1'.repeat(40)))).rejects.toMatchObject({ code: 'USAGE' });
    });

    test.each(['--output=x', 'refs heads', 'a b c d', `x ${ZERO} y`, `x --all y ${ZERO}`])(
      'cannot be told by the line %j',
      async (text) => {
        await expect(pushed(`${text}\n`)).rejects.toMatchObject({ code: 'USAGE' });
      },
    );
  });

  test('contents come back as they are, whatever is in them', async () => {
    const awkward = ['', '\n', 'a\0b', `${ZERO} blob 3\nabc\n`, 'é\r\n', 'x'.repeat(300_000)];
    const texts = [...awkward, ...fc.sample(fc.string({ unit: 'grapheme', maxLength: 300 }), 50)];
    for (const [index, text] of texts.entries()) await repository.write(`f${index}`, text);
    const names = texts.map((_, index) => `f${index}`);
    const objects = repository.git('hash-object', '-w', ...names).split('\n');
    const read = await readObjects(repository.folder, GIT_ENV, [...objects, ...objects, '1'.repeat(40)]);
    expect(objects.map((object) => read.get(object))).toEqual(texts.map((text) => ({ text })));
    expect(read.get('1'.repeat(40))).toMatchObject({ why: expect.stringContaining('does not have') });
  });
});
