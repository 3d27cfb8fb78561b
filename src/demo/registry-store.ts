import { createHash, randomUUID } from 'node:crypto';
import { isIndex, isManifest } from '../model/media-type.ts';
import type { Built } from './image-builder.ts';

/** A manifest as it was pushed, and what of it the registry has to know. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly subject?: string;
  readonly artifactType: string;
  readonly annotations?: unknown;
}

/** One repository, in memory; keys are digests as text, tags, and upload ids. */
export interface Repository {
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, StoredManifest>;
  readonly tags: Map<string, string>;
  readonly uploads: Map<string, Uint8Array[]>;
}

/** What a registry answers to a fault of its client. OCI distribution-spec v1.1, "Error Codes". */
export class RegistryFault extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const MOST_BYTES = 1024 ** 3; // of everything together: this registry lives in memory

/** The content of the demo registry. Checks digests on the way in and nothing else that a real one would not. */
export class RegistryStore {
  private readonly repositories = new Map<string, Repository>();
  private bytes = 0;

  /** A repository; it is there from the first time it is asked for. */
  repository(name: string): Repository {
    const known = this.repositories.get(name);
    if (known !== undefined) return known;
    const made: Repository = {
      blobs: new Map(),
      manifests: new Map(),
      tags: new Map(),
      uploads: new Map(),
    };
    this.repositories.set(name, made);
    return made;
  }

  /** Whether anything was ever pushed under this name. */
  has(name: string): boolean {
    const found = this.repositories.get(name);
    return found !== undefined && found.blobs.size + found.manifests.size + found.uploads.size > 0;
  }

  /** Every repository that something was pushed to. */
  names(): readonly string[] {
    return [...this.repositories.keys()].filter((name) => this.has(name));
  }

  /** Puts an image or index in, without HTTP. */
  push(name: string, tag: string, { root, blobs, manifests }: Built): void {
    const repository = this.repository(name);
    for (const { descriptor, bytes } of blobs) this.putBlob(name, descriptor.digest, bytes);
    for (const { descriptor, bytes } of [...manifests, root])
      this.putManifest(name, descriptor.digest, descriptor.mediaType, bytes);
    repository.tags.set(tag, root.descriptor.digest);
  }

  startUpload(name: string): string {
    const id = randomUUID();
    this.repository(name).uploads.set(id, []);
    return id;
  }

  appendUpload(name: string, id: string, bytes: Uint8Array): number {
    const parts = this.upload(name, id);
    this.account(bytes.length);
    parts.push(bytes);
    return lengthOf(parts);
  }

  uploadedBytes(name: string, id: string): number {
    return lengthOf(this.upload(name, id));
  }

  finishUpload(name: string, id: string, digest: string): void {
    const bytes = Buffer.concat(this.upload(name, id));
    this.repository(name).uploads.delete(id);
    this.putBlob(name, digest, bytes);
  }

  putBlob(name: string, digest: string, bytes: Uint8Array): void {
    if (digestOf(bytes, digest) !== digest)
      throw new RegistryFault(400, 'DIGEST_INVALID', 'the digest is not that of the content');
    this.account(bytes.length);
    this.repository(name).blobs.set(digest, bytes);
  }

  /** @returns its digest. What it lists must be there already; its subject need not. */
  putManifest(name: string, reference: string, mediaType: string, bytes: Uint8Array): string {
    const repository = this.repository(name);
    const digest = digestOf(bytes, reference);
    if (reference.includes(':') && reference !== digest)
      throw new RegistryFault(400, 'DIGEST_INVALID', 'the digest is not that of the content');
    const manifest = readManifest(bytes, mediaType);
    requireContent(repository, manifest.body);
    this.account(bytes.length);
    repository.manifests.set(digest, manifest.stored);
    if (!reference.includes(':')) repository.tags.set(reference, digest);
    return digest;
  }

  private upload(name: string, id: string): Uint8Array[] {
    const parts = this.repository(name).uploads.get(id);
    if (parts === undefined) throw new RegistryFault(404, 'BLOB_UPLOAD_UNKNOWN', 'there is no such upload');
    return parts;
  }

  private account(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > MOST_BYTES)
      throw new RegistryFault(413, 'SIZE_INVALID', 'this registry lives in memory and is full');
  }
}

interface Body {
  readonly mediaType?: unknown;
  readonly artifactType?: unknown;
  readonly annotations?: unknown;
  readonly config?: { readonly digest?: unknown; readonly mediaType?: unknown };
  readonly layers?: readonly { readonly digest?: unknown; readonly urls?: unknown }[];
  readonly manifests?: readonly { readonly digest?: unknown }[];
  readonly subject?: { readonly digest?: unknown };
}

function readManifest(bytes: Uint8Array, mediaType: string): { body: Body; stored: StoredManifest } {
  if (!isIndex(mediaType) && !isManifest(mediaType))
    throw new RegistryFault(415, 'MANIFEST_INVALID', 'the content type is not one of a manifest');
  const body = parseBody(bytes);
  if (body.mediaType !== undefined && body.mediaType !== mediaType)
    throw new RegistryFault(
      400,
      'MANIFEST_INVALID',
      'the content type is not the media type in the manifest',
    );
  const subject = body.subject?.digest;
  const artifactType = body.artifactType ?? body.config?.mediaType ?? '';
  const stored = {
    mediaType,
    bytes,
    artifactType: String(artifactType),
    ...(typeof subject === 'string' ? { subject } : {}),
    ...(body.annotations === undefined ? {} : { annotations: body.annotations }),
  };
  return { body, stored };
}

function parseBody(bytes: Uint8Array): Body {
  try {
    const body: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  } catch {
    // told below
  }
  throw new RegistryFault(400, 'MANIFEST_INVALID', 'the manifest is not a JSON object');
}

function requireContent(repository: Repository, { config, layers = [], manifests = [] }: Body): void {
  const blobs = [...(config === undefined ? [] : [config]), ...layers];
  if (!blobs.every(({ digest }) => repository.blobs.has(String(digest))))
    throw new RegistryFault(400, 'MANIFEST_BLOB_UNKNOWN', 'a blob of the manifest was not pushed');
  if (!manifests.every(({ digest }) => repository.manifests.has(String(digest))))
    throw new RegistryFault(400, 'MANIFEST_BLOB_UNKNOWN', 'a manifest of the index was not pushed');
}

function digestOf(bytes: Uint8Array, like: string): string {
  const algorithm = like.startsWith('sha512:') ? 'sha512' : 'sha256';
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
