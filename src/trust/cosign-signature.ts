import { PratiqueError } from '../errors.ts';
import { readFields } from '../io/json/json-fields.ts';
import { readJson } from '../io/json/strict-json.ts';
import { MEDIA } from '../model/media-type.ts';
import { quoted } from '../model/printable.ts';
import type { Evidence } from '../model/trusted.ts';
import type { ArtifactLayer } from './artifact-manifest.ts';
import { type Found, fetchSmall, judging, reject, rejectBig } from './evidence.ts';
import { findSigners, isEmptyKeyring, loadKeyless, type Signed, UNKNOWN } from './keyring.ts';
import { textsOf } from './read-statement.ts';

const SIGNATURE = 'dev.cosignproject.cosign/signature';
const CERTIFICATE = 'dev.sigstore.cosign/certificate';
const PAYLOAD_TYPE = 'cosign container image signature';
const WHERE = 'simple signing payload';
const FREE = new Set(['optional']);
/** characters; the signature of a 16,384-bit RSA key takes 2,732 */
const SIGNATURE_LIMIT = 4096;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Checks one cosign v2 signature: a layer that holds the simple signing payload, its signature in an annotation.
 * With a key the key is the trust, and log entries and timestamps beside it are not looked at; with a certificate they have to
 * hold. `docker-reference` is ignored as cosign does; the digest binds.
 * @throws {PratiqueError} a fault of the source, among them a blob that is not the one the layer names
 * @see cosign, specs/SIGNATURE_SPEC.md
 */
export async function judgeCosignSignature(found: Found, layer: ArtifactLayer): Promise<readonly Evidence[]> {
  if (layer.mediaType !== MEDIA.simpleSigning) {
    return [reject(found, 'unsupported', `a layer has the type ${quoted(layer.mediaType)}`)];
  }
  if (isEmptyKeyring(found.keyring)) return [reject(found, UNKNOWN.reason, UNKNOWN.detail)];
  const payload = await fetchSmall(found, layer, 'signatureBytes');
  if (payload === undefined) return [rejectBig(found, layer, 'signatureBytes')];
  const findCertified = await loadCertified(found, layer);
  return judging(found, () => judgePayload(found, payload, layer.annotations, findCertified));
}

type FindCertified = (payload: Uint8Array, signature: Uint8Array) => Signed;

/** How the certificate beside a signature is checked; absent where there is none, or the policy names no keyless signer. */
async function loadCertified(
  { keyring }: Found,
  { annotations }: ArtifactLayer,
): Promise<FindCertified | undefined> {
  if (!annotations.has(CERTIFICATE)) return undefined;
  const find = await loadKeyless(keyring);
  if (find === undefined) return undefined;
  const { toBundle, toMessage } = await import('./keyless/legacy-bundle.ts');
  return (payload, signature) => find(toBundle(toMessage(payload, signature), annotations), { payload });
}

function judgePayload(
  found: Found,
  payload: Uint8Array,
  annotations: ArtifactLayer['annotations'],
  findCertified: FindCertified | undefined,
): readonly Evidence[] {
  const signature = readSignature(annotations.get(SIGNATURE));
  const signed = findSigners(
    found.keyring,
    payload,
    signature,
    findCertified && (() => findCertified(payload, signature)),
  );
  if ('reason' in signed) return [reject(found, signed.reason, signed.detail)];
  const { digest, annotations: beside } = readSimpleSigning(payload);
  // A genuine signature over another image, moved beside this one.
  if (digest !== found.about.digest) return [reject(found, 'other-subject', `it signs ${quoted(digest)}`)];
  const { form, about, from } = found;
  const { certificate, signedAt } = signed;
  return signed.signers.map((signer) => ({
    state: 'verified',
    form,
    signer,
    ...(certificate && { certificate }),
    ...(signedAt && { signedAt }),
    about,
    ...(beside && { annotations: beside }),
    from,
  }));
}

function readSignature(text = ''): Uint8Array {
  if (text.length <= SIGNATURE_LIMIT && BASE64.test(text)) return Buffer.from(text, 'base64');
  throw new PratiqueError('JSON_INVALID', {
    what: 'the signature cannot be used',
    why: text === '' ? 'the layer carries none' : 'it is not base64',
  });
}

function readSimpleSigning(bytes: Uint8Array): {
  digest: string;
  annotations: Readonly<Record<string, string>> | undefined;
} {
  const payload = readFields(readJson(bytes, { where: WHERE, free: FREE }), { where: WHERE });
  const critical = payload.object('critical');
  const type = critical.string('type');
  if (type !== PAYLOAD_TYPE) throw critical.error('type', `it is ${quoted(type)}`);
  return {
    digest: critical.object('image').string('docker-manifest-digest'),
    annotations: textsOf(payload.optionalObject('optional')),
  };
}
