import type { SweptCheck, SweptImage, SweptName } from '../../../model/sweep.ts';
import type { Result } from '../../../model/verdict.ts';
import { byName, changeOf, type NameChange, type SweepReport } from '../sweep-report.ts';

/** How a name came through a station; `absent`: nothing was asked there, or it was not reached. */
export type CellState = 'failed' | 'unknown' | 'warned' | 'passed' | 'off' | 'absent';

/** Gravest first; also the order in which a column is sorted. */
export const CELL_STATES: readonly CellState[] = ['failed', 'unknown', 'warned', 'passed', 'off', 'absent'];

export interface MatrixCell {
  readonly state: CellState;
  readonly findings: number;
}

/** One name of the sweep, as the matrix shows it. All text is foreign. */
export interface MatrixRow {
  readonly name: string;
  readonly result: Result;
  /** absent where it could not be looked up */
  readonly digest?: string;
  readonly seconds?: number;
  readonly cells: readonly MatrixCell[];
  /** why it is not admitted: what was found, what could not be found out, what was not done */
  readonly reasons: readonly string[];
  /** how many more there are */
  readonly more: number;
  /** since the sweep before; absent where there was none, or this name was not in it */
  readonly change?: NameChange & { readonly was: Result };
}

export interface Matrix {
  /** stations, in the order of the way through the gate */
  readonly stations: readonly string[];
  readonly rows: readonly MatrixRow[];
  readonly hasEarlier: boolean;
}

/** The stations of the gate, in their order; those that every policy has come first to mind, the others are shown where they are. */
const STATIONS = [
  'name',
  'source',
  'signature',
  'provenance',
  'attestations',
  'secrets',
  'miners',
  'yara',
  'base',
  'hygiene',
  'freshness',
];
const EXTRA: ReadonlySet<string> = new Set(['attestations', 'yara', 'base']);
const REASONS = 10; // of one name; the other views have more

/** A sweep as rows and columns: what is refused first, then what is undecided. */
export function matrixOf(report: SweepReport): Matrix {
  const earlier = report.earlier === undefined ? undefined : byName(report.earlier);
  const checks = report.images.flatMap(({ names }) => names.flatMap((one) => one.checks));
  const used = new Set(checks.map(stationOf));
  const stations = [
    ...STATIONS.filter((station) => used.has(station) || !EXTRA.has(station)),
    ...[...used].filter((station) => !STATIONS.includes(station)),
  ];
  const judged = report.images.flatMap((image) =>
    image.names.map((one) => rowOf(one, image, stations, earlier?.get(one.name))),
  );
  const lost = report.unresolved.map(
    ({ name, fault }): MatrixRow => ({
      name,
      result: 'undecided',
      cells: stations.map(() => ({ state: 'absent', findings: 0 })),
      reasons: [`${fault.code}: ${fault.text}`],
      more: 0,
    }),
  );
  const order = { refused: 0, undecided: 1, admitted: 2 } as const;
  const rows = [...judged, ...lost].toSorted((a, b) => order[a.result] - order[b.result]);
  return { stations, rows, hasEarlier: earlier !== undefined };
}

function rowOf(
  one: SweptName,
  { digest, seconds }: SweptImage,
  stations: readonly string[],
  old: SweptName | undefined,
): MatrixRow {
  const reasons = [
    ...one.findings.map(({ rule, where }) => `${rule}: ${where}`),
    ...one.faults.map(({ code, text }) => `${code}: ${text}`),
    ...(one.acted?.done === false ? [one.acted.text] : []),
  ];
  return {
    name: one.name,
    result: one.result,
    digest,
    seconds,
    cells: stations.map((station) => cellOf(one.checks.filter((check) => stationOf(check) === station))),
    reasons: reasons.slice(0, REASONS),
    more: one.more + Math.max(0, reasons.length - REASONS),
    ...(old && { change: { ...changeOf(one, old), was: old.result } }),
  };
}

function stationOf({ check }: SweptCheck): string {
  if (check === 'name.allowed') return 'source';
  return check.split('.')[0] ?? check;
}

/** A station is as good as the worst of its checks. */
function cellOf(checks: readonly SweptCheck[]): MatrixCell {
  const states = new Set(checks.map(stateOf));
  const state = CELL_STATES.find((one) => states.has(one)) ?? 'absent';
  const findings = checks
    .filter((check) => stateOf(check) === state)
    .reduce((sum, { findings: count }) => sum + count, 0);
  return { state, findings };
}

function stateOf({ state, level }: SweptCheck): CellState {
  if (level === 'off') return 'off';
  if (state !== 'failed') return state;
  return level === 'fail' ? 'failed' : 'warned';
}
