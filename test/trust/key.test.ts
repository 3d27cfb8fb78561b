import { constants, createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { loadPublicKey, verifySignature } from '../../src/trust/key.ts';
import { openKeyring } from '../../src/trust/keyring.ts';
import { makeEd25519Key, makeKey, makeRsaKey, type TestKey } from '../support/cosign.ts';

const BYTES = Buffer.from('bytes that are signed');

/** A key that says itself that it is for PSS alone. */
function makePssKey(hash: string, saltLength: number) {
  const text = saltLength as unknown as string; // its types say so, and Node wants a number
  return generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: hash,
    mgf1HashAlgorithm: hash,
    saltLength: text,
  });
}

describe('a public key', () => {
  const kinds: [string, TestKey, string | null][] = [
    ['ECDSA P-256 with SHA-256', makeKey('P-256'), 'sha256'],
    ['ECDSA P-384 with SHA-384', makeKey('P-384'), 'sha384'],
    ['ECDSA P-384 with SHA-256, as cosign v2 signs', makeKey('P-384'), 'sha256'],
    ['ECDSA P-521 with SHA-512', makeKey('P-521'), 'sha512'],
    ['Ed25519', makeEd25519Key(), null],
    ['RSA 2048, PKCS#1 v1.5 with SHA-256', makeRsaKey(), 'sha256'],
  ];

  test.each(kinds)('verifies %s, and nothing else', (_kind, { publicPem, privateKey }, hash) => {
    const key = loadPublicKey(publicPem, 'a test');
    const signature = sign(hash, BYTES, privateKey);
    expect(verifySignature(key, BYTES, signature)).toBe(true);
    expect(verifySignature(key, Buffer.concat([BYTES, BYTES]), signature)).toBe(false);
    expect(verifySignature(key, BYTES, signature.subarray(1))).toBe(false);
    expect(verifySignature(key, BYTES, Buffer.alloc(0))).toBe(false);
  });

  const PSS = constants.RSA_PKCS1_PSS_PADDING;
  test.each([
    ['as long as the hash', constants.RSA_PSS_SALTLEN_DIGEST],
    ['as long as can be', constants.RSA_PSS_SALTLEN_MAX_SIGN],
  ])('of kind RSA verifies PSS with a salt %s, and no weak hash', (_length, saltLength) => {
    const { publicPem, privateKey } = makeRsaKey();
    const key = loadPublicKey(publicPem, 'a test');
    const made = (hash: string) => sign(hash, BYTES, { key: privateKey, padding: PSS, saltLength });
    expect(verifySignature(key, BYTES, made('sha256'))).toBe(true);
    expect(verifySignature(key, Buffer.concat([BYTES, BYTES]), made('sha256'))).toBe(false);
    expect(verifySignature(key, BYTES, made('sha1'))).toBe(false);
  });

  test('that was made for PSS alone verifies with the hash that it is bound to', () => {
    const { publicKey, privateKey } = makePssKey('sha384', 48);
    const key = loadPublicKey(publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'a test');
    expect(verifySignature(key, BYTES, sign('sha384', BYTES, privateKey))).toBe(true);
    expect(verifySignature(key, BYTES.subarray(1), sign('sha384', BYTES, privateKey))).toBe(false);
  });

  test('does not verify what another key signed', () => {
    const key = loadPublicKey(makeKey().publicPem, 'a test');
    expect(verifySignature(key, BYTES, sign('sha256', BYTES, makeKey().privateKey))).toBe(false);
  });

  test.each([
    ['ECDSA', makeKey()],
    ['RSA', makeRsaKey()],
  ])('of kind %s does not verify a weak hash', (_kind, { publicPem, privateKey }) => {
    expect(verifySignature(loadPublicKey(publicPem, 'a test'), BYTES, sign('sha1', BYTES, privateKey))).toBe(
      false,
    );
  });

  test('does not verify what cannot be checked', () => {
    const { publicPem, privateKey } = makeKey();
    const key = { ...loadPublicKey(publicPem, 'a test'), ways: [{ hash: 'a hash that nobody knows' }] };
    expect(verifySignature(key, BYTES, sign('sha256', BYTES, privateKey))).toBe(false);
  });

  test('is named by the sha256 of its DER form', () => {
    const { publicPem } = makeKey();
    const der = Buffer.from(publicPem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');
    const digest = createHash('sha256').update(der).digest();
    expect(loadPublicKey(publicPem, 'a test')).toMatchObject({
      fingerprint: digest.toString('hex'),
      hint: digest.toString('base64'),
    });
  });

  const { publicKey: secp256k1 } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const { publicKey: ed448 } = generateKeyPairSync('ed448');
  const { publicKey: pkcs1 } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const everybodys = createPublicKey({ key: { ...pkcs1.export({ format: 'jwk' }), e: 'AQ' }, format: 'jwk' });
  const { publicKey: weakPss } = makePssKey('sha1', 20);
  const spki = { type: 'spki', format: 'pem' } as const;
  const refused: [string, string, RegExp][] = [
    ['a private key, from which one could be derived', makeKey().privatePem, /private key/],
    ['PKCS#1', pkcs1.export({ type: 'pkcs1', format: 'pem' }).toString(), /PKCS#1/],
    ['a certificate', `-----BEGIN ${'CERTIFICATE'}-----\nMIIB\n-----END CERTIFICATE-----\n`, /certificate/],
    ['another curve', secp256k1.export(spki).toString(), /curve/],
    ['another algorithm', ed448.export(spki).toString(), /neither/],
    ['a short RSA key', makeRsaKey(1024).publicPem, /2048/],
    ['an RSA key with the exponent 1', everybodys.export(spki).toString(), /everybody/],
    ['one for PSS with SHA-1', weakPss.export(spki).toString(), /sha1/],
    ['two keys in one text', makeKey().publicPem + makeKey().publicPem, /exactly one/],
    ['no key at all', '', /exactly one/],
    ['a block that holds none', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', /no key/],
  ];

  test.each(refused)('cannot be %s', (_what, pem, why) => {
    expect(() => loadPublicKey(pem, 'signer "vendor"')).toThrow(
      expect.objectContaining({ code: 'KEY_INVALID', message: expect.stringMatching(why) }),
    );
  });
});

test('a keyring names the signer whose key cannot be used', () => {
  const signers = new Map([['vendor', { name: 'vendor', kind: 'key', publicKey: 'nonsense' } as const]]);
  expect(() => openKeyring(signers)).toThrow(/signer "vendor"/);
});
