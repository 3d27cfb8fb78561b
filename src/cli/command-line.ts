import type { Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { VERSION } from '../version.ts';
import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { topHelp } from './top-help.ts';

/** What a command takes, and what it does. */
export interface Command {
  /** declares its options and words, and at least one example */
  options(parser: Argv): Argv;
  run(options: Record<string, unknown>, terminal: Terminal): Promise<ExitCode>;
}

/** A command by its words; the rest of it is loaded when it is called. */
export interface CommandEntry {
  /** its name, and its words as yargs writes them */
  readonly name: string;
  /** one line of the help */
  readonly about: string;
  /** `-` among its words is standard input, told as the option `fromInput` */
  readonly takesInput?: true;
  /** reads no contents, and writes to no registry: rules for secrets are loaded only to tell a fault */
  readonly isLight?: true;
  load(): Promise<Command>;
}

/** What a command line asks for: a command with its options, or words that answer it (help, the version). */
export type Wish =
  | { readonly command: Command; readonly options: Record<string, unknown>; readonly isLight?: true }
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

const WIDEST = 110; // cells of a help

/** What stands below the help: exit codes, an empty line, variables. */
export const EPILOGUE =
  'Exit codes: 0 admitted, 1 refused, 2 usage or policy wrong, 3 undecided, 4 not attested, 130 interrupted.\n\n' +
  'PRATIQUE_POLICY, PRATIQUE_PLATFORM, PRATIQUE_KEY, PRATIQUE_CA_FILE, PRATIQUE_AUTH_FILE, PRATIQUE_INSECURE and\n' +
  'PRATIQUE_ALLOW_REALM stand in for the options of that name; PRATIQUE_KEY_PASSPHRASE opens the key.\n' +
  'PRATIQUE_FINGERPRINT_KEY makes fingerprints of secrets that nobody else can make. PRATIQUE_QUEUE is the queue of a sweep,\n' +
  'with its password; PRATIQUE_QUEUE_KEY seals what goes through it.';

/**
 * Reads a command line.
 * @param argv without the program itself
 * @param width of the help, in cells
 * @param program as people call it, where that is another name
 * @throws {PratiqueError} `USAGE` for whatever is not understood to the last word
 */
export async function parseCommandLine(
  argv: readonly string[],
  commands: readonly CommandEntry[],
  width: number,
  program?: string,
): Promise<Wish> {
  const [only] = argv.length === 1 ? argv : [];
  if (only === '--version') return { answer: VERSION };
  if (program === undefined && (only === '--help' || only === '-h'))
    return { answer: topHelp(commands, EPILOGUE, Math.min(width, WIDEST)) };
  let chosen: { entry: CommandEntry; options: Record<string, unknown> } | undefined;
  const parser = (await parserOf(program)).wrap(Math.min(width, WIDEST));
  for (const entry of commands) {
    parser.command(
      entry.name,
      entry.about,
      async (options) => (await entry.load()).options(options),
      (options) => {
        chosen = { entry, options };
      },
    );
  }
  const { error, text } = await new Promise<{ error: unknown; text: string }>((resolve) => {
    const parsed = parser.parse([...argv], {}, (failure, _options, output) =>
      resolve({ error: failure, text: output }),
    );
    // Commands are loaded on the way, so that it also gives a promise, which fails for the same reasons and for others.
    Promise.resolve(parsed).catch((thrown: unknown) => resolve({ error: thrown, text: '' }));
  });
  if (error) throw await faultOf(error, argv, commands);
  if (text !== '') return { answer: text };
  if (chosen === undefined) throw usage('name a command', 'see pratique --help');
  requireAllRead(argv, chosen.options);
  const { entry, options } = chosen;
  const fromInput = argv.some((word, at) => word === '-' && !isValue(argv[at - 1], options));
  if (fromInput && entry.takesInput !== true) throw usage('nothing is read from -', 'leave it out');
  const command = await entry.load();
  return { command, options: { ...options, fromInput }, ...(entry.isLight && { isLight: true }) };
}

/** Whether a `-` is the value of the option before it; as a word of its own yargs drops it. */
function isValue(before: string | undefined, options: Readonly<Record<string, unknown>>): boolean {
  const value = options[before?.replace(/^--?/, '') ?? ''];
  return before?.startsWith('-') === true && (Array.isArray(value) ? value.includes('-') : value === '-');
}

async function parserOf(program = 'pratique'): Promise<Argv> {
  const { default: yargs } = await import('yargs'); // fifty files, which take as long as Node itself
  return yargs()
    .scriptName(program)
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

/** What yargs complains of; whatever else was thrown is no fault of the person at the keyboard. */
async function faultOf(
  error: unknown,
  argv: readonly string[],
  commands: readonly CommandEntry[],
): Promise<unknown> {
  if (error instanceof PratiqueError) return error;
  const isComplaint = typeof error === 'string' || (error instanceof Error && error.name === 'YError');
  if (!isComplaint) return error;
  const { misunderstood } = await import('./misunderstood.ts');
  return misunderstood(typeof error === 'string' ? error : error.message, argv, commands);
}

function usage(what: string, next: string): PratiqueError {
  return new PratiqueError('USAGE', { what, next });
}
