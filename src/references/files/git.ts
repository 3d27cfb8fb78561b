import { execFile } from 'node:child_process';
import { PratiqueError } from '../../errors.ts';
import { excerpt, quoted } from '../../model/printable.ts';
import { type Environment, quietGit, withoutFilters } from './git-environment.ts';

const OUTPUT = 64 * 1024 * 1024; // bytes; a million paths of 64 bytes
const PATIENCE = 60_000; // milliseconds
/** What a repository's own settings could make git run while it only lists files. */
export const QUIET: readonly string[] = [
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.quotePath=false',
];

/** What git says, or why it says nothing. */
export type Listed =
  | { readonly paths: readonly string[] }
  | { readonly why: string; readonly isThere: boolean };

/**
 * Asks git for the files below a folder that it tracks, or those of them that differ from a revision.
 * @param folder absolute
 * @returns paths from `folder`; `isThere` is false where the folder is in no repository, or there is no git
 * @throws {PratiqueError} `USAGE` for a revision that git does not know
 */
export async function askGit(folder: string, env: Environment, since?: string): Promise<Listed> {
  const quiet = quietGit(env);
  if (since === undefined) return git(folder, quiet, ['ls-files', '-z', '--cached', '--', '.']);
  await requireRevision(folder, quiet, since);
  const diff = [
    'diff',
    '--name-only',
    '-z',
    '--relative',
    '--no-renames',
    '--diff-filter=d',
    '--no-ext-diff',
  ];
  const unfiltered = withoutFilters(quiet, await settingsOfFilters(folder, quiet));
  return git(folder, unfiltered, [...diff, '--no-textconv', '--ignore-submodules', since, '--', '.']);
}

/** Names of settings, as `filter.lfs.clean`; git fails where there is none. */
async function settingsOfFilters(folder: string, env: Environment): Promise<readonly string[]> {
  const asked = ['config', '-z', '--name-only', '--get-regexp', '^filter\\.'];
  const found = await git(folder, env, asked);
  return 'paths' in found ? found.paths : [];
}

/** A revision that begins with a dash would be an option of git (`--output=FILE`). */
async function requireRevision(folder: string, env: Environment, since: string): Promise<void> {
  const known = since.startsWith('-')
    ? { why: 'it begins with a dash' }
    : await git(folder, env, ['rev-parse', '--verify', '--quiet', `${since}^{commit}`]);
  if (!('why' in known)) return;
  throw new PratiqueError('USAGE', {
    what: `--since ${quoted(since)} is no revision that git knows here`,
    why: known.why,
    next: 'name a commit, branch or tag; in CI fetch it first (a shallow checkout has no other)',
  });
}

async function git(folder: string, env: Environment, argv: readonly string[]): Promise<Listed> {
  const told = await runGit(folder, env, [...QUIET, ...argv]);
  return 'out' in told ? { paths: [...new Set(fieldsOf(told.out))] } : told;
}

/** What git wrote, or why it wrote nothing. */
export type Told = { readonly out: Buffer } | { readonly why: string; readonly isThere: boolean };

/** Runs git to its end. @param input for its standard input */
export function runGit(folder: string, env: Environment, argv: readonly string[], input = ''): Promise<Told> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env, maxBuffer: OUTPUT, timeout: PATIENCE, encoding: 'buffer' } as const;
    const child = execFile('git', argv, options, (error, out, errors) => {
      const err = errors.toString();
      if (error === null) return resolve({ out });
      resolve({ why: excerpt(err.trim() || silently(error), 300), isThere: !isNowhere(error, err) });
    });
    child.stdin?.on('error', () => {}); // it ended before it had read all, and says why
    child.stdin?.end(input);
  });
}

/** Of a git that says nothing; Node's own message is the whole command line, which nobody wrote. */
function silently({ code, message }: { code?: unknown; message: string }): string {
  if (code === 'ENOENT') return 'git is in no folder of PATH';
  return typeof code === 'number' ? `git ended with ${code}` : message.trim();
}

/** What git separates by NUL. */
export function fieldsOf(out: Uint8Array): readonly string[] {
  return Buffer.from(out)
    .toString()
    .split('\0')
    .filter((field) => field !== '');
}

function isNowhere({ code }: { code?: unknown }, err: string): boolean {
  return code === 'ENOENT' || err.includes('not a git repository');
}
