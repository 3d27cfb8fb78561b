import type { Finding } from '../../model/finding.ts';
import { quoted } from '../../model/printable.ts';
import { formatReference, type Reference } from '../../model/reference.ts';
import type { CheckContext, NameCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';

/**
 * Finds names that stand for another image tomorrow. This is about the name and not about the image: what is judged
 * is what it stands for now. A folder or archive has nothing that could move.
 */
export const hygienePinnedReference: NameCheck = {
  id: 'hygiene.pinned-reference',
  reads: 'name',
  run(reference, { isBorrowedName }: CheckContext) {
    if (reference === undefined || reference.digest !== undefined || isBorrowedName === true) return [];
    return [isLatest(reference) ? latest(reference) : undigested(reference)];
  },
};

function isLatest({ tag }: Reference): boolean {
  return tag === undefined || tag === 'latest';
}

function latest(reference: Reference): Finding {
  const what = reference.tag === undefined ? 'names no tag, and so stands for latest' : 'has the tag latest';
  return makeFinding(
    {
      rule: 'hygiene.latest-tag',
      severity: 'medium',
      confidence: 'verified',
      message: `${shown(reference)} ${what}: it is another image whenever somebody pushes`,
      remedy: 'Use the image by its digest, or by the tag of a release',
      where: {},
      args: {},
    },
    [formatReference(reference)],
  );
}

function undigested(reference: Reference): Finding {
  return makeFinding(
    {
      rule: 'hygiene.pinned-reference',
      severity: 'low',
      confidence: 'verified',
      message: `${shown(reference)} has no digest: its tag can be moved`,
      remedy: 'Use the image by the digest that was judged',
      where: {},
      args: {},
    },
    [formatReference(reference)],
  );
}

function shown(reference: Reference): string {
  return quoted(formatReference(reference));
}
