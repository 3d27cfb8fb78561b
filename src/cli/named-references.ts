import type { Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import type { NamedReferences } from '../model/named-reference.ts';
import { type PathPattern, parsePathPattern } from '../model/path-pattern.ts';
import { quoted } from '../model/printable.ts';
import { listFiles } from '../references/files/list-files.ts';
import { many, one } from './common-options.ts';
import type { Terminal } from './terminal.ts';

/** Options that every command which looks for names in files has. */
export function filesOptions(parser: Argv): Argv {
  return parser
    .option('since', {
      type: 'string',
      requiresArg: true,
      describe: 'Only files that differ from this revision of git',
    })
    .option('staged', {
      type: 'boolean',
      describe:
        'What the next commit would change, as git has it in its index and not as it lies in the folder',
    })
    .option('pushed', {
      type: 'string',
      requiresArg: true,
      describe:
        'What is pushed to this remote, by the lines that git gives its hook pre-push on standard input',
    })
    .option('exclude', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'A pattern for files to leave out, as charts/**; repeatable',
    });
}

/**
 * Finds the names in the files that a command line speaks of, or in standard input.
 * @param paths none: the current folder
 * @throws {PratiqueError} `USAGE`, `LIMIT_EXCEEDED`
 */
export async function findNamed(
  paths: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<NamedReferences> {
  const since = one(options, 'since');
  const exclude = (many(options, 'exclude') ?? []).map(readPattern);
  if (options['staged'] === true || options['pushed'] !== undefined) {
    requireAlone(paths, options);
    return findChanged(one(options, 'pushed'), exclude, terminal);
  }
  if (options['fromInput'] === true) {
    if (paths.length > 0 || since !== undefined)
      throw new PratiqueError('USAGE', { what: '- stands alone', next: 'name either - or files' });
    const { referencesIn } = await import('../references/find-references.ts');
    return referencesIn('-', await readInput(terminal));
  }
  const { cwd, env } = terminal;
  const listing = listFiles(paths, { cwd, env, exclude, ...(since === undefined ? {} : { since }) });
  listing.catch(() => {}); // told below; git looks while what reads files is loaded
  const { readFiles } = await import('../references/find-references.ts'); // no other command needs it
  return readFiles(await listing);
}

/** @param pushed the remote; absent: what is staged */
async function findChanged(
  pushed: string | undefined,
  exclude: readonly PathPattern[],
  terminal: Terminal,
): Promise<NamedReferences> {
  const { cwd, env } = terminal;
  const { pushedTrees, stagedTree } = await import('../references/files/git-tree.ts');
  const { findCommitted } = await import('../references/find-committed.ts');
  const trees =
    pushed === undefined
      ? [await stagedTree(cwd, env)]
      : await pushedTrees(cwd, env, await readInput(terminal), pushed);
  return findCommitted(trees, { cwd, env, exclude });
}

/** Of two ways to say which files, one would be passed over. */
function requireAlone(paths: readonly string[], options: Record<string, unknown>): void {
  const [way, ...others] = ['staged', 'pushed', 'since', 'fix', 'fromInput'].filter(
    (name) => options[name] !== undefined && options[name] !== false,
  );
  const other = others[0] === 'fromInput' ? '-' : others[0] && `--${others[0]}`;
  const what = other ?? (paths.length > 0 ? 'paths' : undefined);
  if (what === undefined) return;
  throw new PratiqueError('USAGE', {
    what: `--${way} does not go with ${what}`,
    next: way === 'since' ? 'leave one of them out' : `leave ${what} out: git says which files`,
  });
}

function readPattern(text: string) {
  try {
    return parsePathPattern(text.replace(/^\.\//, ''));
  } catch (thrown) {
    if (!(thrown instanceof PratiqueError)) throw thrown;
    throw new PratiqueError('USAGE', {
      what: `--exclude ${quoted(text)} is no pattern for files`,
      ...(thrown.problem.why === undefined ? {} : { why: thrown.problem.why }),
    });
  }
}

async function readInput(terminal: Terminal): Promise<string> {
  const { MOST_BYTES } = await import('../references/files/read-text.ts');
  return terminal.in.read(MOST_BYTES);
}
