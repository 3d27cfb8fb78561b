import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a child process ended. */
export interface Ended {
  /** absent where a signal ended it */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface ChildOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** source of an ES module that runs before anything else */
  readonly preload?: string;
  /** where its standard output goes, if not to us */
  readonly stdout?: number;
  /** what to do with it once it runs */
  readonly meanwhile?: (child: ChildProcess) => unknown;
}

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).href;

/** Runs `pratique` from its sources in a process of its own, with an environment of its own. */
export function pratique(argv: readonly string[], options: ChildOptions): Promise<Ended> {
  const program = `import { main } from '${MAIN}'; await main();`;
  return node(['--input-type=module', '-e', program, '--', 'pratique', ...argv], options);
}

/** Runs the installed door, `bin/pratique.js`. */
export function door(argv: readonly string[], options: ChildOptions): Promise<Ended> {
  return node([fileURLToPath(new URL('../../bin/pratique.js', import.meta.url)), ...argv], options);
}

/** Runs Node. */
export async function node(argv: readonly string[], options: ChildOptions): Promise<Ended> {
  const { cwd, env = {}, preload, stdout, meanwhile } = options;
  const first =
    preload === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
  const child = spawn(process.execPath, [...first, ...argv], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, ...env },
    stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
  });
  const written = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    written.out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    written.err += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code));
  });
  await Promise.race([ended, meanwhile?.(child)]);
  return { code: await ended, ...written };
}
