import { PratiqueError } from '../../errors.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { Digest } from '../../model/digest.ts';
import { quoted } from '../../model/printable.ts';
import type { Answer } from './answer.ts';
import { faultOfConnection, mayPass, placeOf } from './fault.ts';
import { digestSaid } from './manifests.ts';
import type { Scope } from './scope.ts';
import type { Session } from './session.ts';
import { type Call, targetOf } from './transport.ts';

/** Statuses that another try may not meet. */
export const PASSING: readonly number[] = [408, 429, 500, 502, 503, 504];

/** An upload that a registry has begun. */
export interface Upload {
  /** where it goes on; every answer may name another place */
  readonly place: URL;
  /** bytes that the registry wants at least in each chunk but the last; 0 where it says nothing (`OCI-Chunk-Min-Length`) */
  readonly leastChunk: number;
}

/** Begins an upload. @throws {PratiqueError} `REDIRECT_REFUSED`, or a transport fault */
export async function startUpload(session: Session): Promise<Upload> {
  const started = await postUpload(session, '', pushScope(session));
  started.discard();
  const least = /^\d{1,15}$/.exec(started.header('oci-chunk-min-length') ?? '');
  return { place: await uploadPlace(session, started), leastChunk: Number(least?.[0] ?? 0) };
}

/** Asks for an upload, or with a query for the blob of another repository. */
export function postUpload(session: Session, query: string, scope: Scope): Promise<Answer> {
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
export async function uploadPlace(session: Session, answer: Answer): Promise<URL> {
  const place = targetOf(answer.header('location'), answer);
  if (place.origin === (await session.root())) return place;
  throw new PratiqueError('REDIRECT_REFUSED', {
    what: `the registry wants the upload sent to ${quoted(place.host)}`,
    where: placeOf(answer.method, answer.url),
    why: 'that is another server; nothing was sent there',
    next: 'if a proxy stands before the registry, let it pass on the host and the scheme',
  });
}

/** What became of a request of an upload: it was answered, or met what another try may not meet. */
export type UploadStep = { readonly answer: Answer } | { readonly fault: PratiqueError };

/** A request of an upload, sent once. @throws {PratiqueError} a fault that another try would meet as well */
export async function uploadStep(
  session: Session,
  ask: {
    readonly method: 'PUT' | 'PATCH' | 'GET';
    readonly at: URL;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: NonNullable<Call['body']>;
    /** statuses that are answers; those that may pass are faults, any other is thrown */
    readonly expect: readonly number[];
  },
  what: Descriptor,
): Promise<UploadStep> {
  try {
    const answer = await session.ask({
      ...ask,
      scope: pushScope(session),
      expect: [...ask.expect, ...PASSING],
      repeatable: false, // what a registry has taken once it does not take again
    });
    return ask.expect.includes(answer.status) ? { answer } : { fault: await session.faultOf(answer) };
  } catch (thrown) {
    const fault = faultOfConnection(thrown, `blob ${what.digest}`);
    if (mayPass(fault)) return { fault };
    throw fault;
  }
}

/** The request that ends an upload: the registry computes the digest. */
export function finishedPlace(place: URL, digest: Digest): URL {
  const last = new URL(place);
  // Appended as text: what is there already is the registry's and may be signed.
  last.search = `${last.search === '' ? '?' : `${last.search}&`}digest=${encodeURIComponent(digest)}`;
  return last;
}

/** Gives an upload up; tidying only, since registries forget uploads by themselves. */
export async function abandonUpload(session: Session, place: URL): Promise<void> {
  const answer = await session
    .ask({
      method: 'DELETE',
      at: place,
      scope: pushScope(session),
      expect: [202, 204, 404, 405],
      repeatable: false,
    })
    .catch(() => undefined);
  answer?.discard();
}

/** @throws {PratiqueError} `DIGEST_MISMATCH` where the registry says that it stored something else */
export function requireSaid(answer: Answer, expected: Digest | undefined): void {
  const said = expected === undefined ? undefined : digestSaid(answer);
  if (said === undefined || said === expected || said.slice(0, 6) !== expected?.slice(0, 6)) return;
  throw otherDigest(expected, said, placeOf(answer.method, answer.url));
}

export function otherDigest(expected: Digest, actual: Digest, where: string): PratiqueError {
  return new PratiqueError('DIGEST_MISMATCH', {
    what: 'what the registry stored is not what was pushed',
    where,
    why: `expected ${expected}, got ${actual}`,
  });
}

export function pushScope(session: Session): Scope {
  return { repository: session.repository, actions: 'pull,push' };
}
