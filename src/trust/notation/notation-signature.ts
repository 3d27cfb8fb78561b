import { quoted } from '../../model/printable.ts';
import type { Evidence } from '../../model/trusted.ts';
import type { ArtifactLayer } from '../artifact-manifest.ts';
import { type Found, fetchSmall, reject, rejectBig } from '../evidence.ts';
import { isEmptyKeyring, loadNotation, UNKNOWN } from '../keyring.ts';
import type { NotationFound } from './find-notation.ts';
import { NotationFault } from './notation-fault.ts';
import { isEnvelopeType } from './verify-notation.ts';

/**
 * Checks one signature of Notation, a JWS or a COSE_Sign1, with the policy's signers of that kind. What the manifest says of its
 * certificates is a hint for finding it, and not looked at.
 * @throws {PratiqueError} a fault of the source
 * @see Notary Project, signature-specification.md, "OCI Signatures"
 */
export async function judgeNotationSignature(
  found: Found,
  layer: ArtifactLayer,
): Promise<readonly Evidence[]> {
  if (!isEnvelopeType(layer.mediaType))
    return [reject(found, 'unsupported', `its envelope has the type ${quoted(layer.mediaType)}`)];
  if (isEmptyKeyring(found.keyring)) return [reject(found, UNKNOWN.reason, UNKNOWN.detail)];
  if (found.keyring.notation.length === 0)
    return [reject(found, 'other-key', 'signed with Notation, and the policy names no such signer')];
  const bytes = await fetchSmall(found, layer, 'signatureBytes');
  if (bytes === undefined) return [rejectBig(found, layer, 'signatureBytes')];
  const find = await loadNotation(found.keyring);
  try {
    return evidenceOf(found, await find(bytes, layer.mediaType, found.about));
  } catch (thrown) {
    if (thrown instanceof NotationFault) return [reject(found, thrown.reason, thrown.message)];
    throw thrown;
  }
}

function evidenceOf(found: Found, { signers, unsettled, annotations }: NotationFound): readonly Evidence[] {
  const { form, about, from } = found;
  const verified = signers.map(
    ({ name, unchecked }): Evidence => ({
      state: 'verified',
      form,
      signer: name,
      about,
      ...(annotations.size > 0 && { annotations: Object.fromEntries(annotations) }),
      ...(unchecked !== undefined && { unchecked }),
      from,
    }),
  );
  // A server that does not answer must not take away what another signature proves: who demands this one is told.
  const open = unsettled.map(
    ({ name, fault }): Evidence => ({
      ...reject(found, 'unsettled', fault.message),
      unsettled: { signer: name, fault },
    }),
  );
  return [...verified, ...open];
}
