import { PratiqueError } from '../../errors.ts';
import { quoted } from '../../model/printable.ts';
import type { Answer } from './answer.ts';
import { placeOf } from './fault.ts';
import type { Session } from './session.ts';

const LINK = /<([^<>]*)>((?:[ \t]*;[ \t]*[A-Za-z*]+[ \t]*(?:=[ \t]*(?:"[^"]*"|[^\s",;]*))?)*)/g;
const NEXT = /;[ \t]*rel[ \t]*=[ \t]*"?next"?[ \t]*(?:;|$)/i;
const HEADER_LIMIT = 16_384; // characters of a header that are looked at

/**
 * The next page of a list, at the registry and under the same path: a page elsewhere would be asked with our token
 * (GHSA-h7vf-4x9w-h99v), or be of another list.
 * @param path that of the first page
 * @param list what it is, for the message
 * @returns nothing after the last
 * @throws {PratiqueError} `REDIRECT_REFUSED`
 * @see OCI distribution-spec v1.1, "Listing Tags"; RFC 5988
 */
export async function nextPage(
  session: Session,
  answer: Answer,
  path: string,
  list: string,
): Promise<URL | undefined> {
  const text = nextLink(answer.header('link') ?? '');
  if (text === undefined) return undefined;
  const next = URL.canParse(text, answer.url.href) ? new URL(text, answer.url) : undefined;
  if (
    next !== undefined &&
    next.origin === (await session.root()) &&
    next.pathname === path &&
    next.username === ''
  )
    return next;
  throw new PratiqueError('REDIRECT_REFUSED', {
    what: `${list} goes on at another place, and that is refused`,
    where: placeOf(answer.method, answer.url, answer.foreign),
    ...(next === undefined ? {} : { why: `the next page is at ${quoted(next.host)}` }),
  });
}

/** The target of `rel="next"` in a `Link` header, RFC 8288. */
export function nextLink(header: string): string | undefined {
  for (const [, target, parameters = ''] of header.slice(0, HEADER_LIMIT).matchAll(LINK))
    if (NEXT.test(parameters)) return target;
  return undefined;
}
