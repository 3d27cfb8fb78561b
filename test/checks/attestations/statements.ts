/** Statements as the evidence that they become once their signatures have been checked. */

import { PratiqueError } from '../../../src/errors.ts';
import type { CertificateClaims } from '../../../src/model/certificate-claims.ts';
import { PREDICATE } from '../../../src/model/statement.ts';
import type {
  AnyEvidence,
  RejectedEvidence,
  UnsignedEvidence,
  VerifiedEvidence,
} from '../../../src/model/trusted.ts';
import { readStatement } from '../../../src/trust/read-statement.ts';
import { asVerified } from '../../../src/trust/verified.ts';
import { descriptorOf, NOW, signatureBy } from '../samples.ts';

export const GITHUB = 'https://token.actions.githubusercontent.com';
export const COMMIT = 'a6c23b9806c593664f68637c8f9d45dfcf98b2db';
export const WORKFLOW = 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3';

/** What the certificate of a good release says. */
export const CERTIFICATE: CertificateClaims = {
  identity: WORKFLOW,
  issuer: GITHUB,
  buildSigner: WORKFLOW,
  runner: 'github-hosted',
  sourceRepository: 'https://github.com/acme/app',
  sourceDigest: COMMIT,
  sourceRef: 'refs/tags/v1.2.3',
  buildConfig: WORKFLOW,
  run: 'https://github.com/acme/app/actions/runs/12345/attempts/1',
};

export interface By {
  readonly signer?: string;
  readonly certificate?: CertificateClaims;
  readonly signedAt?: Date;
}

/** A signed statement; the predicate goes through our own reader, as foreign bytes do. */
export function attested(
  predicateType: string,
  predicate: unknown,
  { signer = 'release', certificate, signedAt }: By = {},
): VerifiedEvidence {
  const payload = JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: 'ab'.repeat(32) } }],
    predicateType,
    predicate,
  });
  return {
    ...signatureBy(signer),
    form: 'sigstore-bundle',
    ...(certificate && { certificate }),
    ...(signedAt && { signedAt }),
    statement: asVerified(readStatement(Buffer.from(payload))),
  };
}

/** What slsa-github-generator writes. */
export function provenanceV02(change: Readonly<Record<string, unknown>> = {}) {
  return {
    builder: { id: WORKFLOW },
    buildType: 'https://github.com/slsa-framework/slsa-github-generator/container@v1',
    invocation: {
      configSource: {
        uri: 'git+https://github.com/acme/app@refs/tags/v1.2.3',
        digest: { sha1: COMMIT },
        entryPoint: '.github/workflows/release.yml',
      },
    },
    ...change,
  };
}

/** What actions/attest-build-provenance writes. */
export function provenanceV1(workflow: Readonly<Record<string, unknown>> = {}, builder = WORKFLOW) {
  return {
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: {
          ref: 'refs/tags/v1.2.3',
          repository: 'https://github.com/acme/app',
          path: '.github/workflows/release.yml',
          ...workflow,
        },
      },
      internalParameters: { github: { event_name: 'push' } },
      resolvedDependencies: [
        { uri: 'git+https://github.com/acme/app@refs/tags/v1.2.3', digest: { gitCommit: COMMIT } },
      ],
    },
    runDetails: { builder: { id: builder }, metadata: { invocationId: CERTIFICATE.run } },
  };
}

/** The provenance of a good release, signed with a key. */
export function provenanceBy(signer: string): VerifiedEvidence {
  return attested(PREDICATE.provenanceV1, provenanceV1(), { signer });
}

export const HOURS = 3_600_000;

/** A scan in the form of in-toto, with a severity for each vulnerability. */
export function scan(severities: readonly string[] = [], hoursAgo = 1) {
  const at = new Date(NOW.getTime() - hoursAgo * HOURS).toISOString();
  return {
    scanner: {
      uri: 'pkg:github/aquasecurity/trivy@v0.60.0',
      db: { lastUpdate: at },
      result: severities.map((score, index) => ({
        id: `CVE-2026-${index}`,
        severity: [{ method: 'nvd', score }],
      })),
    },
    metadata: { scanStartedOn: at, scanFinishedOn: at },
  };
}

export function scanBy(signer: string, severities: readonly string[] = [], hoursAgo = 1): VerifiedEvidence {
  return attested(PREDICATE.vulnerabilitiesV02, scan(severities, hoursAgo), { signer });
}

/** What BuildKit put into the index, and nobody signed. */
export function unsigned(predicateType: string): UnsignedEvidence {
  return { state: 'unsigned', form: 'buildkit', predicateType, from: descriptorOf('attestation manifest') };
}

/** What BuildKit put into the index, under a list that `signer` signed, as far as could be found out. */
export function unsettled(signer: string, predicateType: string): readonly AnyEvidence[] {
  const fault = new PratiqueError('NETWORK', { what: 'whether its certificate is revoked is not known' });
  const list = { ...rejected(fault.message), form: 'buildkit', reason: 'unsettled' } as const;
  return [{ ...list, unsettled: { signer, fault } }, unsigned(predicateType)];
}

export function rejected(detail: string): RejectedEvidence {
  return {
    state: 'rejected',
    form: 'sigstore-bundle',
    reason: 'bad-signature',
    detail,
    from: descriptorOf('bundle'),
  };
}
