import type { Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import type { NamedReferences } from '../model/named-reference.ts';
import { parsePathPattern } from '../model/path-pattern.ts';
import { quoted } from '../model/printable.ts';
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
  const { findReferences, referencesIn } = await import('../references/find-references.ts'); // no other command needs it
  if (options['fromInput'] === true) {
    if (paths.length > 0 || since !== undefined)
      throw new PratiqueError('USAGE', { what: '- stands alone', next: 'name either - or files' });
    return referencesIn('-', await readInput(terminal));
  }
  const { cwd, env } = terminal;
  return findReferences(paths, { cwd, env, exclude, ...(since === undefined ? {} : { since }) });
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
