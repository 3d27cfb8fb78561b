import type { PratiqueError } from '../errors.ts';
import type { CertificateClaims, ClaimDemands } from './certificate-claims.ts';
import type { Descriptor } from './descriptor.ts';
import { PREDICATE, type Statement } from './statement.ts';
import type { Subject } from './subject-pattern.ts';
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
    }
  | ({ readonly name: string; readonly kind: 'notation' } & NotationTrust);

/**
 * What a signer by X.509 certificates of the policy's own authorities has to be.
 * @see Notary Project, trust-store-trust-policy.md, "Trust Policy Properties"
 */
export interface NotationTrust {
  /** which of the two schemes its signatures have: who vouches for when one was made */
  readonly store: 'ca' | 'signing-authority';
  /** root certificates, DER in base64; a chain ends at exactly one of them */
  readonly authorities: readonly string[];
  /** root certificates of timestamp authorities, DER in base64; empty: timestamps are not looked at */
  readonly timestampAuthorities: readonly string[];
  /** subjects, any one of which the certificate has to have; `any` only where the policy writes `*` */
  readonly identities: readonly Subject[] | 'any';
  /** whether a timestamp is always demanded, or only once a certificate has expired */
  readonly timestamp: 'always' | 'after-expiry';
  /** whether servers are asked if a certificate is revoked; `best-effort`: it is told where they could not be */
  readonly revocation: 'check' | 'best-effort' | 'skip';
}

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
  /** what the certificate says that it was signed with; absent for keys, and for certificates of the policy's own authorities */
  readonly certificate?: CertificateClaims;
  /** when it was signed, proved by a log or a timestamp authority of the trust root; absent for keys */
  readonly signedAt?: Date;
  /** digest it speaks of: the image manifest or an index above it */
  readonly about: Descriptor;
  /** absent for a bare signature (cosign v2, `sign-blob` of the manifest), which says nothing but "signed" */
  readonly statement?: Verified<Statement>;
  /** what the signer wrote beside it, signed too; foreign text, not escaped */
  readonly annotations?: Readonly<Record<string, string>>;
  /** what was not found out and the policy does not demand, as a clause to be told; printable */
  readonly unchecked?: string;
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
  /** the predicate type that it claims, beside its signature; foreign text, not escaped */
  readonly label?: string;
  /** whose signature holds, where what they signed cannot be read: it might have spoken against the image */
  readonly signers?: readonly string[];
  /** set where it holds but for what could not be found out: whoever demands this signer cannot decide */
  readonly unsettled?: { readonly signer: string; readonly fault: PratiqueError };
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
 * `other-key`: no key or authority of the policy verifies it. `other-identity`: it holds, and is by nobody that the policy names.
 * `bad-certificate`, `bad-timestamp`, `bad-log-entry`, `bad-signature`: a keyless one that does not hold under the trust
 * root, by the first thing that is wrong with it.
 * `expired`: its own last day is over. `revoked`: a certificate of it was taken back. `unsettled`: whether one was could not be
 * found out, and the policy demands to know.
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
  | 'expired'
  | 'revoked'
  | 'unsettled'
  | 'other-subject'
  | 'wrong-predicate'
  | 'malformed'
  | 'too-big'
  | 'unsupported';

/**
 * How it was stored: a signature of cosign v2 under its tag, the same as a referrer, an attestation of cosign v2 under its tag,
 * a Sigstore bundle as a referrer, a signature of Notation as a referrer, or a document of BuildKit in the index.
 */
export type EvidenceForm =
  | 'cosign-tag'
  | 'cosign-referrer'
  | 'cosign-attestation'
  | 'sigstore-bundle'
  | 'notation'
  | 'buildkit';

/**
 * Whether a piece of evidence *signs* the image, rather than attesting something else about it. Any statement
 * by a trusted identity, even a FAILED verdict, would otherwise count as a signature (CVE-2026-39395).
 */
export function isSignature(evidence: AnyEvidence): evidence is VerifiedEvidence {
  if (evidence.state !== 'verified') return false;
  return evidence.statement === undefined || evidence.statement.predicateType === PREDICATE.cosignSignature;
}
