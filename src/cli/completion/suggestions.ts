import { FORMAT_NAMES } from '../../report/format-names.ts';
import { REFERENCES_FORMATS } from '../../report/references/references-formats.ts';
import type { CommandEntry } from '../command-line.ts';
import { type CommandWords, type OptionWords, wordsOf } from '../command-words.ts';
import { knownIds } from '../known-ids.ts';

/** What may stand where, for the scripts of all shells. Every text but the remarks is of letters, digits, dots and dashes. */
export interface Suggestions {
  readonly commands: readonly CommandSuggestions[];
}

export interface CommandSuggestions {
  readonly name: string;
  readonly about: string;
  readonly options: readonly OptionWords[];
  /** words of its own: actions, ids */
  readonly words: readonly string[];
}

/** Everything that can be completed; the scripts hold it all, so that a shell starts no program to ask. */
export async function suggestions(entries: readonly CommandEntry[]): Promise<Suggestions> {
  const commands = await Promise.all(entries.map(wordsOf));
  const ids = await knownIds();
  return {
    commands: commands.map((command) => ({
      name: command.name,
      about: command.about,
      options: command.options.map((option) => withFormats(option, command)),
      words: command.name === 'explain' ? ids : command.positionals.flatMap(({ choices }) => choices),
    })),
  };
}

/** `-o` of these two takes FORMAT=FILE, too, and so has no choices that the parser could hold it to. */
function withFormats(option: OptionWords, { name }: CommandWords): OptionWords {
  if (option.name !== 'output' || option.choices.length > 0) return option;
  return { ...option, choices: name === 'refs' ? Object.keys(REFERENCES_FORMATS) : FORMAT_NAMES };
}

/** How an option is written, with both of its names. */
export function spellings({ name, alias }: OptionWords): readonly string[] {
  return [`--${name}`, ...(alias === undefined ? [] : [`-${alias}`])];
}
