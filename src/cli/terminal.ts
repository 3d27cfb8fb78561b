import { foreign } from '../report/foreign.ts';
import { type Input, inputOf } from './terminal-input.ts';

/** Everything a command may touch of the world; handed in, so that tests need no process. */
export interface Terminal {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly now: () => Date;
  readonly in: Input;
  readonly out: Output;
  readonly err: Output;
  /** resolves once somebody wants the process to end; until it is asked, that ends it at once */
  untilStopped(): Promise<void>;
  /** hands the wish to end to whoever waits for it. @returns whether somebody did */
  stop(): boolean;
  /** says what is told of the work where it is interrupted, from now on; until then, that no verdict was reached */
  whenInterrupted(words: () => string): void;
  /** see `whenInterrupted`; clauses, without a full stop */
  interruption(): string;
  /** from now on room counts more than time; asked for before contents are read. Absent: nobody minds */
  spareMemory?(): Promise<void>;
}

/** A stream to people or to a file. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** characters in a line */
  readonly columns: number;
}

/** The process itself as a terminal. */
export function processTerminal(): Terminal {
  let stopped: (() => void) | undefined;
  let interruption = () => 'no verdict was reached';
  return {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    now: () => new Date(),
    in: inputOf(() => process.stdin, process.stderr),
    out: outputOf(process.stdout),
    err: outputOf(process.stderr),
    untilStopped: () =>
      new Promise((resolve) => {
        stopped = resolve;
      }),
    stop() {
      const waiting = stopped;
      stopped = undefined;
      waiting?.();
      return waiting !== undefined;
    },
    whenInterrupted(words) {
      interruption = words;
    },
    interruption: () => interruption(),
    spareMemory,
  };
}

/**
 * On a machine with much memory V8 would let garbage take a hundred megabytes and more; this costs it some time. It goes before the
 * rules, for room that new objects once had is never given back, and not before everything: code that Node has compiled already, its
 * own and what is cached, is compiled again under other flags. And only where the flags are known to be: another Node would print that they are not.
 */
async function spareMemory(): Promise<void> {
  if (Number.parseInt(process.versions.node, 10) > 24) return;
  const { setFlagsFromString } = await import('node:v8');
  for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=40', '--optimize-for-size'])
    setFlagsFromString(flag);
}

/** Tells what a registry or a mirror warns of: in a runner's log a line can be a command, and must not be one of theirs. */
export function warnTo({ err }: Pick<Terminal, 'err'>): (text: string) => void {
  return (text) => err.write(`${foreign(text)}\n`);
}

/** Whether to colour what goes to `output`: a terminal, and nobody asked for none. See no-color.org. */
export function wantsColour(output: Output, env: Terminal['env']): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0') return true;
  return output.isTTY && env['TERM'] !== 'dumb';
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true,
    columns: stream.columns ?? 80,
  };
}
