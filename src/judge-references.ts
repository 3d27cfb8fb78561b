import { createHash } from 'node:crypto';
import type { NameCheck } from './checks/check.ts';
import { hygienePinnedReference } from './checks/hygiene/pinned-reference.ts';
import { nameAllowed } from './checks/name/allowed.ts';
import { nameLookalike } from './checks/name/lookalike.ts';
import { toPratiqueError } from './errors.ts';
import { parseDigest } from './model/digest.ts';
import type { JudgedReference, NamedReference } from './model/named-reference.ts';
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
  const at = now.toISOString();
  return decide({
    name: formatReference(reference),
    images: [{ outcomes: active.map((check) => outcomeOf(check, reference, policy, now)) }],
    expected: active.map(({ id }) => id),
    leftOut: [],
    policy,
    reference,
    ruleSet: NO_RULES,
    version: VERSION,
    startedAt: at,
    at,
    notes: [],
  });
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
