import { lstat, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PratiqueError } from '../../errors.ts';
import { quoted } from '../../model/printable.ts';
import type { PlannedFile } from './init-plan.ts';

/**
 * Writes a file that is not there yet.
 * @param root the folder that its path counts from
 * @returns `false` where something has that name already; it is left as it is
 * @throws {PratiqueError} `WRITE_FAILED`; also where a folder on the way is a link, which may lead out of the repository
 */
export async function writeNew(root: string, { path, text }: PlannedFile): Promise<boolean> {
  if (await isThere(join(root, path))) return false;
  await makeFolders(root, dirname(path));
  try {
    const file = await open(join(root, path), 'wx');
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw notWritten(path, (thrown as NodeJS.ErrnoException).code ?? String(thrown));
  }
}

/** Whether anything has that name, also a link that leads nowhere. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

async function makeFolders(root: string, folder: string): Promise<void> {
  const parts = folder === '.' ? [] : folder.split('/');
  for (const index of parts.keys()) {
    const path = parts.slice(0, index + 1).join('/');
    const found = await lstat(join(root, path)).catch(() => undefined);
    if (found === undefined) await mkdir(join(root, path)).catch(({ code }) => fail(path, String(code)));
    else if (!found.isDirectory()) fail(path, 'it is no folder');
  }
}

function fail(path: string, why: string): never {
  throw notWritten(path, why);
}

function notWritten(path: string, why: string): PratiqueError {
  return new PratiqueError('WRITE_FAILED', {
    what: `${quoted(path)} could not be written`,
    why,
    next: 'mend that, and run pratique init again: it leaves what is there as it is',
  });
}
