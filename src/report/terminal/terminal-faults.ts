import { adviceOn } from '../advice.ts';
import { foreign, foreignLines } from '../foreign.ts';
import type { Fault } from '../tally.ts';
import type { Drawing } from './drawing.ts';

const SHOWN = 10;

/** What could not be found out: what happened, where, why, and what to do. */
export function drawFaults({ card, verbose }: Drawing, faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  card.blank();
  card.heading({ text: 'could not be found out', style: 'strong' });
  const shown = verbose ? faults : faults.slice(0, SHOWN);
  for (const [index, fault] of shown.entries()) {
    if (index > 0) card.blank();
    drawFault(card, fault);
  }
  const more = faults.length - shown.length;
  if (more > 0) card.row({ text: `… ${more} more`, style: 'strong' }, { text: 'see -o json', style: 'dim' });
}

function drawFault(card: Drawing['card'], { error, decides, checks }: Fault): void {
  const { what, where, why } = error.problem;
  const code = `${error.code}${decides ? '' : ' · only a warning here'}`;
  card.row({ text: '?', style: 'unsure' }, { text: foreign(what) });
  const parts = [
    ['where', where],
    ['why', why],
    ['next', adviceOn(error)],
    ['code', code],
    ['kept from', checks.length === 0 ? undefined : checks.map((check) => foreign(check, 60)).join(', ')],
  ] as const;
  for (const [label, text] of parts) {
    if (text === undefined) continue;
    for (const [index, line] of foreignLines(text).entries()) {
      const style = label === 'next' ? 'accent' : 'plain';
      card.row(
        { text: index === 0 ? label : '', style: 'dim' },
        { text: line, style },
        { indent: 3, labelCells: 9 },
      );
    }
  }
}
