import { lstatSync, type Stats } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { PratiqueError } from '../../errors.ts';
import { matchesPath, type PathPattern } from '../../model/path-pattern.ts';
import { printable, quoted } from '../../model/printable.ts';
import { askGit } from './git.ts';
import { MOST_FILES, tooMany, walkFolder } from './walk.ts';

/** A file that may name images. */
export interface ListedFile {
  /** as people find it from where they are, with slashes */
  readonly shown: string;
  /** absolute */
  readonly path: string;
  /** it was named itself, not its folder */
  readonly isAsked: boolean;
}

/** Files, and what people should know of how they were found. */
export interface Listing {
  readonly files: readonly ListedFile[];
  readonly notes: readonly string[];
}

export interface ListOptions {
  /** absolute; paths count from here */
  readonly cwd: string;
  /** for git */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** only files that differ from this revision */
  readonly since?: string;
  /** patterns for shown paths that are left out */
  readonly exclude?: readonly PathPattern[];
}

/**
 * The files that paths stand for: files themselves; of folders those that git tracks, or all but some folders of other people's
 * files where there is no repository or it tracks nothing there.
 * @throws {PratiqueError} `USAGE` for a path that is not there or no file or folder, and for `since` without git
 */
export async function listFiles(paths: readonly string[], options: ListOptions): Promise<Listing> {
  const files = new Map<string, ListedFile>();
  const notes: string[] = [];
  for (const given of paths.length === 0 ? ['.'] : paths) {
    const path = resolve(options.cwd, given);
    const isFolder = isFolderAt(path, given);
    for (const one of isFolder ? await inFolder(path, options, notes) : [path]) {
      const shown = shownPath(options.cwd, one);
      if (options.exclude?.some((pattern) => matchesPath(pattern, shown))) continue;
      files.set(one, { shown, path: one, isAsked: !isFolder || files.get(one)?.isAsked === true });
      if (files.size > MOST_FILES) throw tooMany(options.cwd);
    }
  }
  return { files: [...files.values()], notes };
}

async function inFolder(
  folder: string,
  { env, since }: ListOptions,
  notes: string[],
): Promise<readonly string[]> {
  const listed = await askGit(folder, env, since);
  // Somebody who names a folder that git ignores (of rendered charts) means what is in it.
  const isForeign = since === undefined && 'paths' in listed && listed.paths.length === 0;
  if ('paths' in listed && !isForeign) return listed.paths.map((path) => join(folder, path));
  if (since !== undefined && 'why' in listed)
    throw new PratiqueError('USAGE', { what: '--since needs a repository of git', why: listed.why });
  if (isForeign) notes.push('git tracks nothing here, so that all files are looked at');
  if ('why' in listed && listed.isThere)
    notes.push(`git does not list the files, so that all are looked at: ${listed.why}`);
  const { paths, skipped } = await walkFolder(folder);
  if (skipped.length > 0) {
    const named = skipped.slice(0, 3).map((path) => printable(path));
    notes.push(
      `not looked into: ${named.join(', ')}${skipped.length > 3 ? `, and ${skipped.length - 3} more` : ''}`,
    );
  }
  return paths.map((path) => join(folder, path));
}

/** Of a path that a person wrote: a link would lead out of what they named. */
function isFolderAt(path: string, given: string): boolean {
  const found = lookAt(path);
  if (found?.isFile() || found?.isDirectory()) return found.isDirectory();
  throw new PratiqueError('USAGE', {
    what: `${quoted(given)} ${found === undefined ? 'is not there' : 'is no ordinary file or folder'}`,
    next: found?.isSymbolicLink() ? 'name what the link leads to' : 'name a file or a folder',
  });
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function shownPath(cwd: string, path: string): string {
  const short = relative(cwd, path);
  return (short === '' ? path : short).split(sep).join('/');
}
