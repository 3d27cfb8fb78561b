import { packageWords } from '../package-words.ts';
import { plural } from '../size.ts';
import type { Entry } from '../tally.ts';
import type { Drawing } from './drawing.ts';

const SHOWN = 6; // packages
const BY_PATH = ' (by path only)';

/** The demoted findings in short: how many, and of which packages. With `verbose` each has been drawn by itself. */
export function drawDemoted({ card, verbose }: Drawing, entries: readonly Entry[]): void {
  const demoted = entries.filter(({ weight }) => weight === 'demoted');
  if (demoted.length === 0 || verbose) return;
  const packages = [...countsOf(demoted)].sort(([, a], [, b]) => b - a);
  const named = packages.slice(0, SHOWN).map(([name, count]) => `${name}: ${count}`);
  const more = packages.length - named.length;
  card.blank();
  card.row(
    { text: `· ${plural(demoted.length, 'finding')} demoted`, style: 'dim' },
    { text: 'in files as their packages ship them; --verbose shows each', style: 'dim' },
  );
  for (const text of [...named, ...(more > 0 ? [`… ${plural(more, 'more package')}`] : [])])
    card.row({ text: '' }, { text, style: 'dim' }, { indent: 2 });
}

function countsOf(entries: readonly Entry[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { finding } of entries) {
    const owner = finding.package;
    if (owner === undefined) continue;
    const name = `${packageWords(owner)}${owner.by === 'path' ? BY_PATH : ''}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
