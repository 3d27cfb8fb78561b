import type { JudgedImage, Verdict } from '../model/verdict.ts';
import { adviceOn } from './advice.ts';
import { formatBuildStep } from './build-step.ts';
import { RESULT_FACES, STATION_FACES, WEIGHT_MARKS } from './faces.ts';
import { codeText, proseText } from './markdown-text.ts';
import { commandFor, pinnedName } from './next-command.ts';
import { fateWords, layerWords, spotWords, WHOSE } from './place-words.ts';
import { formatCount, plural } from './size.ts';
import { type Station, stationGroups } from './stations.ts';
import { byGravity, type Entry, entriesOf, faultsOf, tallyOf } from './tally.ts';
import { resultWords, tallyWords } from './tally-words.ts';

export interface MarkdownOptions {
  /** bytes of UTF-8 that the text must not pass; without one, all that the view ever holds */
  readonly budget?: number;
}

/** How much of each verdict is told. */
interface Detail {
  /** images with a part of their own */
  readonly images: number;
  /** findings of one image */
  readonly findings: number;
  /** rows of the table of images */
  readonly rows: number;
}

/** From all to least: the first that keeps within the budget is taken. */
const DETAILS: readonly Detail[] = [
  { images: 200, findings: 20, rows: 2000 },
  { images: 50, findings: 20, rows: 500 },
  { images: 20, findings: 5, rows: 500 },
  { images: 5, findings: 3, rows: 200 },
  { images: 1, findings: 1, rows: 50 },
  { images: 0, findings: 0, rows: 50 },
  { images: 0, findings: 0, rows: 10 },
  { images: 0, findings: 0, rows: 0 },
];
const PLATFORMS_SHOWN = 4;

/**
 * The verdicts in Markdown, for the summary of a pipeline's step or a comment: the stations of the gate as a table, and the gravest
 * findings. Foreign text is plain words or code, so that it makes no link, mention, picture, HTML or column.
 * However small the budget, the result of every image is counted in it. Ends with a newline.
 * @see GitHub Flavored Markdown, 4.10 "Tables", 6.1 "Code spans"; GitHub, "Step isolation and limits": 1 MiB for each step
 */
export function renderMarkdown(verdicts: readonly Verdict[], { budget }: MarkdownOptions = {}): string {
  const room = budget ?? Number.POSITIVE_INFINITY;
  for (const detail of DETAILS) {
    const text = renderWith(verdicts, detail);
    if (Buffer.byteLength(text) <= room) return text;
  }
  return `${resultWords(verdicts)}`.slice(0, Math.max(0, room - 1)).concat('\n');
}

