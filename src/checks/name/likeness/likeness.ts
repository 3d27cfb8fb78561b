/**
 * How one name is like another, the most deceptive first: the same to the eye, one typing error away, the same but
 * for dots, dashes and underscores, or the other with a word or digits put on.
 */
export type Likeness = 'same-look' | 'typo' | 'separators' | 'affix';

/** What imitators put before or behind a name, to look like its owner. */
const AFFIXES: ReadonlySet<string> = new Set(
  'official docker image images hub inc io hq org team labs dev registry the real get original'.split(' '),
);
const REMEMBERED = 20_000; // texts; some three thousand names are known
/** Letters that look like others in most fonts, the longer ones first. */
const LOOKS: readonly (readonly [string, string])[] = [
  ['rn', 'm'],
  ['vv', 'w'],
  ['cl', 'd'],
  ['0', 'o'],
  ['1', 'l'],
  ['i', 'l'],
  ['5', 's'],
];

/**
 * How `name` is like `known`; `undefined` where it is not, or is the same.
 * @param edits that a typing error takes at most
 */
export function likenessOf(name: string, known: string, edits: number): Likeness | undefined {
  if (name === known || known.length < 3) return undefined;
  if (skeletonOf(name) === skeletonOf(known)) return 'same-look';
  if (withoutSeparators(name) === withoutSeparators(known)) return 'separators';
  if (known.length >= 4 && hasAffix(name, known)) return 'affix';
  return known.length >= 4 && editDistance(name, known, edits) <= edits ? 'typo' : undefined;
}

/** A text as the eye takes it: letters and digits that look alike are the same. */
export const skeletonOf = remembered((text) =>
  LOOKS.reduce((seen, [like, as]) => seen.replaceAll(like, as), text),
);

/**
 * Edits between two texts: insert, delete, replace, or exchange two neighbours (optimal string alignment).
 * @param most where more edits are needed, `most + 1` is returned
 */
export function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const here = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const at = (line: readonly number[], index: number) => line[index] ?? Number.POSITIVE_INFINITY;
      const differs = a[row - 1] === b[column - 1] ? 0 : 1;
      let least = Math.min(at(above, column) + 1, at(here, column - 1) + 1, at(above, column - 1) + differs);
      const exchanged = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (row > 1 && column > 1 && exchanged) least = Math.min(least, at(before, column - 2) + 1);
      here.push(least);
    }
    if (Math.min(...here) > most) return most + 1;
    before = above;
    above = here;
  }
  return Math.min(above[b.length] ?? most + 1, most + 1);
}

/** Whether two texts differ by an exchange of two neighbours only: hardly ever another name, nearly always an error. */
export function isExchange(a: string, b: string): boolean {
  const first = [...a].findIndex((letter, index) => letter !== b[index]);
  if (a.length !== b.length || first < 0) return false;
  return a[first] === b[first + 1] && a[first + 1] === b[first] && a.slice(first + 2) === b.slice(first + 2);
}

function hasAffix(name: string, known: string): boolean {
  if (!name.startsWith(known) && !name.endsWith(known)) return false;
  const rests = [
    ...(name.startsWith(known) ? [name.slice(known.length)] : []),
    ...(name.endsWith(known) ? [name.slice(0, -known.length)] : []),
  ].map(withoutSeparators);
  return rests.some((rest) => AFFIXES.has(rest) || /^[0-9]+$/.test(rest));
}

const withoutSeparators = remembered((text) => text.replace(/[._-]/g, ''));

/** Every name of a repository is held against the same thousand known ones. */
function remembered(make: (text: string) => string): (text: string) => string {
  const made = new Map<string, string>();
  return (text) => {
    const found = made.get(text);
    if (found !== undefined) return found;
    if (made.size >= REMEMBERED) made.clear();
    const fresh = make(text);
    made.set(text, fresh);
    return fresh;
  };
}
