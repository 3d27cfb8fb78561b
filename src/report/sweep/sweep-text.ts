import type { SweptName } from '../../model/sweep.ts';
import type { Result } from '../../model/verdict.ts';
import { foreign } from '../foreign.ts';
import { plural } from '../size.ts';
import { painter, type Style } from '../terminal/paint.ts';
import type { SweepFormatOptions } from './sweep-formats.ts';
import { countsOf, type SweepReport, type Trend, trendOf } from './sweep-report.ts';

const LISTED = 50; // names that are not admitted; the other views have all
const STYLES: Readonly<Record<Result, Style>> = { admitted: 'good', refused: 'bad', undecided: 'unsure' };
const MARKS: Readonly<Record<Result, string>> = { admitted: '✔', refused: '✖', undecided: '?' };

/** A sweep for people: what was not admitted and why, what changed, and the figures last. */
export function renderSweepText(report: SweepReport, { colour }: SweepFormatOptions): string {
  const paint = painter(colour);
  const { images, unresolved } = report;
  const held = images.flatMap(({ names }) => names.filter(({ result }) => result !== 'admitted'));
  const lines = held
    .slice(0, LISTED)
    .flatMap((one) => [
      `${paint(STYLES[one.result], `${MARKS[one.result]} ${one.result.padEnd(9)}`)} ${foreign(one.name)}`,
      ...reasonsOf(one).map((reason) => `    ${paint('dim', foreign(reason))}`),
    ]);
  const lost = unresolved
    .slice(0, LISTED)
    .map(({ name, fault }) =>
      [paint('unsure', '? not found'), foreign(name), paint('dim', foreign(fault.text))].join(' '),
    );
  const more = Math.max(0, held.length - LISTED) + Math.max(0, unresolved.length - LISTED);
  const trend = trendOf(report);
  return [
    ...lines,
    ...lost,
    ...(more > 0 ? [paint('dim', `… and ${more} more: see them with -o csv=FILE`)] : []),
    ...(lines.length + lost.length > 0 ? [''] : []),
    ...(trend === undefined ? [] : trendLines(trend)),
    footing(report),
    '',
  ].join('\n');
}

/** The gravest thing about a name, in a line or two. */
function reasonsOf({ checks, findings, more, faults, acted }: SweptName): readonly string[] {
  const failed = checks.filter(({ state, level }) => state === 'failed' && level === 'fail');
  const [first] = findings;
  const rest = findings.length + more - 1;
  return [
    ...(failed.length > 0 ? [failed.map(({ check }) => check).join(', ')] : []),
    ...(first ? [`${first.rule}: ${first.where}${rest > 0 ? `, and ${rest} more` : ''}`] : []),
    ...faults.slice(0, 1).map(({ code, text }) => `${code}: ${text}`),
    ...(acted?.done === false ? [acted.text] : []),
  ];
}

function trendLines({
  appeared,
  fixed,
  still,
  unclear,
  worse,
  better,
  added,
  gone,
}: Trend): readonly string[] {
  return [
    `since the last sweep: ${plural(appeared, 'new finding')}, ${fixed} fixed, ${still} still there${unclear > 0 ? `, ${unclear} not looked at` : ''}; ` +
      `${plural(worse.length, 'name')} worse, ${better.length} better, ${added} added, ${gone} gone`,
    ...worse.slice(0, 10).map((name) => `  no longer admitted: ${foreign(name)}`),
  ];
}

function footing(report: SweepReport): string {
  const { images, names, admitted, refused, undecided, unresolved } = countsOf(report);
  const parts = [
    `${plural(images, 'image')} under ${plural(names, 'name')}`,
    `${admitted} admitted`,
    `${refused} refused`,
    `${undecided} undecided`,
    ...(unresolved > 0 ? [`${plural(unresolved, 'name')} not found out`] : []),
    ...(report.unjudged > 0 ? [`${report.unjudged} not judged`] : []),
    ...(report.leftOut > 0 ? [`${report.leftOut} left out`] : []),
  ];
  return `${parts.join(', ')}; policy ${foreign(report.policy.name)}`;
}
