import { createHash } from 'node:crypto';
import type { NameCheck } from './checks/check.ts';
import { hygienePinnedReference } from './checks/hygiene/pinned-reference.ts';
import { nameAllowed } from './checks/name/allowed.ts';
import { nameLookalike } from './checks/name/lookalike.ts';
import { PratiqueError, toPratiqueError } from './errors.ts';
import { parseDigest } from './model/digest.ts';
import type { JudgedReference, NamedReference, ReferenceRemark } from './model/named-reference.ts';
import { printable } from './model/printable.ts';
import { formatReference, type Reference } from './model/reference.ts';
import type { Outcome, Verdict } from './model/verdict.ts';
import { decide } from './policy/decide.ts';
import type { Policy } from './policy/policy.ts';
import { ruleFor, settingOf } from './policy/settings.ts';
import { VERSION } from './version.ts';

/**
 * Judges names as the gate does before it sends anything: the policy's sources, lookalikes, digests. Nothing is sent at all, so
 * that *admitted* says of a name that it may be asked for, and nothing of the image.
 *
 * A name that cannot be known is *undecided*. Where only its tag is unknown, an imitation is refused all the same.
 */
export function judgeReferences(
  references: readonly NamedReference[],
  policy: Policy,
  now: Date,
): readonly JudgedReference[] {
  const verdicts = new Map<string, Verdict>();
  const judge = (reference: Reference, checks: readonly NameCheck[]): Verdict => {
    const key = `${formatReference(reference)} ${checks.length}`;
    const verdict = verdicts.get(key) ?? judgeName(reference, checks, policy, now);
    verdicts.set(key, verdict);
    return verdict;
  };
  return references.map((named): JudgedReference => {
    const { reference, known } = named;
    if (reference !== undefined) {
      const verdict = judge(reference, NAME_CHECKS);
      return { named, result: verdict.result, verdict };
    }
    if (known === undefined) return { named, result: 'undecided' };
    const verdict = judge(known, [nameLookalike]);
    return { named, result: verdict.result === 'refused' ? 'refused' : 'undecided', verdict };
  });
}

/**
 * The verdict on a name that cannot be known: *refused* where what is known of it imitates another, else *undecided*, so that every
 * view of a run tells it.
 */
export function judgeUnknown(named: NamedReference, policy: Policy, now: Date): Verdict {
  const [judged] = judgeReferences([named], policy, now);
  if (judged?.result === 'refused' && judged.verdict !== undefined) return judged.verdict;
  return undecided(named.text, policy, now, [
    new PratiqueError('NAME_UNKNOWN', {
      what: 'which image this names is not known',
      where: placeOf(named),
      ...(named.why === undefined ? {} : { why: named.why }),
      next: 'name it in full, or leave the file out with --exclude and check what is made of it',
    }),
  ]);
}

/** The verdict on a part of a file that was not read, and may name images: *undecided*. */
export function judgeUnread(remark: ReferenceRemark, policy: Policy, now: Date): Verdict {
  return undecided(`${remark.file}:${remark.line}`, policy, now, [
    new PratiqueError('SCAN_INCOMPLETE', {
      what: 'this was not read, and may name images',
      where: placeOf(remark),
      why: printable(remark.text),
      next: 'mend it, or leave the file out with --exclude',
    }),
  ]);
}

/** No image was judged, which alone admits nothing; the faults say why in its place. */
function undecided(name: string, policy: Policy, now: Date, faults: readonly PratiqueError[]): Verdict {
  return { ...decide({ ...nothingOf(name, policy, now), images: [], expected: [] }), faults };
}

function placeOf({ file, line, column }: ReferenceRemark): string {
  return `${printable(file)}:${line}:${column}`;
}

/**
 * The checks of `CHECKS` that read the name; a test holds the two together. That list would load every rule for contents,
 * which takes longer than judging a thousand names.
 */
export const NAME_CHECKS: readonly NameCheck[] = [nameAllowed, nameLookalike, hygienePinnedReference];

/** No rules for contents have a say. */
const NO_RULES = parseDigest(`sha256:${createHash('sha256').digest('hex')}`);

/** Judges one name, as `judgeReferences` does. */
export function judgeName(
  reference: Reference,
  checks: readonly NameCheck[],
  policy: Policy,
  now: Date,
): Verdict {
  const rule = ruleFor(policy, reference);
  const active = checks.filter((check) => settingOf(policy, rule, check.id).level !== 'off');
  return decide({
    ...nothingOf(formatReference(reference), policy, now),
    images: [{ outcomes: active.map((check) => outcomeOf(check, reference, policy, now)) }],
    expected: active.map(({ id }) => id),
    reference,
  });
}

/** What every decision here has, of a name that no image was asked for by. */
function nothingOf(name: string, policy: Policy, now: Date) {
  const at = now.toISOString();
  return { name, leftOut: [], policy, ruleSet: NO_RULES, version: VERSION, startedAt: at, at, notes: [] };
}

function outcomeOf(check: NameCheck, reference: Reference, policy: Policy, now: Date): Outcome {
  const rule = ruleFor(policy, reference);
  const setting = settingOf(policy, rule, check.id);
  try {
    const findings = check.run(reference, { policy, ...(rule && { rule }), setting, now });
    return findings.length > 0
      ? { check: check.id, state: 'failed', findings }
      : { check: check.id, state: 'passed' };
  } catch (thrown) {
    return { check: check.id, state: 'unknown', error: toPratiqueError(thrown) };
  }
}
