import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { PratiqueError } from '../../errors.ts';
import { quoted } from '../../model/printable.ts';
import type { RegistryOptions } from './registry-options.ts';

// No slash, no space, no leading dash: the name comes from a file and becomes the name of a program.
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const NOT_FOUND = /^credentials not found\b/;
const ANSWER = z.object({ Username: z.string(), Secret: z.string().min(1) });
const ANSWER_LIMIT = 64 * 1024; // bytes; tokens of clouds reach 4 KiB

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
  const answer = ANSWER.safeParse(parseJson(output));
  if (!answer.success) throw failed(name, 'its answer is not JSON with Username and Secret');
  return { username: answer.data.Username, secret: answer.data.Secret };
}

async function findProgram(name: string, env: RegistryOptions['env']): Promise<string | undefined> {
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

function run(program: string, input: string, env: RegistryOptions['env'], seconds: number) {
  return new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    const child = spawn(program, ['get'], { env: { ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => stop(`it did not answer within ${seconds} seconds`), seconds * 1000);
    const stop = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(why));
    };
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > ANSWER_LIMIT) stop(`its answer is larger than ${ANSWER_LIMIT} bytes`);
    });
    child.once('error', () => stop('it cannot be started'));
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output: Buffer.concat(chunks).toString('utf8') });
    });
    // A helper may end without reading; its exit code says what happened.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
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
