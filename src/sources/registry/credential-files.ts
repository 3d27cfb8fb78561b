import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';
import type { RegistryOptions } from './registry-options.ts';

/** A `config.json` of Docker or `auth.json` of podman; keys as written. */
export interface CredentialFile {
  /** path, or the name of an environment variable; printable */
  readonly name: string;
  readonly auths: ReadonlyMap<string, AuthEntry>;
  readonly credHelpers: ReadonlyMap<string, string>;
  readonly credsStore?: string;
}

/** One login; which of the fields there are depends on who wrote it. */
export interface AuthEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

const ENTRY_KEYS = ['auth', 'username', 'password', 'identitytoken', 'registrytoken'] as const;
const FILE_LIMIT = 1024 * 1024; // bytes; a file of thousands of logins is smaller

/**
 * Reads the places where logins are kept, in the order in which they count: the caller's file,
 * `REGISTRY_AUTH_FILE`, `DOCKER_AUTH_CONFIG` (the JSON itself), podman's two, Docker's.
 * A place that is not there is passed over, except the caller's own.
 * @throws {PratiqueError} `CREDENTIALS` where a file is there and cannot be read; its text is never shown
 * @see containers-auth.json(5)
 */
export async function credentialFiles({
  env,
  authFile,
}: Pick<RegistryOptions, 'env' | 'authFile'>): Promise<readonly CredentialFile[]> {
  const files: CredentialFile[] = [];
  if (authFile !== undefined) files.push(parseFile(await readRequired(authFile), authFile));
  for (const place of placesIn(env)) {
    const text = place.text ?? (place.path === undefined ? undefined : await readIfThere(place.path));
    if (text !== undefined) files.push(parseFile(text, place.path ?? 'DOCKER_AUTH_CONFIG'));
  }
  return files;
}

interface Place {
  readonly path?: string;
  readonly text?: string;
}

function placesIn(env: RegistryOptions['env']): readonly Place[] {
  const home = env['HOME'] || env['USERPROFILE'];
  const config = env['XDG_CONFIG_HOME'] || (home && join(home, '.config'));
  const docker = env['DOCKER_CONFIG'] || (home && join(home, '.docker'));
  const runtime = env['XDG_RUNTIME_DIR'];
  const places: Place[] = [];
  if (env['REGISTRY_AUTH_FILE']) places.push({ path: env['REGISTRY_AUTH_FILE'] });
  if (env['DOCKER_AUTH_CONFIG']) places.push({ text: env['DOCKER_AUTH_CONFIG'] });
  if (runtime) places.push({ path: join(runtime, 'containers', 'auth.json') });
  if (config) places.push({ path: join(config, 'containers', 'auth.json') });
  if (docker) places.push({ path: join(docker, 'config.json') });
  // A relative place would be looked for in the checkout that is being judged.
  return places.filter(
    ({ path }) => path === undefined || isAbsolute(path) || path === env['REGISTRY_AUTH_FILE'],
  );
}

async function readRequired(path: string): Promise<string> {
  const text = await readIfThere(path);
  if (text !== undefined) return text;
  throw new PratiqueError('CREDENTIALS', {
    what: 'the file with logins is not there',
    where: shown(path),
  });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > FILE_LIMIT) throw new Error(`it is larger than ${FILE_LIMIT} bytes`);
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const why = code ?? message;
    throw new PratiqueError('CREDENTIALS', {
      what: 'the file with logins cannot be read',
      where: shown(path),
      why,
    });
  }
}

/** A path, or what somebody has taken for one: the logins themselves in `REGISTRY_AUTH_FILE` must not be told. */
function shown(path: string): string {
  return /[{}\n]/.test(path) ? 'what is given is no path' : printable(path);
}

// Neither the parser's message nor the cause is kept: both quote the file, which holds secrets.
function parseFile(text: string, name: string): CredentialFile {
  const file = tableOf(parseJson(text)) ?? fail(name);
  const auths = mapOf(file['auths'], readEntry) ?? fail(name);
  const credHelpers = mapOf(file['credHelpers'], textOf) ?? fail(name);
  const credsStore = file['credsStore'] == null ? '' : (textOf(file['credsStore']) ?? fail(name));
  return { name: printable(name), auths, credHelpers, ...(credsStore === '' ? {} : { credsStore }) };
}

// Docker and podman keep much else in these files, so unknown keys are passed over here.
function readEntry(value: unknown): AuthEntry | undefined {
  const table = tableOf(value);
  if (table === undefined) return undefined;
  const there = ENTRY_KEYS.filter((key) => table[key] !== undefined);
  if (there.some((key) => textOf(table[key]) === undefined)) return undefined;
  return Object.fromEntries(there.map((key) => [key, table[key]]));
}

/** The entries of a table by their names; empty where it is absent, nothing where one of them cannot be read. */
function mapOf<T>(value: unknown, read: (value: unknown) => T | undefined): Map<string, T> | undefined {
  const table = value == null ? {} : tableOf(value);
  if (table === undefined) return undefined;
  const map = new Map<string, T>();
  for (const [key, entry] of Object.entries(table)) {
    const known = read(entry);
    if (known === undefined) return undefined;
    map.set(key, known);
  }
  return map;
}

function tableOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isTable = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isTable ? (value as Record<string, unknown>) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function fail(name: string): never {
  throw new PratiqueError('CREDENTIALS', {
    what: 'the file with logins is not one that Docker or podman wrote',
    where: printable(name),
    next: 'mend it, or log in again',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
