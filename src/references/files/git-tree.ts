import { PratiqueError } from '../../errors.ts';
import { quoted } from '../../model/printable.ts';
import { fieldsOf, QUIET, runGit } from './git.ts';
import { type Environment, quietHook } from './git-environment.ts';
import { decode, MOST_BYTES } from './read-text.ts';

/** A file as git keeps it. */
export interface GitFile {
  /** from the folder that git was asked in, with slashes */
  readonly path: string;
  /** `100644`, `100755`, `120000` for a link */
  readonly mode: string;
  /** name of the content */
  readonly object: string;
}

/** What git keeps of the files at one point: what is about to be committed, or a commit that is pushed. */
export interface GitTree {
  /** files that were added or changed */
  readonly changed: readonly GitFile[];
  /** every file there is */
  all(): Promise<readonly GitFile[]>;
}

/**
 * What the next commit would change, as the index has it: not as it lies in the folder, where it may have been edited since.
 * @param env of the hook, whose index may be one for this commit alone
 * @throws {PratiqueError} `USAGE` where there is no repository, or git fails
 */
export async function stagedTree(folder: string, env: Environment): Promise<GitTree> {
  const argv = ['diff', '--cached', '--raw', '-z', '--no-abbrev', '--no-renames', '--diff-filter=d'];
  const out = await ask(folder, env, [...argv, '--relative', '--no-ext-diff', '--no-textconv']);
  return {
    changed: filesOf(out, /^:\d+ (?<mode>\d+) [0-9a-f]+ (?<object>[0-9a-f]+) [A-Z]\d*$/),
    async all() {
      const listed = fieldsOf(await ask(folder, env, ['ls-files', '-z', '--stage']));
      return listed.flatMap((line) => fileOf(/^(?<mode>\d+) (?<object>[0-9a-f]+) 0\t(?<path>.*)$/s, line));
    },
  };
}

const NOTHING = /^0+$/;

/**
 * What a push would bring: of each branch or tag the files that its new commits touched, as they are at its end. What a later
 * commit of the same push has put right is right.
 * @param lines `<local ref> <local object> <remote ref> <remote object>`, as git tells its hook `pre-push`
 * @param remote its name, or its URL where it has none
 * @throws {PratiqueError} `USAGE` for other lines, or where git fails
 * @see githooks(5), "pre-push"
 */
export async function pushedTrees(
  folder: string,
  env: Environment,
  lines: string,
  remote: string,
): Promise<readonly GitTree[]> {
  const trees: GitTree[] = [];
  for (const line of lines.split('\n').filter((text) => text.trim() !== '')) {
    const [, local = '', there = ''] =
      /^.+ ([0-9a-f]{40,64}) \S+ ([0-9a-f]{40,64})$/.exec(line.trim()) ?? notALine(line);
    if (NOTHING.test(local)) continue; // it is deleted there
    trees.push(await pushedTree(folder, env, { local, there, remote }));
  }
  return trees;
}

interface Update {
  readonly local: string;
  readonly there: string;
  readonly remote: string;
}

async function pushedTree(folder: string, env: Environment, update: Update): Promise<GitTree> {
  const known = await commitsThere(folder, env, update);
  const log = ['-c', 'log.showRoot=true', 'log', '--format=', '--name-only', '-z', '-c', '--no-renames'];
  const quiet = ['--relative', '--no-ext-diff', '--no-textconv', '--no-show-signature'];
  const touched = new Set(
    fieldsOf(await ask(folder, env, [...log, ...quiet, `${update.local}^{commit}`, '--not', ...known, '--'])),
  );
  const listed = fieldsOf(await ask(folder, env, ['ls-tree', '-r', '-z', update.local]));
  const files = listed.flatMap((line) =>
    fileOf(/^(?<mode>\d+) blob (?<object>[0-9a-f]+)\t(?<path>.*)$/s, line),
  );
  return { changed: files.filter(({ path }) => touched.has(path)), all: async () => files };
}

