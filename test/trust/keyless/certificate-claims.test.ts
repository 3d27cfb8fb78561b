import { ASN1Obj, X509Certificate } from '@sigstore/core';
import { expect, test } from 'vitest';
import { readClaims } from '../../../src/trust/keyless/certificate-claims.ts';
import { makeKey } from '../../support/cosign.ts';
import { IDENTITY, ISSUER } from '../../support/private-sigstore.ts';
import { sigstore } from './attempt.ts';

/** 1.2.3.4, not critical, a text, and the rest. */
const EXTENSION = [0x06, 0x03, 0x2a, 0x03, 0x04, 0x01, 0x01, 0x00, 0x04, 0x01, 0x00];

/** No authority signs such a one: it is put into a certificate that has been read. */
async function withExtension(...rest: readonly number[]): Promise<X509Certificate> {
  const certificate = X509Certificate.parse(Buffer.from(await sigstore.certify(makeKey().publicPem)));
  const bytes = Buffer.from([0x30, EXTENSION.length + rest.length, ...EXTENSION, ...rest]);
  const extensions = [...certificate.extensions, ASN1Obj.parseBuffer(bytes)];
  return Object.create(certificate, { extensions: { value: extensions } });
}

test('a certificate with an extension that nobody has to know says who signed', async () => {
  expect(readClaims(await withExtension())).toMatchObject({ identity: IDENTITY, issuer: ISSUER });
});

test('a certificate with an extension of four parts is not read: which of them is its value is anybody’s guess', async () => {
  const strange = await withExtension(0x04, 0x01, 0x00);
  expect(() => readClaims(strange)).toThrow('an extension of it cannot be read');
});
