import { posix } from 'node:path';
import { type Claim, type DatabaseFile, type DatabaseReader, folderOf, hexDigest, linesOf } from './claim.ts';

/**
 * What pip and its kind write beside every Python package: `NAME-VERSION.dist-info/RECORD`, a CSV of path, digest and
 * size. Paths count from the folder that holds the `.dist-info`; files without a digest are the RECORD itself and what
 * was compiled afterwards. What was installed from a folder, a file or a repository says so (`direct_url.json`): it is
 * one's own, or nobody's, and makes no claim.
 * @see PyPA, "Recording installed projects", "The RECORD file"; "Recording the Direct URL Origin"
 */
export const pypi: DatabaseReader = {
  name: 'pip',
  files: /(?:^|\/)[^/]+\.dist-info\/RECORD$/,
  *read(files) {
    for (const file of files) yield* claimsOf(file);
  },
};

function* claimsOf({ path, bytes }: DatabaseFile): Generator<Claim> {
  const information = folderOf(path);
  const root = folderOf(information);
  const [, name, version] = /^(.+?)-([^-]+)\.dist-info$/.exec(posix.basename(information)) ?? [];
  if (name === undefined || version === undefined || isDirect(bytes)) return;
  const owner = { manager: 'pypi', name, version } as const;
  for (const line of linesOf(bytes)) {
    const [, quoted, plain = '', sum = ''] =
      /^(?:"((?:[^"]|"")*)"|([^",]*)),sha256=([\w-]{43}),/.exec(line) ?? [];
    const digest = hexDigest(Buffer.from(sum, 'base64url').toString('hex'));
    if (digest === undefined) continue;
    yield { path: pathIn(root, quoted?.replaceAll('""', '"') ?? plain), digest, package: owner };
  }
}

function isDirect(record: Uint8Array): boolean {
  return Buffer.from(record.buffer, record.byteOffset, record.length).includes('.dist-info/direct_url.json');
}

/** `../../../bin/pip` counts from the folder, `/usr/bin/pip` from the root; none leads out of the image. */
function pathIn(root: string, path: string): string {
  return posix.join('/', path.startsWith('/') ? '' : root, path).slice(1);
}
