import { editDistance } from '../checks/name/likeness/likeness.ts';

const MOST = 3; // typing errors; beyond, two words are just two words

/** The known word that a mistyped one may stand for; `undefined` where none is near. */
export function nearestOf(word: string, known: Iterable<string>): string | undefined {
  const last = word.slice(word.lastIndexOf('.') + 1); // what an id of a rule shares with all of its check says nothing
  let [near, least] = [undefined as string | undefined, Math.min(MOST, Math.floor(last.length / 3)) + 1];
  for (const one of known) {
    const distance = editDistance(word, one, least);
    if (distance < least) [near, least] = [one, distance];
  }
  return near;
}
