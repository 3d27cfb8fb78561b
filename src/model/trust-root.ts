import type { Digest } from './digest.ts';

/**
 * A Sigstore instance that the policy trusts: its authorities and logs, and which proofs its signatures must carry. A bundle
 * never chooses what it is checked with.
 */
export interface TrustRoot {
  /** the policy's name for it; `sigstore` is the public-good instance */
  readonly name: string;
  /**
   * `trusted_root.json`, as it was read; absent until it is had from `repository`. See protobuf-specs,
   * sigstore_trustroot.proto
   */
  readonly text?: string;
  /** of the text */
  readonly digest?: Digest;
  /** why there is no text, printable; absent where there is one, or nobody has looked */
  readonly missing?: string;
  /** where a newer text is had from; absent: the text is all there is */
  readonly repository?: TufRepository;
  /** whether a signature must be in one of its transparency logs; without, a timestamp by one of its authorities proves when */
  readonly needsLog: boolean;
  /** whether a certificate must be in one of its certificate logs */
  readonly needsCertificateLog: boolean;
}

/** A TUF repository that tells what an instance's `trusted_root.json` is. See the TUF specification 1.0, section 5. */
export interface TufRepository {
  /** URL of the folder that its metadata are in; what they speak of is in `targets/` below it */
  readonly mirror: string;
  /** the `root.json` that is trusted as it is; all else is verified from it, version by version */
  readonly anchor: string;
  /** the file's name in the repository, mostly `trusted_root.json` */
  readonly target: string;
  /** seconds after which a check asks the mirror again; absent: only `pratique trust refresh` does */
  readonly refreshSeconds?: number;
  /** version of `targets.json` that the text beside it was taken from; what is older is a rollback */
  readonly targetsVersion?: number;
}

/** The name of the instance that is built in; no policy can give it to another. */
export const PUBLIC_GOOD = 'sigstore';
