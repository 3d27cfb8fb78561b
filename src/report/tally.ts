import type { PratiqueError } from '../errors.ts';
import type { Finding, Severity } from '../model/finding.ts';
import type { JudgedImage, Ruled, RuledFinding, Verdict } from '../model/verdict.ts';

/** What a finding does to the verdict: refuses, warns, only tells what a package ships, or is excepted by the policy. */
export type Weight = 'enforced' | 'warned' | 'demoted' | 'excepted';

/** One finding of a verdict, once, however many platforms it is said of. */
export interface Entry {
  readonly check: string;
  readonly finding: Finding;
  readonly weight: Weight;
  readonly excepted?: NonNullable<RuledFinding['excepted']>;
  /** the images it was said of, in the order of the verdict */
  readonly images: readonly JudgedImage[];
}

/** The figures that every view shows. Checks and findings that the policy turned off are in none of them. */
export interface Tally {
  readonly enforced: number;
  readonly warned: number;
  readonly demoted: number;
  readonly excepted: number;
  readonly total: number;
  /** distinct faults: things that could not be found out */
  readonly faults: number;
}

/** Something that could not be found out. */
export interface Fault {
  readonly error: PratiqueError;
  /** whether it keeps the verdict from being reached; else it only warns */
  readonly decides: boolean;
  /** the checks that met it; empty for a fault of the run itself */
  readonly checks: readonly string[];
}

/** Gravest first. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];
/** Gravest first. */
export const WEIGHTS: readonly Weight[] = ['enforced', 'warned', 'demoted', 'excepted'];

/** Every finding of a verdict, in the order of the verdict. What judges the name is said of each platform: it is one. */
export function entriesOf(verdict: Verdict): readonly Entry[] {
  const entries = new Map<string, Entry>();
  for (const image of verdict.images) {
    for (const ruled of image.ruled) {
      for (const one of ruled.findings) {
        const weight = weightOf(one);
        if (weight === undefined) continue;
        const key = JSON.stringify([ruled.outcome.check, one.finding, weight]);
        const same = entries.get(key);
        entries.set(key, same === undefined ? entryOf(ruled, one, weight, image) : withImage(same, image));
      }
    }
  }
  return [...entries.values()];
}

/** The figures of a verdict. */
export function tallyOf(verdict: Verdict, entries = entriesOf(verdict)): Tally {
  const count = (weight: Weight) => entries.filter((entry) => entry.weight === weight).length;
  return {
    enforced: count('enforced'),
    warned: count('warned'),
    demoted: count('demoted'),
    excepted: count('excepted'),
    total: entries.length,
    faults: faultsOf(verdict).length,
  };
}

/** Every fault of a verdict once: first what keeps it undecided, then what only warns. */
export function faultsOf(verdict: Verdict): readonly Fault[] {
  const faults = new Map<string, { error: PratiqueError; decides: boolean; checks: Set<string> }>();
  const note = (error: PratiqueError, decides: boolean, check?: string) => {
    const key = JSON.stringify([error.code, error.problem]);
    const fault = faults.get(key) ?? { error, decides: false, checks: new Set<string>() };
    fault.decides ||= decides;
    if (check !== undefined) fault.checks.add(check);
    faults.set(key, fault);
  };
  for (const error of verdict.faults) note(error, true);
  for (const { outcome, level } of verdict.images.flatMap((image) => image.ruled)) {
    if (outcome.state === 'unknown' && level !== 'off') note(outcome.error, level === 'fail', outcome.check);
  }
  return [...faults.values()]
    .map((fault) => ({ ...fault, checks: [...fault.checks] }))
    .sort((a, b) => Number(b.decides) - Number(a.decides));
}

/** Gravest first: what is enforced before what warns, critical before low. For `Array.sort`. */
export function byGravity(a: Entry, b: Entry): number {
  const weight = WEIGHTS.indexOf(a.weight) - WEIGHTS.indexOf(b.weight);
  return weight === 0
    ? SEVERITIES.indexOf(a.finding.severity) - SEVERITIES.indexOf(b.finding.severity)
    : weight;
}

/** The gravest of some findings that refuse the image or warn; `undefined` where none does. */
export function gravestOf(findings: readonly RuledFinding[]): Finding | undefined {
  const counted = findings.filter((one) => ['enforced', 'warned'].includes(weightOf(one) ?? ''));
  const order = (one: RuledFinding) =>
    (weightOf(one) === 'enforced' ? 0 : SEVERITIES.length) + SEVERITIES.indexOf(one.finding.severity);
  return counted.toSorted((a, b) => order(a) - order(b))[0]?.finding;
}

/** The gravest severity of some findings; `info` for none. */
export function worstSeverity(severities: Iterable<Severity>): Severity {
  const there = new Set(severities);
  return SEVERITIES.find((severity) => there.has(severity)) ?? 'info';
}

/** What a ruled finding does; `undefined` where the policy turned it off. */
export function weightOf({ finding, level, excepted }: RuledFinding): Weight | undefined {
  if (excepted !== undefined) return 'excepted';
  if (level === 'fail') return 'enforced';
  if (level === 'off') return undefined;
  return finding.demoted === true ? 'demoted' : 'warned';
}

function entryOf(
  ruled: Ruled,
  { finding, excepted }: RuledFinding,
  weight: Weight,
  image: JudgedImage,
): Entry {
  const { check } = ruled.outcome;
  return { check, finding, weight, ...(excepted === undefined ? {} : { excepted }), images: [image] };
}

function withImage(entry: Entry, image: JudgedImage): Entry {
  return entry.images.includes(image) ? entry : { ...entry, images: [...entry.images, image] };
}
