import { PratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { ImageSource } from '../model/image-source.ts';
import { isManifest } from '../model/media-type.ts';
import { quoted } from '../model/printable.ts';
import type { Evidence, EvidenceForm, Signer } from '../model/trusted.ts';
import { type ArtifactLayer, type ArtifactManifest, readArtifactManifest } from './artifact-manifest.ts';
import { judgeCosignSignature } from './cosign-signature.ts';
import { bytesTogether, type Found, fetchManifest, reading, reject } from './evidence.ts';
import { isEmptyKeyring, type Keyring, openKeyring, type TrustMeans } from './keyring.ts';

/** What every type of Sigstore bundle begins with; used to find them, never to accept one. */
const BUNDLE_PREFIX = 'application/vnd.dev.sigstore.bundle';
/** Annotation of the manifest: what the statement inside claims to be. */
const PREDICATE_ANNOTATION = 'dev.sigstore.bundle.predicateType';
/** What cosign v2 puts under the tags `sha256-<hex>.<suffix>`. */
const TAGS = [
  ['sig', 'cosign-tag'],
  ['att', 'cosign-attestation'],
] as const;
/** Type of a signature of Notation, of the manifest or (older pushes) of its config. */
const NOTATION_ARTIFACT = 'application/vnd.cncf.notary.signature';
/** Type of a cosign v2 signature that was pushed as a referrer (older pushes have it in the config only). */
const COSIGN_ARTIFACT = 'application/vnd.dev.cosign.artifact.sig.v1+json';

/**
 * Finds every signature and attestation beside an image and checks each with the policy's signers: cosign's tags
 * `sha256-<hex>.sig` and `.att`, and all referrers, told apart by their layers and never by what the listing claims.
 * With no signers they are listed as rejected, `no-known-key`, without being fetched.
 * @param about the image manifest and the indexes above it
 * @param means the clock and the way to servers, which signers with certificates of the policy's own need
 * @throws {PratiqueError} `KEY_INVALID`; `LIMIT_EXCEEDED` for more than `limits.signatures`, or too many bytes of attestations
 *   together; any fault of the source: a registry that did not answer must not look like an unsigned image
 */
export async function collectEvidence(
  source: ImageSource,
  about: readonly Descriptor[],
  signers: ReadonlyMap<string, Signer>,
  limits: Limits,
  means: TrustMeans = {},
): Promise<readonly Evidence[]> {
  const keyring = openKeyring(signers, means);
  const count = counter(limits, keyring);
  const evidence: Evidence[] = [];
  for (const subject of about) {
    for await (const found of signatureManifests({ source, keyring, limits }, subject)) {
      evidence.push(...(await judgeManifest(found, count)));
    }
  }
  return evidence;
}

type Context = { readonly source: ImageSource; readonly keyring: Keyring; readonly limits: Limits };

/** Every manifest beside `about` that may carry signatures, each once. */
async function* signatureManifests(context: Context, about: Descriptor): AsyncIterable<Found> {
  const { source, limits } = context;
  const seen = new Set<string>();
  for (const [suffix, form] of TAGS) {
    const companion = await source.companion(about, suffix);
    if (companion === undefined || seen.has(companion.digest)) continue;
    seen.add(companion.digest);
    yield { ...context, form, about, from: companion };
  }
  let listed = 0;
  for await (const from of source.referrers(about)) {
    listed += 1;
    if (listed > limits.referrers)
      throw tooMany(`more than ${limits.referrers} referrers`, 'limits.referrers');
    if (seen.has(from.digest) || !isManifest(from.mediaType)) continue;
    seen.add(from.digest);
    yield { ...context, form: 'sigstore-bundle', about, from };
  }
}

async function judgeManifest(found: Found, count: Count): Promise<readonly Evidence[]> {
  const bytes = await fetchManifest(found, found.from);
  const read = reading(found, () => readArtifactManifest(bytes));
  if ('rejected' in read) return [read.rejected];
  const form = found.form === 'sigstore-bundle' ? formOf(read.value) : found.form;
  if (form === undefined) return []; // an SBOM, a chart, …: not ours
  return judgeLayers({ ...found, form }, read.value, count);
}

async function judgeLayers(
  found: Found,
  manifest: ArtifactManifest,
  count: Count,
): Promise<readonly Evidence[]> {
  const { form, about } = found;
  // The registry lists it here, its own words place it elsewhere.
  if (!isTagged(form) && manifest.subject !== about.digest) {
    return [reject(found, 'other-subject', `it names ${quoted(manifest.subject ?? '')} as its subject`)];
  }
  const layers = manifest.layers.length;
  if (layers === 0 || (layers !== 1 && (form === 'sigstore-bundle' || form === 'notation'))) {
    return [reject(found, 'malformed', `it has ${layers} layers`)];
  }
  const evidence: Evidence[] = [];
  for (const layer of manifest.layers) {
    count(layer);
    evidence.push(...(await judgeLayer(found, layer, manifest)));
  }
  return evidence;
}

/** Loads what reads bundles only where there is one: most images have none, and the library takes memory. */
async function judgeLayer(
  found: Found,
  layer: ArtifactLayer,
  { annotations }: ArtifactManifest,
): Promise<readonly Evidence[]> {
  if (found.form === 'sigstore-bundle') {
    const { judgeSigstoreBundle } = await import('./sigstore-bundle.ts');
    const label = annotations.get(PREDICATE_ANNOTATION);
    return judgeSigstoreBundle(label === undefined ? found : { ...found, label }, layer);
  }
  if (found.form === 'notation') {
    const { judgeNotationSignature } = await import('./notation/notation-signature.ts');
    return judgeNotationSignature(found, layer);
  }
  if (found.form === 'cosign-attestation') {
    const { judgeCosignAttestation } = await import('./cosign-attestation.ts');
    return judgeCosignAttestation(found, layer);
  }
  return judgeCosignSignature(found, layer);
}

/** Whether it is the tag that says what a manifest is about, which then names no subject. */
function isTagged(form: EvidenceForm): boolean {
  return TAGS.some(([, tagged]) => tagged === form);
}

/** What a referrer carries. By its layers: a fallback index has no artifact types, and a listing may lie. */
function formOf({ artifactType, configMediaType, layers }: ArtifactManifest): EvidenceForm | undefined {
  if (layers.some(({ mediaType }) => mediaType.startsWith(BUNDLE_PREFIX))) return 'sigstore-bundle';
  if (artifactType === NOTATION_ARTIFACT || configMediaType === NOTATION_ARTIFACT) return 'notation';
  return artifactType === COSIGN_ARTIFACT || configMediaType === COSIGN_ARTIFACT
    ? 'cosign-referrer'
    : undefined;
}

type Count = (layer: ArtifactLayer) => void;

/**
 * Stops endless signatures (CVE-2023-46737, CVE-2024-45395), and attestations that would together fill the memory: past the limit
 * nothing is decided. What is not fetched takes none.
 */
function counter(limits: Limits, keyring: Keyring): Count {
  const { signatures, statementBytes } = limits;
  const takeBytes = bytesTogether(limits);
  let count = 0;
  return ({ size }) => {
    count += 1;
    if (count > signatures)
      throw tooMany(`more than ${signatures} signatures and attestations`, 'limits.signatures');
    if (size <= statementBytes && !isEmptyKeyring(keyring)) takeBytes(size);
  };
}

function tooMany(what: string, setting: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the image has ${what}`,
    next: `remove those that are not needed, or raise ${setting} in the policy`,
  });
}
