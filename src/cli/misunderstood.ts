import { PratiqueError } from '../errors.ts';
import { printable, quoted } from '../model/printable.ts';
import type { CommandEntry } from './command-line.ts';
import { wordsOf } from './command-words.ts';
import { nearestOf } from './nearest.ts';

/**
 * What the reader of command lines holds against one, said so that the next one can be right.
 * @param complaint in yargs' words
 * @param argv what was written
 */
export async function misunderstood(
  complaint: string,
  argv: readonly string[],
  commands: readonly CommandEntry[],
): Promise<PratiqueError> {
  const names = commands.map(nameOf);
  const first = argv.find((word) => !word.startsWith('-'));
  const entry = commands.find((one) => nameOf(one) === first);
  const [, kind = '', list = ''] = /^Unknown (argument|command)s?: (.*)$/s.exec(complaint) ?? [];
  const [unknown = ''] = list.split(', ');
  if (kind !== '' && entry === undefined && !isOption(unknown, argv))
    return withNear(
      `there is no command ${quoted(unknown)}`,
      nearestOf(unknown, names),
      'pratique ',
      'pratique --help',
    );
  const help = entry === undefined ? 'pratique --help' : `pratique ${nameOf(entry)} --help`;
  if (kind !== '') return unknownPart(unknown, argv, entry, help);
  const [, wanting] = /^Not enough arguments following: (.*)$/s.exec(complaint) ?? [];
  if (wanting !== undefined) return usage(`${dashed(wanting)} needs a value`, `give it one; see ${help}`);
  if (complaint.startsWith('Not enough non-option arguments')) return missingWord(entry, help);
  const [, argument = '', given = '', choices = ''] =
    /^Invalid values:\s+Argument: (.*?), Given: "?(.*?)"?, Choices: (.*)$/s.exec(complaint) ?? [];
  if (choices !== '') {
    const known = [...choices.matchAll(/"([^"]*)"/g)].map(([, choice = '']) => choice);
    const near = nearestOf(given, known);
    const next =
      near === undefined ? `use one of ${known.join(', ')}` : `try ${near}, of ${known.join(', ')}`;
    return usage(`${quoted(given)} is none of the choices for ${printable(argument)}`, next);
  }
  return usage(printable(complaint), `see ${help}`);
}

async function unknownPart(
  unknown: string,
  argv: readonly string[],
  entry: CommandEntry | undefined,
  help: string,
): Promise<PratiqueError> {
  const of = entry === undefined ? 'pratique' : `pratique ${nameOf(entry)}`;
  if (!isOption(unknown, argv))
    return usage(`${of} does not take ${quoted(unknown)}`, `leave it out; see ${help}`);
  const options = entry === undefined ? [] : (await wordsOf(entry)).options.map(({ name }) => name);
  const what = `${of} has no option ${quoted(dashed(unknown))}`;
  return withNear(what, nearestOf(unknown, options), '--', help);
}

function missingWord(entry: CommandEntry | undefined, help: string): PratiqueError {
  const [, ...words] = entry?.name.split(' ') ?? [];
  const needed = words.filter((word) => word.startsWith('<')).map((word) => word.slice(1, -1));
  if (entry === undefined) return usage('name a command', `see ${help}`);
  if (needed.join() === 'image')
    return usage('no image is named', `name one, as in pratique ${nameOf(entry)} ghcr.io/acme/shop:1.4`);
  return usage(
    `pratique ${nameOf(entry)} needs ${needed.map((word) => word.toUpperCase()).join(' and ')}`,
    `see ${help}`,
  );
}

function withNear(what: string, near: string | undefined, before: string, help: string): PratiqueError {
  return usage(what, near === undefined ? `see ${help}` : `did you mean ${before}${near}? Else see ${help}`);
}

function isOption(name: string, argv: readonly string[]): boolean {
  return argv.some(
    (word) => word.startsWith('-') && word.replace(/^--?/, '').split('=')[0]?.includes(name) === true,
  );
}

function dashed(name: string): string {
  return `${name.length === 1 ? '-' : '--'}${name}`;
}

function nameOf({ name }: CommandEntry): string {
  return name.split(' ')[0] ?? name;
}

function usage(what: string, next: string): PratiqueError {
  return new PratiqueError('USAGE', { what, next });
}
