import type { Digest } from './digest.ts';

/**
 * An in-toto statement: a predicate about subjects.
 * @see in-toto attestation v1, spec/v1/statement.md
 */
export interface Statement {
  /** v0.1 is read, because cosign still writes it for attestations; we write v1 */
  readonly _type: 'https://in-toto.io/Statement/v1' | 'https://in-toto.io/Statement/v0.1';
  readonly subject: readonly StatementSubject[];
  readonly predicateType: string;
  /** absent in signatures of cosign up to 3.0.4 */
  readonly predicate: unknown;
}

export interface StatementSubject {
  readonly name?: string;
  /** algorithm → hex digits */
  readonly digest: Readonly<Record<string, string>>;
  /** what the signer wrote about this subject; foreign text */
  readonly annotations?: Readonly<Record<string, string>>;
}

export const PREDICATE = {
  cosignSignature: 'https://sigstore.dev/cosign/sign/v1',
  vsa: 'https://slsa.dev/verification_summary/v1',
  verdict: 'https://pratique.dev/verdict/v1',
  provenanceV02: 'https://slsa.dev/provenance/v0.2',
  provenanceV1: 'https://slsa.dev/provenance/v1',
  cosignVulnerabilities: 'https://cosign.sigstore.dev/attestation/vuln/v1',
  vulnerabilitiesV01: 'https://in-toto.io/attestation/vulns/v0.1',
  vulnerabilitiesV02: 'https://in-toto.io/attestation/vulns/v0.2',
} as const;

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** Whether one of the subjects is exactly this digest. Names do not count. */
export function isAbout(statement: Statement, digest: Digest): boolean {
  const [algorithm = '', hex = ''] = digest.split(':');
  return statement.subject.some(
    (subject) => Object.hasOwn(subject.digest, algorithm) && subject.digest[algorithm] === hex,
  );
}
