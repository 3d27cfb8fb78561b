/** An instruction as BuildKit would cut it out of a Dockerfile. */
export interface DockerfileLine {
  /** in upper case */
  readonly keyword: string;
  /** from 0 */
  readonly line: number;
  /** `--name=value` before the arguments, without quotes and escapes */
  readonly flags: readonly string[];
  /** the first argument, of ONBUILD the instruction behind it; empty where there is none */
  readonly first: string;
}

/** What Go's `unicode.IsSpace` takes for a blank, which is more than a tab. */
const LEADING = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
const HEREDOC = /^\d*<<(-?)([^<]+)$/;
const TAKES_HEREDOC: ReadonlySet<string> = new Set(['ADD', 'COPY', 'RUN']);

/**
 * Cuts a Dockerfile into its instructions, line by line as BuildKit does: blanks before an instruction, comments and empty
 * lines inside one, the escape at the end of a line, and here-documents of `ADD`, `COPY` and `RUN`.
 * @param mark the escape character of the file
 * @see BuildKit, frontend/dockerfile/parser/parser.go: `Parse`, `heredocsFromLine`
 */
export function cutDockerfile(text: string, mark: string): readonly DockerfileLine[] {
  const lines = text.replace(/^\ufeff/, '').split('\n');
  const found: DockerfileLine[] = [];
  for (let at = 0; at < lines.length; ) {
    const begin = at;
    let { piece, isEnd } = trimEscape(trim(lines[at]), mark);
    at += 1;
    if (piece.startsWith('#') || (isEnd && piece === '')) continue;
    const pieces = [piece];
    for (; !isEnd && at < lines.length; at += 1) {
      const line = (lines[at] ?? '').replace(/\r$/, '');
      if (trim(line) === '' || trim(line).startsWith('#')) continue;
      ({ piece, isEnd } = trimEscape(line, mark));
      pieces.push(piece);
    }
    const whole = pieces.join('');
    found.push(readLine(whole, begin, mark));
    for (const heredoc of heredocsOf(whole)) at = afterHeredoc(lines, at, heredoc);
  }
  return found;
}

function trim(line = ''): string {
  return line.replace(/\r$/, '').replace(LEADING, '');
}

/** An escape that is itself escaped goes on with nothing. */
function trimEscape(line: string, mark: string): { piece: string; isEnd: boolean } {
  const bare = line.replace(/[ \t]+$/, '');
  const goesOn = bare.endsWith(mark) && bare.at(-2) !== mark;
  return goesOn && !line.startsWith('#')
    ? { piece: bare.slice(0, -1), isEnd: false }
    : { piece: line, isEnd: true };
}

function readLine(whole: string, line: number, mark: string): DockerfileLine {
  const [keyword = '', rest = ''] = splitCommand(whole);
  if (keyword.toUpperCase() === 'ONBUILD') {
    const inner = readLine(rest.replace(/^(?:onbuild[\t\v\f\r ]+)+/i, ''), line, mark);
    return { ...inner, keyword: 'ONBUILD', first: inner.keyword };
  }
  const { flags, after } = flagsOf(rest, mark);
  return { keyword: keyword.toUpperCase(), line, flags, first: splitCommand(after)[0] ?? '' };
}

function splitCommand(text: string): readonly string[] {
  const [, first = '', rest = ''] = /^([^\t\v\f\r ]*)[\t\v\f\r ]*([\s\S]*)$/.exec(text.trim()) ?? [];
  return [first, rest];
}

/** @see BuildKit, frontend/dockerfile/parser/split_command.go: `extractBuilderFlags` */
function flagsOf(text: string, mark: string): { flags: readonly string[]; after: string } {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at += 1;
    if (!text.startsWith('--', at)) break;
    let flag = '';
    let quote = '';
    for (; at < text.length; at += 1) {
      const one = text[at] ?? '';
      if (quote === '' && /\s/.test(one)) break;
      if (one === mark && quote !== "'") {
        at += 1;
        flag += text[at] ?? '';
      } else if (one === quote) quote = '';
      else if (quote === '' && (one === '"' || one === "'")) quote = one;
      else flag += one;
    }
    if (flag === '--') break;
    flags.push(flag);
  }
  return { flags, after: text.slice(at) };
}

interface Heredoc {
  readonly name: string;
  readonly isIndented: boolean;
}

function heredocsOf(whole: string): readonly Heredoc[] {
  const [keyword = '', rest = ''] = splitCommand(whole);
  if (/^onbuild$/i.test(keyword)) return /^onbuild\b/i.test(rest) ? [] : heredocsOf(rest);
  if (!TAKES_HEREDOC.has(keyword.toUpperCase()) || isJson(rest)) return [];
  return wordsOf(whole).flatMap((word) => {
    const [, dash, rawName = ''] = HEREDOC.exec(word) ?? [];
    const name = rawName.replace(/\\(.)|["']/g, '$1');
    return dash === undefined || name === '' ? [] : [{ name, isIndented: dash === '-' }];
  });
}

/** The exec form has no here-documents. */
function isJson(rest: string): boolean {
  try {
    return Array.isArray(JSON.parse(rest));
  } catch {
    return false;
  }
}

/** Words as a shell parts them, with their quotes and escapes. */
function wordsOf(text: string): readonly string[] {
  return (
    text.match(/(?:\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'[^']*'|\$\{[^}]{0,1000}\}|[^\s"'\\]|["'\\])+/g) ?? []
  );
}

/** The line after the one that ends a here-document; the end of the file where none does. */
function afterHeredoc(lines: readonly string[], from: number, { name, isIndented }: Heredoc): number {
  for (let at = from; at < lines.length; at += 1) {
    const bare = (lines[at] ?? '').replace(/\r$/, '');
    if ((isIndented ? bare.replace(/^\t+/, '') : bare) === name) return at + 1;
  }
  return lines.length;
}
