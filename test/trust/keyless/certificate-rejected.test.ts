import { describe, expect, test } from 'vitest';
import type { Signer } from '../../../src/model/trusted.ts';
import {
  criticalExtension,
  IDENTITY,
  ISSUER,
  ISSUER_V1,
  ISSUER_V2,
  issuerExtensions,
  keylessSigner,
  PURPOSE,
  rootOf,
  startSigstore,
  textExtension,
  USAGE,
  UTF8_STRING,
  userName,
} from '../../support/private-sigstore.ts';
import { certified, judge, named, other, rejects, root, sigstore, under, V01 } from './attempt.ts';

const expired = await startSigstore({ authorityUntil: new Date(Date.now() - 86_400_000) });
const HOUR = 3_600_000;

/** A UTF8String in DER, as Latin-1. */
function derText(text: string): string {
  return String.fromCharCode(UTF8_STRING, text.length) + text;
}

/** The text with bit 8 set in every letter: a reader that clears it sees the text itself. */
function disguised(text: string): Buffer {
  return Buffer.from([...Buffer.from(text)].map((byte) => byte | 0x80));
}

describe('a keyless signature by somebody else does not count', () => {
  rejects([
    ['of another workflow', 'other-identity', 'evil.yml', named(IDENTITY.replace('release.yml', 'evil.yml'))],
    [
      'of another repository that begins alike',
      'other-identity',
      'app-evil',
      named(IDENTITY.replace('/app/', '/app-evil/')),
    ],
    ['of another ref', 'other-identity', 'v1.2.30', named(`${IDENTITY}0`)],
    ['of a ref cut short', 'other-identity', 'v1.2.', named(IDENTITY.slice(0, -1))],
    [
      'of a host that has the name in its query',
      'other-identity',
      'evil.example',
      named(`https://evil.example/?${IDENTITY}`),
    ],
    [
      'of a host that a dot of a regular expression would fit',
      'other-identity',
      'forgexexample',
      named(IDENTITY.replace('forge.example', 'forgexexample')),
    ],
    [
      'logged in elsewhere',
      'other-identity',
      'https://evil.example',
      certified({ issuer: 'https://evil.example' }),
    ],
    [
      'logged in at an issuer that begins alike',
      'other-identity',
      `${ISSUER}.evil`,
      certified({ issuer: `${ISSUER}.evil` }),
    ],
    [
      'logged in nowhere',
      'other-identity',
      'whom the policy does not name',
      certified({ issuerExtensions: [] }),
    ],
  ]);

  test('though issuer and identity are each of somebody whom the policy names', async () => {
    const two = new Map<string, Signer>([
      ['a', { name: 'a', kind: 'keyless', issuer: 'https://evil.example', identity: IDENTITY, root }],
      ['b', { name: 'b', kind: 'keyless', issuer: ISSUER, identity: 'https://forge.example/b', root }],
    ]);
    expect(await judge({ by: two })).toMatchObject([{ reason: 'other-identity' }]);
  });

  test('though the identity is right, where it is another instance that says so', async () => {
    const two = new Map<string, Signer>([
      [
        'a',
        { name: 'a', kind: 'keyless', issuer: ISSUER, identity: IDENTITY, root: rootOf(other.trustedRoot()) },
      ],
      ['b', { name: 'b', kind: 'keyless', issuer: ISSUER, identity: 'https://forge.example/b', root }],
    ]);
    expect(await judge({ by: two })).toMatchObject([{ reason: 'other-identity' }]);
  });
});

