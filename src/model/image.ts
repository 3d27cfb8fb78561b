import type { Descriptor, Platform } from './descriptor.ts';
import type { Digest } from './digest.ts';

/** One image for one platform: what a node would run. */
export interface Image {
  /** the image manifest */
  readonly manifest: Descriptor;
  readonly platform: Platform;
  readonly config: ImageConfig;
  readonly configDescriptor: Descriptor;
  /** lowest first; one for each layer of the manifest, in its order */
  readonly layers: readonly Layer[];
  /** the indexes through which the manifest was reached, subject first; empty where the subject is the manifest */
  readonly parents: readonly Descriptor[];
  readonly annotations: ReadonlyMap<string, string>;
  /**
   * Everything that is written about the image, whole, also what no field above is made of: keys that nobody knows,
   * annotations of layers, inline `data`. Of each index on the way to it there are two: the index without its
   * `manifests`, and the line that leads on. The same index is the same object in every image below it.
   */
  readonly documents: readonly ForeignDocument[];
}

/** A document as its author wrote it, for whoever looks for what should not be there. */
export interface ForeignDocument {
  readonly name: 'config' | 'manifest' | 'index';
  readonly json: ForeignJson;
}

/** JSON of somebody else. Objects are maps; a number that is no safe integer is kept as its `literal`. */
export type ForeignJson =
  | null
  | boolean
  | number
  | string
  | { readonly literal: string }
  | readonly ForeignJson[]
  | ReadonlyMap<string, ForeignJson>;

/** One layer as the manifest and the config describe it together. */
export interface Layer {
  readonly index: number;
  readonly blob: Descriptor;
  /** digest of the uncompressed tar, from the config's `rootfs.diff_ids` */
  readonly diffId: Digest;
  /** the build step that made it, where the history says; foreign text, not escaped */
  readonly createdBy?: string;
}

/**
 * The part of an image configuration that decides how the image runs. Absent fields are empty.
 * @see OCI image-spec v1.1.1, config.md
 */
export interface ImageConfig {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  /** RFC 3339, as written; absent where the image does not say */
  readonly created?: string;
  readonly user: string;
  readonly workingDir: string;
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `8080/tcp` */
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  readonly healthcheck: readonly string[];
  readonly onBuild: readonly string[];
  readonly stopSignal: string;
  readonly diffIds: readonly Digest[];
  readonly history: readonly HistoryLine[];
}

/** One build step. */
export interface HistoryLine {
  readonly createdBy: string;
  readonly comment: string;
  readonly emptyLayer: boolean;
}

/** An attestation manifest that BuildKit put into the index: recorded, never run. */
export interface EmbeddedAttestation {
  readonly manifest: Descriptor;
  /** the image manifest it speaks of */
  readonly about?: Digest;
  /** the lines of indexes that list it, as their author wrote them */
  readonly lines?: readonly ForeignJson[];
}

/** Something that an embedded attestation is made of: JSON that was read, or a document of any size as it comes. */
export type AttestationDocument = {
  /** the manifest that leads to it */
  readonly manifest: Digest;
} & ({ readonly json: ForeignJson } | { readonly bytes: AsyncIterable<Uint8Array> });

/** What a name stood for at the one moment it was looked up. */
export interface Resolved {
  /** the digest that the name pointed at: an index or a manifest */
  readonly subject: Descriptor;
  /** every image that a node could choose (narrowed by `platforms`); at least one */
  readonly images: readonly Image[];
  /** platforms that the index lists and that were left out by the caller's choice, as `os/arch` */
  readonly leftOut: readonly string[];
  readonly embedded: readonly EmbeddedAttestation[];
}

/**
 * The attestations that count for an image: those about it, and those about nothing that was found, or whoever writes
 * a wrong digest would hide one. Where platforms were left out, the unknown digest may be of theirs.
 */
export function attestationsOf(
  { manifest }: Image,
  { embedded, images, leftOut }: Resolved,
): readonly EmbeddedAttestation[] {
  const known = new Set(images.map((image) => image.manifest.digest));
  return embedded.filter(({ about }) => {
    if (about === undefined || about === manifest.digest) return true;
    return leftOut.length === 0 && !known.has(about);
  });
}
