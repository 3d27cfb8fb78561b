import { PratiqueError } from '../../errors.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { type Digest, isDigest } from '../../model/digest.ts';
import { quoted } from '../../model/printable.ts';
import type { Answer } from './answer.ts';
import { faultOfConnection, mayPass, placeOf } from './fault.ts';
import { digestOf, digestSaid } from './manifests.ts';
import { pause } from './retry.ts';
import type { Scope } from './scope.ts';
import type { Session } from './session.ts';
import { targetOf } from './transport.ts';

/** The bytes of a blob, or what makes a new stream of them for every try. */
export type BlobContent = Uint8Array | (() => AsyncIterable<Uint8Array>);

/** What became of a pushed manifest. */
export interface PushedManifest {
  readonly descriptor: Descriptor;
  /** the subject whose referrers list the registry says it has updated (`OCI-Subject`) */
  readonly subject?: Digest;
}

const UPLOADS = 3; // tries of one blob, each from its start
/** Statuses that another upload may not meet. */
const PASSING = [408, 429, 500, 502, 503, 504];
const UPLOAD_DELAY = 500; // milliseconds; doubled for each further try

/**
 * Pushes a blob, unless it is there.
 * @returns whether bytes were sent
 * @throws {PratiqueError} `DIGEST_MISMATCH` where the registry stored other bytes, `REDIRECT_REFUSED`, or a transport fault
 * @see OCI distribution-spec v1.1, "Pushing a blob monolithically", POST then PUT
 */
export function pushBlob(session: Session, what: Descriptor, content: BlobContent): Promise<boolean> {
  return session.guarded(() => storeBlob(session, what, content));
}

async function storeBlob(session: Session, what: Descriptor, content: BlobContent): Promise<boolean> {
  if (await hasBlob(session, what)) return false;
  for (let attempt = 1; ; attempt += 1) {
    const fault = await upload(session, await startUpload(session), what, content);
    if (fault === undefined) return true;
    if (await hasBlob(session, what)) return true; // only the answer was lost, or came too late
    if (attempt >= UPLOADS) throw fault;
    await pause(UPLOAD_DELAY * 2 ** (attempt - 1), session.options);
  }
}

/**
 * Asks the registry to take a blob over from another of its repositories.
 * @returns false where it would rather have the bytes
 * @see OCI distribution-spec v1.1, "Mounting a blob from another repository"
 */
export function mountBlob(session: Session, what: Descriptor, from: string): Promise<boolean> {
  return session.guarded(() => takeOver(session, what, from));
}

async function takeOver(session: Session, what: Descriptor, from: string): Promise<boolean> {
  const query = `?mount=${encodeURIComponent(what.digest)}&from=${encodeURIComponent(from)}`;
  const scope: Scope = { ...pushScope(session), from };
  const answer = await post(session, query, scope);
  requireSaid(answer, answer.status === 201 ? what.digest : undefined);
  answer.discard();
  if (answer.status === 201) return true;
  await abandon(session, await uploadAt(session, answer));
  return false;
}

/**
 * Pushes a manifest under a tag or its digest. What it names must be there already.
 * @throws {PratiqueError} `DIGEST_MISMATCH` where the digest in the name, or the one that the registry says, is another
 * @see OCI distribution-spec v1.1, "Pushing Manifests"
 */
export function pushManifest(
  session: Session,
  bytes: Uint8Array,
  mediaType: string,
  tagOrDigest: string,
): Promise<PushedManifest> {
  return session.guarded(() => storeManifest(session, bytes, mediaType, tagOrDigest));
}

async function storeManifest(
  session: Session,
  bytes: Uint8Array,
  mediaType: string,
  tagOrDigest: string,
): Promise<PushedManifest> {
  const digest = digestOf(bytes, tagOrDigest.startsWith('sha512:') ? 'sha512' : 'sha256');
  if (isDigest(tagOrDigest) && tagOrDigest !== digest)
    throw otherDigest(tagOrDigest, digest, 'manifest to push');
  const answer = await session.ask({
    method: 'PUT',
    at: session.path('manifests', tagOrDigest),
    headers: { 'content-type': mediaType },
    body: bytes,
    scope: pushScope(session),
    expect: [201],
  });
  requireSaid(answer, digest);
  const subject = answer.header('oci-subject');
  answer.discard();
  const descriptor = { mediaType, digest, size: bytes.length };
  return subject !== undefined && isDigest(subject) ? { descriptor, subject } : { descriptor };
}

/**
 * Whether a blob is there; false only where the registry answered 404.
 * @throws {PratiqueError} `SIZE_MISMATCH` where it announces another length; a transport fault
 * @see OCI distribution-spec v1.1, "Checking if content exists in the registry"
 */
