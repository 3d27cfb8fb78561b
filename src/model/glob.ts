/**
 * Whether a text fits a pattern in which `*` stands for any run of characters, also none. Compared whole.
 * Goes back to the last `*` only, so the time is at most the product of the two lengths: no text makes it explode.
 */
export function matchesStars(pattern: string, text: string): boolean {
  return matchesRuns([...pattern], [...text], {
    isRun: (one) => one === '*',
    fits: (one, character) => one === character,
  });
}

/** Whether path parts fit pattern parts: `**` stands for any number of parts, also none; `*` stays inside one. */
export function matchesParts(pattern: readonly string[], parts: readonly string[]): boolean {
  return matchesRuns(pattern, parts, { isRun: (one) => one === '**', fits: matchesStars });
}

interface Comparison {
  /** stands for any number of items */
  readonly isRun: (item: string) => boolean;
  readonly fits: (pattern: string, item: string) => boolean;
}

function matchesRuns(
  pattern: readonly string[],
  items: readonly string[],
  { isRun, fits }: Comparison,
): boolean {
  let at = 0;
  let next = 0;
  let run = -1; // the last run in the pattern, and the first item it does not yet stand for
  let taken = 0;
  while (next < items.length) {
    const one = pattern[at];
    const item = items[next] ?? '';
    if (one !== undefined && isRun(one)) {
      run = at;
      taken = next;
      at += 1;
    } else if (one !== undefined && fits(one, item)) {
      at += 1;
      next += 1;
    } else if (run >= 0) {
      taken += 1;
      next = taken;
      at = run + 1;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every(isRun);
}
