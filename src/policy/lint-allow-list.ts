import { formatImagePattern, type ImagePattern } from '../model/image-pattern.ts';
import { printable } from '../model/printable.ts';
import type { Reference } from '../model/reference.ts';
import { allowsImage, formatAllowEntry } from './allow-entry.ts';
import { coversPattern } from './pattern-cover.ts';
import type { AllowEntry } from './policy.ts';
import { isRangeWithin } from './tag-range.ts';

/** Something about a line of an allow-list that its owner should look at. */
export interface AllowFault {
  readonly kind: 'expired' | 'duplicate' | 'shadowed' | 'whole-registry' | 'unused';
  readonly entry: AllowEntry;
  /** printable clause */
  readonly why: string;
}

/**
 * Looks for lines that allow nothing any more, nothing beyond other lines, or too much.
 * @param day `YYYY-MM-DD`
 * @param used the images that are in use; absent: it is not asked which lines are
 */
export function lintAllowList(
  entries: readonly AllowEntry[],
  day: string,
  used?: readonly Reference[],
): readonly AllowFault[] {
  return entries.flatMap((entry, index) => {
    const fault = faultOf(entry, index, entries, day);
    if (fault !== undefined) return [{ ...fault, entry }];
    const isIdle = used !== undefined && !used.some((reference) => allowsImage(entry, reference));
    return isIdle ? [{ kind: 'unused' as const, entry, why: 'no file names an image that it allows' }] : [];
  });
}

function faultOf(
  entry: AllowEntry,
  index: number,
  entries: readonly AllowEntry[],
  day: string,
): Omit<AllowFault, 'entry'> | undefined {
  const { until, pattern } = entry;
  if (until !== undefined && until < day) return { kind: 'expired', why: `its last day was ${until}` };
  const same = entries.findIndex(
    (other) => formatAllowEntry(other) === formatAllowEntry(entry) && isAsLong(other, entry),
  );
  if (same >= 0 && same < index)
    return { kind: 'duplicate', why: `${printable(entries[same]?.origin ?? '')} says the same` };
  const wider = entries.find(
    (other) =>
      formatAllowEntry(other) !== formatAllowEntry(entry) && isAsLong(other, entry) && covers(other, entry),
  );
  if (wider !== undefined)
    return {
      kind: 'shadowed',
      why: `${printable(formatImagePattern(wider.pattern))} of ${printable(wider.origin)} allows it all`,
    };
  return isWholeRegistry(pattern)
    ? { kind: 'whole-registry', why: 'it allows whatever anybody puts into that registry' }
    : undefined;
}

/** Whether a line counts for as long as another. */
function isAsLong({ until }: AllowEntry, other: AllowEntry): boolean {
  return until === undefined || (other.until !== undefined && until >= other.until);
}

/** Whether a line allows everything that another does. In doubt it does not. */
function covers(wide: AllowEntry, narrow: AllowEntry): boolean {
  const isInRange =
    wide.tagRange === undefined ||
    (narrow.tagRange !== undefined && isRangeWithin(narrow.tagRange, wide.tagRange));
  return isInRange && coversPattern(wide.pattern, narrow.pattern);
}

function isWholeRegistry({ host, parts, digest }: ImagePattern): boolean {
  const [first = ''] = parts;
  if (digest !== undefined) return false;
  return host?.includes('*') === true || (/^\*+$/.test(first) && parts.every((part) => /^\*+$/.test(part)));
}
