import { createHash } from 'node:crypto';
import {
  type Bundle,
  bundleFromJSON,
  isBundleWithDsseEnvelope,
  isBundleWithMessageSignature,
  isBundleWithPublicKey,
} from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import { PratiqueError } from '../errors.ts';
import { readFields } from '../io/json/json-fields.ts';
import { isJsonArray, isJsonObject, type JsonValue, readJson } from '../io/json/strict-json.ts';
import { MEDIA } from '../model/media-type.ts';
import { quoted } from '../model/printable.ts';
import { isAbout, type Statement } from '../model/statement.ts';
import type { Evidence } from '../model/trusted.ts';
import type { ArtifactLayer } from './artifact-manifest.ts';
import { type Found, fetchManifest, fetchSmall, judging, reading, reject, rejectBig } from './evidence.ts';
import { findSigners, isEmptyKeyring, loadKeyless, type Signed, UNKNOWN } from './keyring.ts';
import { readStatement } from './read-statement.ts';
import { asVerified } from './verified.ts';

const VERSIONS: ReadonlySet<string> = new Set([
  'application/vnd.dev.sigstore.bundle+json;version=0.1',
  'application/vnd.dev.sigstore.bundle+json;version=0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
  MEDIA.sigstoreBundle,
]);
const WHERE = 'Sigstore bundle';
/** log entries, and timestamps, that one bundle may carry */
const PROOF_LIMIT = 32;
/** JSON values of one bundle; one with every proof has some thousand, and the statement is one text among them */
const VALUE_LIMIT = 20_000;
/** sigstore's `HashAlgorithm`, by its protobuf number */
const HASHES: ReadonlyMap<number, string> = new Map([
  [1, 'sha256'],
  [2, 'sha384'],
  [3, 'sha512'],
]);

/**
 * Checks one Sigstore bundle (v0.1 to v0.3) with the policy's signers. With a key the key is the trust: transparency-log entries
 * and timestamps are not looked at, they would only add to it. With a certificate they have to hold. Nothing in the bundle
 * chooses how it is checked, but that there must be a certificate to look for keyless signers.
 * @param found its `label` is the manifest's claim of the predicate type; must agree where it is there
 * @throws {PratiqueError} a fault of the source
 * @see sigstore protobuf-specs, sigstore_bundle.proto; cosign, specs/BUNDLE_SPEC.md; DSSE v1.0, protocol.md
 */
export async function judgeSigstoreBundle(found: Found, layer: ArtifactLayer): Promise<readonly Evidence[]> {
  const { label } = found;
  if (!VERSIONS.has(layer.mediaType)) {
    return [reject(found, 'unsupported', `a bundle has the type ${quoted(layer.mediaType)}`)];
  }
  if (isEmptyKeyring(found.keyring)) {
    const { reason, detail } = UNKNOWN;
    const claim = label === undefined ? '' : `; it claims to be ${quoted(label)}`;
    return [reject(found, reason, `${detail}${claim}`)];
  }
  const bytes = await fetchSmall(found, layer, 'statementBytes');
  if (bytes === undefined) return [rejectBig(found, layer, 'statementBytes')];
  const read = reading(found, () => readBundle(bytes));
  if ('rejected' in read) return [read.rejected];
  const bundle = read.value;
  const findKeyless = isBundleWithPublicKey(bundle) ? undefined : await loadKeyless(found.keyring);
  const image = isBundleWithMessageSignature(bundle) ? await fetchManifest(found, found.about) : undefined;
  const certified = findKeyless && (() => findKeyless(bundle, { payload: image }));
  return judging(found, () => judgeBundle(found, bundle, { image, certified }));
}

/** What a bundle is checked with beside the keys. */
interface Means {
  /** the manifest's bytes, where the bundle is over them */
  readonly image?: Uint8Array | undefined;
  /** checks its certificate; absent where it has none, or nobody asks */
  readonly certified: (() => Signed) | undefined;
}

/**
 * Judges a bundle that has been read: who signed it, and whether what it states is about the image.
 * @throws {PratiqueError} `JSON_INVALID` where it is over no statement
 */
