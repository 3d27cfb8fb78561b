import { printable } from '../../model/printable.ts';
import type { SweptName } from '../../model/sweep.ts';
import type { SweepReport } from './sweep-report.ts';

const HEAD = [
  'name',
  'digest',
  'result',
  'failed',
  'findings',
  'reason',
  'acted',
  'seconds',
  'attempts',
  'at',
];

/** A sweep as a table with a row for each name. RFC 4180: lines end with CR LF. */
export function renderSweepCsv({ images, unresolved }: SweepReport): string {
  const rows = images.flatMap(({ digest, names, seconds, attempts, at }) =>
    names.map((one) => [
      one.name,
      digest,
      one.result,
      failedOf(one),
      String(one.findings.length + one.more),
      reasonOf(one),
      one.acted?.text ?? '',
      seconds.toFixed(3),
      String(attempts),
      at,
    ]),
  );
  const lost = unresolved.map(({ name, fault }) => [
    name,
    '',
    'undecided',
    '',
    '0',
    `${fault.code}: ${fault.text}`,
    '',
    '',
    '',
    '',
  ]);
  return [HEAD, ...rows, ...lost].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function failedOf({ checks }: SweptName): string {
  return checks
    .filter(({ state, level }) => state === 'failed' && level === 'fail')
    .map(({ check }) => check)
    .join(' ');
}

function reasonOf({ findings: [first], faults: [fault] }: SweptName): string {
  if (first !== undefined) return `${first.rule}: ${first.where}`;
  return fault === undefined ? '' : `${fault.code}: ${fault.text}`;
}

/**
 * A cell. What begins like a formula gets a quote before it: a spreadsheet would run it, and names are anybody's.
 * @see OWASP, "CSV Injection"
 */
function cell(text: string): string {
  const safe = printable(text).replace(/^(?=[=+\-@\t\r])/, "'");
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
