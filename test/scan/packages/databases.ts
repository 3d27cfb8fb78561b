import { createHash } from 'node:crypto';
import {
  type Claim,
  type DatabaseFile,
  type DatabaseReader,
  wantedOf,
} from '../../../src/scan/packages/claim.ts';

/** A digest in lower-case hex. */
export function hashOf(algorithm: 'md5' | 'sha1' | 'sha256', content: string | Uint8Array): string {
  return createHash(algorithm).update(content).digest('hex');
}

/** A file of a database. */
export function fileOf(path: string, content: string | Uint8Array, layer = 0): DatabaseFile {
  return { path, layer, bytes: typeof content === 'string' ? Buffer.from(content) : content };
}

/** What a reader claims of these paths. */
export function claimsFor(
  reader: DatabaseReader,
  files: readonly DatabaseFile[],
  paths: readonly string[],
): readonly Claim[] {
  return [...reader.read(files, wantedOf(paths))].filter(({ path }) => paths.includes(path));
}

/** `path manager:name version` of each claim. */
export function wordsOf(claims: readonly Claim[]): readonly string[] {
  return claims.map(
    ({ path, digest, package: { manager, name, version = '-' } }) =>
      `${path} ${digest?.algorithm ?? 'path'} ${manager}:${name} ${version}`,
  );
}

/** A value of a header of RPM: texts (type 8), or numbers of 32 bits (type 4). */
export type RpmTag = readonly [tag: number, value: readonly string[] | readonly number[]];

/** A header as the database of RPM has it. */
export function rpmHeader(tags: readonly RpmTag[]): Buffer {
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let bytes = 0;
  for (const [tag, value] of tags) {
    const isText = typeof value[0] === 'string';
    const padding = Buffer.alloc(isText ? 0 : (4 - (bytes % 4)) % 4);
    const body = Buffer.concat(
      value.map((one) => (typeof one === 'string' ? Buffer.from(`${one}\0`) : bigEndian(one))),
    );
    index.push(bigEndian(tag, isText ? 8 : 4, bytes + padding.length, value.length));
    data.push(padding, body);
    bytes += padding.length + body.length;
  }
  return Buffer.concat([bigEndian(tags.length, bytes), ...index, ...data]);
}

/** The header of a package with these files. */
export function rpmPackage(name: string, files: Readonly<Record<string, string>>, algorithm = 8): Buffer {
  const paths = Object.keys(files);
  const folders = [...new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/') + 1)))];
  return rpmHeader([
    [1000, [name]],
    [1001, ['1.2']],
    [1002, ['3']],
    [1035, Object.values(files)],
    [1116, paths.map((path) => folders.indexOf(path.slice(0, path.lastIndexOf('/') + 1)))],
    [1117, paths.map((path) => path.slice(path.lastIndexOf('/') + 1))],
    [1118, folders],
    [5011, [algorithm]],
  ]);
}

function bigEndian(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [at, number] of numbers.entries()) bytes.writeUInt32BE(number >>> 0, 4 * at);
  return bytes;
}
