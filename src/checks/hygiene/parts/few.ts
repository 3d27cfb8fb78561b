import type { Finding } from '../../../model/finding.ts';
import { makeFinding } from '../../make-finding.ts';

/** Findings of a check that are told one by one; nobody reads more, and they would fill the memory. */
const MOST = 20;

/**
 * Tells the first ones one by one, and all the others in one finding, which has no path and stands for `more`: an
 * exception for one file covers no other, and none by its fingerprint covers what is not listed.
 * @param all gravest first
 */
export function tellFew<T>(all: readonly T[], tell: (one: T) => Finding): readonly Finding[] {
  const [next, ...rest] = all.slice(MOST);
  if (next === undefined || rest.length === 0) return all.map(tell);
  return [...all.slice(0, MOST).map(tell), others(tell(next), rest.length)];
}

function others({ fingerprint: _, where, ...first }: Finding, more: number): Finding {
  const { image, platform } = where;
  const place = { ...(image && { image }), ...(platform !== undefined && { platform }) };
  const message = `${first.message}, and ${more} more like it that are not listed`;
  return makeFinding({ ...first, message, where: place, args: { count: more + 1, more } }, [
    'others',
    String(more),
  ]);
}
