import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { PratiqueError } from '../errors.ts';

/** A public key that signatures are checked with. Made by `loadPublicKey` only. */
export interface PublicKey {
  readonly key: KeyObject;
  /** sha256 over the DER SubjectPublicKeyInfo, 64 hex digits */
  readonly fingerprint: string;
  /** the same digest in base64: what Sigstore bundles carry as `publicKey.hint` */
  readonly hint: string;
  /** hashes that a signature by this key may use; `null` where the algorithm has its own (Ed25519) */
  readonly hashes: readonly (string | null)[];
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
    hashes: hashesOf(key, where),
  };
}

/**
 * Whether `signature` is by this key over exactly `bytes`: ECDSA in DER with the curve's hash, RSA PKCS#1 v1.5 with
 * SHA-256, or Ed25519 (not Ed25519ph, which cosign writes with imported Ed25519 keys and node:crypto cannot check).
 * Never throws: what cannot be checked is not a signature.
 */
export function verifySignature(publicKey: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  return publicKey.hashes.some((hash) => {
    try {
      return verify(hash, bytes, publicKey.key, signature);
    } catch {
      return false;
    }
  });
}

function hashesOf(key: KeyObject, where: string): readonly (string | null)[] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return [null];
  if (type === 'ec') {
    const curve = details?.namedCurve ?? '';
    const hashes = Object.hasOwn(CURVES, curve) ? CURVES[curve] : undefined;
    if (hashes !== undefined) return hashes;
    throw invalid(where, 'its curve is not P-256, P-384 or P-521');
  }
  if (type === 'rsa') {
    if ((details?.modulusLength ?? 0) >= MIN_RSA_BITS) return ['sha256'];
    throw invalid(where, `an RSA key needs ${MIN_RSA_BITS} bits`);
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
