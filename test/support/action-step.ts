import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runAction } from '../../src/action/run-action.ts';
import { node } from './child.ts';

/** What a step came to, as its runner sees it. */
export interface StepRun {
  readonly code: number | null;
  /** what stands in the log */
  readonly log: string;
  /** lines of the log that the runner obeyed, without the switching on and off */
  readonly obeyed: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** A checkout with a runner around it. */
export interface ActionStep {
  /** the checkout */
  readonly workspace: string;
  write(file: string, content: string): Promise<void>;
  /** Runs the action in this process. @param inputs by their names in action.yml */
  run(inputs: Readonly<Record<string, string>>, env?: Readonly<Record<string, string>>): Promise<StepRun>;
  /** Runs a bundle in a process of its own, with nothing else in its environment. */
  runBundle(
    bundle: string,
    inputs: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
  ): Promise<StepRun>;
  /** Makes a commit of all files. @returns its id */
  commit(): string;
  git(...argv: readonly string[]): string;
  /** what git says, to the byte */
  gitBytes(...argv: readonly string[]): Buffer;
  close(): Promise<void>;
}

const GIT = {
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@acme.test',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@acme.test',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};

/** Sets up an empty checkout; `commit` makes a repository of it. */
export async function setActionStep(): Promise<ActionStep> {
  const home = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  const workspace = join(home, 'workspace');
  await mkdir(workspace);
  let runs = 0;
  const gitBytes = (...argv: readonly string[]) =>
    execFileSync('git', argv, { cwd: workspace, env: { ...process.env, ...GIT } });
  const git = (...argv: readonly string[]) =>
    gitBytes(...argv)
      .toString()
      .trim();
  const prepare = async (
    inputs: Readonly<Record<string, string>>,
    more: Readonly<Record<string, string>>,
  ) => {
    runs += 1;
    const temp = join(home, `temp${runs}`);
    await mkdir(temp);
    const [output, summary] = [join(temp, 'output'), join(temp, 'summary')];
    for (const file of [output, summary]) await writeFile(file, '');
    const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
    const env: Record<string, string> = {
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_WORKSPACE: workspace,
      GITHUB_REPOSITORY: 'acme/shop',
      RUNNER_TEMP: temp,
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      ...Object.fromEntries(given),
      ...more,
    };
    return { env, output, summary };
  };
  const told = async (code: number | null, log: string, files: { output: string; summary: string }) => ({
    code,
    log,
    obeyed: obeyedIn(log),
    outputs: readOutputs(await readFile(files.output, 'utf8')),
    summary: await readFile(files.summary, 'utf8'),
  });
  return {
    workspace,
    git,
    gitBytes,
    async write(file, content) {
      await mkdir(dirname(join(workspace, file)), { recursive: true });
      await writeFile(join(workspace, file), content);
    },
    async run(inputs, more = {}) {
      const { env, ...files } = await prepare(inputs, more);
      let log = '';
      const write = (text: string) => {
        log += text;
      };
      return told(await runAction({ env, now: () => new Date(), write }), log, files);
    },
    async runBundle(bundle, inputs, more = {}) {
      const { env, ...files } = await prepare(inputs, more);
      const { code, out, err } = await node([bundle], { cwd: env['RUNNER_TEMP'] ?? home, env });
      return told(code, out + err, files);
    },
    commit() {
      git('init', '--quiet');
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '-m', 'all');
      return git('rev-parse', 'HEAD');
    },
    close: () => rm(home, { recursive: true, force: true }),
  };
}

/**
 * The lines that a runner obeys: `::name::` at the start, after blanks, and `##[name]` anywhere, but not between
 * `stop-commands` and its word.
 * @see actions/runner, ActionCommandManager.cs, ActionCommand.cs
 */
export function obeyedIn(log: string): readonly string[] {
  const obeyed: string[] = [];
  let stoppedBy: string | undefined;
  for (const line of log.split(/\r\n|\r|\n/)) {
    const [, name = '', message = ''] = /^\s*::([\w-]+)(?: [^:]*)?::(.*)$/.exec(line) ?? [];
    if (stoppedBy !== undefined) {
      if (name === stoppedBy) stoppedBy = undefined;
    } else if (name === 'stop-commands') stoppedBy = message;
    else if (name !== '' || /##\[/.test(line)) obeyed.push(line);
  }
  return obeyed;
}

/** The outputs in the runner's file. @see actions/runner, FileCommandManager.cs */
function readOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const [, name = '', word] = /^([^=<]+)<<(.+)$/.exec(line) ?? [];
    if (word === undefined) throw new Error(`the runner would not understand ${line}`);
    const end = lines.indexOf(word, at + 1);
    if (end < 0) throw new Error(`the output ${name} has no end`);
    outputs[name] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return outputs;
}
