import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { secretFile } from './common-options.ts';

/** bytes; a key of RSA with 16,384 bits takes 13 KiB */
const LIMIT = 64 * 1024;

/**
 * The text of a key, private or public, that `--key` names. A pipe will do, as shells make one of `<(…)`.
 * @throws {PratiqueError} `KEY_INVALID`; `USAGE` for a key in the place of its file
 */
export async function readKeyFile(file: string, cwd: string): Promise<string> {
  const path = resolve(cwd, secretFile('--key', file));
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(path, { end: LIMIT })) chunks.push(chunk);
  } catch (cause) {
    throw unreadable(path, (cause as NodeJS.ErrnoException).code ?? 'unknown reason', cause);
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length > LIMIT) throw unreadable(path, `it has more than ${LIMIT} bytes`); // /dev/zero has no end
  return bytes.toString('utf8');
}

function unreadable(path: string, why: string, cause?: unknown): PratiqueError {
  return new PratiqueError(
    'KEY_INVALID',
    { what: `the key ${quoted(path)} could not be read`, why },
    ...(cause === undefined ? [] : [{ cause }]),
  );
}
