import { PratiqueError } from '../errors.ts';
import type { BaseMatch } from '../model/base.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { Digest } from '../model/digest.ts';
import { type Finding, type Severity, unlistedOf } from '../model/finding.ts';
import { printable } from '../model/printable.ts';
import type { Reference } from '../model/reference.ts';
import type {
  JudgedImage,
  JudgedLayer,
  Level,
  Outcome,
  Result,
  Ruled,
  RuledFinding,
  ScanCounts,
  Verdict,
} from '../model/verdict.ts';
import { type ExceptionBook, openExceptions } from './exceptions.ts';
import type { ImageRule, Policy } from './policy.ts';
import { hangsOnName, isNamed, levelOf, ruleFor, settingOf } from './settings.ts';
import { unreadFault } from './unread.ts';

/** Everything that a verdict hangs on. */
export interface DecisionInput {
  /** as the person wrote it */
  readonly name: string;
  readonly subject?: Descriptor;
  /** one for each image that was judged; without `manifest` where the run ended before the name was resolved */
  readonly images: readonly {
    readonly manifest?: Descriptor;
    readonly platform?: string;
    readonly base?: BaseMatch;
    readonly outcomes: readonly Outcome[];
    /** what an earlier verdict made of checks that have no outcome here, by the same policy: taken as it is */
    readonly earlier?: readonly Ruled[];
    readonly scanned?: ScanCounts;
    readonly layers?: readonly JudgedLayer[];
  }[];
  /** ids of the checks that had to run for each image */
  readonly expected: readonly string[];
  readonly leftOut: readonly string[];
  readonly policy: Policy;
  /** absent for a folder or archive without a name */
  readonly reference?: Reference;
  readonly ruleSet: Digest;
  readonly version: string;
  /** RFC 3339, UTC */
  readonly startedAt: string;
  readonly at: string;
  readonly notes: readonly string[];
}

const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical'];

/**
 * The verdict. Pure: the same input gives the same verdict.
 * - *refused*: an enforced check failed, with at least one finding at level `fail` that no exception covers (or with none to
 *   show). What else could not be found out does not matter then.
 * - *undecided*: else, if there is no image, if an enforced check is unknown or is missing for an image, if something in it
 *   was not read, if the policy demands what this version cannot verify, or if nothing at all had to be judged.
 * - *admitted*: everything else. Empty and absent never lead here.
 *
 * A finding that is a mere hint (confidence `low`), or is less severe than the check's `fail-from` (`low` where nothing
 * else is said, so that `info` never fails), weighs at most `warn`; unless the policy sets its very rule to `fail`.
 * With `base-findings: warn` the same holds for a finding in a layer of the image's base.
 * A demoted finding weighs at most `warn`, whatever the policy sets: packages that must not be demoted are its `own-packages`.
 */
export function decide(input: DecisionInput): Verdict {
  const { policy, reference } = input;
  const rule = ruleFor(policy, reference);
  const book = openExceptions(policy.exceptions, reference, input.at.slice(0, 10));
  const images = input.images.map((image) => judge(image, input.expected, { policy, rule, book }));
  const all = images.flatMap(({ ruled }) => ruled);
  const faults = [...faultsOf(input), ...all.flatMap(faultOf), ...all.flatMap(unreadFault)];
  return {
    name: input.name,
    ...(input.subject === undefined ? {} : { subject: input.subject }),
    result: resultOf(all, faults),
    images,
    leftOut: input.leftOut,
    policy: policy.stamp,
    ruleSet: input.ruleSet,
    pratique: input.version,
    startedAt: input.startedAt,
    at: input.at,
    faults: [...new Set(faults)],
    notes: [...new Set([...input.notes, ...all.flatMap(noteOf), ...notesOf(input, images, book)])],
  };
}

interface Measure {
  readonly policy: Policy;
  readonly rule: ImageRule | undefined;
  readonly book: ExceptionBook;
}

function resultOf(ruled: readonly Ruled[], faults: readonly PratiqueError[]): Result {
  if (ruled.some(isRefusal)) return 'refused';
  return faults.length > 0 ? 'undecided' : 'admitted';
}

function judge(
  { manifest, platform, base, outcomes, earlier = [], scanned, layers }: DecisionInput['images'][number],
  expected: readonly string[],
  measure: Measure,
): JudgedImage {
  const ruled = [...outcomes.map((outcome) => weigh(outcome, measure)), ...earlier];
  const refusedByName = manifest === undefined && ruled.some(isRefusal);
  const missing = refusedByName
    ? []
    : expected.filter((id) => !ruled.some(({ outcome }) => outcome.check === id));
  return {
    ...(manifest === undefined ? {} : { manifest }),
    ...(platform === undefined ? {} : { platform }),
    ...(base === undefined ? {} : { base }),
    ruled: [...ruled, ...missing.map((check) => weigh(neverRan(check), measure))],
    ...(scanned === undefined ? {} : { scanned }),
    ...(layers === undefined ? {} : { layers }),
  };
}

