import { join, resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';
import { defaultPolicy } from './default-policy.ts';
import { DISK_FILES } from './disk-files.ts';
import type { Policy } from './policy.ts';
import type { PolicyFiles } from './policy-files.ts';
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
  /** what everything is read from; absent: the disk */
  readonly files?: PolicyFiles;
  /** allow-lists to add, from `cwd`; folders end in a slash */
  readonly allowLists?: readonly string[];
}

const NAME = 'pratique.yaml';
const MISNAMED = 'pratique.yml';

/**
 * Finds and reads the policy, with the files that it extends and the lists and keys that it names.
 * @throws {PratiqueError} `POLICY_INVALID` with a line for every fault: `pratique.yaml:36:14 images.1.max-age: …`;
 *   `POLICY_NOT_FOUND` where `file` or a file that it extends is not there
 */
export async function loadPolicy(options: LoadOptions): Promise<Policy> {
  const { cwd, env, files = DISK_FILES, allowLists = [] } = options;
  const path = options.file === undefined ? await discover(cwd, files) : resolve(cwd, options.file);
  if (path === undefined && allowLists.length === 0) return defaultPolicy();
  // The readers of YAML and of its schema are loaded where there is a file: they take memory.
  const { readPolicyFile } = await import('./read-policy-file.ts');
  const draft = path === undefined ? undefined : await readPolicyFile(path, { cwd, env, files });
  const origin = path === undefined ? allowLists.join(', ') : shownPath(cwd, path);
  if (draft !== undefined && allowLists.length === 0) return settle(draft, origin);
  const { withAllowLists } = await import('./added-lists.ts');
  return settle(await withAllowLists(draft, allowLists, { cwd, files }), origin);
}

/**
 * The nearest policy file, from a folder upwards to the one that holds `.git`. Outside of a repository only the folder
 * itself counts: what somebody put into `/tmp` must not decide. One that is there but cannot be read is not passed
 * over: the built-in policy demands less.
 */
async function discover(cwd: string, files: PolicyFiles): Promise<string | undefined> {
  for (const folder of await files.foldersFrom(cwd)) {
    if (await files.isThere(join(folder, NAME))) return join(folder, NAME);
    if (await files.isThere(join(folder, MISNAMED)))
      throw new PratiqueError('POLICY_INVALID', {
        what: 'a policy file has the wrong name',
        where: printable(shownPath(cwd, join(folder, MISNAMED))),
        next: `rename it to ${NAME}`,
      });
  }
  return undefined;
}
