import { formatReference, parseReference } from '../../model/reference.ts';
import type { Result, Verdict } from '../../model/verdict.ts';
import { foreign } from '../foreign.ts';
import { plural } from '../size.ts';
import { entriesOf, faultsOf, type Tally, tallyOf } from '../tally.ts';
import { makeCard } from './card.ts';
import { clip } from './columns.ts';
import { type Drawing, shortDigest } from './drawing.ts';
import { type Paint, painter, type Style } from './paint.ts';
import { drawDemoted } from './terminal-demoted.ts';
import { drawFaults } from './terminal-faults.ts';
import { drawFindings } from './terminal-findings.ts';
import { drawFooting } from './terminal-footing.ts';
import { drawStations } from './terminal-stations.ts';

export interface TerminalOptions {
  readonly colour: boolean;
  /** cells of the terminal */
  readonly width: number;
  /** every check by itself, every finding, whole digests */
  readonly verbose?: boolean;
  /** one line for each image */
  readonly quiet?: boolean;
}

const FACES: Readonly<
  Record<Result, { readonly mark: string; readonly word: string; readonly style: Style }>
> = {
  admitted: { mark: '✔', word: 'ADMITTED', style: 'goodTitle' },
  refused: { mark: '✖', word: 'REFUSED', style: 'badTitle' },
  undecided: { mark: '?', word: 'UNDECIDED', style: 'unsureTitle' },
};

/**
 * The verdicts for a person at a terminal: a card for each image, and a line that sums several up. Ends with a
 * newline. No line starts with foreign text, and no control character is in it but the newline and, where
 * `colour` is set, our own colours.
 */
export function renderTerminal(verdicts: readonly Verdict[], options: TerminalOptions): string {
  const paint = painter(options.colour);
  if (verdicts.length === 0) return 'No image was checked: nothing was decided.\n';
  if (options.quiet === true) return verdicts.map((verdict) => `${headline(verdict, paint)}\n`).join('');
  const cards = verdicts.map((verdict) => `${drawCard(verdict, paint, options).join('\n')}\n`);
  return [...cards, ...summary(verdicts, paint)].join('\n');
}

function drawCard(
  verdict: Verdict,
  paint: Paint,
  { width, verbose = false }: TerminalOptions,
): readonly string[] {
  const card = makeCard(paint, width);
  const drawing: Drawing = { card, verdict, verbose, width };
  const entries = entriesOf(verdict);
  const { mark, word, style } = FACES[verdict.result];
  card.heading({ text: `${mark} ${word}`, style }, { text: foreign(verdict.name), style: 'strong' });
  card.row({ text: '' }, { text: tallyWords(tallyOf(verdict, entries), verdict.result) });
  card.row({ text: '' }, { text: identity(drawing), style: 'dim' });
  for (const text of basesOf(verdict)) card.row({ text: '' }, { text, style: 'dim' });
  card.blank();
  drawStations(drawing);
  drawFindings(drawing, entries);
  drawDemoted(drawing, entries);
  drawFaults(drawing, faultsOf(verdict));
  drawFooting(drawing);
  const [label, next] = nextOf(verdict);
  card.end({ text: label, style: 'dim' }, { text: next, style: 'accent' });
  return card.lines();
}

function identity({ verdict, verbose }: Drawing): string {
  const { subject, images } = verdict;
  if (subject === undefined) return 'never resolved to a digest';
  const platform = images.length === 1 ? images[0]?.platform : plural(images.length, 'platform');
  const digest = verbose ? subject.digest : shortDigest(subject.digest);
  return platform === undefined ? digest : `${digest} · ${foreign(platform, 60)}`;
}

/** `on docker.io/library/debian:12 (its lowest 1 of 5 layers)`; of several platforms each base once. */
function basesOf({ images }: Verdict): readonly string[] {
  const lines = images.flatMap(({ base, scanned }) =>
    base === undefined ? [] : [`on ${foreign(base.name, 300)} · ${layersOf(base.layers, scanned?.layers)}`],
  );
  return [...new Set(lines)];
}

function layersOf(layers: number, total: number | undefined): string {
  return total === undefined
    ? `its lowest ${plural(layers, 'layer')}`
    : `${layers} of ${plural(total, 'layer')}`;
}

/** `4 findings: 2 enforced, 1 warned, 1 excepted`. An unfinished run has no findings *so far*. */
function tallyWords({ enforced, warned, demoted, excepted, total, faults }: Tally, result: Result): string {
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

function headline(verdict: Verdict, paint: Paint): string {
  const { mark, word, style } = FACES[verdict.result];
  const digest = verdict.subject === undefined ? '' : ` ${paint('dim', verdict.subject.digest)}`;
  const words = tallyWords(tallyOf(verdict), verdict.result);
  return `${paint(style, `${mark} ${word}`)} ${foreign(verdict.name)}${digest} ${paint('dim', `· ${words}`)}`;
}

function summary(verdicts: readonly Verdict[], paint: Paint): readonly string[] {
  if (verdicts.length === 1) return [];
  const results: readonly Result[] = ['admitted', 'refused', 'undecided'];
  const words = results
    .map((result) => ({ result, count: verdicts.filter((verdict) => verdict.result === result).length }))
    .filter(({ count }) => count > 0)
    .map(({ result, count }) => paint(FACES[result].style, `${count} ${result}`));
  return [`${plural(verdicts.length, 'image')}: ${words.join(', ')}\n`];
}

/** What a person would do next; where a name is unfit for a command line, words instead. */
function nextOf(verdict: Verdict): readonly [label: string, text: string] {
  const [fault] = verdict.faults;
  if (verdict.result === 'undecided')
    return ['next', clip(foreign(fault?.problem.next ?? 'try again; nothing was decided'), 200)];
  if (verdict.result === 'admitted')
    return ['use it by digest', pinned(verdict) ?? verdict.subject?.digest ?? 'it has none'];
  if (verdict.subject === undefined)
    return ['next', 'use an image that may enter by its name, or have the name allowed'];
  const name = /^[\w.:/@-]+$/.test(verdict.name) ? verdict.name : 'IMAGE';
  return ['see each layer', `pratique inspect ${name}`];
}

function pinned({ name, subject }: Verdict): string | undefined {
  if (subject === undefined || /^(?:oci|oci-archive|docker-archive):/.test(name)) return undefined;
  try {
    const { registry, repository } = parseReference(name.replace(/^docker:\/\//, ''));
    return formatReference({ registry, repository, digest: subject.digest });
  } catch {
    return undefined; // a name that cannot be parsed is shown by its digest
  }
}
