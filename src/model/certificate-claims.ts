/**
 * What a Fulcio certificate says of whoever signed, taken from the certificate alone: an authority checked it at log-in. What a
 * predicate says of itself is the signer's own text.
 * @see Fulcio, docs/oid-info.md
 */
export interface CertificateClaims {
  /** whom it names; ASCII */
  readonly identity: string;
  /** who let them log in; ASCII; absent where the instance does not tell: GitHub's own, for releases */
  readonly issuer?: string;
}
