import { matchesParts, matchesStars } from '../model/glob.ts';
import type { ImagePattern } from '../model/image-pattern.ts';

/** Whether a pattern fits everything that another does. In doubt it does not. */
export function coversPattern(wide: ImagePattern, narrow: ImagePattern): boolean {
  if (wide.host !== undefined && wide.host !== narrow.host) return false;
  if (wide.digest !== undefined && wide.digest !== narrow.digest) return false;
  if (
    wide.tag !== undefined &&
    wide.digest === undefined &&
    (narrow.tag === undefined || !matchesStars(wide.tag, narrow.tag))
  )
    return false;
  return coversPath(wide.parts, narrow.parts);
}

/** Whether no image fits both patterns. In doubt one does. */
export function excludesPattern(one: ImagePattern, other: ImagePattern): boolean {
  if (differ(one.host, other.host) || differ(one.tag, other.tag)) return true;
  if (one.digest !== undefined && other.digest !== undefined && one.digest !== other.digest) return true;
  const [a, b] = [one.parts, other.parts];
  const isFixed = !a.includes('**') && !b.includes('**');
  if (isFixed && a.length !== b.length) return true;
  const until = Math.min(
    ...[a, b].map((parts) => (parts.includes('**') ? parts.indexOf('**') : parts.length)),
  );
  return a.slice(0, until).some((part, index) => differ(part, b[index]));
}

/** Whether two texts with stars can be told to stand for nothing together. */
function differ(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  if (!other.includes('*')) return !matchesStars(one, other);
  if (!one.includes('*')) return !matchesStars(other, one);
  const [a, b] = [one.slice(0, one.indexOf('*')), other.slice(0, other.indexOf('*'))];
  return !a.startsWith(b) && !b.startsWith(a);
}

/** `**` of the narrow one is any depth, also none: only what comes before it can be held against parts of the wide one. */
function coversPath(wide: readonly string[], narrow: readonly string[]): boolean {
  const isOpen = wide.at(-1) === '**';
  const before = isOpen ? wide.slice(0, -1) : wide;
  if (!narrow.includes('**')) return matchesParts(isOpen ? [...before, '*', '**'] : wide, narrow);
  if (!isOpen || before.includes('**')) return wide.join('/') === narrow.join('/');
  const head = narrow.slice(0, before.length);
  return narrow.length > before.length && !head.includes('**') && matchesParts(before, head);
}
