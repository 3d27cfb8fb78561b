import { PratiqueError, toPratiqueError } from '../../errors.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { ImageTarget } from '../../model/image-target.ts';
import type { Reference } from '../../model/reference.ts';
import { pushReferrer } from './attach.ts';
import { fetchManifest, lookUpManifest } from './manifests.ts';
import { hasBlob, hasManifest, mountBlob, pushBlob, pushManifest } from './push.ts';
import { listReferrers } from './referrers.ts';
import type { RegistryOptions } from './registry-options.ts';
import { Session } from './session.ts';

/** What a registry may answer to a mount that the upload which follows is not refused for. */
const UPLOAD_INSTEAD: ReadonlySet<string> = new Set([
  'UNAUTHORIZED', // of the other repository: this login may write here and not read there
  'DENIED',
  'NOT_FOUND',
  'REGISTRY_ERROR',
]);

/** Opens a repository for writing. Nothing is sent before it is asked for something. */
export function openRegistryTarget(
  reference: Pick<Reference, 'registry' | 'repository'>,
  options: RegistryOptions,
): ImageTarget {
  return new RegistryTarget(reference, options);
}

/** The registry side of `ImageTarget`. */
class RegistryTarget implements ImageTarget {
  readonly name: string;
  private readonly registry: string;
  private readonly session: Session;

  constructor(
    { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
    options: RegistryOptions,
  ) {
    this.name = `${registry}/${repository}`;
    this.registry = registry;
    this.session = new Session({ registry, repository }, options);
  }

  async lookUp(tag: string): Promise<Descriptor | undefined> {
    return (await this.session.guarded(() => lookUpManifest(this.session, tag, 'pull,push')))?.descriptor;
  }

  hasBlob(what: Descriptor): Promise<boolean> {
    return this.session.guarded(() => hasBlob(this.session, what));
  }

  hasManifest(what: Descriptor): Promise<boolean> {
    return this.session.guarded(() => hasManifest(this.session, what));
  }

  manifest(what: Descriptor): Promise<Uint8Array> {
    return this.session.guarded(() => fetchManifest(this.session, what));
  }

  referrers(subject: Descriptor): AsyncIterable<Descriptor> {
    return this.session.guardedEach(listReferrers(this.session, subject.digest));
  }

  async mount(what: Descriptor, from: Reference): Promise<boolean> {
    // Compared whole: another registry must not even learn the name of the repository.
    if (from.registry !== this.registry || from.repository === this.session.repository) return false;
    try {
      return await mountBlob(this.session, what, from.repository);
    } catch (thrown) {
      if (UPLOAD_INSTEAD.has(toPratiqueError(thrown).code)) return false;
      throw thrown;
    }
  }

  async upload(what: Descriptor, content: () => AsyncIterable<Uint8Array>): Promise<void> {
    await pushBlob(this.session, what, content);
  }

  async putManifest(what: Descriptor, bytes: Uint8Array): Promise<void> {
    await pushManifest(this.session, bytes, what.mediaType, what.digest);
  }

  async putReferrer(subject: Descriptor, what: Descriptor, bytes: Uint8Array): Promise<void> {
    await this.session.guarded(() => pushReferrer(this.session, subject, { descriptor: what, bytes }));
  }

  async putTag(tag: string, what: Descriptor, bytes: Uint8Array): Promise<void> {
    const { descriptor } = await pushManifest(this.session, bytes, what.mediaType, tag);
    if (descriptor.digest === what.digest) return;
    // Only of a digest that is no sha256: a tag says nothing of the algorithm, and registries count in sha256.
    throw new PratiqueError('NOT_SUPPORTED', {
      what: 'the image is named by an algorithm that a tag cannot stand for',
      where: what.digest,
    });
  }

  async close(): Promise<void> {
    await this.session.close();
  }
}
