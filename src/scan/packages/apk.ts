import type { Package } from '../../model/package.ts';
import { type Claim, type DatabaseFile, type DatabaseReader, hexDigest, linesOf } from './claim.ts';

/**
 * Alpine's database: blocks of `X:value` lines. `F:` opens a folder, `R:` a file in it, and `Z:` is the digest of that
 * file: `Q1` and base64 of sha1, `Q2` of sha256.
 * @see apk-tools, doc/apk-package.5 and src/database.c, `apk_db_fdb_read`
 */
export const apk: DatabaseReader = {
  name: 'apk',
  files: /^(?:usr\/)?lib\/apk\/db\/installed$/,
  *read(files, { folders }) {
    for (const file of files) yield* claimsOf(file, folders);
  },
};

function* claimsOf({ bytes }: DatabaseFile, folders: ReadonlySet<string>): Generator<Claim> {
  let owner: Package = { manager: 'apk', name: '' };
  let folder = '';
  let isWanted = false;
  let name = '';
  for (const line of linesOf(bytes)) {
    const value = line.slice(2);
    if (line === '') owner = { manager: 'apk', name: '' };
    else if (line.charCodeAt(1) !== 0x3a) continue;
    else if (line.startsWith('P')) owner = { ...owner, name: value };
    else if (line.startsWith('V')) owner = { ...owner, version: value };
    else if (line.startsWith('F')) {
      folder = value;
      isWanted = folders.has(folder);
    } else if (line.startsWith('R')) name = value;
    else if (line.startsWith('Z') && isWanted && owner.name !== '') {
      const digest = digestOf(value);
      if (digest !== undefined)
        yield { path: folder === '' ? name : `${folder}/${name}`, digest, package: owner };
    }
  }
}

function digestOf(text: string): Claim['digest'] {
  if (!/^Q[12][A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const digest = hexDigest(Buffer.from(text.slice(2), 'base64').toString('hex'));
  const wanted = text.startsWith('Q1') ? 'sha1' : 'sha256';
  return digest?.algorithm === wanted ? digest : undefined;
}
