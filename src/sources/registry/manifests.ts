import { createHash } from 'node:crypto';
import { PratiqueError } from '../../errors.ts';
import { readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { algorithmOf, type Digest, type DigestAlgorithm, isDigest, parseDigest } from '../../model/digest.ts';
import { MEDIA } from '../../model/media-type.ts';
import { excerpt, quoted } from '../../model/printable.ts';
import { MANIFEST_KEYS } from '../documents/descriptor-fields.ts';
import { type Answer, mediaTypeOf, readBody } from './answer.ts';
import { placeOf } from './fault.ts';
import type { Scope } from './scope.ts';
import type { Session } from './session.ts';

/** A manifest's bytes and what they are. */
export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

const ACCEPTED = [MEDIA.ociIndex, MEDIA.ociManifest, MEDIA.dockerIndex, MEDIA.dockerManifest];

/**
 * Fetches what a tag or a digest stands for. The digest is computed over the bytes; what the registry says
 * it is must agree.
 * @param actions what the login is asked for; of a repository that is still to be made Docker Hub lets nobody only pull
 * @returns nothing where the registry answered 404
 * @throws {PratiqueError} `DIGEST_MISMATCH`, `DIGEST_INVALID`, `LIMIT_EXCEEDED`, `MEDIA_TYPE_UNKNOWN`, or a transport fault
 * @see OCI distribution-spec v1.1, "Pulling manifests"
 */
export async function lookUpManifest(
  session: Session,
  tagOrDigest: string,
  actions: Scope['actions'] = 'pull',
): Promise<FetchedManifest | undefined> {
  const answer = await get(session, tagOrDigest, ACCEPTED, [200, 404], actions);
  if (answer.status === 404) {
    answer.discard();
    return undefined;
  }
  const bytes = await readBody(answer, session.options.limits.manifestBytes);
  const place = placeOf('GET', answer.url, answer.foreign);
  const said = digestSaid(answer);
  const asked = isDigest(tagOrDigest) ? tagOrDigest : (said ?? digestOf(bytes));
  requireDigest(bytes, asked, place);
  if (said !== undefined) requireDigest(bytes, said, place);
  const mediaType = mediaTypeOf(answer) ?? mediaTypeIn(bytes, place);
  return { descriptor: { mediaType, digest: asked, size: bytes.length }, bytes };
}

/**
 * Fetches a manifest by its descriptor.
 * @throws {PratiqueError} `SIZE_MISMATCH`, `DIGEST_MISMATCH`, `LIMIT_EXCEEDED`, `MANIFEST_INVALID` where the
 * registry gives it another type, or a transport fault
 */
export async function fetchManifest(session: Session, what: Descriptor): Promise<Uint8Array> {
  const accepted = [what.mediaType, ...ACCEPTED.filter((type) => type !== what.mediaType)];
  const answer = await get(session, what.digest, accepted, [200]);
  const place = placeOf('GET', answer.url, answer.foreign);
  const bytes = await readBody(answer, session.options.limits.manifestBytes);
  if (bytes.length !== what.size) throw wrongSize(what, bytes.length, place);
  requireDigest(bytes, what.digest, place);
  const said = digestSaid(answer);
  if (said !== undefined) requireDigest(bytes, said, place);
  // A store that a registry redirects to knows no types; the digest has proved the bytes.
  const type = answer.foreign ? undefined : mediaTypeOf(answer);
  if (type !== undefined && type !== what.mediaType) throw otherType(what, type, place);
  return bytes;
}

/** The digest of bytes. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`);
}

/**
 * The `Docker-Content-Digest` of an answer; it is compared, never believed.
 * @throws {PratiqueError} `DIGEST_INVALID`
 */
export function digestSaid(answer: Answer): Digest | undefined {
  const text = answer.header('docker-content-digest');
  if (text === undefined || isDigest(text)) return text;
  throw new PratiqueError('DIGEST_INVALID', {
    what: `the registry says that the digest is ${quoted(text)}, which is none`,
    where: placeOf(answer.method, answer.url, answer.foreign),
  });
}

function get(
  session: Session,
  name: string,
  accepted: readonly string[],
  expect: readonly number[],
  actions: Scope['actions'] = 'pull',
): Promise<Answer> {
  return session.ask({
    method: 'GET',
    at: session.path('manifests', name),
    headers: { accept: accepted.join(', ') },
    scope: { repository: session.repository, actions },
    expect,
  });
}

function requireDigest(bytes: Uint8Array, expected: Digest, where: string): void {
  const actual = digestOf(bytes, algorithmOf(expected));
  if (actual === expected) return;
  throw new PratiqueError('DIGEST_MISMATCH', {
    what: 'the manifest is not the one that its digest names',
    where,
    why: `expected ${expected}, got ${actual}`,
    next: 'check the registry and everything between; the bytes were not used',
  });
}

// Only where there is no Content-Type: umoci and others leave the field out of the body, so one must say it.
function mediaTypeIn(bytes: Uint8Array, where: string): string {
  const fields = readFields(readJson(bytes, { where, known: MANIFEST_KEYS }), {
    where,
    code: 'MANIFEST_INVALID',
  });
  const type = fields.optionalString('mediaType');
  if (type !== undefined) return type;
  throw new PratiqueError('MEDIA_TYPE_UNKNOWN', {
    what: 'neither the answer nor the manifest says what it is',
    where,
  });
}

function wrongSize(what: Descriptor, size: number, where: string): PratiqueError {
  return new PratiqueError('SIZE_MISMATCH', {
    what: `the manifest has ${size} bytes and not ${what.size}`,
    where,
    why: `its descriptor ${what.digest} says so`,
  });
}

function otherType(what: Descriptor, type: string, where: string): PratiqueError {
  return new PratiqueError('MANIFEST_INVALID', {
    what: `the registry serves the manifest as ${quoted(type)}`,
    where,
    why: `its descriptor says ${excerpt(what.mediaType, 200)}; one reader would go by one, another by the other`,
  });
}
