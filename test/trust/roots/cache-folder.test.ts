import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheFolderOf, readCached, writeCached } from '../../../src/trust/roots/cache-folder.ts';

const NOBODY = 65_534;
const IS_ROOT = process.getuid?.() === 0;

let base = '';
let folder = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'pratique-test-'));
  folder = join(base, 'cache', 'pratique', 'tuf');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const path = () => join(folder, 'copy.json');
const read = async () => (await readCached(folder, 'copy.json'))?.toString();
const modeOf = (name: string) => statSync(name).mode & 0o777;

describe('the place of the cache', () => {
  test.each<[Record<string, string>, string | undefined]>([
    [{ XDG_CACHE_HOME: '/var/cache/me', HOME: '/home/me' }, '/var/cache/me/pratique/tuf'],
    [{ HOME: '/home/me' }, '/home/me/.cache/pratique/tuf'],
    [{ XDG_CACHE_HOME: 'relative', HOME: '/home/me' }, '/home/me/.cache/pratique/tuf'],
    [{ XDG_CACHE_HOME: '', HOME: '/home/me' }, '/home/me/.cache/pratique/tuf'],
    [{ HOME: 'relative' }, undefined],
    [{}, undefined],
  ])('for %j is %s', (env, place) => {
    expect(cacheFolderOf(env)).toBe(place);
  });
});

describe('what is kept', () => {
  test('is for its owner alone', async () => {
    await writeCached(folder, 'copy.json', 'text');
    expect(await read()).toBe('text');
    expect([modeOf(folder), modeOf(path())]).toEqual([0o700, 0o600]);
  });

  test('is not there before it was written', async () => {
    expect(await read()).toBeUndefined();
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    expect(await read()).toBeUndefined();
  });

  test('is one of two whole texts where two write at once, and nothing else is left', async () => {
    const texts = ['a'.repeat(100_000), 'b'.repeat(200_000)];
    await Promise.all(
      texts.flatMap((text) => [text, text, text]).map((text) => writeCached(folder, 'copy.json', text)),
    );
    expect(texts).toContain(await read());
    expect(readdirSync(folder)).toEqual(['copy.json']);
  });

  test('takes the place of a link, and writes nothing where it leads', async () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const other = join(base, 'other');
    writeFileSync(other, 'untouched');
    symlinkSync(other, path());
    await writeCached(folder, 'copy.json', 'text');
    expect(readFileSync(other, 'utf8')).toBe('untouched');
    expect(await read()).toBe('text');
  });

  test('cannot be written where no folder can be made', async () => {
    writeFileSync(join(base, 'cache'), '');
    await expect(writeCached(folder, 'copy.json', 'text')).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  });
});

describe('not used, neither read nor written', () => {
  beforeEach(() => writeCached(folder, 'copy.json', 'text'));

  const refused = async (why: string, withWriting = true) => {
    const reading = expect(readCached(folder, 'copy.json')).rejects;
    await reading.toMatchObject({ code: 'DENIED', problem: { why: expect.stringContaining(why) } });
    if (withWriting)
      await expect(writeCached(folder, 'copy.json', 'new')).rejects.toMatchObject({ code: 'DENIED' });
  };

  test('a folder that others may write to', async () => {
    chmodSync(folder, 0o777);
    await refused('others may write to it (mode 777)');
    expect(readFileSync(path(), 'utf8')).toBe('text');
  });

  test('a folder that the group may write to', async () => {
    chmodSync(folder, 0o770);
    await refused('others may write to it');
  });

  test('a folder above it that others may write to: they could swap it', async () => {
    chmodSync(join(base, 'cache', 'pratique'), 0o777);
    await refused('others may write to it');
  });

  test('a folder that is a link', async () => {
    renameSync(folder, join(base, 'elsewhere'));
    symlinkSync(join(base, 'elsewhere'), folder);
    await refused('it is a link');
  });

  test('a folder above it that is a link', async () => {
    const above = join(base, 'cache', 'pratique');
    renameSync(above, join(base, 'elsewhere'));
    symlinkSync(join(base, 'elsewhere'), above);
    await refused('it is a link');
    expect(readFileSync(join(base, 'elsewhere/tuf/copy.json'), 'utf8')).toBe('text');
  });

  test('a link in place of the folder that leads nowhere', async () => {
    rmSync(folder, { recursive: true });
    symlinkSync(join(base, 'made-by-us'), folder);
    await refused('it is a link');
    expect(existsSync(join(base, 'made-by-us'))).toBe(false);
  });

  test.skipIf(!IS_ROOT)('a folder of somebody else (only root can make one)', async () => {
    chownSync(folder, NOBODY, NOBODY);
    await refused('it belongs to somebody else');
  });

  test.skipIf(!IS_ROOT)('a file of somebody else (only root can make one)', async () => {
    chownSync(path(), NOBODY, NOBODY);
    await refused('it belongs to somebody else', false);
  });

  test('a file that others may write to', async () => {
    chmodSync(path(), 0o666);
    await refused('others may write to it', false);
  });

  test('a file that is a link', async () => {
    renameSync(path(), join(base, 'real.json'));
    symlinkSync(join(base, 'real.json'), path());
    await refused('it is a link', false);
  });

  test('a pipe, which would be waited for without end', async () => {
    rmSync(path());
    execFileSync('mkfifo', ['-m', '600', path()]);
    await refused('not what is kept there', false);
  });

  test('a file of many megabytes', async () => {
    truncateSync(path(), 17 * 1024 * 1024);
    await expect(readCached(folder, 'copy.json')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});
