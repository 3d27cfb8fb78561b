import { apk } from './apk.ts';
import type { DatabaseReader } from './claim.ts';
import { conda } from './conda.ts';
import { dpkg } from './dpkg.ts';
import { npm } from './npm.ts';
import { pypi } from './pypi.ts';
import { rpm } from './rpm.ts';

/** Every kind of package database that is read; where two vouch for a file, the first names the package. */
export const DATABASE_READERS: readonly DatabaseReader[] = [dpkg, apk, rpm, pypi, conda, npm];

/** The reader of the database that a path in the image belongs to. */
export function readerOf(path: string): DatabaseReader | undefined {
  return DATABASE_READERS.find(({ files }) => files.test(path));
}
