import { formatImagePattern, type ImagePattern } from '../../model/image-pattern.ts';
import { quoted } from '../../model/printable.ts';
import { PREDICATE } from '../../model/statement.ts';
import { PUBLIC_GOOD } from '../../model/trust-root.ts';
import type { Signer } from '../../model/trusted.ts';
import { CLOCK_SKEW_SECONDS } from '../terms.ts';
import { DEFAULT_VERIFIER } from '../vsa.ts';
import {
  type AdmissionDemand,
  cannotSay,
  policyHexes,
  requireRepositories,
  type SignerDemands,
  subjectOf,
} from './admission-demand.ts';

const TOOL = 'policy-controller';
const FULCIO = 'https://fulcio.sigstore.dev';

/**
 * A `ClusterImagePolicy` of Sigstore's policy-controller that demands a summary by one of the signers.
 * @param images which ones it is about; at least one
 * @throws {PratiqueError} `NOT_SUPPORTED` for what it cannot be told; `USAGE` for a pattern that it does not know
 * @see policy-controller 0.13, `policy.sigstore.dev/v1beta1`; cosign 2.5, `pkg/cosign/rego` (Rego of OPA before 1.0)
 */
export function clusterImagePolicy(signers: readonly SignerDemands[], images: readonly ImagePattern[]) {
  const globs = images.map(globOf);
  return {
    apiVersion: 'policy.sigstore.dev/v1beta1',
    kind: 'ClusterImagePolicy',
    metadata: { name: 'pratique' },
    spec: {
      images: images.flatMap(wholeNamesOf).map((glob) => ({ glob })),
      authorities: signers.map(({ signer, demands }) => ({
        name: resourceName(signer.name),
        signatureFormat: 'bundle',
        keyless: keylessOf(signer),
        attestations: [
          {
            name: 'summary',
            predicateType: PREDICATE.vsa,
            policy: { type: 'rego', data: regoOf(demands, globs) },
          },
        ],
      })),
    },
  };
}

/** Repositories as its Rego writes them. @throws {PratiqueError} `USAGE`; `NOT_SUPPORTED` for one that would be met by less there */
function globOf(pattern: ImagePattern): string {
  requireRepositories(pattern);
  const between = pattern.parts.slice(pattern.host === undefined ? 1 : 0, -1);
  if (!between.includes('**')) return formatImagePattern(pattern);
  throw cannotSay(
    TOOL,
    `in ${quoted(formatImagePattern(pattern))} the ** stands for no part as well, and there for one at least`,
    'name the repositories one by one, or put pratique serve in front of the cluster',
  );
}

/** What it compares with the whole name of an image, which has a tag or a digest there, and Docker Hub's API host. */
function wholeNamesOf(pattern: ImagePattern): readonly string[] {
  const glob = globOf(pattern).replace(/^docker\.io\//, 'index.docker.io/');
  return glob.endsWith('*') ? [glob] : [`${glob}:*`, `${glob}@*`];
}

/** A name of the policy as Kubernetes takes it. */
function resourceName(name: string): string {
  return name.replace(/[._]/g, '-');
}

function keylessOf(signer: Signer) {
  if (signer.kind === 'key')
    throw cannotSay(
      TOOL,
      `${quoted(signer.name)} signs with a key, and version 0.13 verifies Sigstore bundles by certificates alone`,
      'sign without a key (--keyless), use Kyverno, or put pratique serve in front of the cluster',
    );
  if (signer.kind === 'notation' || signer.claims !== undefined)
    throw cannotSay(
      TOOL,
      signer.kind === 'notation'
        ? `${quoted(signer.name)} signs with Notation`
        : `${quoted(signer.name)} has claims, and it looks at the identity and the issuer alone`,
      'put pratique serve in front of the cluster',
    );
  const { root } = signer;
  return {
    url: FULCIO,
    identities: [{ issuer: signer.issuer, ...subjectOf(signer.identity) }],
    // a `TrustRoot` of that name has to be there
    ...(root.name === PUBLIC_GOOD ? {} : { trustRootRef: resourceName(root.name) }),
  };
}

/** The image that is asked for is not told to the expression: that what lies beside it was said of its repository has to be enough. */
function regoOf(demands: readonly AdmissionDemand[], globs: readonly string[]): string {
  return `package sigstore

default isCompliant = false

${demands
  .map(
    (demand) =>
      `isCompliant {\n${linesOf(demand, globs)
        .map((line) => `  ${line}\n`)
        .join('')}}\n`,
  )
  .join('\n')}
failed {
  input.predicate.verifiedLevels[_] == "FAILED"
}
`;
}

function linesOf(demand: AdmissionDemand, globs: readonly string[]): readonly string[] {
  const { verifierId, levels, maxAgeSeconds } = demand;
  const hexes = policyHexes(demand);
  return [
    'input.predicate.verificationResult == "PASSED"',
    'not failed',
    `input.predicate.verifier.id == ${text(verifierId)}`,
    ...(hexes === undefined ? [] : [`${setOf(hexes)}[input.predicate.policy.digest.sha256]`]),
    ...levels.map((holders) => `${setOf(holders)}[input.predicate.verifiedLevels[_]]`),
    'age := (time.now_ns() - time.parse_rfc3339_ns(input.predicate.timeVerified)) / 1000000000',
    `age >= -${CLOCK_SKEW_SECONDS}`,
    `age <= ${maxAgeSeconds}`,
    'subject := input.subject[_]',
    `glob.match([${globs.map(text).join(', ')}][_], ["/"], subject.name)`,
    'parts := split(subject.name, "/")',
    `uri := sprintf("pkg:oci/%s@sha256%%3A%s?repository_url=%s", [parts[count(parts) - 1], subject.digest.sha256, subject.name])`,
    verifierId === DEFAULT_VERIFIER
      ? 'input.predicate.resourceUri == uri'
      : '{uri, subject.name, concat("", ["oci://", subject.name])}[input.predicate.resourceUri]',
  ];
}

function setOf(texts: readonly string[]): string {
  return `{${texts.map(text).join(', ')}}`;
}

/** A string of Rego is one of JSON. */
function text(value: string): string {
  return JSON.stringify(value);
}
