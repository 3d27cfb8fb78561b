import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeFileWhole } from '../../src/cli/write-file.ts';

describe('writeFileWhole', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('replaces a file and leaves nothing beside it', async () => {
    const path = join(folder, 'verdict.json');
    await writeFile(path, 'old');
    await writeFileWhole(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['verdict.json']);
  });

  test('says which file could not be written, and why', async () => {
    const path = join(folder, 'missing', 'verdict.json');
    await expect(writeFileWhole(path, 'x')).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      problem: { why: 'ENOENT' },
    });
  });

  test('a target that is a folder stays what it was', async () => {
    await expect(writeFileWhole(folder, 'x')).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(await readdir(folder)).toEqual([]);
  });
});
