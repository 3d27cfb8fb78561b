import type { Descriptor } from './descriptor.ts';
import type { Resolved } from './image.ts';

/** What is pushed beside an image: one blob under a manifest that names the image as its subject. */
export interface Attachment {
  readonly artifactType: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A blob in a file that is open, not verified. */
export interface StoredBlob {
  /** of the open file; the same in every thread of this process */
  readonly fd: number;
  /** of its first byte in the file */
  readonly offset: number;
  /** bytes; absent: to the end of the file */
  readonly length?: number;
  /** what is read, for messages */
  readonly where: string;
  close(): Promise<void>;
}

export interface ResolveOptions {
  /** `linux/amd64`, `linux/arm64/v8`; all platforms where absent or empty */
  readonly platforms?: readonly string[];
}

/**
 * Where an image comes from. One source stands for one image name; it is opened by `openSource`.
 * Every byte that leaves a source has been verified against the descriptor it was asked with.
 */
export interface ImageSource {
  /** as shown to people: `ghcr.io/acme/app:1`, `oci:./dir:tag` */
  readonly name: string;
  /**
   * Looks the name up: the only tag lookup of a run; everything later goes by digest.
   * @throws {PratiqueError} `NOT_FOUND`, `NO_IMAGE`, `PLATFORM_NOT_FOUND`, `MANIFEST_INVALID`, or a transport fault
   */
  resolve(options?: ResolveOptions): Promise<Resolved>;
  /**
   * Manifests that name `subject` as theirs; not filtered, in the order of the registry, bounded in number.
   * Ends empty only when the source *said* that there are none; a fault throws.
   * @see OCI distribution-spec v1.1, "Listing Referrers"
   */
  referrers(subject: Descriptor): AsyncIterable<Descriptor>;
  /**
   * The manifest under cosign's tag for `subject` (`sha256-<hex>.sig`); `undefined` only when the source said there is none.
   * @see cosign SIGNATURE_SPEC.md, "Tag-based discovery"
   */
  companion(subject: Descriptor, suffix: 'sig' | 'att' | 'sbom'): Promise<Descriptor | undefined>;
  /** A manifest's bytes: at most 4 MiB, digest and size verified. */
  manifest(what: Descriptor): Promise<Uint8Array>;
  /** A blob's bytes in order; throws at the first byte too many, and before the last chunk if the digest differs. */
  blob(what: Descriptor): AsyncIterable<Uint8Array>;
  /**
   * The same blob for another thread to read and verify itself, where it lies in a file of this machine. Never throws:
   * `undefined` where it does not, or anything is odd about it, which `blob` then tells.
   */
  stored?(what: Descriptor): Promise<StoredBlob | undefined>;
  /** Pushes a referrer; absent where the source cannot be written to. */
  attach?(subject: Descriptor, attachment: Attachment): Promise<Descriptor>;
  /** Ends connections and open files; safe to call twice. */
  close(): Promise<void>;
}