describe('a certificate does not count', () => {
  rejects([
    [
      'with two names',
      'bad-certificate',
      'it has 2 names',
      certified({
        names: [
          { type: 'url', value: IDENTITY },
          { type: 'url', value: 'https://evil.example/' },
        ],
      }),
    ],
    ['without a name', 'bad-certificate', 'it has 0 names', certified({ names: [] })],
    [
      'that names a host',
      'bad-certificate',
      'neither a URI nor an address',
      certified({ names: [{ type: 'dns', value: 'forge.example' }] }),
    ],
    [
      'whose name is the trusted one once a reader drops bit 8',
      'bad-certificate',
      'its name has other characters',
      certified({ rawName: disguised(IDENTITY) }),
    ],
    [
      'whose name ends in a line feed',
      'bad-certificate',
      'its name has other characters',
      certified({ rawName: Buffer.from(`${IDENTITY}\n`) }),
    ],
    [
      'whose issuer is the trusted one once a reader drops bit 8',
      'bad-certificate',
      'its issuer has other characters',
      certified({
        issuerExtensions: [textExtension(ISSUER_V2, disguised(ISSUER).toString('latin1'), UTF8_STRING)],
      }),
    ],
    [
      'with two issuers',
      'bad-certificate',
      'it names two issuers',
      certified({
        issuerExtensions: [
          textExtension(ISSUER_V1, 'https://evil.example'),
          textExtension(ISSUER_V2, ISSUER, UTF8_STRING),
        ],
      }),
    ],
    [
      'whose issuer is two texts in one',
      'bad-certificate',
      'its issuer is no text',
      certified({
        issuerExtensions: [textExtension(ISSUER_V2, derText(ISSUER) + derText('https://evil.example'))],
      }),
    ],
    [
      'whose issuer is no UTF8String',
      'bad-certificate',
      'its issuer is no text',
      certified({ issuerExtensions: [textExtension(ISSUER_V2, ISSUER, 0x13)] }),
    ],
    [
      'with an extension twice',
      'bad-certificate',
      'an extension twice',
      certified({ more: issuerExtensions('https://evil.example') }),
    ],
    [
      'with a critical extension that nobody knows',
      'bad-certificate',
      '1.2.3.4 is critical',
      certified({ more: [criticalExtension()] }),
    ],
    [
      'of a user by another name than Fulcio gives',
      'bad-certificate',
      'neither a URI nor an address',
      certified({ ...userName('jo', { kind: 8 }) }),
    ],
    [
      'of a user whose name is no text',
      'bad-certificate',
      'neither a URI nor an address',
      certified({ ...userName('jo', { tag: 0x04 }) }),
    ],
    ['for servers', 'bad-certificate', 'not for signing code', certified({ purposes: [PURPOSE.serverAuth] })],
    ['for encryption', 'bad-certificate', 'not for signatures', certified({ usage: USAGE.keyEncipherment })],
    ['of an authority', 'bad-certificate', 'of an authority', certified({ isAuthority: true })],
    [
      'that had run out when it was logged',
      'bad-certificate',
      'not valid or expired',
      certified({ notBefore: new Date(Date.now() - HOUR) }),
    ],
    [
      'that was yet to come when it was logged',
      'bad-certificate',
      'not valid or expired',
      certified({ notBefore: new Date(Date.now() + HOUR) }),
    ],
    ['in no certificate log', 'bad-certificate', 'expected 1 SCTs, got 0', certified({ withoutSct: true })],
    [
      'in a certificate log that nobody trusts',
      'bad-certificate',
      'SCT verification failed',
      certified({ sctFrom: other }),
    ],
    [
      'in a certificate log that was given up',
      'bad-certificate',
      'SCT verification failed',
      {
        by: under((json) =>
          Object.assign(json.ctlogs[0]?.publicKey.validFor ?? {}, { end: '2021-01-01T00:00:00Z' }),
        ),
      },
    ],
    [
      'of an authority that the root does not know',
      'bad-certificate',
      'under the trust root "private"',
      { from: other, logFrom: sigstore },
    ],
    [
      'of an authority whose own has run out (CVE-2026-24122)',
      'bad-certificate',
      'not valid or expired',
      { from: expired, by: keylessSigner(rootOf(expired.trustedRoot())) },
    ],
    [
      'of an authority that the root trusts no more',
      'bad-certificate',
      'certificate chain',
      {
        by: under((json) =>
          Object.assign(json.certificateAuthorities[0]?.validFor ?? {}, { end: '2021-01-01T00:00:00Z' }),
        ),
      },
    ],
    [
      'that is none',
      'malformed',
      'cannot be read',
      {
        change: ({ verificationMaterial }) => {
          verificationMaterial.certificate = { rawBytes: Buffer.from('none').toString('base64') };
        },
      },
    ],
    [
      'with something behind it',
      'malformed',
      'trailing data',
      {
        change: ({ verificationMaterial: material }) => {
          const der = Buffer.from(material.certificate?.rawBytes ?? '', 'base64');
          material.certificate = { rawBytes: Buffer.concat([der, Buffer.from([5, 0])]).toString('base64') };
        },
      },
    ],
    [
      'of 17 KB',
      'bad-certificate',
      'sane size',
      {
        change: ({ verificationMaterial }) => {
          verificationMaterial.certificate = { rawBytes: Buffer.alloc(17_000, 0x30).toString('base64') };
        },
      },
    ],
    [
      'in a chain of seventeen',
      'bad-certificate',
      'sane size',
      {
        mediaType: V01,
        change: ({ verificationMaterial: material }) => {
          const { certificates } = material.x509CertificateChain as { certificates: unknown[] };
          material.x509CertificateChain = { certificates: Array(17).fill(certificates[0]) };
        },
      },
    ],
    [
      'nested 5,000 deep',
      'malformed',
      'cannot be read',
      {
        change: ({ verificationMaterial }) => {
          verificationMaterial.certificate = {
            rawBytes: Buffer.alloc(16_000, Buffer.from([0x30, 0x80])).toString('base64'),
          };
        },
      },
    ],
  ]);
});
