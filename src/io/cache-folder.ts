import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, lutimes, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';

const WRITABLE_BY_OTHERS = 0o022;
const MASK = 0o777;
/** How names of files end that are being written; whoever is killed meanwhile leaves one. */
const UNFINISHED = '.tmp';
/** Milliseconds after which nobody is writing a file any more. */
const ABANDONED = 3600_000;

/** A folder of this user's alone, in which is kept what could be had again. */
export interface CacheFolder {
  readonly path: string;
  /** what is kept in it, for messages: `trust roots` */
  readonly of: string;
  /** bytes of one file */
  readonly mostBytes: number;
}

/** A file of a cache, as its folder tells of it. */
interface CachedFile {
  readonly name: string;
  /** bytes */
  readonly size: number;
  /** milliseconds since 1970: when it was written, or marked as used */
  readonly usedAt: number;
}

/**
 * Where something is kept: `$XDG_CACHE_HOME/pratique/NAME`, else `~/.cache/pratique/NAME`; `undefined` where the environment
 * names no place. See XDG Base Directory Specification: a path that is not absolute does not count.
 */
export function cachePlace(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  const { XDG_CACHE_HOME: cache, HOME: home } = env;
  if (cache !== undefined && isAbsolute(cache)) return join(cache, 'pratique', name);
  return home !== undefined && isAbsolute(home) ? join(home, '.cache', 'pratique', name) : undefined;
}

/**
 * Reads a file of a cache. Whoever asks has to verify what is in it.
 * @returns `undefined` where there is none
 * @throws {PratiqueError} `DENIED` where folder or file is a link, somebody else's, or writable by others; `LIMIT_EXCEEDED`
 */
export async function readCached(folder: CacheFolder, name: string): Promise<Uint8Array | undefined> {
  if (!(await isSafeFolder(folder))) return undefined;
  const path = join(folder.path, name);
  let file: FileHandle;
  try {
    // A link, or a pipe that nobody writes to, is not followed and not waited for.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw unsafe(folder, path, code === 'ELOOP' ? 'it is a link' : `it cannot be read: ${code}`);
  }
  try {
    const found = await file.stat();
    requireOwn(folder, path, found, found.isFile());
    if (found.size > folder.mostBytes) throw tooBig(folder, path, found.size);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * Writes a file of the cache whole or not at all, for the owner alone. Two that write at once leave one of the two whole.
 * @throws {PratiqueError} `DENIED` as for reading; `WRITE_FAILED`
 */
export async function writeCached(
  folder: CacheFolder,
  name: string,
  content: string | readonly Uint8Array[],
): Promise<void> {
  const path = join(folder.path, name);
  try {
    if (!(await isSafeFolder(folder))) {
      await mkdir(folder.path, { recursive: true, mode: 0o700 });
      await isSafeFolder(folder); // what somebody put there meanwhile
    }
    const beside = join(folder.path, `.${name}.${randomBytes(6).toString('hex')}${UNFINISHED}`);
    try {
      const file = await open(beside, 'wx', 0o600);
      try {
        await file.writeFile(content);
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
    throw notWritten(folder, path, thrown);
  }
}

/** Marks a file as used now. Never throws: another process may have removed it. */
export async function touchCached({ path }: CacheFolder, name: string, now: Date): Promise<void> {
  await lutimes(join(path, name), now, now).catch(() => {});
}

/**
 * Marks that somebody works on a file, unless somebody does. A mark decides nothing: it is removed after an hour, or by anybody.
 * @returns whether the mark is ours; what cannot be marked is
 */
export async function markCached({ path }: CacheFolder, name: string): Promise<boolean> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await (await open(join(path, markOf(name)), 'wx', 0o600)).close();
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'EEXIST';
  }
}

/** When a mark was last touched, in milliseconds since 1970; `undefined` where there is none. */
export async function markedAt({ path }: CacheFolder, name: string): Promise<number | undefined> {
  return (await lstat(join(path, markOf(name))).catch(() => undefined))?.mtimeMs;
}

/** The name of the file that is the mark of another. */
export function markOf(name: string): string {
  return `.${name}.busy${UNFINISHED}`;
}

/** Removes a file, if it is there. Never throws. */
export async function dropCached({ path }: CacheFolder, name: string): Promise<void> {
  await rm(join(path, name), { force: true }).catch(() => {});
}

/**
 * Lets go of what was not used for longest, once all files together have more bytes than `most`, and of what was left half
 * written. Any number of processes may do so at once. Never throws: a cache that is too large is none that is wrong.
 */
export async function trimCached(folder: CacheFolder, most: number, now: Date): Promise<void> {
  const files = await listCached(folder);
  const isUnfinished = ({ name }: CachedFile) => name.startsWith('.') && name.endsWith(UNFINISHED);
  const finished = files.filter((file) => !isUnfinished(file)).sort((a, b) => a.usedAt - b.usedAt);
  for (const file of files)
    if (isUnfinished(file) && now.getTime() - file.usedAt > ABANDONED) await dropCached(folder, file.name);
  let bytes = finished.reduce((sum, { size }) => sum + size, 0);
  for (const { name, size } of finished) {
    if (bytes <= most) break;
    await dropCached(folder, name);
    bytes -= size;
  }
}

async function listCached({ path }: CacheFolder): Promise<readonly CachedFile[]> {
  const names = await readdir(path).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const stats = await lstat(join(path, name)).catch(() => undefined);
      return stats?.isFile() ? [{ name, size: stats.size, usedAt: stats.mtimeMs }] : [];
    }),
  );
  return found.flat();
}

/** Whether the folder is there. The one above it is pratique's too; above that it is the user's business. */
async function isSafeFolder(folder: CacheFolder): Promise<boolean> {
  for (const path of [dirname(folder.path), folder.path]) {
    let found: Stats;
    try {
      found = await lstat(path);
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return false;
      throw unsafe(folder, path, `it cannot be read: ${code}`);
    }
    requireOwn(folder, path, found, found.isDirectory());
  }
  return true;
}

/** Whoever else can write there would have a say in what this machine takes for true. */
function requireOwn(folder: CacheFolder, path: string, { uid, mode }: Stats, isExpected: boolean): void {
  if (!isExpected) throw unsafe(folder, path, 'it is a link, or not what is kept there');
  const user = process.getuid?.();
  if (user !== undefined && uid !== user) throw unsafe(folder, path, 'it belongs to somebody else');
  if (user !== undefined && (mode & WRITABLE_BY_OTHERS) !== 0)
    throw unsafe(folder, path, `others may write to it (mode ${(mode & MASK).toString(8)})`);
}

function unsafe({ of }: CacheFolder, path: string, why: string): PratiqueError {
  return new PratiqueError('DENIED', {
    what: `the cache of ${of} is not used`,
    where: printable(path),
    why,
    next: 'look who put it there, and remove it',
  });
}

function tooBig({ of, mostBytes }: CacheFolder, path: string, size: number): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the cache of ${of} is not used`,
    where: printable(path),
    why: `it has ${size} bytes; at most ${mostBytes} are read`,
    next: 'remove it',
  });
}

function notWritten({ of }: CacheFolder, path: string, cause: unknown): PratiqueError {
  const problem = {
    what: `the cache of ${of} could not be written`,
    where: printable(path),
    why: (cause as NodeJS.ErrnoException).code ?? 'unknown reason',
  };
  return new PratiqueError('WRITE_FAILED', problem, { cause });
}
