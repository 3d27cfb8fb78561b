import { lstat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';
import { defaultPolicy } from './default-policy.ts';
import type { Draft } from './draft.ts';
import { extend } from './extend.ts';
import { addIssues, collectFaults, type Faults } from './faults.ts';
import type { Policy } from './policy.ts';
import { readSmallFile } from './read-file.ts';
import { policyFile } from './schema.ts';
import { settle } from './settle.ts';
import { understand } from './understand.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

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
const CHAIN_LIMIT = 8; // files that extend one another

/**
 * Finds and reads the policy, with the files that it extends and the lists and keys that it names.
 * @throws {PratiqueError} `POLICY_INVALID` with a line for every fault: `pratique.yaml:36:14 images.1.max-age: …`;
 *   `POLICY_NOT_FOUND` where `file` or a file that it extends is not there
 */
export async function loadPolicy(options: LoadOptions): Promise<Policy> {
  const { cwd, env } = options;
  const path = options.file === undefined ? await discover(cwd) : resolve(cwd, options.file);
  if (path === undefined) return defaultPolicy();
  const faults = collectFaults();
  const draft = await readDraft(path, { cwd, env, faults, chain: [] });
  faults.throwIfAny();
  if (draft === undefined)
    throw new PratiqueError('INTERNAL', { what: 'a policy without faults was not read' });
  return settle(draft, shownPath(cwd, path));
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

interface Reading {
  readonly cwd: string;
  readonly env: LoadOptions['env'];
  readonly faults: Faults;
  /** files that led here by `extends` */
  readonly chain: readonly string[];
}

async function readDraft(path: string, reading: Reading): Promise<Draft | undefined> {
  const { cwd, env, faults } = reading;
  const shown = shownPath(cwd, path);
  const file = readYaml(await readSmallFile(path, shown), shown, faults);
  if (file === undefined) return undefined;
  const read = policyFile.safeParse(file.value);
  if (!read.success) {
    addIssues(faults, file, read.error.issues);
    return undefined;
  }
  const written = read.data;
  const base =
    written.extends === undefined ? undefined : await readBase(path, written.extends, file, reading);
  if (written.extends !== undefined && base === undefined) return undefined; // its faults are told
  const folder = dirname(path);
  const shownFolder = shown.slice(0, shown.lastIndexOf('/') + 1);
  const signers = base?.signers ?? new Map();
  const own = await understand(written, { file, folder, shownFolder, env, signers, faults });
  if (base === undefined) return own;
  return extend(base, own, (at, why) => faults.add(file, at, why));
}

async function readBase(
  path: string,
  extended: string,
  file: YamlFile,
  reading: Reading,
): Promise<Draft | undefined> {
  const { faults, chain } = reading;
  const target = resolve(dirname(path), extended);
  if (target === path || chain.includes(target))
    faults.add(file, ['extends'], 'the files extend one another in a circle');
  else if (chain.length + 1 >= CHAIN_LIMIT)
    faults.add(file, ['extends'], `more than ${CHAIN_LIMIT} files extend one another`);
  else return readDraft(target, { ...reading, chain: [...chain, path] });
  return undefined;
}

/** A path as people find it again: from where they are, if it is below. */
function shownPath(cwd: string, path: string): string {
  const short = relative(cwd, path);
  return short === '' || short.startsWith('..') ? path : short;
}
