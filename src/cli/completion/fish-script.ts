import type { OptionWords } from '../command-words.ts';
import type { CommandSuggestions, Suggestions } from './suggestions.ts';

/** A completion script for fish. */
export function fishScript({ commands }: Suggestions): string {
  return `${['# pratique in fish: pratique completion fish | source', ...commands.flatMap(linesOf)].join('\n')}\n`;
}

function linesOf({ name, about, options, words }: CommandSuggestions): readonly string[] {
  const inside = `-n '__fish_seen_subcommand_from ${name}'`;
  return [
    `complete -c pratique -n __fish_use_subcommand -f -a ${name} -d ${quote(about)}`,
    ...(words.length === 0 ? [] : [`complete -c pratique ${inside} -f -a ${quote(words.join(' '))}`]),
    ...options.map((option) => `complete -c pratique ${inside} ${flagsOf(option)}`),
  ];
}

function flagsOf({ name, alias, about, takesValue, choices }: OptionWords): string {
  const value = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : takesValue ? ' -r' : '';
  return `-l ${name}${alias === undefined ? '' : ` -s ${alias}`}${value} -d ${quote(about)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
