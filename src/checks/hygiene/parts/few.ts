import type { Finding } from '../../../model/finding.ts';
import { makeFinding } from '../../make-finding.ts';

/** Findings of a check that are told one by one; nobody reads more, and they would fill the memory. */
const MOST = 20;

/**
 * Tells the first ones one by one, and all the others in one finding, which has no path and a fingerprint of its own: an
 * exception for one file covers no other.
 * @param all gravest first
 */
export function tellFew<T>(all: readonly T[], tell: (one: T) => Finding): readonly Finding[] {
  const [next] = all.slice(MOST);
  const told = all.slice(0, MOST).map(tell);
  return next === undefined ? told : [...told, others(tell(next), all.length - MOST)];
}

function others({ fingerprint: _, where, ...first }: Finding, count: number): Finding {
  const { image, platform } = where;
  const place = { ...(image && { image }), ...(platform !== undefined && { platform }) };
  const more = count > 1 ? `, and ${count - 1} more like it that are not listed` : '';
  return makeFinding({ ...first, message: `${first.message}${more}`, where: place, args: { count } }, [
    'others',
  ]);
}
