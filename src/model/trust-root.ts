import type { Digest } from './digest.ts';

/**
 * A Sigstore instance that the policy trusts: its authorities and logs, and which proofs its signatures must carry. A bundle
 * never chooses what it is checked with.
 */
export interface TrustRoot {
  /** the policy's name for it; `sigstore` is the public-good instance */
  readonly name: string;
  /** `trusted_root.json`, as it was read. See protobuf-specs, sigstore_trustroot.proto */
  readonly text: string;
  /** of the file */
  readonly digest: Digest;
  /** whether a signature must be in one of its transparency logs; without, a timestamp by one of its authorities proves when */
  readonly needsLog: boolean;
  /** whether a certificate must be in one of its certificate logs */
  readonly needsCertificateLog: boolean;
}

/** The name of the instance that is built in; no policy can give it to another. */
export const PUBLIC_GOOD = 'sigstore';
