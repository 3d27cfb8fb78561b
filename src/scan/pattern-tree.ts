/** What a regular expression is made of. Reads the syntax that rules use, not all of it. */
export type PatternTree =
  /** one character; `source` of the expression for it alone */
  | { readonly kind: 'letter'; readonly source: string }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly PatternTree[] }
  /** `most` may be infinite */
  | {
      readonly kind: 'repetition';
      readonly part: PatternTree;
      readonly least: number;
      readonly most: number;
    }
  /** looks at what is before or behind, and takes nothing; `opening` as written: `(?=` and the like */
  | { readonly kind: 'look'; readonly part: PatternTree; readonly opening: string }
  /** of no length, or of none that can be told; `fault` is why a rule may not have it */
  | { readonly kind: 'other'; readonly fault: string };

/** How the only group of a pattern begins. */
export const SECRET_GROUP = '(?<secret>';

interface Reader {
  readonly source: string;
  at: number;
}

const ANY_LETTER: PatternTree = { kind: 'letter', source: String.raw`[\s\S]` };

/** The pattern that was read last: whoever asks for one, asks for it several times in a row. */
let last: { readonly source: string; readonly tree: PatternTree } | undefined;

/** Takes a pattern apart. What it cannot read is in the tree as a fault. */
export function readPattern({ source }: RegExp): PatternTree {
  if (last?.source !== source) last = { source, tree: readWhole(source) };
  return last.tree;
}

function readWhole(source: string): PatternTree {
  const reader: Reader = { source, at: 0 };
  const whole = readChoice(reader);
  if (reader.at >= reader.source.length) return whole;
  const rest: PatternTree = { kind: 'other', fault: `unread from character ${reader.at}` };
  return { kind: 'sequence', parts: [whole, rest] };
}

function readChoice(reader: Reader): PatternTree {
  const parts = [readSequence(reader)];
  while (reader.source[reader.at] === '|') {
    reader.at++;
    parts.push(readSequence(reader));
  }
  return parts.length === 1 ? (parts[0] as PatternTree) : { kind: 'choice', parts };
}

function readSequence(reader: Reader): PatternTree {
  const parts: PatternTree[] = [];
  while (reader.at < reader.source.length) {
    const next = reader.source[reader.at];
    if (next === '|' || next === ')') break;
    parts.push(readRepetition(reader, readAtom(reader)));
  }
  return { kind: 'sequence', parts };
}

function readAtom(reader: Reader): PatternTree {
  const { source } = reader;
  const next = source[reader.at] as string;
  if (next === '(') return readGroup(reader);
  if (next === '[') return readClass(reader);
  if (next === '\\') return readEscape(reader);
  reader.at++;
  if (next !== '^' && next !== '$') return { kind: 'letter', source: next };
  return { kind: 'other', fault: 'an anchor, which would hold at the edge of a window and not of a file' };
}

function readGroup(reader: Reader): PatternTree {
  const opening = /^\((?:\?(?::|<?[=!]|<[A-Za-z]+>))?/.exec(reader.source.slice(reader.at))?.[0] ?? '(';
  reader.at += opening.length;
  const part = readChoice(reader);
  const isClosed = reader.source[reader.at] === ')';
  reader.at++;
  if (!isClosed) return { kind: 'other', fault: 'a group without an end' };
  if (opening === '(' || (opening.endsWith('>') && opening !== SECRET_GROUP))
    return { kind: 'other', fault: 'a group that is not the secret' };
  return /[=!]$/.test(opening) ? { kind: 'look', part, opening } : part;
}

function readClass(reader: Reader): PatternTree {
  const from = reader.at++;
  while (reader.at < reader.source.length && reader.source[reader.at] !== ']') {
    reader.at += reader.source[reader.at] === '\\' ? 2 : 1;
  }
  reader.at++;
  return { kind: 'letter', source: reader.source.slice(from, reader.at) };
}

function readEscape(reader: Reader): PatternTree {
  const found = /^\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|k<[A-Za-z]+>|[1-9][0-9]*|[\s\S])/.exec(
    reader.source.slice(reader.at),
  );
  const text = found?.[0] ?? '\\';
  reader.at += text.length;
  if (/^\\(?:k<|[1-9])/.test(text)) return { kind: 'other', fault: 'a reference back' };
  if (text === '\\b' || text === '\\B') return { kind: 'look', part: ANY_LETTER, opening: text };
  return { kind: 'letter', source: text };
}

function readRepetition(reader: Reader, part: PatternTree): PatternTree {
  const rest = reader.source.slice(reader.at, reader.at + 16);
  const sign = /^(?:[?*+]|\{([0-9]+)(?:(,)([0-9]*))?\})\??/.exec(rest);
  if (sign === null) return part;
  reader.at += sign[0].length;
  return { kind: 'repetition', part, ...boundsOf(sign) };
}

function boundsOf(sign: RegExpExecArray): { least: number; most: number } {
  const [text, least, comma, most] = sign;
  if (least === undefined) {
    return { least: text.startsWith('+') ? 1 : 0, most: text.startsWith('?') ? 1 : Number.POSITIVE_INFINITY };
  }
  if (comma === undefined) return { least: Number(least), most: Number(least) };
  return { least: Number(least), most: most === '' ? Number.POSITIVE_INFINITY : Number(most) };
}
