import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { PratiqueError } from '../../errors.ts';
import type { Limits } from '../../io/limits.ts';
import { excerpt, quoted } from '../../model/printable.ts';
import { findProgram } from '../registry/credential-helper.ts';
import { openSpool, writeSpool } from './spool.ts';

export interface SaveOptions {
  /** for finding `docker`, and for what it takes from there: `DOCKER_HOST`, `DOCKER_CONTEXT`, `DOCKER_CONFIG` */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly limits: Limits;
  readonly signal?: AbortSignal;
}

/**
 * Lets the local engine write an image as `docker save` does. Its layers come in no order of theirs and what says which they
 * are comes last, so that the archive is kept while it is looked at: as it is, in a file without a name.
 *
 * The engine is asked through its own client, which knows contexts, ssh and TLS; it is started without a shell.
 * @param image a full name with tag or digest, or `sha256:…`
 * @throws {PratiqueError} `NOT_FOUND`, `NOT_SUPPORTED` without the client, `NETWORK`, `DENIED`, `LIMIT_EXCEEDED`, `WRITE_FAILED`
 * @see docker CLI reference, "docker image save"
 */
export async function saveImage(image: string, { env, limits, signal }: SaveOptions): Promise<FileHandle> {
  const program = await findProgram('docker', env);
  if (program === undefined) throw noClient();
  const spool = await openSpool();
  try {
    const child = start(program, ['save', image], env, signal);
    const ended = endOf(child);
    const most = { bytes: limits.expandedBytes, setting: 'expanded-bytes' };
    await writeSpool(spool, child.stdout, most, () => child.kill('SIGKILL'));
    const { code, told } = await ended;
    // An archive that ends early could still be one: only the exit says that it is whole.
    if (code !== 0) throw failed(image, told, code);
    return spool;
  } catch (thrown) {
    await spool.close();
    throw thrown;
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

const TOLD = 4096; // bytes of its messages

function start(
  program: string,
  argv: readonly string[],
  env: SaveOptions['env'],
  signal: AbortSignal | undefined,
): Child {
  const own = Object.entries(env).filter(([name]) => !name.startsWith('PRATIQUE_'));
  const child = spawn(program, argv, { env: Object.fromEntries(own), stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => child.kill('SIGKILL');
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  child.once('close', () => signal?.removeEventListener('abort', stop));
  return child;
}

function endOf(child: Child): Promise<{ code: number | null; told: string }> {
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (told.length < TOLD) told += chunk.toString();
  });
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ code: null, told: message }));
    child.once('close', (code) => resolve({ code, told }));
  });
}

function noClient(): PratiqueError {
  return new PratiqueError('NOT_SUPPORTED', {
    what: 'the local engine cannot be asked for an image',
    why: 'docker, its client, is in no folder of PATH',
    next: 'install it, or give an archive as docker-archive:FILE',
  });
}

function failed(image: string, told: string, code: number | null): PratiqueError {
  const why = excerpt(told.trim(), 300) || `docker save ended with ${code ?? 'a signal'}`;
  const isAbsent = /no such image|reference does not exist|not found/i.test(told);
  const isDenied = /permission denied/i.test(told);
  return new PratiqueError(isAbsent ? 'NOT_FOUND' : isDenied ? 'DENIED' : 'NETWORK', {
    what: isAbsent
      ? `the local engine has no image ${quoted(image)}`
      : `the local engine did not give the image ${quoted(image)}`,
    why,
    next: isAbsent ? 'see docker image ls; build or pull it first' : 'see docker version',
  });
}
