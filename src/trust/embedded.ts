import type { Limits } from '../io/limits.ts';
import { unlessAbsent } from '../io/unless-absent.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { EmbeddedAttestation } from '../model/image.ts';
import type { ImageSource } from '../model/image-source.ts';
import { MEDIA } from '../model/media-type.ts';
import { isAbout } from '../model/statement.ts';
import {
  type AnyEvidence,
  type Evidence,
  isSignature,
  type RejectedEvidence,
  type VerifiedEvidence,
} from '../model/trusted.ts';
import { type ArtifactLayer, type ArtifactManifest, readArtifactManifest } from './artifact-manifest.ts';
import type { CollectEvidence } from './collect-once.ts';
import {
  bytesTogether,
  type Found,
  fetchManifest,
  fetchSmall,
  judging,
  reading,
  reject,
  rejectBig,
} from './evidence.ts';
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
 * @param collect finds who signed the manifest, with the signers, the roots and the clock of what lies beside the image
 * @throws {PratiqueError} what `collect` throws; `LIMIT_EXCEEDED`; any fault of the source but that it has none of them, as in
 *   what `docker save` writes
 * @see moby/buildkit, docs/attestations/attestation-storage.md; moby/policy-helpers, image/resolve.go
 */
export async function collectEmbedded(
  source: ImageSource,
  about: Descriptor,
  embedded: readonly EmbeddedAttestation[],
  { collect, limits }: { readonly collect: CollectEvidence; readonly limits: Limits },
): Promise<readonly AnyEvidence[]> {
  const keyring = openKeyring(new Map()); // what is checked, `collect` checks
  const evidence: AnyEvidence[] = [];
  for (const { manifest: from, about: aimed } of embedded) {
    if (aimed !== undefined && aimed !== about.digest) continue;
    const found: Found = { source, keyring, limits, form: 'buildkit', about, from };
    const bytes = await unlessAbsent(fetchManifest(found, from));
    if (bytes === undefined) continue;
    const read = reading(found, () => readArtifactManifest(bytes));
    if ('rejected' in read) evidence.push(read.rejected);
    else evidence.push(...(await judgeDocuments(found, read.value, collect)));
  }
  return evidence;
}

async function judgeDocuments(
  found: Found,
  { layers }: ArtifactManifest,
  collect: CollectEvidence,
): Promise<readonly AnyEvidence[]> {
  const documents = layers.filter(({ mediaType }) => mediaType === MEDIA.inToto);
  const signed = await collect([found.from]);
  // A signed image is no signed list of statements, even where some layer of it looks like one.
  const signatures = documents.length === layers.length ? signed.filter(isSignature) : [];
  // Whether somebody signed the list may not be known: that is not "unsigned".
  const evidence: AnyEvidence[] = signed.filter(isUnsettled).map((one) => ({ ...one, form: 'buildkit' }));
  const takeBytes = bytesTogether(found.limits);
  for (const layer of documents) {
    if (signatures.length > 0 && layer.size <= found.limits.statementBytes) takeBytes(layer.size);
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
    return signatures.map(({ signer, certificate, signedAt, unchecked }) => ({
      state: 'verified',
      form,
      signer,
      about,
      from,
      ...(certificate && { certificate }),
      ...(signedAt && { signedAt }),
      ...(unchecked !== undefined && { unchecked }),
      statement: asVerified(statement),
    }));
  });
}

function isUnsettled(one: Evidence): one is RejectedEvidence {
  return one.state === 'rejected' && one.unsettled !== undefined;
}

function unsigned({ form, from }: Found, { annotations }: ArtifactLayer): AnyEvidence {
  return { state: 'unsigned', form, predicateType: annotations.get(PREDICATE_ANNOTATION) ?? '', from };
}
