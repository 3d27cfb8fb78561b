import { lstatSync, realpathSync } from 'node:fs';
import { posix } from 'node:path';
import type { NamedReferences, ReferenceRemark } from '../model/named-reference.ts';
import { type ListedFile, type Listing, type ListOptions, listFiles } from './files/list-files.ts';
import { readText } from './files/read-text.ts';
import { kindOfPath, namedFor } from './kind-of-path.ts';
import { type ReadFile, readReferences } from './read-references.ts';

/**
 * Every image that the files of a repository name. Nothing is sent anywhere.
 * @param paths files and folders; none: the current folder
 * @throws {PratiqueError} `USAGE`, `LIMIT_EXCEEDED`; what is wrong with one file is told among `unread`
 */
export async function findReferences(
  paths: readonly string[],
  options: ListOptions,
): Promise<NamedReferences> {
  return readFiles(await listFiles(paths, options));
}

/** The same of files that are listed already. */
export function readFiles({ files, notes }: Listing): NamedReferences {
  const worthReading = files.filter(({ shown, isAsked }) => isAsked || kindOfPath(shown) !== undefined);
  let real: ReadonlyMap<string, ListedFile> | undefined; // asked only where there is a link
  const isReadToo = (link: ListedFile): boolean => {
    real ??= new Map(worthReading.flatMap((file) => realPathOfFile(file.path).map((path) => [path, file])));
    return realPath(link.path).some((path) => isReadAs(real?.get(path), link));
  };
  const read = worthReading.map((file) => readListed(file, isReadToo));
  const asked = worthReading.filter(isReadByContent).map(({ shown }) => shown);
  return joined(read, notes, files.length, asked);
}

/** The same of one text, as from standard input. */
export function referencesIn(file: string, text: string): NamedReferences {
  return joined([readReferences(file, text, true)], [], 1);
}

/**
 * What files name, together.
 * @param asked files that were named themselves, and are read as Dockerfiles where something builds from them
 */
export function joined(
  found: readonly ReadFile[],
  notes: readonly string[],
  listed: number,
  asked: readonly string[] = [],
): NamedReferences {
  const others = found
    .flatMap(({ dockerfiles }) => dockerfiles)
    .filter(
      ({ path }) =>
        !asked.some((shown) => `/${shown}`.endsWith(`/${posix.normalize(path).replace(/^(?:\.\.\/)+/, '')}`)),
    )
    .map(({ file, line, column, text }) => ({ file, line, column, text }));
  return {
    references: found.flatMap(({ references }) => references),
    unread: [...found.flatMap(({ unread }) => unread), ...others],
    elsewhere: found.flatMap(({ elsewhere }) => elsewhere),
    notes,
    files: { listed, read: found.filter(({ isRead }) => isRead).length },
  };
}

/** @param isReadToo whether what a link leads to is among the files that are read */
function readListed(file: ListedFile, isReadToo: (link: ListedFile) => boolean): ReadFile {
  const { shown, path, isAsked } = file;
  const read = readText(path);
  if (read === undefined) return nothing([]);
  if ('text' in read) return readReferences(shown, read.text, isAsked);
  if ('isLink' in read && isReadToo(file)) return nothing([]);
  return nothing(untold(shown, read.why));
}

/** What is told of a file that cannot be read. @param why printable clause */
export function untold(file: string, why: string): readonly ReferenceRemark[] {
  // Other JSON is seldom a manifest, and data may be large or in any encoding.
  const matters = namedFor(file) !== undefined || kindOfPath(file) !== 'json';
  return matters ? [{ file, line: 1, column: 1, text: why }] : [];
}

/** A file that was not read. */
export function nothing(unread: readonly ReferenceRemark[]): ReadFile {
  return { references: [], unread, elsewhere: [], dockerfiles: [], isRead: unread.length > 0 };
}

/** The name of a file, and whether somebody named it. */
export type NamedFile = Pick<ListedFile, 'shown' | 'isAsked'>;

/** Whether a file is read as what the name of a link to it says: a Dockerfile called `notes.yaml` is not. */
export function isReadAs(file: NamedFile | undefined, link: NamedFile): boolean {
  if (file === undefined || isReadByContent(file)) return file !== undefined;
  const [known, asked] = [namedFor(file.shown), namedFor(link.shown)];
  return kindOfPath(file.shown) === kindOfPath(link.shown) && (asked === undefined || asked === known);
}

/** Of other files the name says what they are read as, and they are no Dockerfile because somebody names them. */
function isReadByContent({ shown, isAsked }: NamedFile): boolean {
  return isAsked && kindOfPath(shown) === undefined;
}

/** None for a link: two that lead to the same place do not vouch for each other. */
function realPathOfFile(path: string): readonly string[] {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? realPath(path) : [];
}

/** None for a link that leads nowhere. */
function realPath(path: string): readonly string[] {
  try {
    return [realpathSync(path)];
  } catch {
    return [];
  }
}
