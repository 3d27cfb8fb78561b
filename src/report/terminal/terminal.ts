import type { Result, Verdict } from '../../model/verdict.ts';
import { adviceOn } from '../advice.ts';
import { RESULT_FACES } from '../faces.ts';
import { foreign } from '../foreign.ts';
import { nameToType, pinnedName } from '../next-command.ts';
import { plural } from '../size.ts';
import { entriesOf, faultsOf, tallyOf } from '../tally.ts';
import { countResults, tallyWords } from '../tally-words.ts';
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

const STYLES: Readonly<Record<Result, Style>> = {
  admitted: 'goodTitle',
  refused: 'badTitle',
  undecided: 'unsureTitle',
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
  const { mark, word } = RESULT_FACES[verdict.result];
  card.heading(
    { text: `${mark} ${word}`, style: STYLES[verdict.result] },
    { text: foreign(verdict.name), style: 'strong' },
  );
  card.row({ text: '' }, { text: tallyWords(verdict, tallyOf(verdict, entries)) });
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

function headline(verdict: Verdict, paint: Paint): string {
  const { mark, word } = RESULT_FACES[verdict.result];
  const digest = verdict.subject === undefined ? '' : ` ${paint('dim', verdict.subject.digest)}`;
  return `${paint(STYLES[verdict.result], `${mark} ${word}`)} ${foreign(verdict.name)}${digest} ${paint('dim', `· ${tallyWords(verdict)}`)}`;
}

function summary(verdicts: readonly Verdict[], paint: Paint): readonly string[] {
  if (verdicts.length === 1) return [];
  const words = countResults(verdicts).map(({ result, count }) =>
    paint(STYLES[result], `${count} ${result}`),
  );
  return [`${plural(verdicts.length, 'image')}: ${words.join(', ')}\n`];
}

/** What a person would do next; where a name is unfit for a command line, words instead. */
function nextOf(verdict: Verdict): readonly [label: string, text: string] {
  const [fault] = verdict.faults;
  if (verdict.result === 'undecided')
    return [
      'next',
      clip(foreign(fault === undefined ? 'try again; nothing was decided' : adviceOn(fault)), 200),
    ];
  if (verdict.result === 'admitted')
    return ['use it by digest', pinnedName(verdict) ?? verdict.subject?.digest ?? 'it has none'];
  if (verdict.subject === undefined)
    return ['next', 'use an image that may enter by its name, or have the name allowed'];
  return ['see each layer', `pratique inspect ${nameToType(verdict)}`];
}
