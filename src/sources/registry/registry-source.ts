import { PratiqueError } from '../../errors.ts';
import { readAll, verified } from '../../io/verified.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { algorithmOf, hexOf } from '../../model/digest.ts';
import type { Resolved } from '../../model/image.ts';
import type { Attachment, ImageSource, ResolveOptions } from '../../model/image-source.ts';
import { formatReference, type Reference } from '../../model/reference.ts';
import { resolveImage } from '../resolve.ts';
import { attach } from './attach.ts';
import { downloadBlob } from './blob-download.ts';
import { type FetchedManifest, fetchManifest, lookUpManifest } from './manifests.ts';
import { listReferrers } from './referrers.ts';
import type { RegistryOptions } from './registry-options.ts';
import { Session } from './session.ts';

const KEPT_BYTES = 16 * 1024 * 1024; // of manifests, so that what was looked up by tag is not fetched again

/**
 * An image in a registry. Sends nothing before it is asked for something.
 * @throws {PratiqueError} `USAGE` where the CA file cannot be read
 */
export function openRegistry(reference: Reference, options: RegistryOptions): RegistrySource {
  return new RegistrySource(reference, options);
}

/** The registry side of `ImageSource`. */
export class RegistrySource implements ImageSource {
  readonly name: string;
  /** for pushing beside what `attach` does: `pushBlob`, `mountBlob`, `pushManifest` */
  readonly session: Session;
  private readonly reference: Reference;
  private readonly options: RegistryOptions;
  private readonly kept = new Map<string, Uint8Array>();
  private keptBytes = 0;

  constructor(reference: Reference, options: RegistryOptions) {
    this.reference = reference;
    this.options = options;
    this.name = formatReference(reference);
    this.session = new Session(reference, options);
  }

  resolve(options: ResolveOptions = {}): Promise<Resolved> {
    return this.session.guarded(() => this.lookUp(options));
  }

  referrers(subject: Descriptor): AsyncIterable<Descriptor> {
    return this.session.guardedEach(listReferrers(this.session, subject.digest));
  }

  async companion(subject: Descriptor, suffix: 'sig' | 'att' | 'sbom'): Promise<Descriptor | undefined> {
    const tag = `${algorithmOf(subject.digest)}-${hexOf(subject.digest)}.${suffix}`;
    if (tag.length > 128) return undefined; // of a sha512 digest: longer than any tag, so cosign makes none
    const found = await this.session.guarded(() => lookUpManifest(this.session, tag));
    if (found !== undefined) this.keep(found);
    return found?.descriptor;
  }

  async manifest(what: Descriptor): Promise<Uint8Array> {
    const known = this.kept.get(what.digest);
    if (known !== undefined && known.length === what.size) return known;
    const bytes = await this.session.guarded(() => fetchManifest(this.session, what));
    this.keep({ descriptor: what, bytes });
    return bytes;
  }

  async *blob(what: Descriptor): AsyncIterable<Uint8Array> {
    const { limits } = this.options;
    if (what.size > limits.layerBytes) throw this.tooLarge(what);
    yield* this.session.guardedEach(verified(downloadBlob(this.session, what), what, this.placeOf(what)));
  }

  async attach(subject: Descriptor, attachment: Attachment): Promise<Descriptor> {
    return await this.session.guarded(() => attach(this.session, subject, attachment));
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  private async lookUp(options: ResolveOptions): Promise<Resolved> {
    const { digest, tag } = this.reference;
    if (digest === undefined && tag === undefined)
      this.options.warn(`${this.name} names no tag: looking at latest`);
    const found = await lookUpManifest(this.session, digest ?? tag ?? 'latest');
    if (found === undefined) throw this.absent();
    this.keep(found);
    return await resolveImage(
      found.descriptor,
      (what) => this.manifest(what),
      (what) => readAll(this.blob(what), this.options.limits.configBytes, this.placeOf(what)),
      { ...options, limits: this.options.limits },
    );
  }

  // The bytes have been verified against the digest that they are kept under.
  private keep({ descriptor, bytes }: FetchedManifest): void {
    if (this.kept.has(descriptor.digest) || this.keptBytes + bytes.length > KEPT_BYTES) return;
    this.kept.set(descriptor.digest, bytes);
    this.keptBytes += bytes.length;
  }

  private placeOf({ digest }: Descriptor): string {
    return `${digest} in ${this.reference.registry}/${this.reference.repository}`;
  }

  private absent(): PratiqueError {
    return new PratiqueError('NOT_FOUND', {
      what: 'the registry answered 404 (not found)',
      where: this.name,
      next: 'check the repository and the tag',
    });
  }

  private tooLarge(what: Descriptor): PratiqueError {
    return new PratiqueError('LIMIT_EXCEEDED', {
      what: `the blob has ${what.size} bytes, more than ${this.options.limits.layerBytes}`,
      where: this.placeOf(what),
      next: 'raise limits.layer-bytes in the policy if this is meant',
    });
  }
}
