import { type ImagePattern, matchesSurely } from '../../model/image-pattern.ts';
import { formatReference, type Reference } from '../../model/reference.ts';
import type { Policy } from '../../policy/policy.ts';
import { namesOf } from '../../policy/protected-names.ts';
import type { CheckContext, NameCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';
import { judgeName, type Lookalike, type LookalikeLevel } from './likeness/judge-name.ts';
import { orderNames } from './likeness/known-names.ts';

const SEVERITY = { high: 'high', medium: 'medium', low: 'info' } as const;
const CONFIDENCE = { high: 'high', medium: 'medium', low: 'low' } as const;

/**
 * Finds names that imitate one of the protected names or a known host. Silent for what the policy protects or allows itself,
 * and for a folder without a name: nothing was typed.
 */
export const nameLookalike: NameCheck = {
  id: 'name.lookalike',
  reads: 'name',
  run(reference, { policy }: CheckContext) {
    if (reference === undefined || isOwn(reference, policy)) return [];
    const { protect, namespaces = [], maxDistance } = policy.lookalikes;
    const own = namesOf(policy.sources?.allow ?? []);
    const known = orderNames([...protect, ...own.references], [...namespaces, ...own.namespaces]);
    const found = judgeName(reference, known, maxDistance);
    return found === undefined ? [] : [findingOf(reference, found)];
  },
};

/** A name that the policy allows by its host and namespace is nobody's imitation. `**` names nobody. */
function isOwn(reference: Reference, { sources }: Policy): boolean {
  return (
    sources?.allow.some(({ pattern }) => isDefinite(pattern) && matchesSurely(pattern, reference)) === true
  );
}

function isDefinite({ host, parts }: ImagePattern): boolean {
  return host !== undefined && !host.includes('*') && parts[0]?.includes('*') === false;
}

function findingOf(reference: Reference, { level, kind, meant, why }: Lookalike) {
  const name = formatReference(reference);
  return makeFinding(
    {
      rule: ruleOf(level),
      severity: SEVERITY[level],
      confidence: CONFIDENCE[level],
      message: `"${name}" could be taken for ${meant}: ${why}`,
      remedy: `Did you mean ${meant}? If not, add the name to an allow-list`,
      where: {},
      args: { name, meant, kind, level },
    },
    [name, meant],
  );
}

function ruleOf(level: LookalikeLevel): string {
  return level === 'low' ? 'name.lookalike-hint' : 'name.lookalike';
}
