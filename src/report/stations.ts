import type { Finding } from '../model/finding.ts';
import type { JudgedImage, Ruled } from '../model/verdict.ts';
import { adviceOn } from './advice.ts';
import { plural } from './size.ts';
import { gravestOf, type Weight, weightOf, worstSeverity } from './tally.ts';

/** How an image came through one station of the gate; `absent`: nothing was asked there. */
export type StationState = 'passed' | 'failed' | 'warned' | 'unknown' | 'off' | 'absent';

/** One station of the gate: the checks of one kind, taken together. */
export interface Station {
  readonly label: string;
  readonly state: StationState;
  /** one clause; foreign, not escaped */
  readonly reason: string;
  /** what it failed on, or warns of, gravest first of all; absent where there is no such finding */
  readonly gravest?: Finding;
  /** what to do where it could not be found out; foreign, not escaped */
  readonly next?: string;
}

/** Stations in the order of the way through the gate, and what passing means. */
const STATIONS: ReadonlyMap<string, string> = new Map([
  ['name', 'imitates no known name'],
  ['source', 'may enter by its name'],
  ['signature', 'as the policy asks'],
  ['provenance', 'as the policy asks'],
  ['attestations', 'as the policy asks'],
  ['secrets', 'none found'],
  ['miners', 'none found'],
  ['yara', 'no rule matches'],
  ['base', 'as the policy asks'],
  ['hygiene', 'nothing to object to'],
  ['freshness', 'recent enough'],
]);

/** Stations that only some policies have: where nothing was asked there, they are not shown. */
const EXTRA: ReadonlySet<string> = new Set(['attestations', 'yara', 'base']);

/** Gravest first: a station is as good as the worst of its checks. */
const STATES: readonly StationState[] = ['failed', 'unknown', 'warned', 'passed', 'off'];

/**
 * The stations of the gate, in their order; checks of no known kind have a station of their own, last. Where nothing was asked the
 * reason says why: the name ended the way, or the policy does not ask.
 */
export function stationsOf(image: JudgedImage): readonly Station[] {
  const isRefusedByName =
    image.manifest === undefined && !image.ruled.some(({ outcome }) => outcome.state === 'unknown');
  const why = isRefusedByName ? 'not reached: nothing was fetched' : 'the policy does not ask';
  const groups = new Map<string, Ruled[]>([...STATIONS.keys()].map((label) => [label, []]));
  for (const ruled of image.ruled) {
    const label = labelOf(ruled.outcome.check);
    groups.set(label, [...(groups.get(label) ?? []), ruled]);
  }
  return [...groups]
    .filter(([label, ruled]) => ruled.length > 0 || !EXTRA.has(label))
    .map(([label, ruled]) =>
      ruled.length > 0 ? stationOf(label, ruled) : { label, state: 'absent', reason: why },
    );
}

/** Images that came through the gate alike, and how. */
export interface StationGroup {
  readonly images: readonly JudgedImage[];
  readonly stations: readonly Station[];
}

/** The images of a verdict by how they came through, in their order: platforms that came through alike are told of once. */
export function stationGroups(
  images: readonly JudgedImage[],
  rowsOf: (image: JudgedImage) => readonly Station[] = stationsOf,
): readonly StationGroup[] {
  const groups = new Map<string, { images: JudgedImage[]; stations: readonly Station[] }>();
  for (const image of images) {
    const stations = rowsOf(image);
    const key = JSON.stringify(stations.map(({ gravest, ...rest }) => [rest, gravest?.rule]));
    const same = groups.get(key);
    if (same === undefined) groups.set(key, { images: [image], stations });
    else same.images.push(image);
  }
  return [...groups.values()];
}

/** Every check by itself, in the order it was run; for those who want to see it all. */
export function checksOf(image: JudgedImage): readonly Station[] {
  return image.ruled.map(checkStation);
}

/** One check by itself. */
export function checkStation(ruled: Ruled): Station {
  return stationOf(ruled.outcome.check, [ruled]);
}

function labelOf(check: string): string {
  if (check === 'name.allowed') return 'source';
  const [first = check] = check.split('.');
  return first;
}

function stationOf(label: string, all: readonly Ruled[]): Station {
  const state = STATES.find((wanted) => all.some((ruled) => stateOf(ruled) === wanted)) ?? 'off';
  const deciding = all.filter((ruled) => stateOf(ruled) === state);
  const reasons = new Set(deciding.map((ruled) => reasonOf(ruled, state)).filter((reason) => reason !== ''));
  const gravest = gravestOf(deciding.flatMap(({ findings }) => findings));
  const next = deciding.flatMap(({ outcome }) =>
    outcome.state === 'unknown' ? adviceOn(outcome.error) : [],
  )[0];
  return {
    label,
    state,
    reason: [...reasons].join('; ') || (STATIONS.get(label) ?? 'passed'),
    ...((state === 'failed' || state === 'warned') && gravest !== undefined && { gravest }),
    ...(state === 'unknown' && next !== undefined && { next }),
  };
}

/** What one check came to. What the policy turned off is `off` even if it ran. */
function stateOf({ outcome, level, findings }: Ruled): StationState {
  if (outcome.state === 'unknown') return level === 'off' ? 'off' : 'unknown';
  if (outcome.state === 'passed') return level === 'off' ? 'off' : 'passed';
  // a failed check with no finding to show is still failed: nothing is clean for want of words
  if (findings.length === 0) return level === 'fail' ? 'failed' : level === 'warn' ? 'warned' : 'off';
  const weights = new Set(findings.map(weightOf));
  return weights.has('enforced') ? 'failed' : weights.has('warned') ? 'warned' : 'passed';
}

function reasonOf(ruled: Ruled, state: StationState): string {
  const { outcome } = ruled;
  if (state === 'off') return 'turned off by the policy';
  if (outcome.state === 'unknown') return outcome.error.problem.what;
  if (outcome.state === 'passed') return outcome.note ?? '';
  if (state === 'passed') return acceptedWords(ruled);
  return saidWords(ruled, state === 'failed' ? 'enforced' : 'warned');
}

/** Every finding of the check is demoted, excepted or turned off. */
function acceptedWords({ findings }: Ruled): string {
  const count = (weight: Weight) => findings.filter((one) => weightOf(one) === weight).length;
  const [excepted, demoted] = [count('excepted'), count('demoted')];
  const shipped = `${plural(demoted, 'finding')} demoted: files as their packages ship them`;
  if (demoted > 0) return excepted === 0 ? shipped : `${shipped}; ${excepted} excepted by the policy`;
  if (excepted > 0) return `${plural(excepted, 'finding')} excepted by the policy`;
  return `${plural(findings.length, 'finding')} turned off by the policy`;
}

function saidWords({ findings }: Ruled, weight: Weight): string {
  const counted = findings.filter((one) => weightOf(one) === weight).map(({ finding }) => finding);
  const [only] = counted;
  if (only === undefined) return 'failed, with no finding to show';
  if (counted.length === 1) return only.message;
  return `${plural(counted.length, 'finding')}, the gravest ${worstSeverity(counted.map((f) => f.severity))}`;
}
