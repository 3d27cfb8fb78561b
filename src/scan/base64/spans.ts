import { type Base64Run, LEAST_LETTERS, LETTER } from './base64-runs.ts';

type Span = readonly [from: number, to: number];

const STANDARD = /[A-Za-z0-9+/]{24,}/g;
const URL_SAFE = /[A-Za-z0-9_-]{24,}/g;
/** Words that a path or a name puts before base64; the rest is read without them as well. */
const WORDS = /^(?:[a-z0-9]{0,20}[/_-]){1,8}/;
/** Letters among which words are looked for. */
const WORDS_REACH = 170;

/**
 * The parts of a run that may be base64 by themselves: all of it, as a rule. The two alphabets together are none, so
 * such a run is cut where it leaves the one, and where it leaves the other.
 */
export function spansOf({ letters, kinds, isFirst, isLast }: Base64Run): readonly Span[] {
  const hasStandard = (kinds & LETTER.standard) !== 0;
  const hasUrlSafe = (kinds & LETTER.urlSafe) !== 0;
  const all: Span = [0, letters.length];
  if (!hasStandard && !hasUrlSafe) return [all];
  const text = (length: number) =>
    Buffer.from(letters.buffer, letters.byteOffset, Math.min(length, letters.length)).toString('latin1');
  if (hasStandard && hasUrlSafe) {
    const whole = text(letters.length);
    return [...matchesOf(STANDARD, whole), ...matchesOf(URL_SAFE, whole)];
  }
  if (!isFirst || !isLast) return [all];
  const words = WORDS.exec(text(WORDS_REACH))?.[0].length ?? 0;
  const isOther = words % 4 !== 0 && letters.length - words >= LEAST_LETTERS;
  return isOther ? [all, [words, letters.length]] : [all];
}

function matchesOf(pattern: RegExp, text: string): readonly Span[] {
  return [...text.matchAll(pattern)].map(({ index, 0: match }) => [index, index + match.length]);
}
