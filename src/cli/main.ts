import yargs, { type Argv } from 'yargs';
import { exitCodeOf, PratiqueError, toPratiqueError } from '../errors.ts';
import { renderProblem } from '../report/problem.ts';
import { VERSION } from '../version.ts';
import { admitCommand } from './admit-command.ts';
import { checkCommand } from './check-command.ts';
import { demoCommand } from './demo-command.ts';
import { type ExitCode, UNDECIDED } from './exit-code.ts';
import { inspectCommand } from './inspect-command.ts';
import { processTerminal, type Terminal, wantsColour } from './terminal.ts';

/** A command: its words, its options, and what it does. */
export interface Command {
  readonly name: string;
  readonly about: string;
  options(parser: Argv): Argv;
  run(options: Record<string, unknown>, terminal: Terminal): Promise<ExitCode>;
}

const COMMANDS: readonly Command[] = [checkCommand, admitCommand, inspectCommand, demoCommand];

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
  process.once('beforeExit', neverSettled);
  process.once('SIGINT', () => interrupted(terminal));
  process.once('SIGTERM', () => interrupted(terminal));
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
    let code: ExitCode = 0; // help and version
    const parser = parserOf((command, options) => async () => {
      code = UNDECIDED;
      code = await command.run(options, terminal);
    });
    const chosen = await parse(parser, terminal);
    await chosen?.();
    return code;
  } catch (thrown) {
    const error = toPratiqueError(thrown);
    tell(terminal, error);
    return exitCodeOf(error);
  }
}

type Chosen = () => Promise<void>;

function parserOf(choose: (command: Command, options: Record<string, unknown>) => Chosen) {
  return (remember: (chosen: Chosen) => void): Argv => {
    const parser = yargs()
      .scriptName('pratique')
      .usage('$0 COMMAND\n\nThe gate that decides whether a container image may enter.')
      .version(VERSION)
      .help()
      .alias('h', 'help')
      .strictOptions()
      .strictCommands()
      .exitProcess(false)
      .demandCommand(1, 'name a command')
      .recommendCommands()
      .epilogue(
        'Exit codes: 0 admitted, 1 refused, 2 usage or policy wrong, 3 undecided, 130 interrupted.\n\n' +
          'PRATIQUE_POLICY, PRATIQUE_PLATFORM, PRATIQUE_KEY, PRATIQUE_CA_FILE, PRATIQUE_AUTH_FILE,\n' +
          'PRATIQUE_INSECURE and PRATIQUE_ALLOW_REALM\n' +
          'stand in for the options of that name; PRATIQUE_KEY_PASSPHRASE opens the key.',
      );
    for (const command of COMMANDS) {
      parser.command(
        command.name,
        command.about,
        (options) => command.options(options),
        (options) => remember(choose(command, options as Record<string, unknown>)),
      );
    }
    return parser;
  };
}

async function parse(
  makeParser: (remember: (chosen: Chosen) => void) => Argv,
  terminal: Terminal,
): Promise<Chosen | undefined> {
  let chosen: Chosen | undefined;
  const parser = makeParser((one) => {
    chosen = one;
  }).wrap(Math.min(terminal.out.columns, 110));
  const answer = await new Promise<{ error: unknown; text: string }>((resolve) => {
    parser.parse([...terminal.argv], {}, (error, _options, text) => resolve({ error, text }));
  });
  if (answer.error) throw usage(answer.error);
  if (answer.text !== '') terminal.out.write(`${answer.text}\n`);
  return answer.text === '' ? chosen : undefined;
}

function usage(error: unknown): PratiqueError {
  if (error instanceof PratiqueError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new PratiqueError('USAGE', { what, next: 'see pratique --help' });
}

function tell(terminal: Terminal, error: PratiqueError): void {
  terminal.err.write(renderProblem(error, { colour: wantsColour(terminal.err, terminal.env) }));
  if (terminal.env['PRATIQUE_DEBUG'] && error.cause instanceof Error)
    terminal.err.write(`${error.cause.stack}\n`);
}

function interrupted(terminal: Terminal): never {
  terminal.err.write('\ninterrupted: no verdict was reached\n');
  process.exit(130);
}
