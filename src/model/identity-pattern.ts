import { PratiqueError } from '../errors.ts';
import { matchesStars } from './glob.ts';
import { quoted } from './printable.ts';

const LIMIT = 1024; // characters; identities of workflows have some hundred
const PRINTABLE = /^[!-~]+$/;
const TEXT = /^[!-~](?:[ -~]*[!-~])?$/;
const SEPARATORS = /([/@])/;

/**
 * Makes sure that a text can stand for keyless identities: a URL or an address as certificates have it, in which `*` stands
 * for any run of characters inside one part, between two of `/` and `@`. Who vouches for the rest cannot be left open:
 * the host of a URL and the domain of an address have no star.
 * @throws {PratiqueError} `POLICY_INVALID`
 */
export function requireIdentityPattern(text: string): void {
  if (text.length > LIMIT) throw invalid(text, `it is longer than ${LIMIT} characters`);
  if (!PRINTABLE.test(text)) throw invalid(text, 'an identity is ASCII without spaces');
  if (text.includes('**')) throw invalid(text, 'write * for any run of characters inside one part');
  const isUrl = text.includes('://');
  const anchor = isUrl ? text.split('/').slice(0, 3).join('/') : (text.split('@').at(-1) ?? '');
  if (anchor.includes('*'))
    throw invalid(text, isUrl ? 'its scheme and host have no star' : 'what follows the last @ has no star');
}

/**
 * Makes sure that a text can stand for what a certificate or a provenance says: a URL, whose scheme and host have no star, or
 * another text such as `refs/tags/v*`. Compared as identities are, part by part.
 * @throws {PratiqueError} `POLICY_INVALID`
 */
export function requireTextPattern(text: string): void {
  const invalid = (why: string) =>
    new PratiqueError('POLICY_INVALID', { what: `${quoted(text)} is not a pattern for this`, why });
  if (text.length > LIMIT) throw invalid(`it is longer than ${LIMIT} characters`);
  if (!TEXT.test(text)) throw invalid('ASCII is expected, without spaces around it');
  if (text.includes('**')) throw invalid('write * for any run of characters inside one part');
  if (hasStarInHost(text)) throw invalid('its scheme and host have no star');
}

/** Also where it only could fit a URL: `*` may stand for `https:`, and for the nothing between two slashes. */
function hasStarInHost(text: string): boolean {
  const [scheme = '', nothing, host = ''] = text.split('/');
  const couldBeUrl = nothing !== undefined && /:$|\*/.test(scheme) && /^\**$/.test(nothing);
  return couldBeUrl && [scheme, nothing, host].some((part) => part.includes('*'));
}

/**
 * Whether an identity is one that the pattern stands for. Compared part by part and whole, never as a prefix, a substring or a
 * regular expression: `https://github.com/acme/*` is not met by `https://github.com/acme/app/x`, nor by
 * `https://evil.example/?https://github.com/acme/app`.
 */
export function matchesIdentity(pattern: string, identity: string): boolean {
  const wanted = pattern.split(SEPARATORS); // with the separators themselves, which only match as they are
  const there = identity.split(SEPARATORS);
  return wanted.length === there.length && wanted.every((part, at) => matchesStars(part, there[at] ?? ''));
}

function invalid(text: string, why: string): PratiqueError {
  return new PratiqueError('POLICY_INVALID', { what: `${quoted(text)} cannot stand for identities`, why });
}