function renderWith(verdicts: readonly Verdict[], detail: Detail): string {
  if (verdicts.length === 0) return '**No image was checked: nothing was decided.**\n';
  const single = verdicts.length === 1 && detail.images > 0;
  const shown = gravestFirst(verdicts).slice(0, detail.images);
  const parts = [
    ...(single ? [] : imagesTable(verdicts, detail.rows)),
    ...shown.flatMap((verdict) => verdictPart(verdict, detail)),
    ...(shown.length < verdicts.length && detail.images > 0
      ? [`… and ${plural(verdicts.length - shown.length, 'more image')} in the table above only.`]
      : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** What refuses or is open first; the order is otherwise kept. */
function gravestFirst(verdicts: readonly Verdict[]): readonly Verdict[] {
  const order: readonly Verdict['result'][] = ['refused', 'undecided', 'admitted'];
  return verdicts.toSorted((a, b) => order.indexOf(a.result) - order.indexOf(b.result));
}

function imagesTable(verdicts: readonly Verdict[], rows: number): readonly string[] {
  const shown = gravestFirst(verdicts).slice(0, rows);
  const more = verdicts.length - shown.length;
  const table = tableOf(
    ['', 'image', 'digest', 'what was found'],
    shown.map((verdict) => [
      `${RESULT_FACES[verdict.result].mark} ${verdict.result}`,
      codeText(verdict.name, 200),
      codeText(verdict.subject?.digest ?? ''),
      tallyWords(verdict),
    ]),
  );
  return [
    `## ${resultWords(verdicts)}`,
    ...(shown.length > 0 ? [table] : []),
    ...(more > 0 && shown.length > 0 ? [`… and ${plural(more, 'more image')}; see the JSON report.`] : []),
  ];
}

function verdictPart(verdict: Verdict, { findings }: Detail): readonly string[] {
  const { mark, word } = RESULT_FACES[verdict.result];
  const entries = entriesOf(verdict);
  return [
    `## ${mark} ${word} ${codeText(verdict.name, 300)}`,
    [tallyWords(verdict, tallyOf(verdict, entries)), ...identityOf(verdict)].join(' · '),
    ...stationTables(verdict),
    ...faultsPart(verdict, findings),
    ...findingsPart(verdict, entries, findings),
    footOf(verdict),
  ];
}

function identityOf(verdict: Verdict): readonly string[] {
  const { subject, images } = verdict;
  if (subject === undefined) return ['never resolved to a digest'];
  return [codeText(pinnedName(verdict) ?? subject.digest), ...platformsOf(images)];
}

function platformsOf(images: readonly JudgedImage[]): readonly string[] {
  const names = images.flatMap(({ platform }) => platform ?? []);
  if (names.length === 0) return [];
  const more = names.length - PLATFORMS_SHOWN;
  const shown = names.slice(0, PLATFORMS_SHOWN).map((name) => codeText(name, 60));
  return [`${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
}

/** One table for platforms that came through alike; where they did not, each table is named. */
function stationTables(verdict: Verdict): readonly string[] {
  if (verdict.images.length === 0) return ['No image was judged.'];
  const groups = stationGroups(verdict.images);
  return groups.flatMap(({ images, stations }) => [
    ...(groups.length === 1 ? [] : [platformsOf(images).join('') || 'unknown platform']),
    stationTable(verdict, stations),
  ]);
}

function stationTable(verdict: Verdict, stations: readonly Station[]): string {
  return tableOf(
    ['', 'station', 'why', 'what to do'],
    stations.map((station) => [
      `${STATION_FACES[station.state].mark} ${STATION_FACES[station.state].word}`,
      proseText(station.label, 80),
      proseText(station.reason, 300),
      remedyOf(verdict, station),
    ]),
  );
}

function remedyOf(verdict: Verdict, { gravest, next }: Station): string {
  if (gravest === undefined) return proseText(next ?? '', 300);
  const command = commandFor(gravest, verdict);
  return [proseText(gravest.remedy, 300), ...(command === undefined ? [] : [codeText(command)])].join('<br>');
}

function faultsPart(verdict: Verdict, most: number): readonly string[] {
  const faults = faultsOf(verdict);
  if (faults.length === 0 || most === 0) return [];
  const rows = faults.slice(0, most).map(({ error, decides }) => [
    `? ${decides ? 'undecided' : 'only a warning'}`,
    [error.problem.what, error.problem.why ?? '']
      .map((text) => proseText(text, 300))
      .filter(Boolean)
      .join(': '),
    codeText(error.problem.where ?? '', 200),
    proseText(adviceOn(error), 300),
    codeText(error.code),
  ]);
  const table = tableOf(['', 'what could not be found out', 'where', 'what to do', 'code'], rows);
  return [table, ...moreOf(faults.length - rows.length, 'thing')];
}

function findingsPart(verdict: Verdict, entries: readonly Entry[], most: number): readonly string[] {
  const told = entries.filter(({ weight }) => weight !== 'demoted').sort(byGravity);
  const demoted = entries.length - told.length;
  const rows = told.slice(0, most).map((entry) => findingRow(verdict, entry));
  return [
    ...(rows.length === 0 ? [] : [tableOf(['', 'finding', 'where', 'what to do', 'rule'], rows)]),
    ...moreOf(told.length - rows.length, 'finding'),
    ...(demoted === 0
      ? []
      : [`${plural(demoted, 'finding')} demoted, in files as their packages ship them.`]),
  ];
}

function findingRow(verdict: Verdict, { finding, weight, excepted, images }: Entry): readonly string[] {
  const { reason, owner, until } = excepted ?? {};
  return [
    `${WEIGHT_MARKS[weight]} ${finding.severity}`,
    proseText(finding.message, 400),
    placeOf(finding.where, images, verdict),
    excepted === undefined
      ? proseText(finding.remedy, 300)
      : `excepted until ${codeText(until ?? '', 40)} by ${codeText(owner ?? '', 100)}: ${proseText(reason ?? '', 300)}`,
    codeText(finding.rule, 100),
  ];
}

function placeOf(where: Entry['finding']['where'], images: Entry['images'], verdict: Verdict): string {
  const { layer } = where;
  const everywhere = images.length === verdict.images.length;
  const step = layer?.createdBy === undefined ? '' : codeText(formatBuildStep(layer.createdBy), 200);
  return [
    codeText(spotWords(where)),
    layer === undefined
      ? ''
      : [layerWords(layer.index, images[0]?.scanned?.layers), layer.from && WHOSE[layer.from], step]
          .filter(Boolean)
          .join(', '),
    fateWords(where),
    everywhere ? '' : platformsOf(images).join(''),
  ]
    .filter((part) => part !== '')
    .join('<br>');
}

function footOf(verdict: Verdict): string {
  const { policy, pratique, at, leftOut, notes } = verdict;
  const parts = [
    `policy ${codeText(policy.name, 100)} from ${codeText(policy.origin, 200)}, ${codeText(policy.digest)}`,
    `pratique ${codeText(pratique, 40)}, ${codeText(at, 40)}`,
    ...(leftOut.length === 0
      ? []
      : [`left out, not judged: ${codeText(leftOut.slice(0, PLATFORMS_SHOWN).join(', '), 200)}`]),
    ...(notes.length === 0 ? [] : [`${plural(notes.length, 'note')} in the JSON report`]),
  ];
  return parts.join(' · ');
}

function moreOf(count: number, what: string): readonly string[] {
  return count > 0
    ? [`… and ${formatCount(count)} more ${what}${count === 1 ? '' : 's'}; see the JSON report.`]
    : [];
}

/** Cells must hold no bar and no line break: `codeText` and `proseText` see to that. */
function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
