import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';

const LIMIT = 16 * 1024 * 1024; // bytes of one copy; Sigstore's has 40 KB
const WRITABLE_BY_OTHERS = 0o022;
const MASK = 0o777;

/**
 * Where copies of TUF repositories are kept: `$XDG_CACHE_HOME/pratique/tuf`, else `~/.cache/pratique/tuf`; `undefined` where the
 * environment names no place. See XDG Base Directory Specification: a path that is not absolute does not count.
 */
export function cacheFolderOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { XDG_CACHE_HOME: cache, HOME: home } = env;
  if (cache !== undefined && isAbsolute(cache)) return join(cache, 'pratique', 'tuf');
  return home !== undefined && isAbsolute(home) ? join(home, '.cache', 'pratique', 'tuf') : undefined;
}

/**
 * Reads a file of the cache. What is in it is verified again, so that another's file could only hold an older state; but that
 * it could.
 * @returns `undefined` where there is none
 * @throws {PratiqueError} `DENIED` where folder or file is a link, somebody else's, or writable by others; `LIMIT_EXCEEDED`
 */
export async function readCached(folder: string, name: string): Promise<Uint8Array | undefined> {
  if (!(await isSafeFolder(folder))) return undefined;
  const path = join(folder, name);
  let file: FileHandle;
  try {
    // A link, or a pipe that nobody writes to, is not followed and not waited for.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw unsafe(path, code === 'ELOOP' ? 'it is a link' : `it cannot be read: ${code}`);
  }
  try {
    const found = await file.stat();
    requireOwn(path, found, found.isFile());
    if (found.size > LIMIT) throw tooBig(path, found.size);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * Writes a file of the cache whole or not at all, for the owner alone. Two that write at once leave one of the two whole.
 * @throws {PratiqueError} `DENIED` as for reading; `WRITE_FAILED`
 */
export async function writeCached(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, name);
  try {
    if (!(await isSafeFolder(folder))) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await isSafeFolder(folder); // what somebody put there meanwhile
    }
    const beside = join(folder, `.${name}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      const file = await open(beside, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, path); // takes the place of a link, and does not follow it
    } catch (thrown) {
      await rm(beside, { force: true }).catch(() => {});
      throw thrown;
    }
  } catch (thrown) {
    if (thrown instanceof PratiqueError) throw thrown;
    throw notWritten(path, thrown);
  }
}

/** Whether the folder is there. The one above it is pratique's too; above that it is the user's business. */
async function isSafeFolder(folder: string): Promise<boolean> {
  for (const path of [dirname(folder), folder]) {
    let found: Stats;
    try {
      found = await lstat(path);
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return false;
      throw unsafe(path, `it cannot be read: ${code}`);
    }
    requireOwn(path, found, found.isDirectory());
  }
  return true;
}

/** Whoever else can write there could keep this machine at an old state. */
function requireOwn(path: string, { uid, mode }: Stats, isExpected: boolean): void {
  if (!isExpected) throw unsafe(path, 'it is a link, or not what is kept there');
  const user = process.getuid?.();
  if (user !== undefined && uid !== user) throw unsafe(path, 'it belongs to somebody else');
  if (user !== undefined && (mode & WRITABLE_BY_OTHERS) !== 0)
    throw unsafe(path, `others may write to it (mode ${(mode & MASK).toString(8)})`);
}

function unsafe(path: string, why: string): PratiqueError {
  return new PratiqueError('DENIED', {
    what: 'the cache of trust roots is not used',
    where: printable(path),
    why,
    next: 'look who put it there, and remove it',
  });
}

function tooBig(path: string, size: number): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: 'the cache of trust roots is not used',
    where: printable(path),
    why: `it has ${size} bytes; at most ${LIMIT} are read`,
    next: 'remove it',
  });
}

function notWritten(path: string, cause: unknown): PratiqueError {
  const problem = {
    what: 'the cache of trust roots could not be written',
    where: printable(path),
    why: (cause as NodeJS.ErrnoException).code ?? 'unknown reason',
  };
  return new PratiqueError('WRITE_FAILED', problem, { cause });
}
