import { printable } from '../model/printable.ts';

// `##[error]` (GitHub, Azure) and `##vso[…]`, `##teamcity[…]` are obeyed anywhere in a line, not only at its start.
const RUNNER_COMMAND = /##(?=\w*\[)/g;

/**
 * Text from an image, a registry or a person, made safe to stand inside one of our lines: escaped by
 * `printable`, and unable to be read as a command by a CI runner's log. Twice is the same as once.
 * It must still never *start* a line, for `::error::` is obeyed there, even after blanks.
 * @param limit characters kept
 * @see actions/runner, ActionCommand.cs: `TryParse` searches the whole line, `TryParseV2` trims it first
 */
export function foreign(text: string, limit = 512): string {
  return printable(text, limit).replace(RUNNER_COMMAND, '#\\u{23}');
}

/**
 * The same for our own texts that may be of several lines, such as a list of faults in a policy file. A foreign
 * line break has been escaped where the text was made; should one be left, it can only start a line of ours.
 * @param most lines kept
 */
export function foreignLines(text: string, most = 60): readonly string[] {
  const lines = text.split(/\r?\n/).map((line) => foreign(line, 1024));
  return lines.length <= most ? lines : [...lines.slice(0, most), `… and ${lines.length - most} more lines`];
}