function weigh(outcome: Outcome, measure: Measure): Ruled {
  const { level } = settingOf(measure.policy, measure.rule, outcome.check);
  const found = outcome.state === 'failed' ? outcome.findings : [];
  return { outcome, level, findings: found.map((finding) => weighFinding(outcome.check, finding, measure)) };
}

function weighFinding(check: string, finding: Finding, measure: Measure): RuledFinding {
  const level = levelOfFinding(check, finding, measure);
  const exception = level === 'off' ? undefined : measure.book.cover(check, finding);
  const open = leavesOpen(check, finding, measure, exception !== undefined)
    ? { leavesOpen: true as const }
    : {};
  if (exception === undefined) return { finding, level, ...open };
  const { reason, owner, until } = exception;
  return { finding, level, ...open, excepted: { reason, owner, until } };
}

function levelOfFinding(check: string, finding: Finding, { policy, rule }: Measure): Level {
  const level = levelOf(policy, rule, finding.rule, check);
  if (level === 'fail' && finding.demoted === true) return 'warn';
  if (level !== 'fail' || isNamed(policy, rule, finding.rule, check)) return level;
  if (policy.baseFindings === 'warn' && isOfBase(finding)) return 'warn';
  const least = settingOf(policy, rule, check).failFrom ?? 'low';
  const grave = SEVERITIES.indexOf(finding.severity) >= SEVERITIES.indexOf(least);
  return grave && finding.confidence !== 'low' ? 'fail' : 'warn';
}

/**
 * Whether a finding tells of something unread that nobody has answered for: neither the policy, nor a package, nor the base. An
 * exception answers for what is listed; one that stands for others leaves those open, also where the rule refuses.
 */
function leavesOpen(
  check: string,
  finding: Finding,
  { policy, rule }: Measure,
  isExcepted: boolean,
): boolean {
  if (finding.unread !== true || finding.demoted === true) return false;
  if (levelOf(policy, rule, finding.rule, check) !== 'fail') return false;
  if (isExcepted && unlistedOf(finding) === 0) return false;
  if (isNamed(policy, rule, finding.rule, check)) return isExcepted;
  return policy.baseFindings !== 'warn' || !isOfBase(finding);
}

/** What stands in the configuration is the image's own, also where it makes a file of the base dangerous. */
function isOfBase({ where: { layer, field } }: Finding): boolean {
  return layer?.from === 'base' && field === undefined;
}

/** A check that failed without a finding to show is refused all the same: nothing is clean for want of words. */
function isRefusal({ outcome, level, findings }: Ruled): boolean {
  if (outcome.state !== 'failed') return false;
  if (outcome.findings.length === 0) return level === 'fail';
  return findings.some((one) => one.level === 'fail' && one.excepted === undefined);
}

function neverRan(check: string): Outcome {
  const error = new PratiqueError('SCAN_INCOMPLETE', {
    what: `the check ${printable(check)} did not run`,
    next: 'run pratique again; report this if it stays',
  });
  return { check, state: 'unknown', error };
}

function faultOf({ outcome, level }: Ruled): readonly PratiqueError[] {
  return outcome.state === 'unknown' && level === 'fail' ? [outcome.error] : [];
}

function noteOf({ outcome, level }: Ruled): readonly string[] {
  if (outcome.state !== 'unknown' || level !== 'warn') return [];
  return [`${printable(outcome.check)} could not be found out: ${outcome.error.message}`];
}

/** Why there can be no pass, whatever the checks say. */
function faultsOf({ images, expected, policy, reference, name }: DecisionInput): readonly PratiqueError[] {
  const faults: PratiqueError[] = [];
  const where = printable(name);
  if (images.length === 0) faults.push(new PratiqueError('NO_IMAGE', { what: 'no image was judged', where }));
  if (expected.length === 0)
    faults.push(
      new PratiqueError('SCAN_INCOMPLETE', {
        what: 'nothing was judged',
        where,
        why: 'the policy turns every check off',
        next: 'set at least one check to warn or fail',
      }),
    );
  if (reference === undefined && hangsOnName(policy)) faults.push(nameless(where));
  return faults;
}

function nameless(where: string): PratiqueError {
  return new PratiqueError('NAME_UNKNOWN', {
    what: 'the image has no name to judge it by',
    where,
    why: 'what the policy demands hangs on the name',
    next: 'say which name it will have: --as NAME',
  });
}

/** An exception can only be called unused where everything was looked at. */
function notesOf(
  input: DecisionInput,
  images: readonly JudgedImage[],
  book: ExceptionBook,
): readonly string[] {
  const whole =
    input.images.every(({ earlier }) => earlier === undefined) &&
    images.every(
      ({ manifest, ruled }) =>
        manifest !== undefined && ruled.every(({ outcome }) => outcome.state !== 'unknown'),
    );
  return [...book.expired(), ...(whole && images.length > 0 ? book.unused() : [])];
}
