// One by one: the whole of semver is three times as many files, and every command that judges names waits for them.
import satisfies from 'semver/functions/satisfies.js';
import valid from 'semver/functions/valid.js';
import subset from 'semver/ranges/subset.js';
import validRange from 'semver/ranges/valid.js';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';

const LIMIT = 200; // characters; a range is a line at most

/** Whether a text is meant as a range of versions, `>=1.25 <2`, and not as a tag with stars. */
export function isTagRange(text: string): boolean {
  return /[<>=^~|\s]/.test(text);
}

/**
 * Reads a range of versions.
 * @returns the range in the one way that policies compare
 * @throws {PratiqueError} `POLICY_INVALID`
 * @see node-semver, "Ranges"
 */
export function parseTagRange(text: string): string {
  const range = text.length > LIMIT ? null : validRange(text);
  // An empty side of `||` stands for every version, which nobody writes on purpose.
  if (range === null || range === '' || range === '*' || text.split('||').some((side) => side.trim() === ''))
    throw new PratiqueError('POLICY_INVALID', {
      what: `${quoted(text)} is no range of versions`,
      why: 'it is read as one for its signs or blanks; write it as ">=1.25 <2", or a tag with stars as 1.*',
    });
  return range;
}

/**
 * Whether a tag is a version in a range. A tag that leaves parts out stands for every version that it can be moved to: `1.25` is
 * in `>=1.25 <2`, and `1` is not. What stands behind a dash (`-alpine`, `-rc.1`) makes a version before the plain one, which
 * is in a range only where that names one, too. What is no version is in none.
 * @param range as `parseTagRange` gives it
 */
export function isInTagRange(tag: string, range: string): boolean {
  const version = tag.replace(/^v(?=\d)/, '');
  if (/^\d+(?:\.\d+)?$/.test(version)) {
    const all = validRange(`${version}.x`);
    return all !== null && subset(all, range);
  }
  return valid(version) === version && satisfies(version, range);
}

/** Whether every version of one range is in the other. */
export function isRangeWithin(inner: string, outer: string): boolean {
  return subset(inner, outer);
}
