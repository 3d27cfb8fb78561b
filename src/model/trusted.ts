import type { Descriptor } from './descriptor.ts';
import type { Statement } from './statement.ts';

/** A signer that the policy names. */
export type Signer =
  | { readonly name: string; readonly kind: 'key'; /** PEM, SubjectPublicKeyInfo */ readonly publicKey: string }
  | { readonly name: string; readonly kind: 'keyless'; readonly issuer: string; readonly identity: string };

declare const verified: unique symbol;

/** A value whose signature was checked. Only `src/trust/` makes one. */
export type Verified<T> = T & { readonly [verified]: true };

/** One signature or attestation that was found beside an image, and what came of it. */
export type Evidence =
  | {
      readonly state: 'verified';
      readonly form: EvidenceForm;
      readonly signer: string;
      /** digest it speaks of: the image manifest or an index above it */
      readonly about: Descriptor;
      /** absent for a bare cosign v2 signature, which says nothing but "signed" */
      readonly statement?: Verified<Statement>;
      readonly annotations?: Readonly<Record<string, string>>;
      readonly from: Descriptor;
    }
  | {
      readonly state: 'rejected';
      readonly form: EvidenceForm;
      /** stable reason code: `other-key`, `other-subject`, `malformed`, `wrong-predicate`, … */
      readonly reason: string;
      /** printable */
      readonly detail: string;
      readonly from: Descriptor;
    };

/** How a signature was stored. */
export type EvidenceForm = 'cosign-tag' | 'sigstore-bundle';
