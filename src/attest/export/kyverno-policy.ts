import { type ImagePattern, matchesEverything } from '../../model/image-pattern.ts';
import { quoted } from '../../model/printable.ts';
import { hostsOf } from '../../model/reference.ts';
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

const TOOL = 'Kyverno';
/** Also volumes that are images, which it does not look at by itself. */
const VOLUMES =
  '(object != null ? object : oldObject).spec.?volumes.orValue([]).filter(v, has(v.image)).map(v, v.image.reference)';
const IMAGES = 'images.containers + images.initContainers + images.ephemeralContainers + images.volumes';
/** What it calls a registry, in our words. */
const REGISTRY = `(image(i).registry() == 'index.docker.io' ? 'docker.io' : image(i).registry())`;

/**
 * An `ImageValidatingPolicy` of Kyverno that demands a summary by the signer of every image of a pod.
 * @param signers exactly one: the summaries of several it could not tell apart
 * @param images which ones it is about; at least one
 * @throws {PratiqueError} `NOT_SUPPORTED` for what it cannot be told; `USAGE` for a pattern that it does not know
 * @see Kyverno 1.19, `policies.kyverno.io/v1`
 */
export function kyvernoPolicy(signers: readonly SignerDemands[], images: readonly ImagePattern[]) {
  const [first, second] = signers;
  if (first === undefined || second !== undefined)
    throw cannotSay(
      TOOL,
      'the summaries of several signers cannot be told apart there',
      'name one of them with --signer',
    );
  return {
    apiVersion: 'policies.kyverno.io/v1',
    kind: 'ImageValidatingPolicy',
    metadata: { name: 'pratique' },
    spec: {
      failurePolicy: 'Fail',
      validationActions: ['Deny'],
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['pods', 'pods/ephemeralcontainers'],
          },
        ],
      },
      matchImageReferences: images.map(aboutOf),
      images: [{ name: 'volumes', expression: VOLUMES }],
      attestors: [{ name: 'gate', cosign: cosignOf(first.signer) }],
      attestations: [{ name: 'summary', intoto: { type: PREDICATE.vsa } }],
      validations: [
        {
          message: 'an image has no verdict by the gate that lets it in',
          expression: expressionOf(first.demands),
        },
      ],
    },
  };
}

/**
 * Which images it is about. A glob is held against the text of the pod, so that a name without a tag, `nginx` or `GHCR.IO/acme/shop`
 * would pass unjudged: what the name means is compared instead.
 */
function aboutOf(pattern: ImagePattern): { readonly glob: string } | { readonly expression: string } {
  requireRepositories(pattern);
  if (matchesEverything(pattern)) return { glob: '*' };
  const { host, parts } = pattern;
  const place = host === undefined ? [] : [`image(ref).registry().matches(${text(hostExpression(host))})`];
  return {
    expression: [...place, `image(ref).repository().matches(${text(pathExpression(parts))})`].join(' && '),
  };
}

/** @see RE2, syntax */
function hostExpression(host: string): string {
  const names = hostsOf(host).map((one) => one.replaceAll('.', '\\.'));
  return `(?i)^(?:${names.join('|')})${host.includes(':') ? '' : '(?::443)?'}$`;
}

/** `**` stands for any number of parts, and at the end for at least one; `*` stays in its part. */
function pathExpression(parts: readonly string[]): string {
  const last = parts.length - 1;
  const said = parts.map((part, index) => {
    if (part === '**') return index === last ? '.+' : '(?:[^/]+/)*';
    return part.replaceAll('.', '\\.').replaceAll('*', '[^/]*') + (index === last ? '' : '/');
  });
  return `^${said.join('')}$`;
}

function cosignOf(signer: Signer) {
  if (signer.kind === 'key') return { key: { data: signer.publicKey }, ctlog: { insecureIgnoreTlog: true } }; // with a key the key is the trust
  if (signer.kind === 'notation' || signer.claims !== undefined)
    throw cannotSay(
      TOOL,
      signer.kind === 'notation'
        ? `${quoted(signer.name)} signs with Notation`
        : `${quoted(signer.name)} has claims, and it looks at the identity and the issuer alone`,
      'put pratique serve in front of the cluster',
    );
  const keyless = { identities: [{ issuer: signer.issuer, ...subjectOf(signer.identity) }] };
  const { name, text } = signer.root;
  if (name === PUBLIC_GOOD) return { keyless };
  if (text !== undefined) return { keyless, trustedRoot: { value: text } };
  // Without one it would believe the public instance.
  throw cannotSay(
    TOOL,
    `the trust root ${quoted(name)} is had from a TUF repository when a signature is checked, and is not here`,
    'name its trusted_root.json as file under trust-roots, or put pratique serve in front of the cluster',
  );
}

function expressionOf(demands: readonly AdmissionDemand[]): string {
  const fits = demands.map((demand) => `(${termsOf(demand).join(' &&\n      ')})`).join(' ||\n      ');
  return `(${IMAGES}).all(i,
  verifyAttestationSignatures(i, attestations.summary, [attestors.gate]) > 0 &&
  [extractPayload(i, attestations.summary)].all(s,
      ${fits}))
`;
}

function termsOf(demand: AdmissionDemand): readonly string[] {
  const { verifierId, levels, maxAgeSeconds } = demand;
  const hexes = policyHexes(demand);
  return [
    `s.predicate.verificationResult == 'PASSED'`,
    `!('FAILED' in s.predicate.verifiedLevels)`,
    `s.predicate.verifier.id == ${text(verifierId)}`,
    ...(hexes === undefined ? [] : [`s.predicate.policy.digest.sha256 in ${listOf(hexes)}`]),
    ...levels.map((holders) => `s.predicate.verifiedLevels.exists(l, l in ${listOf(holders)})`),
    `timestamp(s.predicate.timeVerified) >= time.now() - duration('${maxAgeSeconds}s')`,
    `timestamp(s.predicate.timeVerified) <= time.now() + duration('${CLOCK_SKEW_SECONDS}s')`,
    `s.subject.exists(d, ${placeOf(verifierId)})`,
  ];
}

/** That the summary is about this repository; that it is about this digest is a matter of its signature. */
function placeOf(verifierId: string): string {
  const place = `${REGISTRY} + '/' + image(i).repository()`;
  const own = `'pkg:oci/' + image(i).repository().split('/')[image(i).repository().split('/').size() - 1] + '@sha256%3A' + d.digest.sha256 + '?repository_url=' + ${place}`;
  if (verifierId === DEFAULT_VERIFIER) return `s.predicate.resourceUri == ${own}`;
  return `s.predicate.resourceUri in [${own}, ${place}, 'oci://' + ${place}]`;
}

function listOf(texts: readonly string[]): string {
  return `[${texts.map(text).join(', ')}]`;
}

/** A string of CEL; those of JSON are. */
function text(value: string): string {
  return JSON.stringify(value);
}
