import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { PratiqueError } from '../errors.ts';
import { describeKey, type PublicKey } from '../trust/key.ts';

/** A private key, opened. Made by `readSigningKey` only; never printed, never written. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  /** the other half: its fingerprint, and the hint that bundles carry */
  readonly publicKey: PublicKey;
}

/**
 * Opens a private key: PEM, ECDSA P-256, P-384 or P-521, Ed25519, or RSA from 2048 bits; PKCS#8, also encrypted.
 * cosign's own encrypted form is not read: it belongs to cosign and has no other reader.
 * @throws {PratiqueError} `KEY_INVALID`, without a word of the key
 */
export function readSigningKey(pem: string, passphrase?: string): SigningKey {
  if (/-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----/.test(pem)) throw cosignForm();
  if (!pem.includes('PRIVATE KEY-----')) throw invalid('it is not a private key in PEM form');
  const encrypted = isEncryptedKey(pem);
  if (encrypted && passphrase === undefined) {
    throw invalid(
      'it is encrypted and no passphrase was given',
      'set PRATIQUE_KEY_PASSPHRASE, or give --passphrase-file FILE (- for standard input)',
    );
  }
  const privateKey = openKey(pem, encrypted ? passphrase : undefined);
  if (privateKey.asymmetricKeyType === 'rsa-pss') throw pssAlone();
  return { privateKey, publicKey: describeKey(createPublicKey(privateKey), 'signing key') };
}

/** Whether a key in PEM needs a passphrase. */
export function isEncryptedKey(pem: string): boolean {
  return /BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: 4,ENCRYPTED/m.test(pem);
}

/**
 * Signs bytes: ECDSA in DER or RSA PKCS#1 v1.5, both with SHA-256, or Ed25519. SHA-256 for every curve, since
 * `cosign --key`, sigstore-js and slsa-verifier take a plain key that way; `verifySignature` knows both.
 * @throws {PratiqueError} `SIGNING_FAILED`
 */
export function signBytes({ privateKey }: SigningKey, bytes: Uint8Array): Buffer {
  try {
    return sign(privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, privateKey);
  } catch {
    throw new PratiqueError('SIGNING_FAILED', { what: 'the key does not sign' });
  }
}

/** The public half in PEM, SubjectPublicKeyInfo: what verifiers are given. */
export function publicPemOf({ publicKey }: SigningKey): string {
  return publicKey.key.export({ type: 'spki', format: 'pem' }).toString();
}

function openKey(pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    // OpenSSL's own words could quote the file: they are dropped.
    throw invalid(
      passphrase === undefined ? 'the PEM block holds no key' : 'the passphrase does not open it',
    );
  }
}

/** We verify its signatures. cosign and most others cannot even load such a key: what it signs would hold for us alone. */
function pssAlone(): PratiqueError {
  return invalid(
    'it is an RSA key that is for PSS alone, which other verifiers do not load',
    'make an RSA key without that (openssl genpkey -algorithm RSA), or one with openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
  );
}

function cosignForm(): PratiqueError {
  return invalid(
    'it is in the encrypted form that only cosign reads',
    'make the key with openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256, and give the same file to ' +
      'cosign import-key-pair where cosign must use it too',
  );
}

function invalid(why: string, next = 'give a private key in PEM form, PKCS#8'): PratiqueError {
  return new PratiqueError('KEY_INVALID', { what: 'the signing key cannot be used', why, next });
}
