import type { Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';
import type { PolicyFiles, WalkedFolder } from './policy-files.ts';
import { readSmallFile } from './read-file.ts';

/** The files of this machine. */
export const DISK_FILES: PolicyFiles = {
  read: readSmallFile,
  list: (path) => readdir(path),
  walk: walkFolder,
  foldersFrom: (start) => foldersUpTo(resolve(start)),
  isThere,
};

async function walkFolder(path: string): Promise<WalkedFolder> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return {
    files: files.map(({ name, parentPath }) => relative(path, join(parentPath, name))),
    notFollowed: (await linkedFolders(entries, path)).map((name) => ({ name, what: 'a link to a folder' })),
  };
}

/** Links to folders, but for those of Kubernetes: `..data` leads to files that are linked one by one as well. */
async function linkedFolders(entries: readonly Dirent[], path: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isSymbolicLink() || entry.name.startsWith('..')) continue;
    const full = join(entry.parentPath, entry.name);
    const target = await stat(full).catch(() => undefined); // one that leads nowhere leaves nothing out
    if (target?.isDirectory() === true) found.push(relative(path, full));
  }
  return found;
}

/** A folder and those above it, up to the root of its repository; the folder alone where there is none. */
async function foldersUpTo(start: string): Promise<readonly string[]> {
  const folders: string[] = [];
  for (let folder = start; ; folder = dirname(folder)) {
    folders.push(folder);
    if (await isThere(join(folder, '.git'))) return folders;
    if (folder === dirname(folder)) return [start];
  }
}

/** Also a link that leads nowhere is there: whoever put it meant something. */
async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw new PratiqueError('POLICY_INVALID', {
      what: 'it cannot be found out whether there is a policy file',
      where: printable(path),
      why: code ?? 'unknown',
      next: 'name the policy with --policy',
    });
  }
}
