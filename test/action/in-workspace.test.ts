import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isLinked, wayInto } from '../../src/action/in-workspace.ts';

let home: string;
beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'pratique-test-')));
  await mkdir(join(home, 'workspace/a'), { recursive: true });
  await writeFile(join(home, 'workspace/a/b'), '');
  await symlink('a', join(home, 'workspace/link'));
  await symlink(join(home, 'workspace'), join(home, 'linked-workspace'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

test('a file lies in the checkout by its place, however it is written', () => {
  for (const [file, way] of [
    ['a/b', 'a/b'],
    ['./a/../a/b', 'a/b'],
    ['/work/shop/a', 'a'],
    ['..a', '..a'],
    ['', ''],
    ['../shop/a', 'a'],
    ['..', undefined],
    ['../shop2/a', undefined],
    ['/work/shop2', undefined],
    ['/', undefined],
  ] as const)
    expect(wayInto('/work/shop', file), file).toBe(way);
});

test('a link is known in every part of the way, and none above the checkout counts', async () => {
  const linked = (workspace: string, way: string) => isLinked(join(home, workspace), way);
  expect([await linked('workspace', 'link'), await linked('workspace', 'link/b')]).toEqual([true, true]);
  expect([await linked('workspace', 'a/b'), await linked('workspace', '')]).toEqual([false, false]);
  expect([await linked('linked-workspace', 'a/b'), await linked('linked-workspace', '')]).toEqual([
    false,
    false,
  ]);
  expect(await linked('linked-workspace', 'link/b')).toBe(true);
  expect(await linked('workspace', 'nowhere/at/all')).toBe(false);
});
