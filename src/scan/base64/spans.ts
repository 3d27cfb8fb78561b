import { type Base64Run, KINDS, LEAST_LETTERS, LETTER } from './base64-runs.ts';

type Span = readonly [from: number, to: number];

/** Words of a path or a name before base64, at the most, and letters of each. */
const [MOST_WORDS, WORD_LETTERS] = [8, 20];
/** What ends each of them. */
const JOINTS = Buffer.from('/_-');

/**
 * The parts of a run that may be base64 by themselves: all of it, as a rule. The two alphabets together are none, so
 * such a run is cut where it leaves the one, and where it leaves the other.
 */
export function spansOf({ letters, kinds, isFirst, isLast }: Base64Run): readonly Span[] {
  const hasStandard = (kinds & LETTER.standard) !== 0;
  const hasUrlSafe = (kinds & LETTER.urlSafe) !== 0;
  const all: Span = [0, letters.length];
  if (!hasStandard && !hasUrlSafe) return [all];
  if (hasStandard && hasUrlSafe)
    return [...partsWithout(letters, LETTER.urlSafe), ...partsWithout(letters, LETTER.standard)];
  if (!isFirst || !isLast) return [all];
  const words = wordsBefore(letters);
  const isOther = words % 4 !== 0 && letters.length - words >= LEAST_LETTERS;
  return isOther ? [all, [words, letters.length]] : [all];
}

/** Letters of the words that a path or a name puts before base64; the rest is read without them as well. */
function wordsBefore(letters: Uint8Array): number {
  let end = 0;
  for (let word = 0; word < MOST_WORDS; word++) {
    let at = end;
    while (at - end < WORD_LETTERS && isOfWord(KINDS[letters[at] ?? 0] as number)) at++;
    if (!JOINTS.includes(letters[at] ?? 0)) return end;
    end = at + 1;
  }
  return end;
}

function isOfWord(kind: number): boolean {
  return kind === LETTER.lower || kind === LETTER.digit;
}

/** The parts of enough letters that hold none of a kind. By the bytes: a text may have such a run in each line. */
function partsWithout(letters: Uint8Array, kind: number): readonly Span[] {
  const parts: Span[] = [];
  let from = 0;
  for (let at = 0; at <= letters.length; at++) {
    if (at < letters.length && KINDS[letters[at] as number] !== kind) continue;
    if (at - from >= LEAST_LETTERS) parts.push([from, at]);
    from = at + 1;
  }
  return parts;
}
