import { PratiqueError } from '../errors.ts';
import type { SweepItem } from '../model/sweep.ts';
import type { JudgedItem } from './judge-messages.ts';
import { JudgeDied } from './judge-process.ts';
import { NOBODY, type SweepWatch } from './sweep-watch.ts';
import { undecidedName } from './swept-name.ts';

/**
 * Times that an image may take its process down before it is told that nothing can be found out about it: a machine that runs out
 * of memory ends processes that are innocent.
 */
const MOST_DEATHS = 3;
/** Processes that may die one after the other before they have begun with the image; then there is no point in more. */
const MOST_FALSE_STARTS = 20;

/**
 * Judges an image in a process that may die of it. One whose process died is tried again; one that takes several down with it is
 * undecided, and says so.
 * @throws {PratiqueError} where no process comes up that could judge anything
 */
export async function judgeSurely(
  item: SweepItem,
  judge: (item: SweepItem) => Promise<JudgedItem>,
  now: () => Date,
  watch: SweepWatch = NOBODY,
): Promise<JudgedItem> {
  const began = now().getTime();
  let deaths = 0;
  let falseStarts = 0;
  for (;;) {
    try {
      return await judge(item);
    } catch (thrown) {
      if (!(thrown instanceof JudgeDied)) throw thrown;
      watch.died();
      if (thrown.hadBegun) deaths += 1;
      else falseStarts += 1;
      if (falseStarts >= MOST_FALSE_STARTS) throw notStarted(thrown);
      if (deaths >= MOST_DEATHS) return deadly(item, thrown, now(), began);
    }
  }
}

function deadly({ digest, names }: SweepItem, { how }: JudgeDied, at: Date, began: number): JudgedItem {
  const fault = new PratiqueError('SCAN_INCOMPLETE', {
    what: `judging the image took ${MOST_DEATHS} processes down`,
    why: `of the last one: ${how}`,
    next: 'check it by itself with pratique check',
  });
  return {
    digest,
    result: 'undecided',
    names: names.map((name) => undecidedName(name, fault)),
    at: at.toISOString(),
    seconds: (at.getTime() - began) / 1000,
  };
}

function notStarted({ how }: JudgeDied): PratiqueError {
  return new PratiqueError('INTERNAL', {
    what: 'no process that judges images comes up',
    why: how,
    next: 'see that the machine has memory left; what was decided is in the ledger, and the next run goes on from there',
  });
}
