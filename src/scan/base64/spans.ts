import { type Base64Run, KINDS, LEAST_LETTERS, LETTER } from './base64-runs.ts';

/** Words of a path or a name before base64, at the most, and letters of each. */
const [MOST_WORDS, WORD_LETTERS] = [8, 20];
/** What ends each of them. */
const [SLASH, UNDERSCORE, HYPHEN] = [0x2f, 0x5f, 0x2d];

/** Told of a part of a run: where it begins among the letters, and where it ends. */
type OnSpan = (from: number, to: number) => void;

/**
 * Tells of the parts of a run that may be base64 by themselves: all of it, as a rule. The two alphabets together are
 * none, so such a run is cut where it leaves the one, and where it leaves the other.
 */
export function eachSpan({ letters, count, kinds, isFirst, isLast }: Base64Run, onSpan: OnSpan): void {
  const hasStandard = (kinds & LETTER.standard) !== 0;
  const hasUrlSafe = (kinds & LETTER.urlSafe) !== 0;
  if (hasStandard && hasUrlSafe) {
    eachWithout(letters, count, LETTER.urlSafe, onSpan);
    eachWithout(letters, count, LETTER.standard, onSpan);
    return;
  }
  onSpan(0, count);
  if ((!hasStandard && !hasUrlSafe) || !isFirst || !isLast) return;
  const words = wordsBefore(letters, count);
  if (words % 4 !== 0 && count - words >= LEAST_LETTERS) onSpan(words, count);
}

/** Letters of the words that a path or a name puts before base64; the rest is read without them as well. */
function wordsBefore(letters: Uint8Array, count: number): number {
  let end = 0;
  for (let word = 0; word < MOST_WORDS; word++) {
    let at = end;
    while (at < count && at - end < WORD_LETTERS && isOfWord(KINDS[letters[at] as number] as number)) at++;
    if (at >= count || !isJoint(letters[at] as number)) return end;
    end = at + 1;
  }
  return end;
}

function isOfWord(kind: number): boolean {
  return kind === LETTER.lower || kind === LETTER.digit;
}

function isJoint(byte: number): boolean {
  return byte === SLASH || byte === UNDERSCORE || byte === HYPHEN;
}

/** The parts of enough letters that hold none of a kind. By the bytes: a text may have such a run in each line. */
function eachWithout(letters: Uint8Array, count: number, kind: number, onSpan: OnSpan): void {
  let from = 0;
  for (let at = 0; at <= count; at++) {
    if (at < count && KINDS[letters[at] as number] !== kind) continue;
    if (at - from >= LEAST_LETTERS) onSpan(from, at);
    from = at + 1;
  }
}
