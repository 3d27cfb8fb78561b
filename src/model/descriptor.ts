import type { Digest } from './digest.ts';

/**
 * What a registry promises about a piece of content.
 * @see OCI image-spec v1.1.1, descriptor.md
 */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** bytes, exact */
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: ReadonlyMap<string, string>;
}

/** Where an image runs. `os` and `architecture` are empty where the image does not say. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/** `linux/arm64/v8`; `unknown` where the image does not say. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  const base = `${os || 'unknown'}/${architecture || 'unknown'}`;
  return variant === undefined ? base : `${base}/${variant}`;
}
