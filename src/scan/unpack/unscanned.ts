import { createHash } from 'node:crypto';
import type { Hit } from '../rule.ts';
import { PACKED_PROGRAM } from './packed-program.ts';

/** The rule under which it is told that something could not be looked into. */
export const UNSCANNED_RULE = 'secrets.unscanned';

/** What nobody else can read either: it hides nothing from us alone. */
const CLOSED_TO_ALL: ReadonlySet<string> = new Set(['damaged', 'encrypted']);

/**
 * Tells of an archive, or of something in one, that stays unseen. What this version cannot read leaves the image
 * undecided; what nobody can read is only told of. A policy may say otherwise of the rule.
 * @param path of the thing, secrets cut out
 * @param reason `damaged`, `encrypted`, `PACKED_PROGRAM`, or the format that this version does not read; printable
 */
function unscannedHit(path: string, reason: string): Hit {
  return {
    check: 'secrets',
    rule: UNSCANNED_RULE,
    severity: 'info',
    confidence: 'high',
    offset: 0,
    message: `${reason === PACKED_PROGRAM ? 'program' : 'archive'} that was not looked into (${reason})`,
    remedy: 'Leave it out of the image, or store what it holds in a form that can be read',
    args: { reason },
    ...(CLOSED_TO_ALL.has(reason) ? {} : { unread: true }),
    fingerprint: createHash('sha256')
      .update(`pratique fingerprint v1 ${UNSCANNED_RULE} ${reason} ${path}`)
      .digest('hex')
      .slice(0, 16),
  };
}

/** What stays unseen in one layer. Of each sort so many are told one by one: damaged archives must not crowd out the others. */
export class UnscannedTally {
  private readonly most: number;
  private readonly counts = { unread: 0, closed: 0 };

  /** @param most that are told of each sort; `limits.hitsPerRule` */
  constructor(most: number) {
    this.most = most;
  }

  /** The hit that tells of one more; absent where enough of its sort are told. */
  add(path: string, reason: string): Hit | undefined {
    const hit = unscannedHit(path, reason);
    const count = ++this.counts[sortOf(hit)];
    return count > this.most ? undefined : hit;
  }

  /** The hits of the layer, of which the last of each sort says for how many more it stands. */
  complete<T extends { readonly hit: Hit }>(found: readonly T[]): readonly T[] {
    return (['unread', 'closed'] as const).reduce((all, sort) => {
      const more = this.counts[sort] - this.most;
      const last = all.findLast(({ hit }) => hit.rule === UNSCANNED_RULE && sortOf(hit) === sort);
      if (more <= 0 || last === undefined) return all;
      const told = { ...last, hit: { ...last.hit, args: { ...last.hit.args, more } } };
      return all.map((one) => (one === last ? told : one));
    }, found);
  }
}

function sortOf({ unread }: Hit): 'unread' | 'closed' {
  return unread === true ? 'unread' : 'closed';
}
