import { PratiqueError } from '../../errors.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { type Digest, isDigest } from '../../model/digest.ts';
import { quoted } from '../../model/printable.ts';
import type { Answer } from './answer.ts';
import { isForChunks, uploadInChunks } from './chunked-upload.ts';
import { placeOf } from './fault.ts';
import { digestOf } from './manifests.ts';
import { pause } from './retry.ts';
import type { Scope } from './scope.ts';
import type { Session } from './session.ts';
import {
  abandonUpload,
  finishedPlace,
  otherDigest,
  postUpload,
  pushScope,
  requireSaid,
  startUpload,
  uploadPlace,
  uploadStep,
} from './upload.ts';

/** The bytes of a blob, or what makes a new stream of them for every try. */
export type BlobContent = Uint8Array | (() => AsyncIterable<Uint8Array>);

/** What became of a pushed manifest. */
export interface PushedManifest {
  readonly descriptor: Descriptor;
  /** the subject whose referrers list the registry says it has updated (`OCI-Subject`) */
  readonly subject?: Digest;
}

const UPLOADS = 3; // tries of one blob, each from its start
const UPLOAD_DELAY = 500; // milliseconds; doubled for each further try
/** Conversations with registries that have not taken a blob in chunks: the next one is sent in one piece. */
const inOnePiece = new WeakSet<Session>();

/**
 * Pushes a blob, unless it is there: a large one in chunks, where the registry takes them. It is never held in memory.
 * @returns whether bytes were sent
 * @throws {PratiqueError} `DIGEST_MISMATCH` where the registry stored other bytes, `REDIRECT_REFUSED`, or a transport fault
 * @see OCI distribution-spec v1.1, "Pushing blobs"
 */
export function pushBlob(session: Session, what: Descriptor, content: BlobContent): Promise<boolean> {
  return session.guarded(() => storeBlob(session, what, content));
}

async function storeBlob(session: Session, what: Descriptor, content: BlobContent): Promise<boolean> {
  if (await hasBlob(session, what)) return false;
  for (let attempt = 1; ; attempt += 1) {
    // The last try is always in one piece, which every registry takes.
    const fault = await upload(session, what, content, attempt < UPLOADS);
    if (fault === undefined) return true;
    if (await hasBlob(session, what)) return true; // only the answer was lost, or came too late
    if (attempt >= UPLOADS) throw fault;
    await pause(UPLOAD_DELAY * 2 ** (attempt - 1), session.options);
  }
}

/** @returns a fault that another upload may not meet; any other is thrown */
async function upload(
  session: Session,
  what: Descriptor,
  content: BlobContent,
  mayChunk: boolean,
): Promise<PratiqueError | undefined> {
  const isLarge = typeof content === 'function' && isForChunks(what, session.options);
  if (mayChunk && isLarge && !inOnePiece.has(session)) {
    const outcome = await uploadInChunks(session, what, content);
    if (outcome === 'stored') return undefined;
    if (outcome !== 'not taken') return outcome;
    inOnePiece.add(session);
  }
  const { place } = await startUpload(session);
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(what.size) };
  const ask = { method: 'PUT', at: finishedPlace(place, what.digest), headers, body: content } as const;
  const step = await uploadStep(session, { ...ask, expect: [201] }, what);
  if ('fault' in step) return step.fault;
  requireSaid(step.answer, what.digest);
  step.answer.discard();
  return undefined;
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
  const answer = await postUpload(session, query, scope);
  requireSaid(answer, answer.status === 201 ? what.digest : undefined);
  answer.discard();
  if (answer.status === 201) return true;
  await abandonUpload(session, await uploadPlace(session, answer));
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
