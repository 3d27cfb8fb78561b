import { foreign } from './foreign.ts';

/** A word that Markdown, GitHub and GitLab take for nothing but a word: no mention, link, issue, commit or emoji. */
const WORD = /^\(?[A-Za-z]+(?:['-][A-Za-z]+)*[.,;:!?)]{0,2}$/;
const NUMBER = /^\(?\d{1,6}[.,;:!?)]{0,2}$/;
/** GitHub links what could be the digest of a commit. */
const COMMIT = /^\(?[0-9a-f]{7,}/i;

/**
 * Text for a paragraph or a cell of a table: plain words stay as they are, all else stands in code, where nothing is obeyed.
 * @param limit characters kept
 */
export function proseText(text: string, limit = 600): string {
  const parts: { readonly isCode: boolean; readonly words: string[] }[] = [];
  for (const word of foreign(text, limit)
    .split(' ')
    .filter((part) => part !== '')) {
    const isCode = !isPlain(word);
    const last = parts.at(-1);
    if (last?.isCode === isCode) last.words.push(word);
    else parts.push({ isCode, words: [word] });
  }
  return parts.map(({ isCode, words }) => (isCode ? codeText(words.join(' ')) : words.join(' '))).join(' ');
}

/**
 * Text as code, for a table as well: within it Markdown obeys only the backtick, and a table's row the bar and what stands before
 * it; both are shown by their number. Empty text is no code.
 */
export function codeText(text: string, limit = 600): string {
  const safe = foreign(text, limit).replaceAll('`', '\\u{60}').replaceAll('|', '\\u{7c}').trim();
  return safe === '' ? '' : `\`${safe}\``;
}

function isPlain(word: string): boolean {
  return NUMBER.test(word) || (WORD.test(word) && !COMMIT.test(word));
}
