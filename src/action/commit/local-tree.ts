import { execFile } from 'node:child_process';
import { PratiqueError } from '../../errors.ts';
import { excerpt } from '../../model/printable.ts';
import { type Environment, quietGit } from '../../references/files/git-environment.ts';
import { type CommitTree, isObjectOf, kindOfMode, type TreeEntry, tooLarge } from './commit-tree.ts';

const LISTING = 16 * 1024 * 1024; // bytes of one folder, or of a commit's own text; a name takes some 40
const PATIENCE = 60_000; // milliseconds

/**
 * A commit in the clone that a folder is in, or why it is not there: a shallow clone has no other commit than its own.
 * Every object is held against its id, from the commit down: git itself does not, and the clone's files may have come with what is
 * judged (an artifact that was unpacked over the workspace).
 * @param folder absolute
 * @param elsewhere where objects are had that the clone leaves out: a partial clone, as `sparse-checkout` makes it, has few files
 * @throws {PratiqueError} `DIGEST_MISMATCH` where the clone holds something else by the commit's id
 * @see git, "gitformat-commit", "gitformat-pack"
 */
export async function openLocalTree(
  folder: string,
  commit: string,
  env: Environment,
  elsewhere?: () => CommitTree,
): Promise<CommitTree | { readonly why: string }> {
  const found = await object(folder, env, { type: 'commit', id: commit, limit: LISTING });
  if ('why' in found) return found;
  const top = /^tree ([0-9a-f]{40}|[0-9a-f]{64})\n/.exec(found.bytes.toString('latin1'))?.[1];
  if (top === undefined) throw unreadable('it names no folder');
  return {
    commit,
    async entries(id = top) {
      const answer = await object(folder, env, { type: 'tree', id, limit: LISTING });
      return isMissing(answer) && elsewhere
        ? elsewhere().entries(id)
        : readFolder(bytesOf(answer, LISTING), id.length / 2);
    },
    async blob(id, limit) {
      const answer = await object(folder, env, { type: 'blob', id, limit });
      return isMissing(answer) && elsewhere ? elsewhere().blob(id, limit) : bytesOf(answer, limit);
    },
  };
}

/**
 * A folder as git keeps it: mode, a blank, the name, a zero, the id. Names that are not UTF-8 are like no other.
 * @param idBytes 20, or 32 in a repository of SHA-256
 * @throws {PratiqueError} `NOT_FOUND`
 */
export function readFolder(bytes: Buffer, idBytes: number): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const zero = bytes.indexOf(0, at);
    const end = zero + 1 + idBytes;
    const head = zero < 0 || end > bytes.length ? '' : bytes.toString('utf8', at, zero);
    const [, mode = '', name] = /^([0-7]{5,6}) (.+)$/s.exec(head) ?? [];
    const kind = kindOfMode(mode.padStart(6, '0'));
    if (kind === undefined || name === undefined) throw unreadable('it lists what is not understood');
    entries.push({ name, kind, id: bytes.toString('hex', zero + 1, end) });
    at = end;
  }
  return entries;
}

type Answer = { readonly bytes: Buffer } | { readonly why: string; readonly isTooLong: boolean };
type Wanted = {
  readonly type: 'commit' | 'tree' | 'blob';
  readonly id: string;
  /** bytes */
  readonly limit: number;
};

async function object(folder: string, env: Environment, { type, id, limit }: Wanted): Promise<Answer> {
  const answer = await git(folder, env, ['cat-file', type, id], limit);
  if ('why' in answer || isObjectOf(type, id, answer.bytes)) return answer;
  throw new PratiqueError('DIGEST_MISMATCH', {
    what: 'the clone is not to be trusted',
    why: `what it holds as ${type} ${id} is something else`,
    next: 'check the repository out anew, into an empty folder',
  });
}

function isMissing(answer: Answer): boolean {
  return 'why' in answer && !answer.isTooLong;
}

/** Of a commit that is known to be there. */
function bytesOf(answer: Answer, limit: number): Buffer {
  if ('bytes' in answer) return answer.bytes;
  throw answer.isTooLong ? tooLarge(limit) : unreadable(answer.why);
}

function unreadable(why: string): PratiqueError {
  return new PratiqueError('NOT_FOUND', {
    what: 'git could not read the commit whose policy decides',
    why,
    next: 'fetch it whole: actions/checkout with fetch-depth: 0, and neither filter nor sparse-checkout',
  });
}

function git(folder: string, env: Environment, argv: readonly string[], limit: number): Promise<Answer> {
  const options = {
    cwd: folder,
    env: quietGit(env),
    encoding: 'buffer',
    maxBuffer: limit,
    timeout: PATIENCE,
  } as const;
  return new Promise((resolve) => {
    execFile('git', argv, options, (error, out, err) => {
      if (error === null) return resolve({ bytes: out });
      const isTooLong = error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';
      resolve({ why: reasonOf(error, err.toString('utf8')), isTooLong });
    });
  });
}

function reasonOf(error: { readonly code?: unknown }, said: string): string {
  if (error.code === 'ENOENT') return 'there is no git, or no checkout';
  if (said.includes('not a git repository')) return 'the workspace is no clone of a repository';
  if (said.includes('dubious ownership'))
    return 'the clone belongs to another user, and git does not read it';
  if (/could not fetch \w+ from promisor remote/.test(said)) return 'the clone is partial, and leaves it out';
  if (/Not a valid object name|could not get object info|bad file|^$/i.test(said.trim()))
    return 'the clone does not have that commit';
  return excerpt(said.trim(), 300);
}
