import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { publicPemOf, readSigningKey, signBytes } from '../../src/attest/signing-key.ts';
import { loadPublicKey, verifySignature } from '../../src/trust/key.ts';
import { makeEd25519Key, makeKey, makeRsaKey } from '../support/cosign.ts';

const BYTES = Buffer.from('bytes to sign');
const PASSPHRASE = 'correct horse battery staple';

describe('a signing key', () => {
  test.each([
    ['P-256', makeKey('P-256')],
    ['P-384', makeKey('P-384')],
    ['P-521', makeKey('P-521')],
    ['Ed25519', makeEd25519Key()],
    ['RSA', makeRsaKey()],
  ])('of kind %s signs what its public half verifies', (_kind, { privatePem, publicPem }) => {
    const key = readSigningKey(privatePem);
    expect(verifySignature(loadPublicKey(publicPem, 'a test'), BYTES, signBytes(key, BYTES))).toBe(true);
    expect(publicPemOf(key)).toBe(publicPem);
    expect(key.publicKey.fingerprint).toBe(loadPublicKey(publicPem, 'a test').fingerprint);
  });

  const encrypted = createPrivateKey(makeKey().privatePem)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
    .toString();

  test('is opened with its passphrase', () => {
    expect(readSigningKey(encrypted, PASSPHRASE).publicKey.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  test('in the older form of openssl is opened too', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
    expect(readSigningKey(pem).publicKey.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  const block = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
  const pssPem = generateKeyPairSync('rsa-pss', { modulusLength: 2048, hashAlgorithm: 'sha256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  const refused: [string, string, string | undefined, RegExp][] = [
    ['without its passphrase', encrypted, undefined, /encrypted and no passphrase.*PRATIQUE_KEY_PASSPHRASE/],
    ['with a wrong passphrase', encrypted, 'guess', /does not open/],
    ['in cosign’s encrypted form', block(`ENCRYPTED SIGSTORE ${'PRIVATE'} KEY`), 'x', /import-key-pair/],
    ['in cosign’s older encrypted form', block(`ENCRYPTED COSIGN ${'PRIVATE'} KEY`), 'x', /import-key-pair/],
    ['that is a public key', makeKey().publicPem, undefined, /not a private key/],
    ['that is empty', '', undefined, /not a private key/],
    ['that is garbage', block(`${'PRIVATE'} KEY`), undefined, /holds no key/],
    ['that is RSA for PSS alone', pssPem, undefined, /PSS alone.*make an RSA key without that/],
    ['of a short RSA modulus', makeRsaKey(1024).privatePem, undefined, /2048/],
  ];

  test.each(refused)('%s is refused with a reason', (_name, pem, passphrase, why) => {
    expect(() => readSigningKey(pem, passphrase)).toThrow(
      expect.objectContaining({ code: 'KEY_INVALID', message: expect.stringMatching(why) }),
    );
  });

  test('is never in a message', () => {
    const body = (pem: string) => pem.split('\n')[1] ?? 'nothing';
    for (const passphrase of ['guess', undefined]) {
      try {
        readSigningKey(encrypted, passphrase);
        expect.unreachable();
      } catch (thrown) {
        const said = JSON.stringify(thrown, Object.getOwnPropertyNames(thrown));
        expect(said).not.toContain(body(encrypted));
        expect(said).not.toContain('guess');
      }
    }
  });
});
