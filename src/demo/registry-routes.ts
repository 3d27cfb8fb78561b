import type { IncomingMessage } from 'node:http';
import { isDigest } from '../model/digest.ts';
import { MEDIA } from '../model/media-type.ts';
import { RegistryFault, type RegistryStore, type StoredManifest } from './registry-store.ts';

/** A request, read whole. */
export interface Call {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: Uint8Array;
  readonly store: RegistryStore;
  /** whether there is a referrers API */
  readonly referrers: boolean;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** empty where absent; not sent to HEAD */
  readonly body?: Uint8Array;
}

const MANIFEST_LIMIT = 4 * 1024 * 1024; // bytes, as real registries
const NAME = '([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)';
const ROUTES: readonly (readonly [RegExp, (call: Call, name: string, rest: string) => Reply])[] = [
  [new RegExp(`^/v2/${NAME}/blobs/uploads/([0-9a-f-]*)$`), uploads],
  [new RegExp(`^/v2/${NAME}/blobs/([^/]+)$`), blobs],
  [new RegExp(`^/v2/${NAME}/manifests/([^/]+)$`), manifests],
  [new RegExp(`^/v2/${NAME}/tags/(list)$`), tags],
  [new RegExp(`^/v2/${NAME}/referrers/([^/]+)$`), referrers],
];

/**
 * Answers one request.
 * @throws {RegistryFault}
 * @see OCI distribution-spec v1.1, "Endpoints"
 */
export function route(call: Call): Reply {
  if (call.url.pathname === '/v2/') return json({});
  if (call.url.pathname === '/v2/_catalog') return catalogue(call);
  for (const [pattern, answer] of ROUTES) {
    const [, name, rest] = pattern.exec(call.url.pathname) ?? [];
    if (name !== undefined && rest !== undefined) return answer(call, name, rest);
  }
  throw new RegistryFault(404, 'NAME_UNKNOWN', 'there is nothing under this path');
}

function blobs({ request, store }: Call, name: string, digest: string): Reply {
  const repository = store.repository(name);
  const bytes = repository.blobs.get(digest);
  if (bytes === undefined) throw new RegistryFault(404, 'BLOB_UNKNOWN', 'there is no such blob');
  if (request.method === 'DELETE') {
    repository.blobs.delete(digest);
    return { status: 202 };
  }
  requireMethod(request, 'GET', 'HEAD');
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
  };
  const range = request.headers.range;
  return range === undefined
    ? { status: 200, headers, body: bytes }
    : part(bytes, /^bytes=(\d+)-(\d*)$/.exec(range), headers);
}

