import type { ImagePattern } from '../../model/image-pattern.ts';
import { formatReference, type Reference } from '../../model/reference.ts';
import { allowsImage } from '../../policy/allow-entry.ts';
import type { Policy } from '../../policy/policy.ts';
import { namesOf } from '../../policy/protected-names.ts';
import type { CheckContext, NameCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';
import { judgeName, type Lookalike, type LookalikeLevel } from './likeness/judge-name.ts';
import { type KnownNames, orderNames } from './likeness/known-names.ts';

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
    const found = judgeName(reference, knownNamesOf(policy), policy.lookalikes.maxDistance);
    return found === undefined ? [] : [findingOf(reference, found)];
  },
};

/** A policy does not change, and a repository can name a thousand images. */
const KNOWN = new WeakMap<Policy, KnownNames>();

/** The names that a policy protects from imitation, ordered. */
export function knownNamesOf(policy: Policy): KnownNames {
  const found = KNOWN.get(policy);
  if (found !== undefined) return found;
  const { protect, namespaces = [] } = policy.lookalikes;
  const own = namesOf(policy.sources?.allow ?? []);
  const known = orderNames([...protect, ...own.references], [...namespaces, ...own.namespaces]);
  KNOWN.set(policy, known);
  return known;
}

/** A name that the policy allows by its host and namespace is nobody's imitation. `**` names nobody. */
function isOwn(reference: Reference, { sources }: Policy): boolean {
  return sources?.allow.some((entry) => isDefinite(entry.pattern) && allowsImage(entry, reference)) === true;
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
