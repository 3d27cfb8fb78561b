import type { JudgedImage, Ruled } from '../../model/verdict.ts';
import { plural } from '../size.ts';
import { type Weight, weightOf, worstSeverity } from '../tally.ts';

/** How an image came through one station of the gate. */
export type StationState = 'passed' | 'failed' | 'warned' | 'unknown' | 'off';

/** One station of the gate: the checks of one kind, taken together. */
export interface Station {
  readonly label: string;
  readonly state: StationState;
  /** one clause; foreign, not escaped */
  readonly reason: string;
}

/** Stations in the order of the way through the gate, by the first part of their checks' ids, and what passing means. */
const STATIONS: ReadonlyMap<string, string> = new Map([
  ['name', 'may enter by its name'],
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

/** Gravest first: a station is as good as the worst of its checks. */
const STATES: readonly StationState[] = ['failed', 'unknown', 'warned', 'passed', 'off'];

/** The stations that an image passed through, in their order; checks of no known kind have a station of their own, last. */
export function stationsOf(image: JudgedImage): readonly Station[] {
  const groups = new Map<string, Ruled[]>([...STATIONS.keys()].map((label) => [label, []]));
  for (const ruled of image.ruled) {
    const label = labelOf(ruled.outcome.check);
    groups.set(label, [...(groups.get(label) ?? []), ruled]);
  }
  return [...groups].filter(([, ruled]) => ruled.length > 0).map(([label, ruled]) => stationOf(label, ruled));
}

/** Every check by itself, in the order it was run; for those who want to see it all. */
export function checksOf(image: JudgedImage): readonly Station[] {
  return image.ruled.map((ruled) => stationOf(ruled.outcome.check, [ruled]));
}

function labelOf(check: string): string {
  const [first = check] = check.split('.');
  return first;
}

function stationOf(label: string, all: readonly Ruled[]): Station {
  const state = STATES.find((wanted) => all.some((ruled) => stateOf(ruled) === wanted)) ?? 'off';
  const deciding = all.filter((ruled) => stateOf(ruled) === state);
  const reasons = new Set(deciding.map((ruled) => reasonOf(ruled, state)).filter((reason) => reason !== ''));
  return { label, state, reason: [...reasons].join('; ') || (STATIONS.get(label) ?? 'passed') };
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
