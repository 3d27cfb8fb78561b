import { exitCodeOf, PratiqueError, toPratiqueError } from '../errors.ts';
import { renderProblem } from '../report/problem.ts';
import { parseCommandLine, type Wish } from './command-line.ts';
import { COMMANDS } from './commands.ts';
import { ADMITTED, type ExitCode, UNDECIDED } from './exit-code.ts';
import { processTerminal, type Terminal, wantsColour } from './terminal.ts';

/** What `bin/docker-pratique.js` writes before its words. */
const AS_PLUGIN = 'docker-cli-plugin';

/**
 * The process's way in. The exit code starts as failing and only `run` clears it, so that a crash, a promise
 * that nobody awaited, or work that never settles ends as undecided (gitsign CVE-2026-44310: crash, exit 0).
 */
export async function main(terminal: Terminal = processTerminal()): Promise<void> {
  process.exitCode = UNDECIDED;
  const fail = (thrown: unknown) => {
    const end = () => process.exit(UNDECIDED);
    const error = toPratiqueError(thrown);
    // Nothing goes on behind the back of what failed: where the rules are loaded, this ends at once.
    if (clean === undefined) tell(terminal, error).then(end, end);
    else {
      tellClean(terminal, clean(error));
      end();
    }
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

/** Runs one command line and gives its exit code. Never ends the process; throws only where the installation lacks files. */
export async function run(terminal: Terminal = processTerminal()): Promise<ExitCode> {
  try {
    const wish = await understand(terminal);
    if ('command' in wish) {
      if (wish.isLight !== true) {
        await terminal.spareMemory?.();
        await loadRules();
      }
      return await wish.command.run(wish.options, terminal);
    }
    terminal.out.write(`${wish.answer}\n`);
    return ADMITTED;
  } catch (thrown) {
    const error = toPratiqueError(thrown);
    await tell(terminal, error);
    return exitCodeOf(error);
  }
}

/** What is asked for; as `docker pratique` there are other words for it. */
async function understand(terminal: Terminal): Promise<Wish> {
  const { argv, out } = terminal;
  if (argv[0] !== AS_PLUGIN) return parseCommandLine(argv, COMMANDS, out.columns);
  const { understandPlugin } = await import('./docker-plugin.ts');
  return understandPlugin(terminal);
}

/** Cuts secrets out of a fault; absent until the rules are loaded. */
let clean: ((error: PratiqueError) => PratiqueError) | undefined;

/** They take longer than Node itself, and most commands that only look at files end without a fault. */
async function loadRules(): Promise<NonNullable<typeof clean>> {
  clean ??= (await import('../checks/without-secrets.ts')).errorWithoutSecrets;
  return clean;
}

async function tell(terminal: Terminal, met: PratiqueError): Promise<void> {
  tellClean(terminal, (await loadRules())(met));
}

function tellClean(terminal: Terminal, error: PratiqueError): void {
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
  terminal.err.write(`\ninterrupted: ${terminal.interruption()}\n`);
  process.exit(130);
}