export async function hasBlob(session: Session, what: Descriptor): Promise<boolean> {
  const answer = await head(session, session.path('blobs', what.digest));
  if (answer === undefined) return false;
  requireLength(answer, what);
  return true;
}

/**
 * Whether a manifest is there under its digest; false only where the registry answered 404. That it is there says
 * nothing about what it lists.
 * @throws {PratiqueError} `DIGEST_MISMATCH`, `SIZE_MISMATCH` where the registry says it is another; a transport fault
 */
export async function hasManifest(session: Session, what: Descriptor): Promise<boolean> {
  const answer = await head(session, session.path('manifests', what.digest), { accept: what.mediaType });
  if (answer === undefined) return false;
  requireSaid(answer, what.digest);
  requireLength(answer, what);
  return true;
}

async function head(
  session: Session,
  at: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer | undefined> {
  const answer = await session.ask({
    method: 'HEAD',
    at,
    headers,
    scope: pushScope(session),
    expect: [200, 404],
  });
  answer.discard();
  return answer.status === 200 ? answer : undefined;
}

// What was cut off when it was stored must not count as there. Proxies may leave the length out.
function requireLength(answer: Answer, { digest, size }: Descriptor): void {
  const text = answer.header('content-length');
  if (text === undefined || Number(text) === size) return;
  throw new PratiqueError('SIZE_MISMATCH', {
    what: `the registry has ${quoted(text, 40)} bytes where ${size} are due`,
    where: placeOf(answer.method, answer.url, answer.foreign),
    why: `of ${digest}`,
    next: 'remove it there and try again',
  });
}

async function startUpload(session: Session): Promise<URL> {
  const started = await post(session, '', pushScope(session));
  started.discard();
  return await uploadAt(session, started);
}

/** Sends the bytes. @returns a fault that another upload may not meet; any other is thrown */
async function upload(
  session: Session,
  place: URL,
  what: Descriptor,
  content: BlobContent,
): Promise<PratiqueError | undefined> {
  // Appended as text: what is there already is the registry's and may be signed.
  place.search = `${place.search === '' ? '?' : `${place.search}&`}digest=${encodeURIComponent(what.digest)}`;
  try {
    const answer = await session.ask({
      method: 'PUT',
      at: place,
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(what.size) },
      body: content,
      scope: pushScope(session),
      expect: [201, ...PASSING],
      repeatable: false, // an upload can be finished once; `pushBlob` starts another
    });
    if (answer.status !== 201) return await session.faultOf(answer);
    requireSaid(answer, what.digest);
    answer.discard();
    return undefined;
  } catch (thrown) {
    const fault = faultOfConnection(thrown, `blob ${what.digest}`);
    if (mayPass(fault)) return fault;
    throw fault;
  }
}

function post(session: Session, query: string, scope: Scope): Promise<Answer> {
  return session.ask({
    method: 'POST',
    at: `${session.path('blobs', 'uploads', '')}${query}`,
    headers: { 'content-length': '0' },
    scope,
    expect: query === '' ? [202] : [201, 202],
    repeatable: true, // a second start leaves an upload that the registry forgets by itself
  });
}

/** Where an upload goes on: only ever at the registry itself, as the bytes and the login go along. */
async function uploadAt(session: Session, answer: Answer): Promise<URL> {
  const place = targetOf(answer.header('location'), answer);
  if (place.origin === (await session.root())) return place;
  throw new PratiqueError('REDIRECT_REFUSED', {
    what: `the registry wants the upload sent to ${quoted(place.host)}`,
    where: placeOf(answer.method, answer.url),
    why: 'that is another server; nothing was sent there',
    next: 'if a proxy stands before the registry, let it pass on the host and the scheme',
  });
}

async function abandon(session: Session, place: URL): Promise<void> {
  const answer = await session
    .ask({
      method: 'DELETE',
      at: place,
      scope: pushScope(session),
      expect: [202, 204, 404, 405],
      repeatable: false,
    })
    .catch(() => undefined); // tidying only; registries forget uploads by themselves
  answer?.discard();
}

function requireSaid(answer: Answer, expected: Digest | undefined): void {
  const said = expected === undefined ? undefined : digestSaid(answer);
  if (said === undefined || said === expected || said.slice(0, 6) !== expected?.slice(0, 6)) return;
  throw otherDigest(expected, said, placeOf(answer.method, answer.url));
}

function otherDigest(expected: Digest, actual: Digest, where: string): PratiqueError {
  return new PratiqueError('DIGEST_MISMATCH', {
    what: 'what the registry stored is not what was pushed',
    where,
    why: `expected ${expected}, got ${actual}`,
  });
}

function pushScope(session: Session): Scope {
  return { repository: session.repository, actions: 'pull,push' };
}
