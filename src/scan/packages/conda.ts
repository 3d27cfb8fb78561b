import { isJsonArray, isJsonObject } from '../../io/json/strict-json.ts';
import { type Claim, type DatabaseFile, type DatabaseReader, folderOf, hexDigest } from './claim.ts';
import { readDatabaseJson } from './database-json.ts';

/**
 * What conda keeps of each package in an environment: `conda-meta/NAME-VERSION-BUILD.json`. A file has two digests, as it
 * was in the archive and after the environment's own path was written into it. What was built on the spot has the address
 * of a file, and makes no claim.
 * @see conda/models/records.py, `PrefixRecord` and `PathsData`
 */
export const conda: DatabaseReader = {
  name: 'conda',
  files: /(?:^|\/)conda-meta\/[^/]+\.json$/,
  *read(files) {
    for (const file of files) yield* claimsOf(file);
  },
};

function* claimsOf({ path, bytes }: DatabaseFile): Generator<Claim> {
  const record = readDatabaseJson(bytes);
  if (!isJsonObject(record)) return;
  const [name, version, data] = ['name', 'version', 'paths_data'].map((key) => record.get(key));
  const listed = isJsonObject(data) ? data.get('paths') : undefined;
  if (typeof name !== 'string' || !isJsonArray(listed)) return;
  const url = record.get('url');
  if (url !== undefined && !(typeof url === 'string' && /^https?:\/\//.test(url))) return;
  const owner = { manager: 'conda', name, ...(typeof version === 'string' ? { version } : {}) } as const;
  const root = folderOf(folderOf(path));
  for (const one of listed) {
    if (!isJsonObject(one)) continue;
    const within = one.get('_path');
    if (typeof within !== 'string') continue;
    for (const key of ['sha256_in_prefix', 'sha256']) {
      const sum = one.get(key);
      const digest = typeof sum === 'string' ? hexDigest(sum) : undefined;
      if (digest !== undefined)
        yield { path: root === '' ? within : `${root}/${within}`, digest, package: owner };
    }
  }
}
