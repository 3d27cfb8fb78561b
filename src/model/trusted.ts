import type { CertificateClaims, ClaimDemands } from './certificate-claims.ts';
import type { Descriptor } from './descriptor.ts';
import { PREDICATE, type Statement } from './statement.ts';
import type { TrustRoot } from './trust-root.ts';

/** A signer that the policy names. */
export type Signer =
  | {
      readonly name: string;
      readonly kind: 'key';
      /** PEM, SubjectPublicKeyInfo */
      readonly publicKey: string;
      /** SLSA Build level that the policy's owner vouches for, of what this signer builds */
      readonly slsaLevel?: number;
    }
  | {
      readonly name: string;
      readonly kind: 'keyless';
      /** who let them log in, as the certificate says it; compared whole */
      readonly issuer: string;
      /** pattern; see `matchesIdentity` */
      readonly identity: string;
      /** what else the certificate must say */
      readonly claims?: ClaimDemands;
      readonly slsaLevel?: number;
      /** whose certificates and logs count */
      readonly root: TrustRoot;
    };

declare const verified: unique symbol;

/** A value whose signature was checked. Only `src/trust/` makes one. */
export type Verified<T> = T & { readonly [verified]: true };

/** One signature or attestation that was found beside an image, and what came of it. */
export type Evidence = VerifiedEvidence | RejectedEvidence;

/** `Evidence`, and what lies in the image's index and was signed by nobody. */
export type AnyEvidence = Evidence | UnsignedEvidence;

/** A signature that holds: a signer of the policy made it, over exactly `about`. */
export interface VerifiedEvidence {
  readonly state: 'verified';
  readonly form: EvidenceForm;
  /** the policy's name for whoever made it; one whom the policy knows by two names makes two of these */
  readonly signer: string;
  /** what the certificate says that it was signed with; absent for keys */
  readonly certificate?: CertificateClaims;
  /** when it was signed, proved by a log or a timestamp authority of the trust root; absent for keys */
  readonly signedAt?: Date;
  /** digest it speaks of: the image manifest or an index above it */
  readonly about: Descriptor;
  /** absent for a bare signature (cosign v2, `sign-blob` of the manifest), which says nothing but "signed" */
  readonly statement?: Verified<Statement>;
  /** what the signer wrote beside it, signed too; foreign text, not escaped */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly from: Descriptor;
}

/** A signature that counts for nothing, and why. */
export interface RejectedEvidence {
  readonly state: 'rejected';
  readonly form: EvidenceForm;
  readonly reason: RejectionReason;
  /** printable */
  readonly detail: string;
  /** the digest beside which it was found */
  readonly about?: Descriptor;
  readonly from: Descriptor;
}

/** An attestation that its builder put into the image's index and nobody signed: whoever may push can write one. */
export interface UnsignedEvidence {
  readonly state: 'unsigned';
  readonly form: EvidenceForm;
  /** what it claims to be; foreign text, not escaped */
  readonly predicateType: string;
  readonly from: Descriptor;
}

/**
 * Why a signature does not count. Stable names.
 * `no-known-key`: the policy names no signer, so it was not checked.
 * `other-key`: no key of the policy verifies it. `other-identity`: it holds, and is by nobody that the policy names.
 * `bad-certificate`, `bad-timestamp`, `bad-log-entry`, `bad-signature`: a keyless one that does not hold under the trust
 * root, by the first thing that is wrong with it.
 * `other-subject`: it is about other content. `wrong-predicate`: its label and its content disagree.
 * `malformed`, `too-big`, `unsupported`: it cannot be read, is over the limits, or has a form from elsewhere.
 */
export type RejectionReason =
  | 'no-known-key'
  | 'other-key'
  | 'other-identity'
  | 'bad-certificate'
  | 'bad-timestamp'
  | 'bad-log-entry'
  | 'bad-signature'
  | 'other-subject'
  | 'wrong-predicate'
  | 'malformed'
  | 'too-big'
  | 'unsupported';

/**
 * How it was stored: a signature of cosign v2 under its tag, the same as a referrer, an attestation of cosign v2 under its tag,
 * a Sigstore bundle as a referrer, or a document of BuildKit in the index.
 */
export type EvidenceForm =
  | 'cosign-tag'
  | 'cosign-referrer'
  | 'cosign-attestation'
  | 'sigstore-bundle'
  | 'buildkit';

/**
 * Whether a piece of evidence *signs* the image, rather than attesting something else about it. Any statement
 * by a trusted identity, even a FAILED verdict, would otherwise count as a signature (CVE-2026-39395).
 */
export function isSignature(evidence: AnyEvidence): evidence is VerifiedEvidence {
  if (evidence.state !== 'verified') return false;
  return evidence.statement === undefined || evidence.statement.predicateType === PREDICATE.cosignSignature;
}
