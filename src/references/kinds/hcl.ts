/** A piece of HCL. */
export type HclToken =
  | { readonly kind: 'word' | 'mark'; readonly text: string; readonly start: number }
  | {
      readonly kind: 'text';
      /** without quotes or heredoc marks; escapes stay as they are */
      readonly text: string;
      /** of the first character of `text` */
      readonly start: number;
      readonly isHeredoc?: true;
    };

const PIECES =
  /(?<blank>\s+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|<<(?<indent>-?)(?<label>[A-Za-z_][\w-]*)[ \t]*\r?\n|(?<word>[A-Za-z_][\w.-]*|[0-9][\w.]*)|(?<quote>")|(?<mark>[\s\S])/gy;

/**
 * Parts HCL into its pieces: words, texts, heredocs, marks. Comments and blanks are left out; line ends are, too.
 * @returns `undefined` where a text or heredoc does not end
 * @see HCL native syntax specification, "Lexical Elements", "Template Expressions"
 */
export function readHcl(text: string): readonly HclToken[] | undefined {
  const tokens: HclToken[] = [];
  const pieces = new RegExp(PIECES);
  for (let found = pieces.exec(text); found !== null; found = pieces.exec(text)) {
    const { blank, label, word, quote, mark } = found.groups ?? {};
    if (blank !== undefined) continue;
    if (word !== undefined) tokens.push({ kind: 'word', text: word, start: found.index });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark, start: found.index });
    else {
      const start = pieces.lastIndex;
      const end = quote === undefined ? heredocEnd(text, start, label ?? '') : quotedEnd(text, start);
      if (end === undefined) return undefined;
      const body = { text: text.slice(start, end.text), start };
      tokens.push({ kind: 'text', ...body, ...(quote === undefined && { isHeredoc: true as const }) });
      pieces.lastIndex = end.next;
    }
  }
  return tokens;
}

/** A quote inside `${…}` does not end the text. */
function quotedEnd(text: string, from: number): { text: number; next: number } | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const one = text[at];
    if (one === '\\') at += 1;
    else if ((one === '$' || one === '%') && text[at + 1] === '{') {
      depth += 1;
      at += 1;
    } else if (one === '}' && depth > 0) depth -= 1;
    else if (one === '\n') return undefined;
    else if (one === '"' && depth === 0) return { text: at, next: at + 1 };
  }
  return undefined;
}

function heredocEnd(text: string, from: number, label: string): { text: number; next: number } | undefined {
  const end = new RegExp(`^[ \\t]*${label}[ \\t]*\\r?$`, 'gm');
  end.lastIndex = from;
  const found = end.exec(text);
  return found === null ? undefined : { text: found.index, next: found.index + found[0].length };
}
