import type { JudgedReference, ReferenceRemark } from '../../model/named-reference.ts';
import { formatReference } from '../../model/reference.ts';
import { foreign } from '../foreign.ts';
import { type Entry, entriesOf } from '../tally.ts';
import { pad } from '../terminal/columns.ts';
import { type Paint, painter } from '../terminal/paint.ts';
import { type ReferencesReport, tallyReferences } from './references-report.ts';

export interface ReferencesTextOptions {
  readonly colour: boolean;
  /** only what is refused, unknown or unread */
  readonly quiet?: boolean;
}

const SIGNS = { admitted: ['good', '✔'], refused: ['bad', '✖'], undecided: ['unsure', '?'] } as const;

/** The names of a repository for people: by file, each with its place, what is wrong with it and what may be meant. */
export function renderReferencesText(
  report: ReferencesReport,
  { colour, quiet = false }: ReferencesTextOptions,
): string {
  const { found, judged, policy } = report;
  const paint = painter(colour);
  const shown = judged.filter(({ result }) => !quiet || result !== 'admitted');
  const named = Map.groupBy(shown, (one) => one.named.file);
  const unread = Map.groupBy(found.unread, ({ file }) => file);
  const blocks = [...new Set([...named.keys(), ...unread.keys()])].map((file) => [
    paint('strong', `./${foreign(file, 300)}`), // a name of ours at the start of the line, see foreign.ts
    ...(named.get(file) ?? []).flatMap((one) => linesOf(one, paint)),
    ...(unread.get(file) ?? []).map(
      (remark) => `  ${paint('unsure', '?')} ${placeOf(remark)} not read: ${foreign(remark.text)}`,
    ),
  ]);
  const notes = [
    ...(quiet
      ? []
      : found.elsewhere.map(
          (remark) => `${foreign(remark.file, 300)}:${placeOf(remark).trim()} ${foreign(remark.text)}`,
        )),
    ...found.notes.map((note) => foreign(note)),
    ...(policy.origin === 'built-in' ? ['no pratique.yaml was found: the built-in policy applies'] : []),
  ];
  return [
    ...blocks.map((lines) => `${lines.join('\n')}\n`),
    ...(notes.length === 0 ? [] : [`${notes.map((note) => paint('dim', `note: ${note}`)).join('\n')}\n`]),
    `${summaryOf(report, paint)}\n`,
  ].join('\n');
}

function linesOf({ named, result, verdict }: JudgedReference, paint: Paint): readonly string[] {
  const [style, sign] = SIGNS[result];
  const entries =
    verdict === undefined ? [] : entriesOf(verdict).filter(({ weight }) => weight !== 'excepted');
  const unknown = named.why === undefined ? [] : [`cannot be known: ${foreign(named.why)}`];
  const faults = named.reference === undefined ? [] : (verdict?.faults ?? []);
  const reasons = [
    ...unknown,
    ...faults.map(({ message }) => foreign(message)),
    ...entries.filter(({ weight }) => weight === 'enforced').flatMap((entry) => reasonOf(entry)),
    ...entries
      .filter(({ weight }) => weight !== 'enforced')
      .map(({ finding }) => paint('dim', `${foreign(finding.message)} (${finding.rule})`)),
  ];
  return [
    `  ${paint(style, sign)} ${placeOf(named)} ${foreign(named.text, 300)}${meaningOf(named)}`,
    ...reasons.map((reason) => `        ${reason}`),
  ];
}

function reasonOf({ finding }: Entry): readonly string[] {
  return [`${foreign(finding.message)} (${finding.rule})`, `${foreign(finding.remedy)}`];
}

/** What a text with variables stands for. */
function meaningOf({ text, reference }: JudgedReference['named']): string {
  if (reference === undefined) return '';
  const whole = formatReference(reference);
  const isPlain = whole === text || whole.endsWith(`/${text}`);
  return isPlain ? '' : ` → ${foreign(whole, 300)}`;
}

function placeOf({ line, column }: Pick<ReferenceRemark, 'line' | 'column'>): string {
  return pad(`${line}:${column}`, 7);
}

function summaryOf(report: ReferencesReport, paint: Paint): string {
  const { admitted, refused, undecided, unread, result } = tallyReferences(report);
  const { listed, read } = report.found.files;
  const style = { admitted: 'goodTitle', refused: 'badTitle', undecided: 'unsureTitle' } as const;
  const total = admitted + refused + undecided;
  const files = `${read} of ${listed} files ${read === 1 ? 'is of a kind that names' : 'are of kinds that name'} images`;
  const parts = [
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(undecided > 0 ? [`${undecided} unknown`] : []),
    ...(unread > 0 ? [`${unread} not read`] : []),
    ...(admitted > 0 ? [`${admitted} admitted by name`] : []),
  ];
  const counts = total === 0 && unread === 0 ? 'no image is named' : parts.join(', ');
  return `${paint(style[result], result.toUpperCase())}  ${counts}; ${files}`;
}
