import { createHash } from 'node:crypto';
import { PratiqueError } from '../../src/errors.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { type Digest, parseDigest } from '../../src/model/digest.ts';
import type { Image, Resolved } from '../../src/model/image.ts';
import type { Attachment, ImageSource } from '../../src/model/image-source.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { EMPTY_CONFIG } from './empty-config.ts';

/** sha256 of bytes, as a digest. */
export function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

/** JSON as bytes. */
export function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/**
 * An image repository in memory that keeps the contract of `ImageSource`: bytes are verified, absence is said,
 * faults are thrown. Tests put manifests and blobs in, and let single operations fail.
 */
export class MemorySource implements ImageSource {
  readonly name: string = 'registry.test/acme/app:1';
  /** every call, as `referrers sha256:…` */
  readonly calls: string[] = [];
  private readonly content = new Map<string, Uint8Array>();
  private readonly companions = new Map<string, Descriptor>();
  private readonly listed: { readonly subject: Digest; readonly referrer: Descriptor }[] = [];
  private readonly faults = new Map<string, PratiqueError>();
  private resolved: Resolved | undefined;

  /** Stores a manifest. */
  putManifest(manifest: unknown, mediaType: string = MEDIA.ociManifest): Descriptor {
    return this.put(jsonBytes(manifest), mediaType);
  }

  /** Stores bytes under their digest. */
  put(bytes: Uint8Array, mediaType: string): Descriptor {
    const digest = digestOf(bytes);
    this.content.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  /** Makes the blob or manifest with this digest deliver other bytes. */
  corrupt(digest: Digest, bytes: Uint8Array): void {
    this.content.set(digest, bytes);
  }

  /** Puts a manifest under cosign's tag for the subject. */
  tag(subject: Digest, suffix: string, manifest: Descriptor): void {
    this.companions.set(`${subject}.${suffix}`, manifest);
  }

  /** Lists a manifest among the referrers of the subject, whatever the manifest itself says. */
  list(subject: Digest, referrer: Descriptor): void {
    this.listed.push({ subject, referrer });
  }

  /** What the name stands for. */
  point(resolved: Resolved): void {
    this.resolved = resolved;
  }

  /** Lets an operation fail: `resolve`, `referrers`, `companion`, `manifest sha256:…`, `blob sha256:…`. */
  fail(operation: string, fault: PratiqueError): void {
    this.faults.set(operation, fault);
  }

  async resolve(): Promise<Resolved> {
    this.note('resolve');
    if (this.resolved === undefined) throw new PratiqueError('NOT_FOUND', { what: 'nothing is there' });
    return this.resolved;
  }

  async *referrers(subject: Descriptor): AsyncIterable<Descriptor> {
    for (const one of this.listed) if (one.subject === subject.digest) yield one.referrer;
    this.note('referrers', subject.digest);
  }

  async companion(subject: Descriptor, suffix: 'sig' | 'att' | 'sbom'): Promise<Descriptor | undefined> {
    this.note('companion', subject.digest);
    return this.companions.get(`${subject.digest}.${suffix}`);
  }

  async manifest(what: Descriptor): Promise<Uint8Array> {
    this.note('manifest', what.digest);
    return this.verified(what);
  }

  async *blob(what: Descriptor): AsyncIterable<Uint8Array> {
    this.note('blob', what.digest);
    const bytes = this.verified(what);
    for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
  }

  async attach(subject: Descriptor, attachment: Attachment): Promise<Descriptor> {
    this.note('attach', subject.digest);
    const layer = this.put(attachment.content, attachment.mediaType);
    const referrer = this.putManifest({
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      artifactType: attachment.artifactType,
      config: this.put(Buffer.from('{}'), MEDIA.ociEmpty),
      layers: [layer],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      annotations: attachment.annotations,
    });
    this.list(subject.digest, referrer);
    return referrer;
  }

  async close(): Promise<void> {}

  private note(operation: string, digest?: Digest): void {
    this.calls.push(digest === undefined ? operation : `${operation} ${digest}`);
    const fault = this.faults.get(operation) ?? this.faults.get(`${operation} ${digest}`);
    if (fault !== undefined) throw fault;
  }

  private verified(what: Descriptor): Uint8Array {
    const bytes = this.content.get(what.digest);
    if (bytes === undefined) throw new PratiqueError('NOT_FOUND', { what: `${what.digest} is not there` });
    if (bytes.length !== what.size) throw new PratiqueError('SIZE_MISMATCH', { what: 'another size' });
    if (digestOf(bytes) !== what.digest) throw new PratiqueError('DIGEST_MISMATCH', { what: 'other bytes' });
    return bytes;
  }
}

/** Stores a small image; `seed` makes it another one. */
export function putImage(source: MemorySource, seed = 'one', architecture = 'amd64'): Image {
  const config = source.put(jsonBytes({ os: 'linux', architecture, seed }), MEDIA.ociConfig);
  const manifest = source.putManifest({ schemaVersion: 2, mediaType: MEDIA.ociManifest, config, layers: [] });
  return {
    manifest,
    platform: { os: 'linux', architecture },
    configDescriptor: config,
    layers: [],
    parents: [],
    documents: [],
    annotations: new Map(),
    config: { ...EMPTY_CONFIG, architecture },
  };
}
