import { readFile, stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { type ErrorCode, PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';

/** bytes of a policy, an allow-list, a file of rules or a key; a thousand lines have 64 KiB */
const LIMIT = 1024 * 1024;

/**
 * Reads a small text file of the policy's author.
 * @param shown the path as it stands in messages
 * @param limit bytes
 * @throws {PratiqueError} `POLICY_NOT_FOUND` where there is no file, `POLICY_INVALID` where it is no small UTF-8 text
 */
export async function readSmallFile(path: string, shown: string, limit = LIMIT): Promise<string> {
  try {
    const { size } = await requireFile(path, shown);
    if (size > limit) throw unusable(shown, `it has ${size} bytes; at most ${limit} are read`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (thrown) {
    if (thrown instanceof PratiqueError) throw thrown;
    throw describe(thrown, shown);
  }
}

/** A named pipe would be waited for without end. */
async function requireFile(path: string, shown: string): Promise<{ size: number }> {
  const found = await stat(path);
  if (found.isFile()) return found;
  throw unusable(shown, found.isDirectory() ? 'it is a folder' : 'it is no ordinary file');
}

/** Why a folder that the policy names could not be listed, as a clause. */
export function whyNoFolder(thrown: unknown): string {
  if (thrown instanceof PratiqueError) return thrown.problem.why ?? thrown.problem.what;
  const { code } = thrown as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'there is no such folder' : `it cannot be read: ${code}`;
}

function describe(thrown: unknown, shown: string): PratiqueError {
  const code = (thrown as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return unusable(shown, 'there is no such file', 'POLICY_NOT_FOUND');
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return unusable(shown, 'it is not UTF-8 text');
  return unusable(shown, `it cannot be read: ${code || String(thrown)}`);
}

function unusable(shown: string, why: string, code: ErrorCode = 'POLICY_INVALID'): PratiqueError {
  return new PratiqueError(code, {
    what: 'the file cannot be used',
    where: printable(shown),
    why,
    next: 'name a text file that can be read; paths in a policy count from the folder it lies in',
  });
}

/** A path as people find it again: from where they are, if it is below. */
export function shownPath(cwd: string, path: string): string {
  const short = relative(cwd, path);
  return short === '' || short.startsWith('..') ? path : short;
}
