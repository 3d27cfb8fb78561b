import { errorWithoutSecrets } from '../checks/without-secrets.ts';
import { exitCodeOf, PratiqueError, toPratiqueError } from '../errors.ts';
import { renderProblem } from '../report/problem.ts';
import { admitCommand } from './admit-command.ts';
import { allowCommand } from './allow-command.ts';
import { checkCommand } from './check-command.ts';
import { type Command, parseCommandLine } from './command-line.ts';
import { demoCommand } from './demo-command.ts';
import { ADMITTED, type ExitCode, UNDECIDED } from './exit-code.ts';
import { inspectCommand } from './inspect-command.ts';
import { promoteCommand } from './promote-command.ts';
import { refsCommand } from './refs-command.ts';
import { serveCommand } from './serve-command.ts';
import { sweepCommand } from './sweep-command.ts';
import { processTerminal, type Terminal, wantsColour } from './terminal.ts';
import { trustCommand } from './trust-command.ts';
import { workerCommand } from './worker-command.ts';

const COMMANDS: readonly Command[] = [
  checkCommand,
  admitCommand,
  promoteCommand,
  inspectCommand,
  refsCommand,
  allowCommand,
  serveCommand,
  sweepCommand,
  workerCommand,
  trustCommand,
  demoCommand,
];

/**
 * The process's way in. The exit code starts as failing and only `run` clears it, so that a crash, a promise
 * that nobody awaited, or work that never settles ends as undecided (gitsign CVE-2026-44310: crash, exit 0).
 */
export async function main(terminal: Terminal = processTerminal()): Promise<void> {
  process.exitCode = UNDECIDED;
  const fail = (thrown: unknown) => {
    tell(terminal, toPratiqueError(thrown));
    process.exit(UNDECIDED);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  process.stdout.on('error', (thrown) => fail(notWritten(thrown)));
  process.once('beforeExit', neverSettled);
  // One listener from beginning to end: a signal that comes while it is exchanged for another would be lost.
  const end = () => void (terminal.stop() || interrupted(terminal));
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  const code = await run(terminal);
  process.off('beforeExit', neverSettled);
  process.exitCode = code;

  function neverSettled() {
    fail(
      new PratiqueError('INTERNAL', {
        what: 'no verdict was reached',
        why: 'some work never settled and nothing is left to wait for',
        next: 'report this with the command you ran',
      }),
    );
  }
}

/** Runs one command line and gives its exit code. Never throws, never ends the process. */
export async function run(terminal: Terminal): Promise<ExitCode> {
  try {
    const wish = await parseCommandLine(terminal.argv, COMMANDS, terminal.out.columns);
    if ('command' in wish) return await wish.command.run(wish.options, terminal);
    terminal.out.write(`${wish.answer}\n`);
    return ADMITTED;
  } catch (thrown) {
    const error = toPratiqueError(thrown);
    tell(terminal, error);
    return exitCodeOf(error);
  }
}

function tell(terminal: Terminal, met: PratiqueError): void {
  const error = errorWithoutSecrets(met);
  terminal.err.write(renderProblem(error, { colour: wantsColour(terminal.err, terminal.env) }));
  if (terminal.env['PRATIQUE_DEBUG'] && error.cause instanceof Error)
    terminal.err.write(`${error.cause.stack}\n`);
}

/** The reader of a pipe is gone (`| head`), or the disk is full: what was decided was not told. */
function notWritten(thrown: NodeJS.ErrnoException): PratiqueError {
  return new PratiqueError('WRITE_FAILED', {
    what: 'the answer could not be written to standard output',
    why: thrown.code ?? 'unknown reason',
    next: 'let the reader read to the end, or write to a file with -o FORMAT=FILE',
  });
}

function interrupted(terminal: Terminal): never {
  terminal.err.write('\ninterrupted: no verdict was reached\n');
  process.exit(130);
}
