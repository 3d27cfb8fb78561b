import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { identifyKey } from '../../../src/trust/roots/key-identity.ts';

const pem = (key: { publicKey: { export(options: { type: 'spki'; format: 'pem' }): string | Buffer } }) =>
  key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const PEMS = [
  pem(generateKeyPairSync('ed25519')),
  pem(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  pem(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
  pem(generateKeyPairSync('rsa', { modulusLength: 2048 })),
  pem(generateKeyPairSync('rsa', { modulusLength: 2048 })),
];

test('keys of all kinds are told apart, and known again with other line ends and what stands after them', () => {
  expect(new Set(PEMS.map(identifyKey)).size).toBe(PEMS.length);
  expect(PEMS.map((text) => identifyKey(`${text.replaceAll('\n', '\r\n')}\nmore`))).toEqual(
    PEMS.map(identifyKey),
  );
});

test('what is no key is its own, and nothing ends in a fault', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(identifyKey(`-----BEGIN ${text}`)).toBe(`-----BEGIN ${text}`);
      expect(typeof identifyKey(text)).toBe('string');
    }),
  );
});
