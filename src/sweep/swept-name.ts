import { PratiqueError, toPratiqueError } from '../errors.ts';
import type { Digest } from '../model/digest.ts';
import type { Location } from '../model/finding.ts';
import { printable } from '../model/printable.ts';
import type { SweptCheck, SweptFault, SweptFinding, SweptImage, SweptName } from '../model/sweep.ts';
import type { Ruled, Verdict } from '../model/verdict.ts';
import { entriesOf, weightOf } from '../report/tally.ts';

/** Findings that are kept of one name; the whole list is what `pratique check` tells. */
const KEPT_FINDINGS = 100;
const KEPT_FAULTS = 20;
/** Of all names of an image together: who pushes the same image under thousands of tags must not fill the ledger. */
const KEPT_FINDINGS_OF_ALL = 5_000;
const KEPT_FAULTS_OF_ALL = 2_000;
const LONGEST = 300; // characters of a place or a sentence
const PAUSE = 30; // seconds
const LONGEST_PAUSE = 3600; // seconds; a registry that wants more is told to people
/** What another day may mend without anybody doing anything. */
const PASSING: ReadonlySet<string> = new Set([
  'RATE_LIMITED',
  'REGISTRY_ERROR',
  'NETWORK',
  'TLS',
  'TIMEOUT',
  'UNAUTHORIZED',
  'CREDENTIALS',
  'TAG_MOVED',
  'INTERNAL',
]);

/**
 * A verdict as a sweep keeps it.
 * @param digest that the name stood for when the sweep was listed: a verdict about another one is none about this
 */
export function sweptName(verdict: Verdict, digest: Digest): SweptName {
  const { name, subject } = verdict;
  if (subject !== undefined && subject.digest !== digest) return undecidedName(name, moved(subject.digest));
  const enforced = entriesOf(verdict).filter(({ weight }) => weight === 'enforced');
  return {
    name,
    result: verdict.result,
    checks: checksOf(verdict),
    findings: enforced.slice(0, KEPT_FINDINGS).map(
      ({ finding: { rule, severity, fingerprint, where } }): SweptFinding => ({
        rule,
        severity,
        fingerprint,
        where: placeOf(where),
      }),
    ),
    more: Math.max(0, enforced.length - KEPT_FINDINGS),
    faults: verdict.faults.slice(0, KEPT_FAULTS).map(sweptFault),
  };
}

/** The names of an image with no more findings and faults than a line of the ledger takes; how many more there are is told. */
export function withinBounds(names: readonly SweptName[]): readonly SweptName[] {
  let findings = KEPT_FINDINGS_OF_ALL;
  let faults = KEPT_FAULTS_OF_ALL;
  return names.map((one) => {
    const kept = one.findings.slice(0, findings);
    const told = one.faults.slice(0, Math.max(1, faults));
    findings -= kept.length;
    faults -= told.length;
    return { ...one, findings: kept, more: one.more + one.findings.length - kept.length, faults: told };
  });
}

/** A name of which nothing could be found out. */
export function undecidedName(name: string, thrown: unknown): SweptName {
  const faults = [sweptFault(toPratiqueError(thrown))];
  return { name, result: 'undecided', checks: [], findings: [], more: 0, faults };
}

/**
 * How long a registry wants to be left alone, in seconds, where an image is undecided for that: as it says, else a while.
 */
export function pauseAskedBy({ names }: Pick<SweptImage, 'names'>): number | undefined {
  const limited = names.flatMap(({ faults }) => faults.filter(({ code }) => code === 'RATE_LIMITED'));
  if (limited.length === 0) return undefined;
  return Math.max(...limited.map(({ afterSeconds = PAUSE }) => Math.min(afterSeconds, LONGEST_PAUSE)));
}

/** Whether a name is undecided for nothing but reasons that may be gone the next time. */
export function isPassing({ result, faults }: SweptName): boolean {
  return result === 'undecided' && faults.length > 0 && faults.every(({ code }) => PASSING.has(code));
}

function sweptFault({ code, message, afterSeconds }: PratiqueError): SweptFault {
  return { code, text: printable(message, LONGEST), ...(afterSeconds !== undefined && { afterSeconds }) };
}

/** Each check once, as the worst of the platforms has it. */
function checksOf({ images }: Verdict): readonly SweptCheck[] {
  const checks = new Map<string, SweptCheck>();
  for (const ruled of images.flatMap((image) => image.ruled)) {
    const { check } = ruled.outcome;
    const one = { check, ...standingOf(ruled), findings: ruled.findings.filter(counts).length };
    const known = checks.get(check);
    if (known === undefined || GRAVITY[one.state] > GRAVITY[known.state]) checks.set(check, one);
  }
  return [...checks.values()];
}

const GRAVITY = { passed: 0, unknown: 1, failed: 2 } as const;

/** What the policy excepts, or takes for a package's own, does not fail a check; what it only warns of is no refusal. */
function standingOf({ outcome, level, findings }: Ruled): Pick<SweptCheck, 'state' | 'level'> {
  const { state } = outcome;
  if (state !== 'failed' || findings.length === 0) return { state, level };
  const weights = new Set(findings.map(weightOf));
  if (weights.has('enforced')) return { state, level: 'fail' };
  return weights.has('warned') ? { state, level: 'warn' } : { state: 'passed', level };
}

function counts(finding: Ruled['findings'][number]): boolean {
  return ['enforced', 'warned'].includes(weightOf(finding) ?? '');
}

function placeOf({ platform, layer, path, field }: Location): string {
  const parts = [platform, layer && `layer ${layer.index}`, path, field];
  return printable(parts.filter((part) => part !== undefined).join(', '), LONGEST);
}

function moved(now: Digest): PratiqueError {
  return new PratiqueError('TAG_MOVED', {
    what: 'the tag stood for another image when it was judged than when it was listed',
    why: `it is ${now} now`,
    next: 'run the sweep again',
  });
}
