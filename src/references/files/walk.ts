import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';

/** Folders that hold other people's files, or none that name what runs. */
const SKIPPED: ReadonlySet<string> = new Set([
  '.git',
  '.hg',
  '.svn',
  'node_modules',
  'bower_components',
  'vendor',
  '.venv',
  'venv',
  '__pycache__',
  '.terraform',
  '.cache',
  '.tox',
]);

/** Files and folders that a walk looks at; more is somebody's home folder, not a repository. */
export const MOST_FILES = 200_000;
const DEPTH = 64; // levels of folders

/**
 * Lists the files and links below a folder without git. Links are not followed.
 * @returns paths from `folder`, with slashes, and the folders that were left out by their name
 * @throws {PratiqueError} `LIMIT_EXCEEDED`, `NOT_FOUND` where a folder cannot be read
 */
export async function walkFolder(
  folder: string,
): Promise<{ paths: readonly string[]; skipped: readonly string[] }> {
  const paths: string[] = [];
  const skipped: string[] = [];
  let seen = 0;
  const visit = async (below: string, depth: number): Promise<void> => {
    const entries = await list(join(folder, below));
    seen += entries.length;
    if (seen > MOST_FILES || depth > DEPTH) throw tooMany(folder);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isFile() || entry.isSymbolicLink()) paths.push(path);
      else if (!entry.isDirectory()) continue;
      else if (SKIPPED.has(entry.name)) skipped.push(path);
      else await visit(path, depth + 1);
    }
  };
  await visit('', 0);
  return { paths, skipped };
}

async function list(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new PratiqueError(
      'NOT_FOUND',
      { what: 'a folder cannot be read', where: printable(path), why },
      { cause },
    );
  }
}

/** More than is looked through. */
export function tooMany(folder: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `there are more than ${MOST_FILES} files, or folders nested too deeply`,
    where: printable(folder),
    next: 'name the folders that matter',
  });
}
