import type { Descriptor } from './descriptor.ts';
import type { Reference } from './reference.ts';

/**
 * A repository that an image can be written to; what `ImageSource` is for reading. Each question has three answers:
 * there, not there because the registry *said* so, and a fault, which is thrown and never taken for "not there".
 */
export interface ImageTarget {
  /** `ghcr.io/acme/app` */
  readonly name: string;
  /** What a tag stands for now, computed over its bytes; `undefined` where the registry answered 404. */
  lookUp(tag: string): Promise<Descriptor | undefined>;
  /** @throws {PratiqueError} `SIZE_MISMATCH` where it has another length under this digest; a transport fault */
  hasBlob(what: Descriptor): Promise<boolean>;
  hasManifest(what: Descriptor): Promise<boolean>;
  /** A manifest's bytes as the registry gives them now, verified; never from memory. */
  manifest(what: Descriptor): Promise<Uint8Array>;
  /** As `ImageSource.referrers`, for what is in this repository. */
  referrers(subject: Descriptor): AsyncIterable<Descriptor>;
  /**
   * Takes a blob over from another repository of the same registry, without sending its bytes.
   * @returns false where that is not possible, for whatever reason that an upload may overcome
   */
  mount(what: Descriptor, from: Reference): Promise<boolean>;
  /** @param content makes a new stream for every try; verified while it is read */
  upload(what: Descriptor, content: () => AsyncIterable<Uint8Array>): Promise<void>;
  /** Writes a manifest under its digest: nobody who asks by tag sees it. */
  putManifest(what: Descriptor, bytes: Uint8Array): Promise<void>;
  /** `putManifest` for one that names `subject`, and the list of referrers where the registry keeps none. */
  putReferrer(subject: Descriptor, what: Descriptor, bytes: Uint8Array): Promise<void>;
  /** Lets a tag stand for a manifest: the one write that publishes. */
  putTag(tag: string, what: Descriptor, bytes: Uint8Array): Promise<void>;
  /** Ends connections; safe to call twice. */
  close(): Promise<void>;
}
