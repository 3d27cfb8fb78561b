import type { Claim, DatabaseFile, DatabaseReader, Wanted } from './claim.ts';
import { headersOfBdb } from './rpm-bdb.ts';
import { claimsOfHeader } from './rpm-header.ts';
import { headersOfNdb } from './rpm-ndb.ts';
import { SqliteFile } from './sqlite.ts';

/**
 * RPM's database, in its three forms: SQLite (Fedora, RHEL 9 and later), its own format (SUSE), and a hash of Berkeley DB.
 * @see rpm, docs/manual/dbi.md
 */
export const rpm: DatabaseReader = {
  name: 'rpm',
  files: /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm|usr\/share\/rpm)\/(?:rpmdb\.sqlite|Packages(?:\.db)?)$/,
  *read(files, wanted) {
    for (const file of files) yield* claimsOf(file, wanted);
  },
};

function* claimsOf(file: DatabaseFile, wanted: Wanted): Generator<Claim> {
  try {
    for (const header of once(headersOf(file), file.bytes.length)) yield* claimsOfHeader(header, wanted);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown; // what is malformed vouches for nothing more
  }
}

function headersOf({ path, bytes }: DatabaseFile): Iterable<Uint8Array> {
  if (path.endsWith('.sqlite')) return new SqliteFile(bytes).column('Packages', 1);
  return path.endsWith('.db') ? headersOfNdb(bytes) : headersOfBdb(bytes);
}

/** What lies in a file once is no longer than the file, all together: one made to be slow names a blob a million times. */
function* once(blobs: Iterable<Uint8Array>, most: number): Generator<Uint8Array> {
  let bytes = 0;
  for (const blob of blobs) {
    bytes += blob.length;
    if (bytes > most) throw new RangeError('the blobs are longer than the file that they are in');
    yield blob;
  }
}
