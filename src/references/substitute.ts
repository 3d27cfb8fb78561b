import { quoted } from '../model/printable.ts';

/** A text with its variables replaced, or why that cannot be done. */
export type Substituted = { readonly text: string } | { readonly why: string };

/** How a kind of file writes variables, and what they stand for. */
export interface Variables {
  /** the value that the file itself gives a variable; `undefined` where it gives none */
  lookUp(name: string): Substituted | undefined;
  /** what makes a dollar plain: `$$` (Compose), a backslash or backtick before it (Dockerfile), nothing */
  readonly plain?: string;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;
const DEPTH = 10; // defaults in defaults: ${A:-${B:-c}}
const LENGTH = 4096; // characters of a name with everything put in; a reference has at most some 500

/**
 * Replaces `$NAME`, `${NAME}`, `${NAME:-word}`, `${NAME-word}`, `${NAME:=word}`, `${NAME:+word}`, `${NAME:?word}`.
 * What depends on a variable that the file gives no value is not known, as is every other form.
 * @see Compose specification, "Interpolation"; Dockerfile reference, "Environment replacement"
 */
export function substitute(text: string, variables: Variables, depth = 0): Substituted {
  if (depth > DEPTH) return { why: 'its defaults are nested too deeply' };
  let made = '';
  for (let at = 0; at < text.length; ) {
    const { plain } = variables;
    if (plain !== undefined && text.startsWith(`${plain}$`, at)) {
      made += '$';
      at += plain.length + 1;
      continue;
    }
    if (text[at] !== '$') {
      made += text[at];
      at += 1;
      continue;
    }
    const { value, next } = variableAt(text, at + 1, variables, depth);
    if ('why' in value) return value;
    made += value.text;
    at = next;
    if (made.length > LENGTH) return { why: `it is longer than ${LENGTH} characters` };
  }
  return { text: made };
}

function variableAt(
  text: string,
  at: number,
  variables: Variables,
  depth: number,
): { value: Substituted; next: number } {
  if (text[at] !== '{') {
    const name = NAME.exec(text.slice(at, at + LENGTH))?.[0];
    if (name === undefined) return { value: unreadable(text), next: text.length };
    return { value: variables.lookUp(name) ?? unset(name), next: at + name.length };
  }
  const end = closingOf(text, at);
  if (end === undefined) return { value: unreadable(text), next: text.length };
  return { value: expand(text.slice(at + 1, end), variables, depth), next: end + 1 };
}

/** What stands between the braces. */
function expand(inner: string, variables: Variables, depth: number): Substituted {
  const name = NAME.exec(inner)?.[0];
  if (name === undefined) return unreadable(`\${${inner}}`);
  const rest = inner.slice(name.length);
  const value = variables.lookUp(name);
  if (rest === '') return value ?? unset(name);
  const [, colon = '', operator = '', word = ''] = /^(:?)([-=+?])(.*)$/s.exec(rest) ?? [];
  if (operator === '') return unreadable(`\${${inner}}`);
  if (value !== undefined && 'why' in value) return value;
  const isSet = value !== undefined && (colon === '' || value.text !== '');
  if (operator === '?') return isSet ? value : unset(name);
  if (operator === '+') return isSet ? substitute(word, variables, depth + 1) : unset(name);
  return isSet ? value : substitute(word, variables, depth + 1);
}

/** Offset of the brace that closes the one at `at`. */
function closingOf(text: string, at: number): number | undefined {
  let depth = 0;
  for (let index = at; index < text.length; index += 1) {
    if (text[index] === '{') depth += 1;
    if (text[index] === '}') depth -= 1;
    if (depth === 0) return index;
  }
  return undefined;
}

function unset(name: string): Substituted {
  return { why: `the file gives ${quoted(name)} no value` };
}

function unreadable(text: string): Substituted {
  return { why: `${quoted(text)} is a form of variable that is not read` };
}
