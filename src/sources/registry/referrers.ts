import { PratiqueError } from '../../errors.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { type Digest, referrersTagOf } from '../../model/digest.ts';
import { MEDIA } from '../../model/media-type.ts';
import { quoted } from '../../model/printable.ts';
import { openDocument } from '../documents/document.ts';
import { readEntries } from '../documents/index-document.ts';
import { mediaTypeOf, readBody } from './answer.ts';
import { placeOf } from './fault.ts';
import { digestOf, type FetchedManifest, lookUpManifest } from './manifests.ts';
import { nextPage } from './pages.ts';
import type { Session } from './session.ts';

const PAGES = 100;
/** Answers of registries that have no referrers API; any other but 200 is a fault and not "none". */
const WITHOUT_API = [400, 404, 405, 406];

/**
 * Lists the manifests that name `subject`, from the referrers API, or from the fallback tag where the
 * registry has none. Nothing is listed twice. Not filtered by type.
 * @throws {PratiqueError} `LIMIT_EXCEEDED` past `limits.referrers`, `REDIRECT_REFUSED`, `MANIFEST_INVALID`, or a transport fault
 * @see OCI distribution-spec v1.1, "Listing Referrers" and "Referrers Tag Schema"
 */
export async function* listReferrers(session: Session, subject: Digest): AsyncGenerator<Descriptor> {
  const seen = new Set<string>();
  for await (const page of pagesOf(session, subject)) {
    for (const entry of page) {
      if (seen.has(entry.digest)) continue;
      seen.add(entry.digest);
      if (seen.size > session.options.limits.referrers) throw tooMany(session, subject);
      yield entry;
    }
  }
}

/** Whether the registry has the referrers API; some (ECR) say `OCI-Subject` without having it. */
export async function hasReferrersApi(session: Session, subject: Digest): Promise<boolean> {
  const page = await fetchPage(session, session.path('referrers', subject));
  return page !== undefined;
}

/**
 * The index under the fallback tag.
 * @returns nothing where the registry answered 404
 * @throws {PratiqueError} `MANIFEST_INVALID` where something else stands there, or a transport fault
 */
export async function readFallback(
  session: Session,
  subject: Digest,
): Promise<{ found: FetchedManifest; entries: readonly Descriptor[] } | undefined> {
  const found = await lookUpManifest(session, referrersTagOf(subject));
  if (found === undefined) return undefined;
  const { descriptor, bytes } = found;
  if (descriptor.mediaType !== MEDIA.ociIndex) throw notAnIndex(session, subject, descriptor.mediaType);
  return { found, entries: entriesIn(session, bytes, `index ${referrersTagOf(subject)}`) };
}

async function* pagesOf(session: Session, subject: Digest): AsyncGenerator<readonly Descriptor[]> {
  const start = session.path('referrers', subject);
  const visited = new Set<string>();
  let next: string | URL | undefined = start;
  while (next !== undefined) {
    const place = new URL(next, await session.root()).href;
    if (visited.has(place) || visited.size >= PAGES) throw endless(session, subject);
    visited.add(place);
    const page = await fetchPage(session, next);
    if (page === undefined && visited.size > 1) throw vanished(session, subject);
    if (page === undefined) return yield* fallbackPage(session, subject);
    yield page.entries;
    next = await nextPage(session, page.answer, start, 'the list of referrers');
  }
}

async function* fallbackPage(session: Session, subject: Digest): AsyncGenerator<readonly Descriptor[]> {
  const fallback = await readFallback(session, subject);
  if (fallback !== undefined) yield fallback.entries;
}

/** One page; nothing where the answer shows that there is no such API. */
async function fetchPage(session: Session, at: string | URL) {
  const answer = await session.ask({
    method: 'GET',
    at,
    headers: { accept: MEDIA.ociIndex },
    scope: { repository: session.repository, actions: 'pull' },
    expect: [200, ...WITHOUT_API],
  });
  // A web page or a list of another kind under this path: the registry does not know the API.
  if (answer.status !== 200 || mediaTypeOf(answer) !== MEDIA.ociIndex) {
    answer.discard();
    return undefined;
  }
  const bytes = await readBody(answer, session.options.limits.manifestBytes);
  return { answer, entries: entriesIn(session, bytes, placeOf('GET', answer.url, answer.foreign)) };
}

function entriesIn(session: Session, bytes: Uint8Array, where: string): readonly Descriptor[] {
  const what = { mediaType: MEDIA.ociIndex, digest: digestOf(bytes), size: bytes.length };
  return readEntries(openDocument(bytes, what, session.options.limits), where);
}

function tooMany(session: Session, subject: Digest): PratiqueError {
  const { referrers } = session.options.limits;
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `more than ${referrers} manifests refer to the image`,
    where: `${session.endpoint.registry}/${session.repository}@${subject}`,
    next: 'raise limits.referrers in the policy if this is meant',
  });
}

function endless(session: Session, subject: Digest): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: 'the list of referrers does not end',
    where: `${session.endpoint.registry}/${session.repository}@${subject}`,
    why: `it repeats itself, or has more than ${PAGES} pages`,
  });
}

function vanished(session: Session, subject: Digest): PratiqueError {
  return new PratiqueError('REGISTRY_ERROR', {
    what: 'the list of referrers breaks off between two pages',
    where: `${session.endpoint.registry}/${session.repository}@${subject}`,
    next: 'try again',
  });
}

function notAnIndex(session: Session, subject: Digest, mediaType: string): PratiqueError {
  return new PratiqueError('MANIFEST_INVALID', {
    what: `what lists the referrers is ${quoted(mediaType)} and not an index`,
    where: `${session.endpoint.registry}/${session.repository}:${referrersTagOf(subject)}`,
  });
}
