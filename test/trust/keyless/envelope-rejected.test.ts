import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import type { Descriptor } from '../../../src/model/descriptor.ts';
import { isSignature } from '../../../src/model/trusted.ts';
import { collectEvidence } from '../../../src/trust/collect-evidence.ts';
import { keySigners, makeKey, rawSignature, signStatementOf, signWithBundle } from '../../support/cosign.ts';
import { MemorySource, putImage } from '../../support/memory-source.ts';
import { keylessSigner, startSigstore } from '../../support/private-sigstore.ts';
import { ANY_TIME, judge, other, rejects, root, sigstore, under, V01 } from './attempt.ts';

const late = await startSigstore({ clock: new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000) });

/** Also trusts the timestamps of `late`, whose clock is an hour fast. */
const trustingLate = under((json) =>
  json.timestampAuthorities.push(...late.trustedRoot().timestampAuthorities),
);

describe('the moment of signing is not proved', () => {
  rejects([
    [
      'by the time in an entry that nobody signed',
      'bad-timestamp',
      'expected 1 timestamps, got 0',
      { promise: false },
    ],
    [
      'by nothing at all',
      'bad-timestamp',
      'expected 1 timestamps, got 0',
      {
        change: ({ verificationMaterial: material }) => {
          material.tlogEntries = [];
        },
      },
    ],
    [
      'by a timestamp over something else',
      'bad-timestamp',
      'could not be verified',
      { stamp: () => sigstore.stamp(Buffer.from('something else')) },
    ],
    [
      'by an authority that the root does not know',
      'bad-timestamp',
      'could not be verified',
      { stamp: other.stamp },
    ],
    [
      'by another authority of the same name, which brings its certificate (CVE-2026-39984)',
      'bad-timestamp',
      'could not be verified',
      { stamp: (signature) => other.stampDigest(createHash('sha256').update(signature).digest(), true) },
    ],
    [
      'by an authority whose term is over',
      'bad-timestamp',
      'could not be verified',
      {
        ...ANY_TIME,
        by: under((json) =>
          Object.assign(json.timestampAuthorities[0]?.validFor ?? {}, { end: '2021-01-01T00:00:00Z' }),
        ),
      },
    ],
    [
      'by a timestamp after the certificate had run out (CVE-2026-54787)',
      'bad-certificate',
      'not valid or expired',
      { promise: false, stamp: late.stamp, by: trustingLate },
    ],
    [
      'by two moments of which one is too late',
      'bad-certificate',
      'not valid or expired',
      { stamp: late.stamp, by: trustingLate },
    ],
    [
      'by 33 timestamps',
      'malformed',
      'more than 32 proofs',
      {
        timestamp: true,
        change: ({ verificationMaterial: { timestampVerificationData: data } }) => {
          data.rfc3161Timestamps = Array(33).fill(data.rfc3161Timestamps[0]);
        },
      },
    ],
    [
      'by bytes that are no timestamp',
      'malformed',
      'cannot be read',
      { stamp: async () => Buffer.from('none') },
    ],
    [
      'by a timestamp of 140 KB',
      'bad-timestamp',
      'too long',
      { stamp: async () => Buffer.alloc(140_000, 0x30) },
    ],
  ]);
});

describe('an envelope does not count', () => {
  const SHA512 = (about: Descriptor) =>
    signStatementOf(about, { subject: [{ digest: { sha512: 'ab'.repeat(64) } }] });
  rejects([
    [
      'signed by another key than the certificate has',
      'bad-signature',
      'signature verification failed',
      { signedBy: makeKey() },
    ],
    [
      'whose signature was exchanged afterwards',
      'bad-log-entry',
      'signature mismatch',
      {
        change: ({ dsseEnvelope }) => {
          dsseEnvelope.signatures = [{ sig: rawSignature(makeKey(), Buffer.from('x')).toString('base64') }];
        },
      },
    ],
    [
      'whose payload was exchanged afterwards',
      'bad-log-entry',
      'payload hash mismatch',
      {
        change: ({ dsseEnvelope }) => {
          dsseEnvelope.payload = Buffer.from('{}').toString('base64');
        },
      },
    ],
    [
      'of another type than it was signed with',
      'bad-signature',
      'signature verification failed',
      {
        payloadType: 'application/x',
        change: ({ dsseEnvelope }) => {
          dsseEnvelope.payloadType = 'application/vnd.in-toto+json';
        },
      },
    ],
    ['that holds no statement', 'malformed', 'its payload has the type', { payloadType: 'application/x' }],
    [
      'with two signatures',
      'malformed',
      'invalid bundle',
      {
        change: ({ dsseEnvelope }) => {
          dsseEnvelope.signatures.push(...dsseEnvelope.signatures);
        },
      },
    ],
    [
      'about another image',
      'other-subject',
      'about other content',
      {
        statement: (about) => signStatementOf(about, { subject: [{ digest: { sha256: 'ab'.repeat(32) } }] }),
      },
    ],
    ['about a digest of another kind only', 'other-subject', 'about other content', { statement: SHA512 }],
    [
      'about nothing',
      'malformed',
      'it is about nothing',
      { statement: (about) => signStatementOf(about, { subject: null }) },
    ],
    [
      'that its label calls something else',
      'wrong-predicate',
      'its label says',
      { referrer: { label: 'https://spdx.dev/Document' } },
    ],
    [
      'that the registry puts beside another image',
      'other-subject',
      'as its subject',
      { referrer: { subject: { mediaType: 'x/y', digest: `sha256:${'ab'.repeat(32)}`, size: 1 } } },
    ],
    [
      'in a bundle v0.3 with a chain, whose end a reader might trust',
      'malformed',
      'it cannot be read: invalid bundle',
      {
        change: ({ verificationMaterial: material }) => {
          material.x509CertificateChain = { certificates: [material.certificate] };
          delete material.certificate;
        },
      },
    ],
    [
      'in a bundle v0.1 without a promise',
      'malformed',
      'invalid v0.1 bundle',
      { mediaType: V01, ...ANY_TIME },
    ],
  ]);

  test('with a verdict that the trusted identity signed: it attests and is no signature (CVE-2026-39395)', async () => {
    const type = 'https://slsa.dev/verification_summary/v1';
    const evidence = await judge({
      statement: (about) =>
        signStatementOf(about, { predicateType: type, predicate: { verificationResult: 'FAILED' } }),
      referrer: { label: type },
    });
    expect(evidence).toMatchObject([{ state: 'verified', signer: 'ci', statement: { predicateType: type } }]);
    expect(evidence.some(isSignature)).toBe(false);
  });

  test('with a certificate where a key is demanded', async () => {
    expect(await judge({ by: keySigners({ vendor: makeKey() }) })).toMatchObject([{ reason: 'other-key' }]);
  });

  test('with a key where a certificate is demanded', async () => {
    const source = new MemorySource();
    const { manifest } = putImage(source);
    signWithBundle(source, manifest, makeKey());
    expect(await collectEvidence(source, [manifest], keylessSigner(root), DEFAULT_LIMITS)).toMatchObject([
      { reason: 'other-key' },
    ]);
  });
});
