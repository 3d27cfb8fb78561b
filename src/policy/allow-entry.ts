import { formatImagePattern, matchesImage, matchesSurely } from '../model/image-pattern.ts';
import type { Reference } from '../model/reference.ts';
import type { AllowEntry } from './policy.ts';
import { isInTagRange } from './tag-range.ts';

/**
 * Whether a line allows an image: its pattern fits, and the tag is in its range, if it has one. A tag beside a digest is a claim:
 * it is in no range, unless the line allows that very digest.
 */
export function allowsImage({ pattern, tagRange }: AllowEntry, reference: Reference): boolean {
  if (!matchesSurely(pattern, reference)) return false;
  if (tagRange === undefined) return true;
  if (reference.digest !== undefined) return pattern.digest === reference.digest;
  return reference.tag !== undefined && isInTagRange(reference.tag, tagRange);
}

/** The same, where a tag beside a digest is taken for what it says: for words about a name that is not allowed. */
export function seemsToAllow({ pattern, tagRange }: AllowEntry, reference: Reference): boolean {
  if (!matchesImage(pattern, reference)) return false;
  return tagRange === undefined || (reference.tag !== undefined && isInTagRange(reference.tag, tagRange));
}

/** A line as one text: its pattern, then the range of its tags. The same for every way to write the same line. */
export function formatAllowEntry({ pattern, tagRange }: Pick<AllowEntry, 'pattern' | 'tagRange'>): string {
  return `${formatImagePattern(pattern)}${tagRange === undefined ? '' : ` (${tagRange})`}`;
}
