/** What the text of a regular expression tells about how much it can read. Lengths are in characters. */
export interface PatternShape {
  /** of the longest text that it matches */
  readonly longest: number;
  /** that it looks at beyond the match, before it or behind it */
  readonly beyond: number;
  /** why it is not linear by construction; empty for a pattern that may be shipped */
  readonly faults: readonly string[];
}

interface Reader {
  readonly source: string;
  at: number;
  beyond: number;
  readonly faults: string[];
}

/** Of one piece: the longest text, and whether its length can vary. */
interface Piece {
  readonly longest: number;
  readonly varies: boolean;
}

const NOTHING: Piece = { longest: 0, varies: false };
/** Repeating a piece of varying length more than once lets a match be cut up in exponentially many ways. */
const NESTED = 'a repetition of something whose length varies';

/**
 * Measures a pattern, so that a window can be cut that is never too short, and finds what could make it slow:
 * unbounded or nested repetition and references back. Reads the syntax that rules use, not all of it.
 */
export function measurePattern(pattern: RegExp): PatternShape {
  const reader: Reader = { source: pattern.source, at: 0, beyond: 0, faults: [] };
  const whole = readAlternatives(reader);
  if (reader.at < reader.source.length) reader.faults.push(`unread from character ${reader.at}`);
  return { longest: whole.longest, beyond: reader.beyond, faults: reader.faults };
}

function readAlternatives(reader: Reader): Piece {
  let longest = 0;
  let lengthOfFirst: number | undefined;
  let varies = false;
  while (reader.at <= reader.source.length) {
    const branch = readSequence(reader);
    if (lengthOfFirst !== undefined && branch.longest !== lengthOfFirst) varies = true;
    lengthOfFirst ??= branch.longest;
    longest = Math.max(longest, branch.longest);
    varies ||= branch.varies;
    if (reader.source[reader.at] !== '|') break;
    reader.at++;
  }
  return { longest, varies };
}

function readSequence(reader: Reader): Piece {
  let longest = 0;
  let varies = false;
  while (reader.at < reader.source.length) {
    const next = reader.source[reader.at];
    if (next === '|' || next === ')') break;
    const piece = readRepetition(reader, readAtom(reader));
    longest += piece.longest;
    varies ||= piece.varies;
  }
  return { longest, varies };
}

function readAtom(reader: Reader): Piece {
  const { source } = reader;
  const next = source[reader.at];
  if (next === '(') return readGroup(reader);
  if (next === '[') return readClass(reader);
  if (next === '\\') return readEscape(reader);
  reader.at++;
  if (next !== '^' && next !== '$') return { longest: 1, varies: false };
  reader.faults.push('an anchor, which would hold at the edge of a window and not of a file');
  return NOTHING;
}

function readGroup(reader: Reader): Piece {
  const opening = /^\((?:\?(?::|<?[=!]|<[A-Za-z]+>))?/.exec(reader.source.slice(reader.at))?.[0] ?? '(';
  reader.at += opening.length;
  const inside = readAlternatives(reader);
  if (reader.source[reader.at] !== ')') reader.faults.push('a group without an end');
  reader.at++;
  if (!/[=!]$/.test(opening)) return inside;
  reader.beyond = Math.max(reader.beyond, inside.longest);
  return NOTHING;
}

function readClass(reader: Reader): Piece {
  reader.at++;
  while (reader.at < reader.source.length && reader.source[reader.at] !== ']') {
    reader.at += reader.source[reader.at] === '\\' ? 2 : 1;
  }
  reader.at++;
  return { longest: 1, varies: false };
}

function readEscape(reader: Reader): Piece {
  const found = /^\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|k<[A-Za-z]+>|[1-9][0-9]*|[\s\S])/.exec(
    reader.source.slice(reader.at),
  );
  const text = found?.[0] ?? '\\';
  reader.at += text.length;
  if (/^\\(?:k<|[1-9])/.test(text)) reader.faults.push('a reference back');
  if (text === '\\b' || text === '\\B') {
    reader.beyond = Math.max(reader.beyond, 1);
    return NOTHING;
  }
  return { longest: 1, varies: false };
}

function readRepetition(reader: Reader, piece: Piece): Piece {
  const rest = reader.source.slice(reader.at);
  const sign = /^(?:[?*+]|\{([0-9]+)(?:(,)([0-9]*))?\})\??/.exec(rest);
  if (sign === null) return piece;
  reader.at += sign[0].length;
  const { least, most } = boundsOf(sign);
  if (most === Number.POSITIVE_INFINITY) reader.faults.push('a repetition without a bound');
  if (piece.varies && most > 1) reader.faults.push(NESTED);
  return { longest: piece.longest * most, varies: piece.varies || least !== most };
}

function boundsOf(sign: RegExpExecArray): { least: number; most: number } {
  const [text, least, comma, most] = sign;
  if (least === undefined) {
    return { least: text.startsWith('+') ? 1 : 0, most: text.startsWith('?') ? 1 : Number.POSITIVE_INFINITY };
  }
  if (comma === undefined) return { least: Number(least), most: Number(least) };
  return { least: Number(least), most: most === '' ? Number.POSITIVE_INFINITY : Number(most) };
}
