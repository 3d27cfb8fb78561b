import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { PratiqueError } from '../../errors.ts';
import { quoted } from '../../model/printable.ts';
import type { RegistryOptions } from './registry-options.ts';

// No slash, no space, no leading dash: the name comes from a file and becomes the name of a program.
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const NOT_FOUND = /^credentials not found\b/;
const ANSWER_LIMIT = 64 * 1024; // bytes; tokens of clouds reach 4 KiB
const LAST_BYTES = 500; // milliseconds after the exit; what the helper wrote is in the pipe by then

/**
 * Asks `docker-credential-NAME get` for a login. The program is looked for in the absolute folders of
 * `PATH` only and started without a shell; the server's name goes to its stdin.
 * @param server as Docker names it: the registry's host, `https://index.docker.io/v1/` for Docker Hub
 * @returns nothing where the helper says "credentials not found"
 * @throws {PratiqueError} `CREDENTIALS` for anything else; what the helper printed is never shown
 * @see docker-credential-helpers, "Development"
 */
export async function askHelper(
  name: string,
  server: string,
  { env, limits }: Pick<RegistryOptions, 'env' | 'limits'>,
): Promise<{ username: string; secret: string } | undefined> {
  if (!NAME.test(name)) throw failed(name, 'this cannot be the name of a credential helper');
  const program = await findProgram(`docker-credential-${name}`, env);
  if (program === undefined) throw failed(name, 'the program is not in a folder of PATH');
  const { code, output } = await run(program, server, env, limits.stallSeconds).catch((thrown: Error) => {
    throw failed(name, thrown.message);
  });
  if (code !== 0 && NOT_FOUND.test(output.trim())) return undefined;
  if (code !== 0) throw failed(name, `it ended with ${code === null ? 'a signal' : `exit code ${code}`}`);
  const login = readLogin(output);
  if (login === undefined) throw failed(name, 'its answer is not JSON with Username and Secret');
  return login;
}

/** Finds a program in the absolute folders of `PATH`: one that lies where somebody works is none. */
export async function findProgram(name: string, env: RegistryOptions['env']): Promise<string | undefined> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const endings = process.platform === 'win32' ? ['.exe'] : [''];
  for (const path of folders.flatMap((folder) => endings.map((ending) => join(folder, `${name}${ending}`)))) {
    const there = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}

interface Ended {
  /** null: a signal ended it */
  readonly code: number | null;
  readonly output: string;
}

/**
 * Runs a helper to its exit. Its stdout is no sign of its end: what the helper left running (an agent, a daemon) may
 * hold it open for as long as it likes. So the exit counts, and then an answer that is whole, the end of stdout, or a
 * moment for what is still in the pipe. Nothing of the child is kept that could hold this process.
 */
async function run(
  program: string,
  input: string,
  env: RegistryOptions['env'],
  seconds: number,
): Promise<Ended> {
  const child = start(program, env);
  const timers: NodeJS.Timeout[] = [];
  const ended = new Promise<Ended>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let exit: { code: number | null } | undefined;
    const output = () => Buffer.concat(chunks).toString('utf8');
    const settle = () => resolve({ code: exit?.code ?? null, output: output() });
    const settleIfWhole = () => {
      if (exit?.code === 0 && readLogin(output()) !== undefined) settle();
    };
    timers.push(
      setTimeout(() => reject(new Error(`it did not answer within ${seconds} seconds`)), seconds * 1000),
    );
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > ANSWER_LIMIT) reject(new Error(`its answer is larger than ${ANSWER_LIMIT} bytes`));
      else settleIfWhole();
    });
    child.once('error', () => reject(new Error('it cannot be started')));
    child.once('exit', (code) => {
      exit = { code };
      settleIfWhole();
      timers.push(setTimeout(settle, LAST_BYTES));
    });
    child.once('close', settle);
    // A helper may end without reading; its exit code says what happened.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
  return ended.finally(() => {
    for (const timer of timers) clearTimeout(timer);
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
    child.stdin.destroy();
    child.stdout.destroy();
    child.unref();
  });
}

function start(program: string, env: RegistryOptions['env']) {
  try {
    return spawn(program, ['get'], { env: { ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
  } catch {
    throw new Error('it cannot be started'); // Node's own words quote the environment
  }
}

function readLogin(output: string): { username: string; secret: string } | undefined {
  try {
    const { Username: username, Secret: secret } = JSON.parse(output);
    const isLogin = typeof username === 'string' && typeof secret === 'string' && secret !== '';
    return isLogin ? { username, secret } : undefined;
  } catch {
    return undefined;
  }
}

function failed(name: string, why: string): PratiqueError {
  return new PratiqueError('CREDENTIALS', {
    what: `the credential helper ${quoted(name, 80)} gave no login`,
    why,
    next: 'mend or remove it in the file that names it (credHelpers, credsStore)',
  });
}
