import { nameLookalike } from '../../checks/name/lookalike.ts';
import type { NamedReference } from '../../model/named-reference.ts';
import { printable } from '../../model/printable.ts';
import type { Reference } from '../../model/reference.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Surroundings } from './look-around.ts';

/** A line of the list that `init` writes. */
export interface AllowedName {
  readonly image: string;
  readonly reason: string;
}

/** What the files name, and what of it is not to be allowed unseen. */
export interface AllowedNames {
  /** repositories, each once, by name */
  readonly entries: readonly AllowedName[];
  /** printable clauses: names that imitate another one */
  readonly leftOut: readonly string[];
}

/**
 * The repositories that the files name. One that imitates a known one is left out: a list that allowed it would vouch for it.
 * @param policy that without a file, which protects the popular names
 */
export function allowedNames({ named }: Surroundings, policy: Policy, now: Date): AllowedNames {
  const byRepository = Map.groupBy(
    named.references.filter((one) => referenceOf(one) !== undefined),
    (one) => repositoryOf(referenceOf(one)),
  );
  const context = { policy, setting: { level: 'fail', options: {} }, now } as const;
  const judged = [...byRepository].map(([image, places]) => {
    const reference = places.map(referenceOf).find((one) => one !== undefined);
    const [finding] = nameLookalike.run(reference, context);
    const isSure = finding !== undefined && finding.confidence !== 'low';
    return { image, places, why: isSure ? finding.message : undefined };
  });
  return {
    entries: judged
      .filter(({ why }) => why === undefined)
      .map(({ image, places }) => ({ image, reason: reasonOf(places) }))
      .sort((a, b) => (a.image < b.image ? -1 : 1)),
    leftOut: judged.flatMap(({ image, why }) => (why === undefined ? [] : [`${image}: ${why}`])),
  };
}

function referenceOf({ reference, known }: NamedReference): Reference | undefined {
  return reference ?? known;
}

function repositoryOf(reference: Reference | undefined): string {
  return reference === undefined ? '' : `${reference.registry}/${reference.repository}`;
}

function reasonOf([first, ...more]: readonly NamedReference[]): string {
  const place = first === undefined ? 'a file' : `${printable(first.file)}:${first.line}`;
  return `named in ${place}${more.length === 0 ? '' : `, and ${more.length} more`}`;
}
