import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import type { RejectionReason } from '../../../src/model/trusted.ts';
import { collectEvidence } from '../../../src/trust/collect-evidence.ts';
import { makeKey, rawSignature, signatureLayer, simpleSigning, tagSignatures } from '../../support/cosign.ts';
import { jsonBytes, MemorySource, putImage } from '../../support/memory-source.ts';
import { type KeylessFaults, keylessSigner } from '../../support/private-sigstore.ts';
import { other, root, sigstore, stranger, withCertificate } from './attempt.ts';

interface TagAttempt extends KeylessFaults {
  readonly from?: typeof sigstore;
  readonly change?: (annotations: Record<string, string>) => unknown;
  readonly about?: string;
}

const another = await sigstore.annotate(Buffer.from('another payload'));

describe('a keyless signature under its tag does not count', () => {
  const LOG = 'dev.sigstore.cosign/bundle';
  const CERTIFICATE = 'dev.sigstore.cosign/certificate';

  test.each<readonly [string, RejectionReason, string, TagAttempt]>([
    ['by somebody else', 'other-identity', 'evil', { certificate: { issuer: 'https://evil.example' } }],
    ['over another image, moved here', 'other-subject', 'it signs', { about: `sha256:${'ab'.repeat(32)}` }],
    ['in no log', 'bad-timestamp', 'got 0', { promise: false }],
    [
      'with the log entry of another payload',
      'bad-log-entry',
      'mismatch',
      {
        change: (all) => {
          all[LOG] = another[LOG] ?? '';
        },
      },
    ],
    [
      'with a log entry that records another certificate',
      'bad-log-entry',
      'another certificate',
      { entry: withCertificate(stranger) },
    ],
    ['with a log entry of another log', 'bad-log-entry', 'promise', { logFrom: other }],
    [
      'with the certificate of another instance',
      'bad-certificate',
      'chain',
      { from: other, logFrom: sigstore },
    ],
    [
      'with the certificate of another signature',
      'bad-signature',
      'verification failed',
      {
        change: (all) => {
          all[CERTIFICATE] = another[CERTIFICATE] ?? '';
        },
      },
    ],
    [
      'with two certificates',
      'malformed',
      'exactly one certificate',
      {
        change: (all) => {
          all[CERTIFICATE] += another[CERTIFICATE] ?? '';
        },
      },
    ],
    [
      'with a certificate that is none',
      'malformed',
      '',
      {
        change: (all) => {
          all[CERTIFICATE] = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
        },
      },
    ],
    [
      'with a certificate of 200 KB',
      'malformed',
      'exactly one certificate',
      {
        change: (all) => {
          all[CERTIFICATE] += '\n'.repeat(200_000);
        },
      },
    ],
    [
      'with a log that has no hexadecimal digits',
      'malformed',
      'hexadecimal',
      {
        change: (all) => {
          all[LOG] = (all[LOG] ?? '').replace(/"logID":"../, '"logID":"zz');
        },
      },
    ],
    [
      'with a log entry that is no JSON',
      'malformed',
      LOG,
      {
        change: (all) => {
          all[LOG] = '{';
        },
      },
    ],
    [
      'with a log entry of a time in words',
      'malformed',
      'integratedTime',
      {
        change: (all) => {
          all[LOG] = (all[LOG] ?? '').replace(/"integratedTime":\d+/, '"integratedTime":"now"');
        },
      },
    ],
    [
      'with a log entry of 200 KB',
      'malformed',
      'more than 131072 characters',
      {
        change: (all) => {
          all[LOG] = `"${'x'.repeat(200_000)}"`;
        },
      },
    ],
    [
      'with a signature of another key',
      'bad-log-entry',
      'signature mismatch',
      {
        change: (all) => {
          all['dev.cosignproject.cosign/signature'] = rawSignature(makeKey(), Buffer.from('x')).toString(
            'base64',
          );
        },
      },
    ],
  ])('%s: %s', async (_what, reason, detail, { from = sigstore, change, about, ...faults }) => {
    const source = new MemorySource();
    const { manifest } = putImage(source);
    const payload = simpleSigning(about ?? manifest.digest);
    const annotations = await from.annotate(Buffer.from(jsonBytes(payload)), faults);
    change?.(annotations);
    tagSignatures(source, manifest, [signatureLayer(source, manifest, makeKey(), { payload, annotations })]);
    const evidence = await collectEvidence(source, [manifest], keylessSigner(root), DEFAULT_LIMITS);
    expect(evidence).toMatchObject([{ state: 'rejected', reason, detail: expect.stringContaining(detail) }]);
  });
});
