import { isBundleWithPublicKey } from '@sigstore/bundle';
import { MEDIA } from '../model/media-type.ts';
import { quoted } from '../model/printable.ts';
import type { Evidence } from '../model/trusted.ts';
import type { ArtifactLayer } from './artifact-manifest.ts';
import { type Found, fetchSmall, judging, reading, reject, rejectBig } from './evidence.ts';
import { toBundle, toEnvelope } from './keyless/legacy-bundle.ts';
import { isEmptyKeyring, loadKeyless, UNKNOWN } from './keyring.ts';
import { judgeBundle } from './sigstore-bundle.ts';

/** What the statement inside claims to be; cosign writes it since 2.0. */
const PREDICATE_ANNOTATION = 'predicateType';

/**
 * Checks one cosign v2 attestation: a layer that holds a DSSE envelope, with certificate and log entry in its annotations. It is
 * judged as the bundle that it amounts to.
 * @throws {PratiqueError} a fault of the source
 * @see cosign, specs/ATTESTATION_SPEC.md
 */
export async function judgeCosignAttestation(
  beside: Found,
  layer: ArtifactLayer,
): Promise<readonly Evidence[]> {
  const { mediaType, annotations } = layer;
  const label = annotations.get(PREDICATE_ANNOTATION);
  const found: Found = label === undefined ? beside : { ...beside, label };
  if (mediaType !== MEDIA.dsse)
    return [reject(found, 'unsupported', `a layer has the type ${quoted(mediaType)}`)];
  if (isEmptyKeyring(found.keyring)) return [reject(found, UNKNOWN.reason, UNKNOWN.detail)];
  const envelope = await fetchSmall(found, layer, 'statementBytes');
  if (envelope === undefined) return [rejectBig(found, layer, 'statementBytes')];
  const read = reading(found, () => toBundle(toEnvelope(envelope), annotations));
  if ('rejected' in read) return [read.rejected];
  const bundle = read.value;
  const findKeyless = isBundleWithPublicKey(bundle) ? undefined : await loadKeyless(found.keyring);
  const certified = findKeyless && (() => findKeyless(bundle, { envelope }));
  return judging(found, () => judgeBundle(found, bundle, { certified }));
}
