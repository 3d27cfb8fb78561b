import { constants, createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { PratiqueError } from '../errors.ts';

/** A public key that signatures are checked with. Made by `loadPublicKey` only. */
export interface PublicKey {
  readonly key: KeyObject;
  /** sha256 over the DER SubjectPublicKeyInfo, 64 hex digits */
  readonly fingerprint: string;
  /** the same digest in base64: what Sigstore bundles carry as `publicKey.hint` */
  readonly hint: string;
  /** how a signature by this key may have been made, in the order they are tried */
  readonly ways: readonly SigningWay[];
}

/** One way to sign with a key. */
export interface SigningWay {
  /** `null` where the algorithm has its own (Ed25519) */
  readonly hash: string | null;
  /** of RSA: PSS instead of PKCS#1 v1.5 */
  readonly padding?: number;
}

/**
 * Hashes by curve, in the order they are tried. Sigstore pairs the hash with the curve; cosign signs and verifies
 * with SHA-256 for every curve where it is given a plain key, and that is what registries hold.
 */
const CURVES: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ['sha256'],
  secp384r1: ['sha384', 'sha256'],
  secp521r1: ['sha512', 'sha256'],
};
const MIN_RSA_BITS = 2048;
/** Both are in use for plain RSA keys: cosign signs with PKCS#1 v1.5, services that keep keys often with PSS alone. */
const RSA_WAYS: readonly SigningWay[] = [
  { hash: 'sha256' },
  { hash: 'sha256', padding: constants.RSA_PKCS1_PSS_PADDING },
];
/** Hashes that a key made for PSS alone may be bound to; SHA-1, the default of that form, is none. */
const PSS_HASHES: ReadonlySet<string> = new Set(['sha256', 'sha384', 'sha512']);
const SPKI_PEM = /^\s*-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/;

/**
 * Reads a public key: one PEM block, SubjectPublicKeyInfo; ECDSA P-256, P-384 or P-521, Ed25519, or RSA from 2048 bits.
 * @param where the key's file or the signer's name, for messages; printable
 * @throws {PratiqueError} `KEY_INVALID`
 * @see RFC 7468, section 13
 */
export function loadPublicKey(pem: string, where: string): PublicKey {
  // node:crypto would take a private key or a certificate here and derive a public key from it.
  if (!SPKI_PEM.test(pem)) throw invalid(where, whyNotSpki(pem));
  let key: KeyObject;
  try {
    key = createPublicKey({ key: pem, format: 'pem' });
  } catch {
    throw invalid(where, 'the PEM block holds no key');
  }
  return describeKey(key, where);
}

/**
 * What is needed of a public key to check signatures with it.
 * @throws {PratiqueError} `KEY_INVALID` for a kind, curve or length that is not accepted
 */
export function describeKey(key: KeyObject, where: string): PublicKey {
  const digest = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
  return {
    key,
    fingerprint: digest.toString('hex'),
    hint: digest.toString('base64'),
    ways: waysOf(key, where),
  };
}

/**
 * Whether `signature` is by this key over exactly `bytes`: ECDSA in DER with the curve's hash, RSA with SHA-256 (PKCS#1 v1.5 or
 * PSS), or Ed25519 (not Ed25519ph, which cosign writes with imported Ed25519 keys and node:crypto cannot check).
 * Never throws: what cannot be checked is not a signature.
 */
export function verifySignature(publicKey: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  const { key } = publicKey;
  return publicKey.ways.some(({ hash, padding }) => {
    try {
      return verify(hash, bytes, padding === undefined ? key : { key, padding }, signature);
    } catch {
      return false;
    }
  });
}

function waysOf(key: KeyObject, where: string): readonly SigningWay[] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return [{ hash: null }];
  if (type === 'ec') {
    const curve = details?.namedCurve ?? '';
    const hashes = Object.hasOwn(CURVES, curve) ? CURVES[curve] : undefined;
    if (hashes !== undefined) return hashes.map((hash) => ({ hash }));
    throw invalid(where, 'its curve is not P-256, P-384 or P-521');
  }
  if (type === 'rsa' || type === 'rsa-pss') {
    if ((details?.modulusLength ?? 0) < MIN_RSA_BITS)
      throw invalid(where, `an RSA key needs ${MIN_RSA_BITS} bits`);
    // With the exponent 1 every text is its own signature.
    if ((details?.publicExponent ?? 0n) < 3n) throw invalid(where, 'everybody can sign under its exponent');
    if (type === 'rsa') return RSA_WAYS;
    const hash = details?.hashAlgorithm ?? 'sha256';
    if (PSS_HASHES.has(hash)) return [{ hash }];
    throw invalid(where, `it is bound to the hash ${hash}`);
  }
  throw invalid(where, 'it is neither ECDSA, Ed25519 nor RSA');
}

function whyNotSpki(pem: string): string {
  if (/PRIVATE KEY/.test(pem)) return 'it is a private key, which must not be given to a verifier';
  if (/BEGIN CERTIFICATE/.test(pem)) return 'it is a certificate; the key alone is what a policy trusts';
  if (/BEGIN RSA PUBLIC KEY/.test(pem)) return 'it is in PKCS#1 form';
  return 'expected exactly one PEM block "PUBLIC KEY"';
}

function invalid(where: string, why: string): PratiqueError {
  return new PratiqueError('KEY_INVALID', {
    what: 'the public key cannot be used',
    where,
    why,
    next: 'give the PEM that cosign wrote as cosign.pub, or the output of: openssl pkey -in KEY -pubout',
  });
}
