import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { CHECK_WORDS, type CheckWords } from '../src/checks/check-words.ts';
import { CHECK_NAMES } from '../src/policy/check-names.ts';

// Writes docs/checks.md anew from the words of the checks: `node testdata/make-checks.ts`. What stands in the file before the first
// check, and below the points of one, is written there by hand and stays.

export const CHECKS_PAGE = new URL('../docs/checks.md', import.meta.url);
const WIDTH = 120; // characters of a line

/** The page with the points of every check, in the order in which they run. */
export function withCheckWords(page: string): string {
  const [intro = '', ...sections] = page.split(/^## /m);
  const byId = new Map(sections.map((text) => [text.slice(0, text.indexOf('\n')), text]));
  const parts = CHECK_NAMES.map(({ id }) => {
    const words = CHECK_WORDS[id];
    if (words === undefined) throw new Error(`src/checks/words has nothing of ${id}`);
    return `## ${id}\n\n${pointsOf(words)}\n${byHand(byId.get(id) ?? '')}`;
  });
  return `${[intro.trimEnd(), ...parts.map((part) => part.trimEnd())].join('\n\n')}\n`;
}

function pointsOf({ what, why, evidence, remedy, settings, more = {} }: CheckWords): string {
  const points = { What: what, Why: why, Evidence: evidence, ...more, Remedy: remedy, Settings: settings };
  return Object.entries(points)
    .map(([name, text]) => wrap(`- **${name}** ${text}`))
    .join('\n');
}

/** What follows the points. */
function byHand(section: string): string {
  const lines = section.split('\n');
  const end = lines.findIndex((line, index) => index > 1 && !/^(?:- \*\*| {2}\S)/.test(line));
  return end < 0 ? '' : lines.slice(end).join('\n');
}

function wrap(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > WIDTH) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(CHECKS_PAGE, withCheckWords(readFileSync(CHECKS_PAGE, 'utf8')));