function part(bytes: Uint8Array, range: RegExpExecArray | null, headers: Record<string, string>): Reply {
  const first = Number(range?.[1] ?? Number.NaN);
  const last = Math.min(range?.[2] ? Number(range[2]) : bytes.length - 1, bytes.length - 1);
  if (!(first <= last)) throw new RegistryFault(416, 'SIZE_INVALID', 'there are no such bytes');
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${first}-${last}/${bytes.length}` },
    body: bytes.subarray(first, last + 1),
  };
}

function uploads(call: Call, name: string, id: string): Reply {
  const { request, url, body, store } = call;
  if (id === '') return startUpload(call, name);
  if (request.method === 'PATCH') {
    requireOrder(request, store.uploadedBytes(name, id), body.length);
    return progress(name, id, store.appendUpload(name, id, body));
  }
  if (request.method === 'PUT') {
    store.appendUpload(name, id, body);
    const digest = requireDigest(url.searchParams.get('digest') ?? '');
    store.finishUpload(name, id, digest);
    return blobMade(name, digest);
  }
  if (request.method === 'DELETE') {
    store.uploadedBytes(name, id);
    store.repository(name).uploads.delete(id);
    return { status: 204 };
  }
  requireMethod(request, 'GET');
  return { ...progress(name, id, store.uploadedBytes(name, id)), status: 204 };
}

function startUpload({ request, url, body, store }: Call, name: string): Reply {
  requireMethod(request, 'POST');
  const mount = url.searchParams.get('mount');
  const from = url.searchParams.get('from');
  const known = mount !== null && from !== null ? store.repository(from).blobs.get(mount) : undefined;
  if (mount !== null && known !== undefined) {
    store.repository(name).blobs.set(mount, known);
    return blobMade(name, mount);
  }
  const digest = url.searchParams.get('digest');
  if (digest !== null) {
    store.putBlob(name, requireDigest(digest), body);
    return blobMade(name, digest);
  }
  return progress(name, store.startUpload(name), 0);
}

function progress(name: string, id: string, bytes: number): Reply {
  return {
    status: 202,
    headers: {
      location: `/v2/${name}/blobs/uploads/${id}`,
      'docker-upload-uuid': id,
      range: `0-${Math.max(bytes - 1, 0)}`,
    },
  };
}

function blobMade(name: string, digest: string): Reply {
  return {
    status: 201,
    headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest },
  };
}

function manifests(call: Call, name: string, reference: string): Reply {
  const { request, body, store } = call;
  const repository = store.repository(name);
  if (request.method === 'PUT') {
    if (body.length > MANIFEST_LIMIT)
      throw new RegistryFault(413, 'MANIFEST_INVALID', 'the manifest is too large');
    return manifestMade(
      call,
      name,
      store.putManifest(name, reference, request.headers['content-type'] ?? '', body),
    );
  }
  const digest = reference.includes(':') ? reference : repository.tags.get(reference);
  const found = digest === undefined ? undefined : repository.manifests.get(digest);
  if (found === undefined || digest === undefined)
    throw new RegistryFault(404, 'MANIFEST_UNKNOWN', 'there is no such manifest');
  if (request.method === 'DELETE') return removeManifest(call, name, reference);
  requireMethod(request, 'GET', 'HEAD');
  return {
    status: 200,
    headers: { 'content-type': found.mediaType, 'docker-content-digest': digest },
    body: found.bytes,
  };
}

function manifestMade({ store, referrers }: Call, name: string, digest: string): Reply {
  const subject = store.repository(name).manifests.get(digest)?.subject;
  return {
    status: 201,
    headers: {
      location: `/v2/${name}/manifests/${digest}`,
      'docker-content-digest': digest,
      ...(referrers && subject !== undefined ? { 'oci-subject': subject } : {}),
    },
  };
}

function removeManifest({ store }: Call, name: string, reference: string): Reply {
  const { manifests: held, tags: named } = store.repository(name);
  if (!reference.includes(':')) named.delete(reference);
  else {
    held.delete(reference);
    for (const [tag, digest] of named) if (digest === reference) named.delete(tag);
  }
  return { status: 202 };
}

/** @see distribution, "Listing Repositories" */
function catalogue({ request, url, store }: Call): Reply {
  requireMethod(request, 'GET');
  const { page, headers } = pageOf(url, store.names());
  return { ...json({ repositories: page }), headers };
}

function tags({ request, url, store }: Call, name: string): Reply {
  requireMethod(request, 'GET');
  if (!store.has(name)) throw new RegistryFault(404, 'NAME_UNKNOWN', 'there is no such repository');
  const { page, headers } = pageOf(url, store.repository(name).tags.keys());
  return { ...json({ name, tags: page }), headers };
}

/** The names behind `last`, at most `n` of them, and where they go on. */
function pageOf(url: URL, names: Iterable<string>) {
  const last = url.searchParams.get('last');
  const all = [...names].sort().filter((name) => last === null || name > last);
  const count = Number(url.searchParams.get('n') ?? all.length);
  const page = all.slice(0, count);
  const more = page.length < all.length && page.length > 0;
  const next = more ? { link: `<${url.pathname}?n=${count}&last=${page.at(-1)}>; rel="next"` } : {};
  return { page, headers: { 'content-type': 'application/json', ...next } };
}

function referrers({ request, url, store, referrers: has }: Call, name: string, digest: string): Reply {
  requireMethod(request, 'GET');
  if (!has) throw new RegistryFault(404, 'NAME_UNKNOWN', 'there is nothing under this path');
  requireDigest(digest);
  const wanted = url.searchParams.get('artifactType');
  const found = [...store.repository(name).manifests].filter(
    ([, { subject, artifactType }]) => subject === digest && (wanted === null || artifactType === wanted),
  );
  const index = { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: found.map(asEntry) };
  const filtered = wanted === null ? {} : { 'oci-filters-applied': 'artifactType' };
  return { ...json(index), headers: { 'content-type': MEDIA.ociIndex, ...filtered } };
}

function asEntry([digest, { mediaType, bytes, artifactType, annotations }]: [string, StoredManifest]) {
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(artifactType === '' ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function json(value: unknown): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  };
}

function requireOrder(request: IncomingMessage, have: number, length: number): void {
  const range = /^(\d+)-(\d+)$/.exec(request.headers['content-range'] ?? `${have}-${have + length - 1}`);
  if (range !== null && Number(range[1]) === have && Number(range[2]) === have + length - 1) return;
  throw new RegistryFault(416, 'BLOB_UPLOAD_INVALID', 'the chunk does not follow the one before');
}

function requireDigest(text: string): string {
  if (isDigest(text)) return text;
  throw new RegistryFault(400, 'DIGEST_INVALID', 'that is not a digest');
}

function requireMethod({ method }: IncomingMessage, ...allowed: readonly string[]): void {
  if (allowed.includes(method ?? '')) return;
  throw new RegistryFault(405, 'UNSUPPORTED', 'that cannot be done here');
}
