import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { PratiqueError } from '../../errors.ts';
import { printable, quoted } from '../../model/printable.ts';
import { absent, type LayoutFiles } from './layout-files.ts';

/**
 * The files of a folder. A symbolic link inside is followed only as long as it stays inside, so that a layout
 * from elsewhere cannot make us read, hash and report on files of this machine.
 */
export function openFolder(folder: string): LayoutFiles {
  return {
    name: folder,
    async sizeOf(path) {
      const file = await openInside(folder, path);
      if (file === undefined) return undefined;
      try {
        return (await file.stat()).size;
      } finally {
        await file.close();
      }
    },
    async *read(path) {
      const file = await openInside(folder, path);
      if (file === undefined) throw absent({ name: folder }, path);
      yield* readFrom(file);
    },
    openFile: (path) => openInside(folder, path),
    async close() {},
  };
}

// The handle is closed by us, not by the stream: a stream that nobody starts to read closes nothing.
async function* readFrom(file: FileHandle): AsyncIterable<Uint8Array> {
  try {
    yield* file.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 });
  } finally {
    await file.close();
  }
}

async function openInside(folder: string, path: string): Promise<FileHandle | undefined> {
  const full = join(folder, path);
  try {
    const [root, real] = await Promise.all([realpath(folder), realpath(full)]);
    if (!isInside(root, real)) throw outside(folder, path);
    return await openRegular(real, full);
  } catch (thrown) {
    if (thrown instanceof PratiqueError) throw thrown;
    if (isMissing(thrown)) return undefined;
    throw unreadable(full, thrown);
  }
}

function isInside(root: string, file: string): boolean {
  const way = relative(root, file);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !way.startsWith(sep);
}

/**
 * Opens a regular file and nothing else: a named pipe in place of a blob would hang us for ever.
 * @throws {PratiqueError} `ARCHIVE_INVALID`; whatever the system says
 */
export async function openRegular(path: string, shown = path): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if ((await file.stat()).isFile()) return file;
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
  await file.close();
  throw new PratiqueError('ARCHIVE_INVALID', { what: `${quoted(shown)} is not a regular file` });
}

/** Whether a file system call failed because there is nothing of that name. */
export function isMissing(thrown: unknown): boolean {
  const code = codeOf(thrown);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** The fault for a file that is there and cannot be read. */
export function unreadable(path: string, cause: unknown): PratiqueError {
  return new PratiqueError(
    'NOT_FOUND',
    { what: `${quoted(path)} cannot be read`, why: printable(codeOf(cause) ?? 'unknown reason') },
    { cause },
  );
}

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;
}

function outside(folder: string, path: string): PratiqueError {
  return new PratiqueError('ARCHIVE_INVALID', {
    what: `${quoted(path)} is a symbolic link that leaves the layout`,
    where: printable(folder),
    next: 'copy the file itself into the layout',
  });
}
