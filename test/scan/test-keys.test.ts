import { inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { checkOpenPem } from '../../src/scan/validators/pem.ts';
import { isTestKey } from '../../src/scan/validators/test-keys.ts';

/** The EC P-256 key that every libgnutls tests itself with, deflated. */
const GNUTLS_EC =
  'AXkAhv8wdwIBAQQg8ApZXv6ll71zkS5sw18AQpZFC0/8y+U70d6HAeYmyw2gCgYIKoZIzj0DAQehRANCAATYI041GKjdyK5e' +
  '2iiYkqzcx1vMtt3jhU+G3Mk3fRUsWbmC+d+IKPbPPPumX0K/QQIeXrJ500jxAQp1zAIOASaR';

function pemOf(der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n');
  return ['-----BEGIN', `EC PRIVATE KEY-----\n${lines}\n-----END EC PRIVATE KEY-----\n`].join(' ');
}

test('a key that is public anyway is no secret; one that differs in its last bit is', () => {
  const der = inflateRawSync(Buffer.from(GNUTLS_EC, 'base64'));
  expect(isTestKey(der)).toBe(true);
  expect(checkOpenPem(pemOf(der))).toBe('refuted');
  const other = Uint8Array.from(der, (byte, at) => (at === der.length - 1 ? byte ^ 1 : byte));
  expect(isTestKey(other)).toBe(false);
  expect(checkOpenPem(pemOf(other))).not.toBe('refuted');
});
