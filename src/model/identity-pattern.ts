import { PratiqueError } from '../errors.ts';
import { matchesStars } from './glob.ts';
import { quoted } from './printable.ts';

const LIMIT = 1024; // characters; identities of workflows have some hundred
const PRINTABLE = /^[!-~]+$/;
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
