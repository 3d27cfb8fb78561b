import yargs, { type Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { VERSION } from '../version.ts';
import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** A command: its words, its options, and what it does. */
export interface Command {
  readonly name: string;
  readonly about: string;
  /** `-` among its words is standard input, told as the option `fromInput` */
  readonly takesInput?: true;
  options(parser: Argv): Argv;
  run(options: Record<string, unknown>, terminal: Terminal): Promise<ExitCode>;
}

/** What a command line asks for: a command with its options, or words that answer it (help, the version). */
export type Wish =
  | { readonly command: Command; readonly options: Record<string, unknown> }
  | { readonly answer: string };

/**
 * Nothing that was written may go unread: an image that is swallowed by an option, or dropped, would never be judged
 * and the others' pass would look like its own.
 */
const STRICT = {
  'greedy-arrays': false, // --platform linux/amd64 IMAGE: the image is none of the platforms
  'dot-notation': false, // --policy.x=FILE would be an object, and no policy
  'boolean-negation': false, // --no-policy would be no policy
  'parse-numbers': false,
  'parse-positional-numbers': false,
};

const EPILOGUE =
  'Exit codes: 0 admitted, 1 refused, 2 usage or policy wrong, 3 undecided, 4 not attested, 130 interrupted.\n\n' +
  'PRATIQUE_POLICY, PRATIQUE_PLATFORM, PRATIQUE_KEY, PRATIQUE_CA_FILE, PRATIQUE_AUTH_FILE, PRATIQUE_INSECURE and\n' +
  'PRATIQUE_ALLOW_REALM stand in for the options of that name; PRATIQUE_KEY_PASSPHRASE opens the key.\n' +
  'PRATIQUE_FINGERPRINT_KEY makes fingerprints of secrets that nobody else can make. PRATIQUE_QUEUE is the queue of a sweep,\n' +
  'with its password; PRATIQUE_QUEUE_KEY seals what goes through it.';

/**
 * Reads a command line.
 * @param argv without the program itself
 * @param width of the help, in cells
 * @throws {PratiqueError} `USAGE` for whatever is not understood to the last word
 */
export async function parseCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
  width: number,
): Promise<Wish> {
  let chosen: Extract<Wish, { command: Command }> | undefined;
  const parser = parserOf().wrap(Math.min(width, 110));
  for (const command of commands) {
    parser.command(
      command.name,
      command.about,
      (options) => command.options(options),
      (options) => {
        chosen = { command, options };
      },
    );
  }
  const { error, text } = await new Promise<{ error: unknown; text: string }>((resolve) => {
    parser.parse([...argv], {}, (failure, _options, output) => resolve({ error: failure, text: output }));
  });
  if (error) throw misunderstood(error);
  if (text !== '') return { answer: text };
  if (chosen === undefined) throw misunderstood('name a command');
  requireAllRead(argv, chosen.options);
  const { command, options } = chosen;
  const fromInput = argv.some((word, at) => word === '-' && !isValue(argv[at - 1], options));
  if (fromInput && command.takesInput !== true) throw usage('nothing is read from -', 'leave it out');
  return { command, options: { ...options, fromInput } };
}

/** Whether a `-` is the value of the option before it; as a word of its own yargs drops it. */
function isValue(before: string | undefined, options: Readonly<Record<string, unknown>>): boolean {
  const value = options[before?.replace(/^--?/, '') ?? ''];
  return before?.startsWith('-') === true && (Array.isArray(value) ? value.includes('-') : value === '-');
}

function parserOf(): Argv {
  return yargs()
    .scriptName('pratique')
    .usage('$0 COMMAND\n\nThe gate that decides whether a container image may enter.')
    .detectLocale(false) // its words stand among ours, which are English
    .parserConfiguration(STRICT)
    .version(VERSION)
    .help()
    .alias('h', 'help')
    .strictOptions()
    .strictCommands()
    .exitProcess(false)
    .demandCommand(1, 'name a command')
    .recommendCommands()
    .epilogue(EPILOGUE);
}

/** What yargs passes over in silence. */
function requireAllRead(argv: readonly string[], options: Readonly<Record<string, unknown>>): void {
  const end = argv.indexOf('--');
  const after = end < 0 ? undefined : argv[end + 1];
  if (after !== undefined)
    throw usage(`nothing is read after --, where ${quoted(after)} stands`, 'write it before, without the --');
  for (const word of end < 0 ? argv : argv.slice(0, end)) {
    const [, name = '', value] = /^--?([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === 'image') throw usage('an image is named without an option', 'leave --image out');
    if (value !== undefined && typeof options[name] === 'boolean' && value !== String(options[name]))
      throw usage(
        `${quoted(word)} says neither true nor false`,
        'write the option without a value, or leave it out',
      );
  }
}

function misunderstood(error: unknown): PratiqueError {
  if (error instanceof PratiqueError) return error;
  const what = error instanceof Error ? error.message : String(error);
  if (what.startsWith('Not enough non-option arguments'))
    return usage('no image is named', 'name one, as in pratique check ghcr.io/acme/shop:1.4');
  return usage(what, 'see pratique --help');
}

function usage(what: string, next: string): PratiqueError {
  return new PratiqueError('USAGE', { what, next });
}
