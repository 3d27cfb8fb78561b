import { createHash } from 'node:crypto';
import { PratiqueError } from '../../errors.ts';

/** What a folder of a commit holds under a name. */
export interface TreeEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'submodule';
  /** of the object, 40 or 64 hexadecimal digits */
  readonly id: string;
}

/** The files of one commit, from wherever they are had. */
export interface CommitTree {
  /** 40 or 64 hexadecimal digits */
  readonly commit: string;
  /** @param id of a folder; absent: the top one. @throws {PratiqueError} */
  entries(id?: string): Promise<readonly TreeEntry[]>;
  /** A file's bytes. @throws {PratiqueError} `POLICY_INVALID` for more than `limit` of them */
  blob(id: string, limit: number): Promise<Uint8Array>;
}

const KINDS: Readonly<Record<string, TreeEntry['kind']>> = {
  '040000': 'folder',
  '100644': 'file',
  '100664': 'file', // of old versions of git
  '100755': 'file',
  '120000': 'link',
  '160000': 'submodule',
};

/** What an entry is by its mode; `undefined` for a mode that git does not write. @see git, "tree-walk.h", `canon_mode` */
export function kindOfMode(mode: string): TreeEntry['kind'] | undefined {
  return KINDS[mode];
}

/** Whether bytes are those of an object's id. @see git, "gitformat-pack": the type, a blank, the size, a zero, the bytes */
export function isObjectOf(type: 'blob' | 'tree' | 'commit', id: string, bytes: Uint8Array): boolean {
  const hash = createHash(id.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`${type} ${bytes.length}\0`).update(bytes).digest('hex') === id;
}

/** A file that is larger than what is read. */
export function tooLarge(limit: number): PratiqueError {
  return new PratiqueError('POLICY_INVALID', {
    what: 'the file cannot be used',
    why: `it has more than ${limit} bytes`,
  });
}
