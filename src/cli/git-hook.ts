import { lstat, mkdir, open, readFile, realpath, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { runGit } from '../references/files/git.ts';
import { quietGit } from '../references/files/git-environment.ts';
import type { Terminal } from './terminal.ts';

/** The moments at which git can be told to ask. */
export type Stage = 'pre-commit' | 'pre-push';

export const STAGES: readonly Stage[] = ['pre-commit', 'pre-push'];

/** What a hook runs; also what to add to somebody else's. */
export const LINES: Readonly<Record<Stage, string>> = {
  'pre-commit': 'pratique refs --staged --quiet',
  'pre-push': 'pratique refs --pushed "$1" --quiet',
};

const ONCE: Readonly<Record<Stage, string>> = {
  'pre-commit': 'git commit --no-verify',
  'pre-push': 'git push --no-verify',
};

/** A program that is not found must not look like one that has nothing to say. */
function scriptOf(stage: Stage): string {
  return `#!/bin/sh
# Made by "pratique hook install --stage ${stage}"; "pratique hook uninstall --stage ${stage}" takes it away.
PATH="$PATH:$PWD/node_modules/.bin"
if ! command -v pratique >/dev/null 2>&1; then
  echo "pratique is not on the PATH, so that nobody judged the images that are named here." >&2
  echo "Install it, as with npm install --global pratique; to go without it this once: ${ONCE[stage]}" >&2
  exit 3
fi
exec ${LINES[stage]}
`;
}

/** What stands where git looks for a hook. */
export type HookState = 'absent' | 'ours' | 'foreign';

export interface GitHook {
  readonly stage: Stage;
  /** absolute */
  readonly path: string;
  readonly state: HookState;
  /** whether other repositories may have the same hooks */
  readonly isShared: boolean;
}

/**
 * Finds a hook of the repository around a folder: where its settings say, in a worktree or a submodule too.
 * @throws {PratiqueError} `USAGE` where there is no repository
 */
export async function findHook(stage: Stage, { cwd, env }: Pick<Terminal, 'cwd' | 'env'>): Promise<GitHook> {
  const quiet = quietGit(env);
  const asked = ['--git-path', 'hooks', '--git-common-dir', '--is-bare-repository'];
  const told = await runGit(cwd, quiet, ['rev-parse', '--path-format=absolute', ...asked]);
  if (!('out' in told)) throw told.isThere ? noAnswer(told.why) : noRepository(told.why);
  const [hooks = '', common = '', bare] = told.out.toString().split('\n');
  if (bare === 'true') throw noRepository('this one is bare: it has no files');
  const top = await runGit(cwd, quiet, ['rev-parse', '--show-toplevel']);
  if (!('out' in top)) throw noRepository(top.why);
  const root = top.out.toString().replace(/\n$/, '');
  const folder = await hooksFolder(hooks, { cwd, env, root });
  const path = join(folder, stage);
  const real = await realFolder(folder);
  const isShared = ![root, common].some((place) => isInside(place, real));
  return { stage, path, state: await stateOf(path, stage), isShared };
}

/** Git takes a relative `core.hooksPath` from where hooks run: the top of the files. */
async function hooksFolder(
  told: string,
  { cwd, env, root }: { readonly cwd: string; readonly env: Terminal['env']; readonly root: string },
): Promise<string> {
  const set = await runGit(cwd, quietGit(env), ['config', '--type=path', '--get', 'core.hooksPath']);
  if (!('out' in set)) return told;
  const path = set.out.toString().replace(/\n$/, '');
  return resolve(root, path);
}

/** Where a folder lies, or will once it is made: a link may lead to where others' hooks are. */
async function realFolder(folder: string): Promise<string> {
  const above = dirname(folder);
  return realpath(folder).catch(async () =>
    above === folder ? folder : join(await realFolder(above), relative(above, folder)),
  );
}

async function stateOf(path: string, stage: Stage): Promise<HookState> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return 'absent';
  if (!found.isFile()) return 'foreign';
  const text = await readFile(path, 'utf8').catch(() => '');
  return text === scriptOf(stage) ? 'ours' : 'foreign';
}

/**
 * Writes a hook where none is.
 * @throws {PratiqueError} `USAGE` where somebody else's is, `WRITE_FAILED`
 */
export async function installHook(hook: GitHook): Promise<'installed' | 'there'> {
  const { stage, path, state, isShared } = hook;
  if (state === 'ours') return 'there';
  if (state === 'foreign') throw foreign(path, stage);
  if (isShared) throw shared(dirname(path), stage); // others' repositories would ask too, whoever owns them
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'wx', 0o755); // one that came meanwhile stays
    try {
      await file.writeFile(scriptOf(stage));
      await file.chmod(0o755);
    } catch (thrown) {
      await rm(path, { force: true });
      throw thrown;
    } finally {
      await file.close();
    }
    return 'installed';
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

/**
 * Takes our hook away. One that was changed since is somebody's work, and stays.
 * @throws {PratiqueError} `WRITE_FAILED`
 */
export async function uninstallHook({ path, state }: GitHook): Promise<'removed' | 'absent' | 'foreign'> {
  if (state !== 'ours') return state;
  try {
    await rm(path);
    return 'removed';
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Husky writes what git calls, and people what that calls. */
const HUSKY = /([\\/]\.husky)[\\/]_([\\/][\w-]+)$/;

function foreign(path: string, stage: Stage): PratiqueError {
  return new PratiqueError('USAGE', {
    what: `there is a hook ${stage} already, and it is left as it is`,
    where: quoted(path.replace(HUSKY, '$1$2')),
    next: `add this line to it: ${LINES[stage]} || exit`,
  });
}

function shared(folder: string, stage: Stage): PratiqueError {
  return new PratiqueError('USAGE', {
    what: 'the hooks of this repository are outside of it (core.hooksPath), where other repositories share them',
    where: quoted(folder),
    next: `add this line to the hook ${stage} there, if it is to hold for all of them: ${LINES[stage]} || exit`,
  });
}

function noRepository(why: string): PratiqueError {
  return new PratiqueError('USAGE', {
    what: 'there is no repository of git here that could have hooks',
    why,
    next: 'run this in the folder of one',
  });
}

function noAnswer(why: string): PratiqueError {
  return new PratiqueError('USAGE', {
    what: 'git does not say where its hooks are',
    why,
    next: 'see git config core.hooksPath, and run the same again',
  });
}

function notWritten(path: string, cause: unknown): PratiqueError {
  return new PratiqueError(
    'WRITE_FAILED',
    {
      what: `the hook ${quoted(path)} could not be written or taken away`,
      why: (cause as NodeJS.ErrnoException).code ?? 'unknown reason',
      next: 'see that you may write there, and run the same again',
    },
    { cause },
  );
}
