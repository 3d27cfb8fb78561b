import { isJsonObject, type JsonObject, type JsonValue } from '../../io/json/strict-json.ts';
import type { Package } from '../../model/package.ts';
import { type Claim, type DatabaseFile, type DatabaseReader, folderOf } from './claim.ts';
import { readDatabaseJson } from './database-json.ts';

/**
 * What npm keeps of the packages that it has put into a `node_modules`: `.package-lock.json`, with the address that each
 * came from and the digest of its archive. It has no digests of files, so that its claims are by path.
 * @see npm, "package-lock.json", "Hidden Lockfiles"
 */
export const npm: DatabaseReader = {
  name: 'npm',
  files: /(?:^|\/)node_modules\/\.package-lock\.json$/,
  *read(files, { paths }) {
    const inside = pathsBelow(new Set(files.map(rootOf)), paths);
    for (const file of files) yield* claimsOf(file, inside.get(rootOf(file)) ?? []);
  },
};

/** What stands before `node_modules/`, where the lock is about it: empty, or with a slash at the end. */
function rootOf({ path }: DatabaseFile): string {
  const root = folderOf(folderOf(path));
  return root === '' ? '' : `${root}/`;
}

/** The wanted files below each root. Looked up, as an image may have a million locks. */
function pathsBelow(
  roots: ReadonlySet<string>,
  paths: ReadonlySet<string>,
): ReadonlyMap<string, readonly string[]> {
  const below = new Map<string, string[]>();
  for (const path of paths) {
    for (const { index } of path.matchAll(/(?<=^|\/)node_modules\//g)) {
      const root = path.slice(0, index);
      if (!roots.has(root)) continue;
      const inside = below.get(root);
      if (inside === undefined) below.set(root, [path]);
      else inside.push(path);
    }
  }
  return below;
}

/** The folder of a package: `node_modules/a/node_modules/@b/c`. */
const PACKAGE_FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

function* claimsOf(file: DatabaseFile, inside: readonly string[]): Generator<Claim> {
  const packages = inside.length === 0 ? undefined : packagesOf(file.bytes);
  if (packages === undefined) return;
  const start = rootOf(file);
  for (const one of inside) {
    const [folder] = PACKAGE_FOLDER.exec(one.slice(start.length)) ?? [];
    if (folder === undefined || one === start + folder) continue;
    const owner = packageOf(folder, packages.get(folder));
    if (owner !== undefined) yield { path: one, layer: file.layer, package: owner };
  }
}

function packagesOf(bytes: Uint8Array): JsonObject | undefined {
  const lock = readDatabaseJson(bytes, ['packages']);
  const packages = isJsonObject(lock) ? lock.get('packages') : undefined;
  return isJsonObject(packages) ? packages : undefined;
}

/**
 * What came from a registry: it has the digest of its archive, and an address of one, unless npm was told to leave these
 * out (`omit-lockfile-registry-resolved`). Links, folders and git repositories are one's own, or nobody's.
 */
function packageOf(folder: string, value: JsonValue | undefined): Package | undefined {
  if (!isJsonObject(value)) return undefined;
  const [resolved, integrity, version] = ['resolved', 'integrity', 'version'].map((key) => value.get(key));
  if (resolved !== undefined && !(typeof resolved === 'string' && /^https?:\/\//.test(resolved)))
    return undefined;
  if (typeof integrity !== 'string' || value.get('link') === true) return undefined;
  const installed = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const named = value.get('name'); // of an alias, the name that it has in the registry
  return {
    manager: 'npm',
    name: typeof named === 'string' ? named : installed,
    ...(typeof version === 'string' ? { version } : {}),
  };
}
