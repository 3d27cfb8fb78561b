import { PratiqueError } from '../errors.ts';
import { quoted } from './printable.ts';

declare const brand: unique symbol;

/** `sha256:` + 64 or `sha512:` + 128 lower-case hex digits. Only `parseDigest` makes one. */
export type Digest = string & { readonly [brand]: true };

/** The algorithms that are verified; any other is refused, never skipped. */
export type DigestAlgorithm = 'sha256' | 'sha512';

const SHAPE = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/**
 * Reads a digest. Strict, because a digest becomes part of URLs and paths (CVE-2024-3727).
 * @throws {PratiqueError} `DIGEST_INVALID`
 * @see OCI image-spec v1.1.1, descriptor.md, "Digests"
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new PratiqueError('DIGEST_INVALID', {
    what: `${quoted(text)} is not a digest`,
    why: 'expected sha256: and 64, or sha512: and 128, lower-case hex digits',
  });
}

/** Whether a text is a digest, without throwing. */
export function isDigest(text: string): text is Digest {
  return SHAPE.test(text);
}

/** `sha256` or `sha512`. */
export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The hex digits alone. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/**
 * The tag under which a registry without a referrers API keeps the index of what refers to a digest;
 * cut to 64 hex digits, since a tag has no room for more.
 * @see OCI distribution-spec v1.1, "Referrers Tag Schema"
 */
export function referrersTagOf(digest: Digest): string {
  return `${algorithmOf(digest)}-${hexOf(digest).slice(0, 64)}`;
}
