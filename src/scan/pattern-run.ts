import type { ByteWindow } from './byte-window.ts';
import type { PreparedKeyword, PreparedPattern } from './prepared-rules.ts';

/** The only group of a prepared pattern. */
const SECRET = 1;

/** A match around a keyword, with positions in the file. */
interface Match {
  readonly secret: string;
  /** of the secret's first byte; a question that costs as much as the match, and that few matches are worth */
  readonly offset: () => number;
  readonly end: number;
}

/**
 * Runs a pattern around a keyword; only a match that holds this very keyword counts.
 * @param from no match that begins before this position will do
 */
export function runPattern(
  window: ByteWindow,
  run: PreparedPattern,
  keyword: PreparedKeyword,
  start: number,
  from = 0,
): Match | undefined {
  const room = bytesBefore(window, run, keyword, start);
  if (room === undefined) return undefined;
  const before = keyword.wide ? room : Math.min(room, start - from);
  const { text, origin } = textAround(window, run, keyword, start);
  const step = keyword.wide ? 2 : 1;
  const keywordAt = (start - origin) / step;
  const found = run.sticky
    ? matchAt(run, text, keywordAt)
    : matchAround(run, text, keywordAt, keyword.length, before);
  const secret = found?.match[SECRET];
  if (found === undefined || secret === undefined) return undefined;
  const { match, shift } = found;
  const first = shift + match.index;
  return {
    secret,
    offset: () => origin + (first + placeOf(run.pattern, match, secret)) * step,
    end: origin + (first + match[0].length) * step,
  };
}

/** By pattern: the same that tells where its groups are, at one place. */
const TELLING = new WeakMap<RegExp, RegExp>();

/**
 * Where in a match the secret begins. A pattern that tells it of each match takes twice as long: only one whose match
 * holds the same letters twice is asked.
 */
function placeOf(pattern: RegExp, match: RegExpExecArray, secret: string): number {
  const [whole] = match;
  const place = whole.indexOf(secret);
  if (whole.indexOf(secret, place + 1) < 0) return place;
  const telling =
    TELLING.get(pattern) ?? new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/, '')}dy`);
  TELLING.set(pattern, telling);
  telling.lastIndex = match.index;
  return (telling.exec(match.input)?.indices?.[SECRET]?.[0] ?? match.index + place) - match.index;
}

/** Bytes before the keyword with which a match may begin; `undefined` where too few stand together for any. */
function bytesBefore(
  window: ByteWindow,
  { before, lookBehind, after, shortest, within }: PreparedPattern,
  { wide, length }: PreparedKeyword,
  start: number,
): number | undefined {
  const most = before - lookBehind;
  if (within === undefined || wide) return most;
  const count = window.countBefore(within, start, most);
  // No farther than will do: a pattern may want thousands.
  const least = Math.max(shortest, length);
  return count + window.countFrom(within, start, Math.min(after, least)) < least ? undefined : count;
}

/** A text that holds all that a pattern may want; `origin` is the position in the file of its first letter. */
function textAround(
  window: ByteWindow,
  { before, after }: PreparedPattern,
  { wide }: PreparedKeyword,
  start: number,
): { readonly text: string; readonly origin: number } {
  if (!wide) return window.textAround(start - before, start + after);
  const parity = ((start - window.start) % 2) as 0 | 1;
  return { text: window.wideText(parity), origin: window.start + parity };
}

interface Found {
  readonly match: RegExpExecArray;
  /** where the text that was searched begins in the whole */
  readonly shift: number;
}

/** A pattern without anchors, bounded in length, sees no more of the whole text than its own window. */
function matchAt({ pattern }: PreparedPattern, text: string, keywordAt: number): Found | undefined {
  pattern.lastIndex = keywordAt;
  const match = pattern.exec(text);
  return match === null ? undefined : { match, shift: 0 };
}

function matchAround(
  run: PreparedPattern,
  whole: string,
  keywordAt: number,
  length: number,
  before: number,
): Found | undefined {
  const { pattern } = run;
  const shift = Math.max(0, keywordAt - run.before);
  const text = whole.slice(shift, keywordAt + run.after);
  if (pattern.sticky) return matchFromEach(pattern, text, shift, keywordAt, length, before);
  pattern.lastIndex = Math.max(0, keywordAt - before - shift);
  for (;;) {
    const match = pattern.exec(text);
    if (match === null || shift + match.index > keywordAt) return undefined;
    if (shift + match.index + match[0].length >= keywordAt + length) return { match, shift };
    pattern.lastIndex = match.index + 1;
  }
}

/** From each of a few places, as a search goes on to the end of what may be a long text. */
function matchFromEach(
  pattern: RegExp,
  text: string,
  shift: number,
  keywordAt: number,
  length: number,
  before: number,
): Found | undefined {
  for (let from = Math.max(shift, keywordAt - before); from <= keywordAt; from++) {
    pattern.lastIndex = from - shift;
    const match = pattern.exec(text);
    if (match !== null && from + match[0].length >= keywordAt + length) return { match, shift };
  }
  return undefined;
}
