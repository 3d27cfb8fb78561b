import { PratiqueError } from '../../errors.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { type Digest, hexOf, referrersTagOf } from '../../model/digest.ts';
import type { Attachment } from '../../model/image-source.ts';
import { MEDIA } from '../../model/media-type.ts';
import { type Content, referrerManifest } from '../documents/referrer-manifest.ts';
import { pushBlob, pushManifest } from './push.ts';
import { hasReferrersApi, readFallback } from './referrers.ts';
import { pause } from './retry.ts';
import type { Session } from './session.ts';

const UPDATES = 10;
const SETTLE = 250; // milliseconds; longer than another client takes between its read and its write

/**
 * Pushes a referrer: the empty config, the content, and a manifest that names the subject. Where the
 * registry keeps no list of referrers, the fallback tag is updated. Doing it twice changes nothing.
 * @returns the pushed manifest
 * @throws {PratiqueError} `ATTACH_FAILED` where others keep overwriting the list, or a fault of pushing
 * @see OCI image-spec v1.1.1, manifest.md, "Guidelines for Artifact Usage"; distribution-spec v1.1, "Pushing Manifests with Subject"
 */
export async function attach(
  session: Session,
  subject: Descriptor,
  attachment: Attachment,
): Promise<Descriptor> {
  const { blobs, manifest } = referrerManifest(subject, attachment);
  for (const { descriptor, bytes } of blobs) await pushBlob(session, descriptor, bytes);
  await pushReferrer(session, subject, manifest);
  return manifest.descriptor;
}

/**
 * Pushes a manifest that names the subject, whose blobs are there, and puts it into the fallback list where the
 * registry keeps none.
 * @param manifest its descriptor carries the type and the annotations that go into that list
 * @throws {PratiqueError} as `attach`
 */
export async function pushReferrer(
  session: Session,
  subject: Descriptor,
  { descriptor, bytes }: Content,
): Promise<void> {
  const pushed = await pushManifest(session, bytes, descriptor.mediaType, descriptor.digest);
  const listed = pushed.subject === subject.digest && (await hasReferrersApi(session, subject.digest));
  if (!listed)
    await oneAtATime(placeOfList(session, subject.digest), () => list(session, subject.digest, descriptor));
}

/**
 * Puts a referrer into the index under the fallback tag. Registries ignore `If-Match`, so two clients that
 * read and write at the same time can lose one entry: it is read again after the write, a little later,
 * and put back where it is gone.
 */
async function list(session: Session, subject: Digest, referrer: Descriptor): Promise<void> {
  for (let update = 0; update < UPDATES; update += 1) {
    const fallback = await readFallback(session, subject);
    if (fallback?.entries.some(({ digest }) => digest === referrer.digest) === true) return;
    const { limits } = session.options;
    const bytes = withEntry(fallback?.found.bytes, referrer);
    const count = (fallback?.entries.length ?? 0) + 1;
    if (count > limits.referrers || bytes.length > limits.manifestBytes) throw full(session, subject);
    await pushManifest(session, bytes, MEDIA.ociIndex, referrersTagOf(subject));
    await pause(settleTime(referrer.digest, update), session.options);
  }
  const { entries = [] } = (await readFallback(session, subject)) ?? {};
  if (entries.some(({ digest }) => digest === referrer.digest)) return;
  throw new PratiqueError('ATTACH_FAILED', {
    what: 'the referrer was pushed, but others keep overwriting the list that it belongs into',
    where: placeOfList(session, subject),
    next: 'attach it again when nothing else is pushed to this repository',
  });
}

/**
 * Milliseconds to wait before the list is read again. Not the same for two writers: those that began together would go on
 * overwriting each other in step. Taken from the digest, which is as good as chance and the same in every run.
 */
function settleTime(digest: Digest, update: number): number {
  const byte = Number.parseInt(hexOf(digest).slice(2 * update, 2 * update + 2), 16);
  return SETTLE + byte;
}

// The bytes were read strictly before, so that every reader sees the same; what else they hold is kept.
function withEntry(known: Uint8Array | undefined, referrer: Descriptor): Uint8Array {
  const { mediaType, digest, size, artifactType, annotations } = referrer;
  const notes =
    annotations === undefined || annotations.size === 0
      ? {}
      : { annotations: Object.fromEntries(annotations) };
  const entry = { mediaType, digest, size, artifactType, ...notes };
  if (known === undefined)
    return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [entry] }));
  const index = JSON.parse(Buffer.from(known).toString('utf8')) as { manifests?: unknown[] | null };
  return Buffer.from(JSON.stringify({ ...index, manifests: [...(index.manifests ?? []), entry] }));
}

const locks = new Map<string, Promise<unknown>>();

// Within this process at least, updates of one list do not meet.
async function oneAtATime<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = locks.get(key) ?? Promise.resolve();
  const own = before.then(work, work);
  locks.set(key, own);
  try {
    return await own;
  } finally {
    if (locks.get(key) === own) locks.delete(key);
  }
}

function placeOfList(session: Session, subject: Digest): string {
  return `${session.endpoint.registry}/${session.repository}:${referrersTagOf(subject)}`;
}

function full(session: Session, subject: Digest): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: 'the list of referrers has no room for one more',
    where: placeOfList(session, subject),
    next: 'remove old referrers, or raise limits.referrers in the policy',
  });
}
