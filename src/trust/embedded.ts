import { PratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { EmbeddedAttestation } from '../model/image.ts';
import type { ImageSource } from '../model/image-source.ts';
import { MEDIA } from '../model/media-type.ts';
import { isAbout } from '../model/statement.ts';
import {
  type AnyEvidence,
  type Evidence,
  isSignature,
  type Signer,
  type VerifiedEvidence,
} from '../model/trusted.ts';
import { type ArtifactLayer, type ArtifactManifest, readArtifactManifest } from './artifact-manifest.ts';
import { collectEvidence } from './collect-evidence.ts';
import { type Found, fetchManifest, fetchSmall, judging, reading, reject, rejectBig } from './evidence.ts';
import { openKeyring } from './keyring.ts';
import { readStatement } from './read-statement.ts';
import { asVerified } from './verified.ts';

/** What the document of a layer claims to be. */
const PREDICATE_ANNOTATION = 'in-toto.io/predicate-type';

/**
 * What BuildKit put beside an image into its index. Nobody signed these documents: they are told as `unsigned`. Where somebody
 * whom the policy names signed the manifest that lists them, as Docker's builders do, they count as that signer's statements:
 * the manifest names its layers by digest.
 * @param about the image; documents about others are left out
 * @throws {PratiqueError} `KEY_INVALID`; `LIMIT_EXCEEDED`; any fault of the source but that it has none of them, as in
 *   what `docker save` writes
 * @see moby/buildkit, docs/attestations/attestation-storage.md; moby/policy-helpers, image/resolve.go
 */
export async function collectEmbedded(
  source: ImageSource,
  about: Descriptor,
  embedded: readonly EmbeddedAttestation[],
  { signers, limits }: { readonly signers: ReadonlyMap<string, Signer>; readonly limits: Limits },
): Promise<readonly AnyEvidence[]> {
  const keyring = openKeyring(signers);
  const evidence: AnyEvidence[] = [];
  for (const { manifest: from, about: aimed } of embedded) {
    if (aimed !== undefined && aimed !== about.digest) continue;
    const found: Found = { source, keyring, limits, form: 'buildkit', about, from };
    const bytes = await unlessAbsent(fetchManifest(found, from));
    if (bytes === undefined) continue;
    const read = reading(found, () => readArtifactManifest(bytes));
    if ('rejected' in read) evidence.push(read.rejected);
    else evidence.push(...(await judgeDocuments(found, read.value, signers)));
  }
  return evidence;
}

async function judgeDocuments(
  found: Found,
  { layers }: ArtifactManifest,
  signers: ReadonlyMap<string, Signer>,
): Promise<readonly AnyEvidence[]> {
  const documents = layers.filter(({ mediaType }) => mediaType === MEDIA.inToto);
  const signed = await collectEvidence(found.source, [found.from], signers, found.limits);
  // A signed image is no signed list of statements, even where some layer of it looks like one.
  const signatures = documents.length === layers.length ? signed.filter(isSignature) : [];
  const evidence: AnyEvidence[] = [];
  for (const layer of documents) {
    if (signatures.length > 0) evidence.push(...(await judgeDocument(found, layer, signatures)));
    else evidence.push(unsigned(found, layer));
  }
  return evidence;
}

/** What a document states, in the name of everybody who signed the manifest that lists it. */
async function judgeDocument(
  found: Found,
  layer: ArtifactLayer,
  signatures: readonly VerifiedEvidence[],
): Promise<readonly Evidence[]> {
  const bytes = await fetchSmall(found, layer, 'statementBytes');
  if (bytes === undefined) return [rejectBig(found, layer, 'statementBytes')];
  return judging(found, () => {
    const statement = readStatement(bytes);
    const { form, about, from } = found;
    if (!isAbout(statement, about.digest))
      return [reject(found, 'other-subject', 'its statement is about other content')];
    return signatures.map(({ signer, certificate, signedAt }) => ({
      state: 'verified',
      form,
      signer,
      about,
      from,
      ...(certificate && { certificate }),
      ...(signedAt && { signedAt }),
      statement: asVerified(statement),
    }));
  });
}

function unsigned({ form, from }: Found, { annotations }: ArtifactLayer): AnyEvidence {
  return { state: 'unsigned', form, predicateType: annotations.get(PREDICATE_ANNOTATION) ?? '', from };
}

/** Only where the source *said* that it has none. */
async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (thrown) {
    if (thrown instanceof PratiqueError && thrown.code === 'NOT_FOUND') return undefined;
    throw thrown;
  }
}
