import { dirname, resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import type { Draft } from './draft.ts';
import { extend } from './extend.ts';
import { addIssues, collectFaults, type Faults } from './faults.ts';
import type { PolicyFiles } from './policy-files.ts';
import { shownPath } from './read-file.ts';
import { policySchema } from './schema.ts';
import { understand } from './understand.ts';
import { readYaml } from './yaml-file.ts';
import type { YamlFile } from './yaml-places.ts';

const CHAIN_LIMIT = 8; // files that extend one another

interface Surroundings {
  /** paths are shown from here */
  readonly cwd: string;
  /** for keys that are named as `env://NAME` */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly files: PolicyFiles;
}

/** zod would make a program of the schema, which takes longer than it to read one file. */
const ONCE = { jitless: true };

/**
 * Reads a policy file, and all that it extends and names.
 * @throws {PratiqueError} `POLICY_INVALID` with a line for every fault; `POLICY_NOT_FOUND`
 */
export async function readPolicyFile(path: string, surroundings: Surroundings): Promise<Draft> {
  const faults = collectFaults();
  const draft = await readDraft(path, { ...surroundings, faults, chain: [] });
  faults.throwIfAny();
  if (draft === undefined)
    throw new PratiqueError('INTERNAL', { what: 'a policy without faults was not read' });
  return draft;
}

interface Reading extends Surroundings {
  readonly faults: Faults;
  /** files that led here by `extends` */
  readonly chain: readonly string[];
}

async function readDraft(path: string, reading: Reading): Promise<Draft | undefined> {
  const { cwd, env, files, faults } = reading;
  const shown = shownPath(cwd, path);
  const file = readYaml(await files.read(path, shown), shown, faults);
  if (file === undefined) return undefined;
  const read = policySchema(settingsOf(file.value)).safeParse(file.value, ONCE);
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
  const trustRoots = base?.trustRoots ?? new Map();
  const around = { file, folder, shownFolder, env, files, trustRoots, signers, faults };
  const own = await understand(written, around);
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

/** Of what is no map nothing is known, and all of the schema says what is wrong with it. */
function settingsOf(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}
