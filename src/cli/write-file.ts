import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';

/**
 * Writes a file whole or not at all: beside it, synced, then renamed over it.
 * @param options `mode`: permissions of the new file, where they must be those of the one before
 * @throws {PratiqueError} `WRITE_FAILED`; the file that was there before is untouched
 */
export async function writeFileWhole(
  path: string,
  content: string | Uint8Array,
  { mode }: { readonly mode?: number } = {},
): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(beside, 'wx');
    try {
      await file.writeFile(content);
      if (mode !== undefined) await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    throw notWritten(path, cause);
  }
}

/**
 * Takes a file away that an earlier run may have left.
 * @throws {PratiqueError} `WRITE_FAILED` where something stands there that is no file
 */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

function notWritten(path: string, cause: unknown): PratiqueError {
  return new PratiqueError(
    'WRITE_FAILED',
    {
      what: `${quoted(path)} could not be written`,
      why: (cause as NodeJS.ErrnoException).code ?? 'unknown reason',
      next: 'name a folder that exists and that you may write to',
    },
    { cause },
  );
}
