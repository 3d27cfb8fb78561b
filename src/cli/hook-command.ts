import { PratiqueError } from '../errors.ts';
import { printable, quoted } from '../model/printable.ts';
import type { Command } from './command-line.ts';
import { many } from './common-options.ts';
import { ADMITTED } from './exit-code.ts';
import {
  findHook,
  type GitHook,
  type HookState,
  installHook,
  LINES,
  STAGES,
  type Stage,
  uninstallHook,
} from './git-hook.ts';

const STATES: Readonly<Record<HookState, string>> = {
  absent: 'there is no hook',
  ours: 'installed',
  foreign: 'a hook of somebody else',
};

/** `pratique hook ACTION`: let git ask before it commits or pushes. */
export const hookCommand: Command = {
  options: (parser) =>
    parser
      .positional('action', {
        type: 'string',
        choices: ['install', 'uninstall', 'status'],
        describe: 'install a hook of git, take it away, or say what is there',
      })
      .option('stage', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe:
          'pre-commit (what is staged) or pre-push (what is pushed); repeatable; install: pre-commit, else both',
      })
      .example('$0 hook install', 'judge the names in what is staged, before each commit')
      .example('$0 hook install --stage pre-push', 'judge those in what is pushed, before each push'),
  async run(options, terminal) {
    const action = String(options['action']);
    const stages = readStages(many(options, 'stage'), action === 'install' ? ['pre-commit'] : STAGES);
    const hooks: GitHook[] = [];
    for (const stage of stages) hooks.push(await findHook(stage, terminal));
    for (const hook of hooks) terminal.out.write(`${hook.stage}: ${await done(action, hook)}\n`);
    return ADMITTED;
  },
};

async function done(action: string, hook: GitHook): Promise<string> {
  const { path, stage, state } = hook;
  if (action === 'status') return `${STATES[state]} (${printable(path)})${hint(hook)}`;
  if (action === 'install')
    return (await installHook(hook)) === 'there'
      ? `installed already (${printable(path)})`
      : `installed (${printable(path)}); it runs ${LINES[stage]}`;
  const what = await uninstallHook(hook);
  return what === 'removed' ? `removed (${printable(path)})` : `${STATES[what]}; nothing was removed`;
}

/** That another's hook is there says nothing of whether it asks. */
function hint({ state, stage }: GitHook): string {
  return state === 'foreign' ? `; see whether it runs ${LINES[stage]}` : '';
}

function readStages(given: readonly string[] | undefined, usual: readonly Stage[]): readonly Stage[] {
  const stages = given === undefined ? usual : STAGES.filter((stage) => given.includes(stage));
  const wrong = given?.find((name) => !STAGES.some((stage) => stage === name));
  if (wrong === undefined) return stages;
  throw new PratiqueError('USAGE', {
    what: `--stage ${quoted(wrong)} is no hook that pratique knows`,
    next: `write ${STAGES.join(' or ')}`,
  });
}
