import { PratiqueError } from '../errors.ts';
import type { NamedReference, ReferenceRemark } from '../model/named-reference.ts';
import { formatReference } from '../model/reference.ts';
import { parseTarget, type Target } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import type { Anchor } from '../report/sarif/sarif-text.ts';
import { many, one } from './common-options.ts';
import { findNamed } from './named-references.ts';
import type { Terminal } from './terminal.ts';

/** The images that files name, as targets. */
export interface NamedTargets {
  /** each distinct name once, in the order of the files */
  readonly targets: readonly Target[];
  /** where each is named, in their order */
  readonly anchors: readonly Anchor[];
  /** names that cannot be known, and what was not read: without their verdicts a run would look clean */
  readonly unknown: readonly { readonly verdict: Verdict; readonly anchor: Anchor }[];
}

/**
 * Finds the images that the files of `check --refs` name, and what cannot be known.
 * @throws {PratiqueError} `USAGE`, `LIMIT_EXCEEDED`
 */
export async function readNamedTargets(
  options: Record<string, unknown>,
  policy: Policy,
  terminal: Terminal,
): Promise<NamedTargets> {
  if (one(options, 'as') !== undefined)
    throw new PratiqueError('USAGE', { what: '--as does not go with --refs', next: 'leave one of them out' });
  const { references, unread } = await findNamed(many(options, 'image') ?? [], options, terminal);
  const { judgeUnknown, judgeUnread } = await import('../judge-references.ts');
  const now = terminal.now();
  const known = Map.groupBy(
    references.filter(({ reference }) => reference !== undefined),
    ({ reference }) => (reference ? formatReference(reference) : ''),
  );
  const open = Map.groupBy(
    references.filter(({ reference }) => reference === undefined),
    ({ text, why }) => `${text}\n${why}`,
  );
  return {
    targets: [...known.keys()].map((name) => parseTarget(name)),
    anchors: [...known.values()].map(anchorOf),
    unknown: [
      ...Array.from(open.values(), (all) => ({
        verdict: judgeUnknown(all[0] as NamedReference, policy, now),
        anchor: anchorOf(all),
      })),
      ...unread.map((one) => ({ verdict: judgeUnread(one, policy, now), anchor: anchorOf([one]) })),
    ],
  };
}

const PLACES = 20; // of one image that a report names

function anchorOf(named: readonly ReferenceRemark[]): Anchor {
  const all = named.slice(0, PLACES).map(({ file, line, column }): Anchor => ({ uri: file, line, column }));
  const [first = { uri: 'pratique.yaml', line: 1 }, ...others] = all;
  return others.length === 0 ? first : { ...first, others };
}
