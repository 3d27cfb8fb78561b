import { lstat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';
import { defaultPolicy } from './default-policy.ts';
import type { Policy } from './policy.ts';
import { shownPath } from './read-file.ts';
import { settle } from './settle.ts';

export interface LoadOptions {
  /** the policy file; absent: the nearest `pratique.yaml` from `cwd` up to the git root, else the built-in policy */
  readonly file?: string;
  /** absolute */
  readonly cwd: string;
  /** for keys that are named as `env://NAME` */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** the day of the run; nothing in a file depends on it yet, dates are judged where they are used */
  readonly now: Date;
}

const NAME = 'pratique.yaml';
const MISNAMED = 'pratique.yml';

/**
 * Finds and reads the policy, with the files that it extends and the lists and keys that it names.
 * @throws {PratiqueError} `POLICY_INVALID` with a line for every fault: `pratique.yaml:36:14 images.1.max-age: …`;
 *   `POLICY_NOT_FOUND` where `file` or a file that it extends is not there
 */
export async function loadPolicy(options: LoadOptions): Promise<Policy> {
  const { cwd, env } = options;
  const path = options.file === undefined ? await discover(cwd) : resolve(cwd, options.file);
  if (path === undefined) return defaultPolicy();
  // The readers of YAML and of its schema are loaded where there is a file: they take memory.
  const { readPolicyFile } = await import('./read-policy-file.ts');
  return settle(await readPolicyFile(path, { cwd, env }), shownPath(cwd, path));
}

/**
 * The nearest policy file, from a folder upwards to the one that holds `.git`. Outside of a repository only the folder
 * itself counts: what somebody put into `/tmp` must not decide. One that is there but cannot be read is not passed
 * over: the built-in policy demands less.
 */
async function discover(cwd: string): Promise<string | undefined> {
  for (const folder of await foldersUpTo(resolve(cwd))) {
    if (await isThere(join(folder, NAME))) return join(folder, NAME);
    if (await isThere(join(folder, MISNAMED)))
      throw new PratiqueError('POLICY_INVALID', {
        what: 'a policy file has the wrong name',
        where: printable(shownPath(cwd, join(folder, MISNAMED))),
        next: `rename it to ${NAME}`,
      });
  }
  return undefined;
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