export function judgeBundle(found: Found, bundle: Bundle, { image, certified }: Means): readonly Evidence[] {
  if (isOverOtherBytes(bundle, image)) return [reject(found, 'other-subject', 'it signs other bytes')];
  const { signed: bytes, signature } = signedBytes(bundle, image);
  const signed = findSigners(found.keyring, bytes, signature, certified);
  if ('reason' in signed) return [reject(found, signed.reason, signed.detail)];
  const { form, about, from, label } = found;
  const { certificate, signedAt } = signed;
  const proved = { ...(certificate && { certificate }), ...(signedAt && { signedAt }) };
  const by = (signer: string) => ({ state: 'verified', form, signer, about, from, ...proved }) as const;
  if (!isBundleWithDsseEnvelope(bundle)) return signed.signers.map(by);
  const { payload } = bundle.content.dsseEnvelope;
  const read = reading(found, () => readStatement(payload));
  if ('rejected' in read) return [{ ...read.rejected, signers: signed.signers }];
  const statement = read.value;
  // A label is unsigned: it must not make a verdict or an SBOM pass for something else, even to other tools.
  if (label !== undefined && label !== statement.predicateType) {
    const detail = `its label says ${quoted(label)}, its content ${quoted(statement.predicateType)}`;
    return [reject(found, 'wrong-predicate', detail)];
  }
  // A genuine attestation of another image, moved beside this one.
  if (!isAbout(statement, about.digest))
    return [reject(found, 'other-subject', 'its statement is about other content')];
  const annotations = annotationsOf(statement, found);
  return signed.signers.map((signer) => ({
    ...by(signer),
    statement: asVerified(statement),
    ...(annotations && { annotations }),
  }));
}

/** The bytes that the signature covers: the envelope's pre-authentication encoding, or the manifest itself. */
function signedBytes(
  bundle: Bundle,
  image: Uint8Array | undefined,
): { signed: Uint8Array; signature: Uint8Array } {
  if (isBundleWithDsseEnvelope(bundle)) {
    const { payloadType, payload, signatures } = bundle.content.dsseEnvelope;
    const [signature] = signatures;
    // The type is signed, but a key may also sign other DSSE payloads: those are not statements (case 8 of facts).
    if (payloadType !== MEDIA.inToto) throw unusable(`its payload has the type ${quoted(payloadType)}`);
    // One signature, so that nobody can have the checked one and the shown one differ.
    if (signature === undefined || signatures.length !== 1)
      throw unusable('it does not have exactly one signature');
    return { signed: dsse.preAuthEncoding(payloadType, payload), signature: signature.sig };
  }
  if (!isBundleWithMessageSignature(bundle) || image === undefined) throw unusable('it signs nothing');
  return { signed: image, signature: bundle.content.messageSignature.signature };
}

/** Whether a bundle over bytes says that it is over other bytes. The signature decides; this names the reason. */
function isOverOtherBytes(bundle: Bundle, image: Uint8Array | undefined): boolean {
  if (!isBundleWithMessageSignature(bundle) || image === undefined) return false;
  const { algorithm, digest } = bundle.content.messageSignature.messageDigest;
  const hash = HASHES.get(algorithm);
  return hash === undefined || !createHash(hash).update(image).digest().equals(digest);
}

function readBundle(bytes: Uint8Array): Bundle {
  const json = readJson(bytes, { where: WHERE, values: VALUE_LIMIT });
  const fields = readFields(json, { where: WHERE });
  const mediaType = fields.string('mediaType');
  if (!VERSIONS.has(mediaType)) throw unusable(`its own type is ${quoted(mediaType)}`);
  // A reader of protobuf JSON picks one of the two; another reader picks the other.
  if (fields.has('dsseEnvelope') === fields.has('messageSignature'))
    throw unusable('it signs nothing, or two things');
  const material = fields.object('verificationMaterial');
  const keys = ['publicKey', 'certificate', 'x509CertificateChain'].filter((name) => material.has(name));
  if (keys.length !== 1) throw unusable('it does not carry exactly one key or certificate');
  const proofs = material.optionalArray('tlogEntries')?.length ?? 0;
  const stamps =
    material.optionalObject('timestampVerificationData')?.optionalArray('rfc3161Timestamps')?.length ?? 0;
  if (Math.max(proofs, stamps) > PROOF_LIMIT) throw unusable(`it carries more than ${PROOF_LIMIT} proofs`);
  return bundleFromJSON(toPlain(json));
}

function annotationsOf(statement: Statement, { about }: Found): Readonly<Record<string, string>> | undefined {
  return statement.subject.find((subject) => isAbout({ ...statement, subject: [subject] }, about.digest))
    ?.annotations;
}

/** The value as `JSON.parse` would give it, for a library that reads plain objects; odd numbers become numbers. */
function toPlain(value: JsonValue): unknown {
  if (isJsonArray(value)) return value.map(toPlain);
  if (isJsonObject(value)) {
    return Object.fromEntries([...value].map(([key, member]) => [key, toPlain(member)]));
  }
  return typeof value === 'object' && value !== null ? Number(value.literal) : value;
}

function unusable(why: string): PratiqueError {
  return new PratiqueError('JSON_INVALID', { what: 'the Sigstore bundle cannot be used', why });
}
