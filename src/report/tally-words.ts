import type { Result, Verdict } from '../model/verdict.ts';
import { RESULT_FACES } from './faces.ts';
import { plural } from './size.ts';
import { type Tally, tallyOf } from './tally.ts';

/** `4 findings: 2 enforced, 1 warned, 1 excepted`, and on which verdict that rests where no layer was read. */
export function tallyWords(verdict: Verdict, tally: Tally = tallyOf(verdict)): string {
  const { result, reused } = verdict;
  return `${countWords(tally, result)}${reused === undefined ? '' : `, on the verdict of ${reused.decidedAt}`}`;
}

/** An unfinished run has no findings *so far*. */
function countWords({ enforced, warned, demoted, excepted, total, faults }: Tally, result: Result): string {
  const unfinished = faults === 0 ? '' : ` · ${plural(faults, 'thing')} not found out`;
  if (total === 0)
    return `${result === 'undecided' || faults > 0 ? 'no findings so far' : 'no findings'}${unfinished}`;
  const weights = [
    [enforced, 'enforced'],
    [warned, 'warned'],
    [demoted, 'demoted'],
    [excepted, 'excepted'],
  ] as const;
  const words = weights.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return `${plural(total, 'finding')}: ${words.join(', ')}${unfinished}`;
}

/** How many images came to each result; results that none came to are left out. */
export function countResults(
  verdicts: readonly Verdict[],
): readonly { readonly result: Result; readonly count: number }[] {
  return (Object.keys(RESULT_FACES) as Result[])
    .map((result) => ({ result, count: verdicts.filter((verdict) => verdict.result === result).length }))
    .filter(({ count }) => count > 0);
}

/** `3 images: 1 admitted, 2 refused`. */
export function resultWords(verdicts: readonly Verdict[]): string {
  const words = countResults(verdicts).map(({ result, count }) => `${count} ${result}`);
  return `${plural(verdicts.length, 'image')}: ${words.join(', ') || 'nothing was decided'}`;
}
