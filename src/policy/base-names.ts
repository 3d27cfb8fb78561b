import { PratiqueError } from '../errors.ts';
import type { ApprovedBase } from '../model/base.ts';
import { parseDigest } from '../model/digest.ts';
import { formatImagePattern, parseImagePattern } from '../model/image-pattern.ts';
import { quoted } from '../model/printable.ts';
import { formatReference, parseReference } from '../model/reference.ts';

/** One entry of `bases:`, as it is written. */
type BaseFile =
  | string
  | { readonly name: string; readonly 'diff-ids': readonly string[]; readonly created?: string | undefined };

/** Turns an entry that the schema has taken into a base. */
export function understandBase(written: BaseFile): ApprovedBase {
  if (typeof written === 'string') return readBaseName(written);
  const { name, created, 'diff-ids': diffIds } = written;
  return {
    kind: 'chain',
    name,
    diffIds: diffIds.map(parseDigest),
    ...(created === undefined ? {} : { created: `${created}T00:00:00Z` }),
  };
}

/**
 * Reads the name of an approved base: an image with a tag or a digest, or a pattern with a star. The host of a pattern is
 * written out: an image claims which base of the pattern is its own, and must not choose whom the gate talks to.
 * @throws {PratiqueError} `POLICY_INVALID`, `REFERENCE_INVALID`
 */
export function readBaseName(text: string): ApprovedBase {
  const pattern = parseImagePattern(text);
  if (!text.includes('*')) {
    if (pattern.tag === undefined && pattern.digest === undefined)
      throw invalid(text, 'it names no tag and no digest; write :* for any tag that an image claims');
    const reference = parseReference(text);
    return { kind: 'image', name: formatReference(reference), reference };
  }
  if (pattern.host === undefined || pattern.host.includes('*'))
    throw invalid(text, 'a pattern for bases begins with a host that has no star');
  return { kind: 'pattern', name: formatImagePattern(pattern), pattern };
}

function invalid(text: string, why: string): PratiqueError {
  return new PratiqueError('POLICY_INVALID', { what: `${quoted(text)} cannot be an approved base`, why });
}
