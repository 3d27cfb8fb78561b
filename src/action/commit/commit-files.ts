import { join, relative, resolve, sep } from 'node:path';
import { exitCodeOf, PratiqueError, toPratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';
import type { PolicyFiles, WalkedFolder } from '../../policy/policy-files.ts';
import type { CommitTree, TreeEntry } from './commit-tree.ts';

const LIMIT = 1024 * 1024; // bytes, as for files of the disk
const MOST_FOLDERS = 500; // each is a question to git, or to GitHub
const NOT_FOLLOWED: Readonly<Record<string, string>> = {
  link: 'a symbolic link',
  submodule: 'a submodule, of another repository',
};

/** A commit's files as a policy's reader asks for them. */
export interface CommitFiles {
  /** where the commit's paths begin; no folder of the disk, and deep enough that `..` leads out of it */
  readonly root: string;
  readonly files: PolicyFiles;
  /** What first kept the commit from being read, if anything did. Readers of a policy take that for a fault of its files. */
  fault(): PratiqueError | undefined;
}

/**
 * The files of a commit. Links are not followed, and nothing outside is read: a path that leads from the commit to the disk could
 * lead to what a pull request has put there.
 */
export function commitFiles(tree: CommitTree): CommitFiles {
  const root = resolve(sep, 'commit', tree.commit);
  const known = new Map<string, readonly TreeEntry[]>();
  const at = tree.commit.slice(0, 12);
  let unread: PratiqueError | undefined;

  async function entriesOf(id: string | undefined): Promise<readonly TreeEntry[]> {
    const key = id ?? '';
    const entries = known.get(key) ?? (await noted(tree.entries(id)));
    known.set(key, entries);
    if (known.size > MOST_FOLDERS)
      throw unusable(root, `the policy lies in more than ${MOST_FOLDERS} folders`);
    return entries;
  }

  async function noted<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (thrown) {
      if (exitCodeOf(thrown) === 3) unread ??= toPratiqueError(thrown);
      throw thrown;
    }
  }

  /** What lies at a path; `undefined` for nothing. @throws {PratiqueError} where the way there leads out of the commit */
  async function find(path: string, shown: string): Promise<TreeEntry | 'top' | undefined> {
    const parts = partsOf(path, shown);
    let found: TreeEntry | 'top' | undefined = 'top';
    for (const part of parts) {
      if (found !== 'top') {
        const why = NOT_FOLLOWED[found.kind];
        if (why !== undefined) throw unusable(shown, `a part of its path is ${why}, which is not followed`);
        if (found.kind !== 'folder') return undefined;
      }
      const entries: readonly TreeEntry[] = await entriesOf(found === 'top' ? undefined : found.id);
      found = entries.find(({ name }) => name === part);
      if (found === undefined) return undefined;
    }
    return found;
  }

  function partsOf(path: string, shown: string): readonly string[] {
    const inside = relative(root, path);
    if (inside === '..' || inside.startsWith(`..${sep}`) || resolve(root, inside) !== resolve(path))
      throw unusable(shown, 'it lies outside of the repository, and only the commit is read');
    return inside === '' ? [] : inside.split(sep);
  }

  function unusable(
    shown: string,
    why: string,
    code: 'POLICY_INVALID' | 'POLICY_NOT_FOUND' = 'POLICY_INVALID',
  ) {
    return new PratiqueError(code, {
      what: `the file cannot be used, as it is in commit ${at}`,
      where: printable(shown),
      why,
      next:
        code === 'POLICY_NOT_FOUND'
          ? 'name a file that is in that commit; a pull request that brings the first policy leaves the input policy out'
          : 'the policy and all that it names must be ordinary files of that commit',
    });
  }

  async function read(path: string, shown: string, limit = LIMIT): Promise<string> {
    const found = await find(path, shown);
    if (found === undefined) throw unusable(shown, 'there is no such file', 'POLICY_NOT_FOUND');
    if (found === 'top' || found.kind === 'folder') throw unusable(shown, 'it is a folder');
    if (found.kind !== 'file')
      throw unusable(shown, `it is ${NOT_FOLLOWED[found.kind]}, which is not followed`);
    const bytes = await noted(tree.blob(found.id, limit));
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw unusable(shown, 'it is not UTF-8 text');
    }
  }

  async function folderAt(path: string): Promise<readonly TreeEntry[]> {
    const found = await find(path, path);
    if (found === undefined) throw unusable(path, 'there is no such folder');
    if (found === 'top') return entriesOf(undefined);
    if (found.kind === 'folder') return entriesOf(found.id);
    throw unusable(path, `it is ${NOT_FOLLOWED[found.kind] ?? 'a file'}, and no folder`);
  }

  async function walk(path: string): Promise<WalkedFolder> {
    const inner = await Promise.all((await folderAt(path)).map(one));
    return {
      files: inner.flatMap(({ files }) => files),
      notFollowed: inner.flatMap((each) => each.notFollowed),
    };

    async function one({ name, kind }: TreeEntry): Promise<WalkedFolder> {
      if (kind === 'file') return { files: [name], notFollowed: [] };
      const what = NOT_FOLLOWED[kind];
      if (what !== undefined) return { files: [], notFollowed: [{ name, what }] };
      const below = await walk(join(path, name));
      return {
        files: below.files.map((file) => join(name, file)),
        notFollowed: below.notFollowed.map((entry) => ({ ...entry, name: join(name, entry.name) })),
      };
    }
  }

  return {
    root,
    fault: () => unread,
    files: {
      read,
      walk,
      list: async (path) => (await folderAt(path)).map(({ name }) => name),
      foldersFrom: async () => [root],
      isThere: async (path) => (await find(path, path)) !== undefined,
    },
  };
}
