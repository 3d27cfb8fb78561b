import type { NamedReferences, ReferenceRemark } from '../model/named-reference.ts';
import { type ListedFile, type ListOptions, listFiles } from './files/list-files.ts';
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
  const { files, notes } = await listFiles(paths, options);
  const worthReading = files.filter(({ shown, isAsked }) => isAsked || kindOfPath(shown) !== undefined);
  return joined(worthReading.map(readListed), notes, files.length);
}

/** The same of one text, as from standard input. */
export function referencesIn(file: string, text: string): NamedReferences {
  return joined([readReferences(file, text, true)], [], 1);
}

function joined(found: readonly ReadFile[], notes: readonly string[], listed: number): NamedReferences {
  return {
    references: found.flatMap(({ references }) => references),
    unread: found.flatMap(({ unread }) => unread),
    elsewhere: found.flatMap(({ elsewhere }) => elsewhere),
    notes,
    files: { listed, read: found.filter(({ isRead }) => isRead).length },
  };
}

function readListed({ shown, path, isAsked }: ListedFile): ReadFile {
  const read = readText(path);
  if (read === undefined) return nothing([]);
  if ('text' in read) return readReferences(shown, read.text, isAsked);
  // Other JSON is seldom a manifest, and data may be large or in any encoding.
  const matters = namedFor(shown) !== undefined || kindOfPath(shown) !== 'json';
  return nothing(matters ? [{ file: shown, line: 1, column: 1, text: read.why }] : []);
}

function nothing(unread: readonly ReferenceRemark[]): ReadFile {
  return { references: [], unread, elsewhere: [], isRead: unread.length > 0 };
}