/** Revisions that the other side has, as far as this repository knows. */
async function commitsThere(
  folder: string,
  env: Environment,
  { there, remote }: Update,
): Promise<readonly string[]> {
  // A pattern would leave out what other remotes have.
  const named = /^[\w./-]+$/.test(remote) ? [`--remotes=${remote}`] : [];
  if (NOTHING.test(there)) return named;
  const told = await runGit(folder, quietHook(env), [...QUIET, 'cat-file', '-e', `${there}^{commit}`]);
  return 'out' in told ? [...named, there] : named;
}

/** The text of a file, or why there is none. */
export type GitText = { readonly text: string } | { readonly why: string };

const AT_ONCE = 32 * 1024 * 1024; // bytes that git is asked for in one go

/**
 * Reads contents by their names, without the filters that a repository's settings name.
 * @throws {PratiqueError} `USAGE` where git fails
 */
export async function readObjects(
  folder: string,
  env: Environment,
  objects: readonly string[],
): Promise<ReadonlyMap<string, GitText>> {
  const texts = new Map<string, GitText>();
  const names = [...new Set(objects)];
  if (names.length === 0) return texts;
  const told = (await ask(folder, env, ['cat-file', '--batch-check'], names)).toString().split('\n');
  let batch: string[] = [];
  let bytes = 0;
  const read = async () => {
    const out = await ask(folder, env, ['cat-file', '--batch'], batch);
    for (const [object, content] of contentsOf(out)) texts.set(object, decode(content));
    [batch, bytes] = [[], 0];
  };
  for (const [index, object] of names.entries()) {
    const size = Number(/^[0-9a-f]+ blob (\d+)$/.exec(told[index] ?? '')?.[1] ?? Number.NaN);
    if (Number.isNaN(size)) texts.set(object, { why: 'git does not have its content here' });
    else if (size > MOST_BYTES) texts.set(object, { why: `it has more than ${MOST_BYTES} bytes` });
    else {
      if (bytes + size > AT_ONCE) await read();
      batch.push(object);
      bytes += size;
    }
  }
  if (batch.length > 0) await read();
  return texts;
}

/** Parts what `git cat-file --batch` writes: a line of name, type and size, the content, a line feed. */
function* contentsOf(out: Buffer): Generator<readonly [string, Uint8Array]> {
  for (let at = 0; at < out.length; ) {
    const end = out.indexOf(0x0a, at);
    const [object = '', , size = ''] = out.toString('latin1', at, end).split(' ');
    const start = end + 1;
    at = start + Number(size) + 1;
    yield [object, out.subarray(start, at - 1)];
  }
}

/** Fields that come in pairs: what git knows of a file, and its path. */
function filesOf(out: Uint8Array, pattern: RegExp): readonly GitFile[] {
  const fields = fieldsOf(out);
  const files: GitFile[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const { mode = '', object = '' } = pattern.exec(fields[at] ?? '')?.groups ?? {};
    files.push({ path: fields[at + 1] ?? '', mode, object });
  }
  return files;
}

function fileOf(pattern: RegExp, line: string): readonly GitFile[] {
  const { mode = '', object = '', path = '' } = pattern.exec(line)?.groups ?? {};
  return path === '' ? [] : [{ path, mode, object }];
}

async function ask(
  folder: string,
  env: Environment,
  argv: readonly string[],
  input: readonly string[] = [],
): Promise<Buffer> {
  const lines = input.map((line) => `${line}\n`).join('');
  const told = await runGit(folder, quietHook(env), [...QUIET, ...argv], lines);
  if ('out' in told) return told.out;
  throw new PratiqueError('USAGE', {
    what: 'git does not tell what is committed or pushed here',
    why: told.why,
    next: 'run this in a repository of git',
  });
}

function notALine(line: string): never {
  throw new PratiqueError('USAGE', {
    what: `${quoted(line)} is not what git tells its hook pre-push`,
    next: 'let git run it: pratique hook install --stage pre-push',
  });
}
