import type { Package } from '../../model/package.ts';

/** The digests that package databases are written in. */
export type Algorithm = 'md5' | 'sha1' | 'sha256';

/** The digests of one file, in lower-case hex. */
export type FileDigests = Readonly<Record<Algorithm, string>>;

/** What a package database says of one file. */
export interface Claim {
  /** in the image, without a leading slash; foreign, may go through symlinks */
  readonly path: string;
  /** absent where the database has none: the claim is by path alone */
  readonly digest?: { readonly algorithm: Algorithm; readonly hex: string };
  /** of a claim by path: the layer whose files it is about. Into the same folder, later ones can put anything */
  readonly layer?: number;
  readonly package: Package;
}

/** A file of a package database, as it was in a layer. */
export interface DatabaseFile {
  readonly path: string;
  /** index of the layer that it lies in */
  readonly layer: number;
  readonly bytes: Uint8Array;
}

/** The files that are asked about; a database may speak of a million others. */
export interface Wanted {
  readonly paths: ReadonlySet<string>;
  /** of all the paths, without a slash at the end; empty for the root */
  readonly folders: ReadonlySet<string>;
}

/** Reads the databases of one package manager. What is malformed makes no claim; nothing is ever thrown for it. */
export interface DatabaseReader {
  readonly name: string;
  /** paths in the image of the files that the database is made of */
  readonly files: RegExp;
  /**
   * @param files all of this kind, the newest first
   * @returns claims about wanted files; others may be among them
   */
  read(files: readonly DatabaseFile[], wanted: Wanted): Iterable<Claim>;
}

/** The folder of a path, without a slash at the end; empty for the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Paths as the files that are asked about. */
export function wantedOf(paths: Iterable<string>): Wanted {
  const set = new Set(paths);
  return { paths: set, folders: new Set([...set].map(folderOf)) };
}

const PIECE = 1024 * 1024; // bytes that are made text at once

/** The lines of a text, without their ends, piece by piece: a database of many megabytes is not held twice. */
export function* linesOf(bytes: Uint8Array): Generator<string> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf(0x0a, Math.min(at + PIECE, text.length - 1));
    const next = end < 0 ? text.length : end;
    yield* text.toString('utf8', at, next).split('\n');
    at = next + 1;
  }
}

/** A digest in hex of the length that its algorithm has; nothing for any other text. */
export function hexDigest(text: string): Claim['digest'] {
  if (!/^[0-9a-f]+$/i.test(text)) return undefined;
  const algorithm = ALGORITHM_BY_LETTERS.get(text.length);
  return algorithm === undefined ? undefined : { algorithm, hex: text.toLowerCase() };
}

const ALGORITHM_BY_LETTERS: ReadonlyMap<number, Algorithm> = new Map([
  [32, 'md5'],
  [40, 'sha1'],
  [64, 'sha256'],
]);
