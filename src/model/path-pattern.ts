import { PratiqueError } from '../errors.ts';
import { matchesParts } from './glob.ts';
import { quoted } from './printable.ts';

/** Parts of a path in an image; `*` inside one part, `**` alone in its part for any depth. */
export type PathPattern = readonly string[];

const LIMIT = 4096; // bytes of a path; PATH_MAX of Linux

/**
 * Reads a pattern for paths in an image: `etc/ssl/private/*.key`, `usr/share/doc/**`. A slash in front is dropped, as
 * paths in an image have none; the members of an archive are parts too (`app.jar!/conf/a.yml`). There are no other
 * special characters. `**` at the end stands for at least one part, elsewhere for any number, also none.
 * @throws {PratiqueError} `POLICY_INVALID`
 */
export function parsePathPattern(text: string): PathPattern {
  if (text.length > LIMIT) throw invalid(text, `it is longer than ${LIMIT} characters`);
  const parts = (text.startsWith('/') ? text.slice(1) : text).split('/');
  for (const part of parts) {
    if (part === '') throw invalid(text, 'a part is empty; write dir/** for all that is in a folder');
    if (part === '.' || part === '..') throw invalid(text, 'paths in an image have no . and .. parts');
    if (part !== '**' && part.includes('**'))
      throw invalid(text, '** stands alone between two slashes; inside a part write *');
  }
  return parts;
}

/** Whether a path fits, compared whole; in time of at most the product of the two lengths. */
export function matchesPath(pattern: PathPattern, path: string): boolean {
  const open = pattern.at(-1) === '**';
  return matchesParts(open ? [...pattern.slice(0, -1), '*', '**'] : pattern, path.split('/'));
}

function invalid(text: string, why: string): PratiqueError {
  return new PratiqueError('POLICY_INVALID', { what: `${quoted(text)} is not a pattern for paths`, why });
}
