import { describe, expect, test } from 'vitest';
import { makeKey, rawSignature } from '../../support/cosign.ts';
import { type EntryKind, keylessSigner, rootOf, startSigstore } from '../../support/private-sigstore.ts';
import {
  ANY_TIME,
  inEntry,
  judge,
  other,
  type Parts,
  rejects,
  signedAs,
  sigstore,
  stranger,
  under,
  withCertificate,
  withSpec,
} from './attempt.ts';

const misnamed = await startSigstore({ logUrl: 'https://rekor' });

describe('a log entry does not count', () => {
  const KINDS: readonly EntryKind[] = ['dsse', 'intoto', 'hashedrekord', 'hashedrekord-v2', 'dsse-v2'];
  rejects(
    KINDS.map((kind) => [
      `of kind ${kind} that records another certificate`,
      'bad-log-entry',
      'another certificate',
      { kind, ...ANY_TIME, entry: withCertificate(stranger) },
    ]),
  );

  rejects([
    [
      'that records a key',
      'bad-log-entry',
      'records no certificate',
      { entry: withCertificate(makeKey().publicPem) },
    ],
    [
      'of a signature of somebody else (CVE-2026-22703)',
      'bad-log-entry',
      'signature mismatch',
      {
        change: async (parts) => {
          const { bundle } = await sigstore.sign('{}');
          parts.verificationMaterial.tlogEntries = (
            bundle as unknown as Parts
          ).verificationMaterial.tlogEntries;
        },
      },
    ],
    [
      'with another payload',
      'bad-log-entry',
      'payload hash mismatch',
      {
        entry: withSpec((spec) => ({
          ...spec,
          payloadHash: { algorithm: 'sha256', value: 'ab'.repeat(32) },
        })),
      },
    ],
    [
      'with the digest of the payload where that of the envelope belongs',
      'bad-log-entry',
      'digest mismatch',
      {
        kind: 'hashedrekord',
        entry: withSpec((spec) => ({
          ...spec,
          data: { hash: { algorithm: 'sha256', value: 'ab'.repeat(32) } },
        })),
      },
    ],
    [
      'with two signatures',
      'bad-log-entry',
      'signature count mismatch',
      { entry: withSpec((spec) => ({ ...spec, signatures: [...(spec['signatures'] as unknown[]), {}] })) },
    ],
    [
      'of a kind that says nothing of certificates',
      'unsupported',
      'rekord/0.0.1',
      {
        change: inEntry((entry) => {
          entry.kindVersion = { kind: 'rekord', version: '0.0.1' };
        }),
      },
    ],
    [
      'of the old kind that holds the digest of an envelope which is not there',
      'unsupported',
      'intoto/0.0.1',
      { kind: 'envelope' },
    ],
    [
      'of another kind than it says',
      'bad-log-entry',
      'kind/version mismatch',
      {
        change: inEntry((entry) => {
          entry.kindVersion = { kind: 'hashedrekord', version: '0.0.1' };
        }),
      },
    ],
    [
      'of a log that the root does not know',
      'bad-log-entry',
      'promise could not be verified',
      { logFrom: other },
    ],
    [
      'of a log that the root does not know, with a proof',
      'bad-log-entry',
      'checkpoint signature',
      { logFrom: other, ...ANY_TIME },
    ],
    [
      'whose time was changed',
      'bad-log-entry',
      'promise could not be verified',
      {
        change: inEntry((entry) => {
          entry['integratedTime'] = String(Number(entry['integratedTime']) + 1);
        }),
      },
    ],
    [
      'whose index was changed',
      'bad-log-entry',
      'promise could not be verified',
      {
        change: inEntry((entry) => {
          entry['logIndex'] = '1';
        }),
      },
    ],
    [
      'whose promise is by another key',
      'bad-log-entry',
      'promise could not be verified',
      {
        change: inEntry((entry) => {
          entry.inclusionPromise.signedEntryTimestamp = rawSignature(makeKey(), Buffer.from('x')).toString(
            'base64',
          );
        }),
      },
    ],
    [
      'whose body was changed after it was proved',
      'bad-log-entry',
      'root hash',
      {
        ...ANY_TIME,
        change: inEntry((entry) => {
          entry['canonicalizedBody'] = Buffer.from(
            `${Buffer.from(String(entry['canonicalizedBody']), 'base64')} `,
          ).toString('base64');
        }),
      },
    ],
    [
      'that proves another place',
      'bad-log-entry',
      'invalid index',
      {
        ...ANY_TIME,
        change: inEntry(({ inclusionProof }) => {
          inclusionProof.logIndex = '7';
        }),
      },
    ],
    [
      'with a hash too many',
      'bad-log-entry',
      'invalid hash count',
      {
        ...ANY_TIME,
        change: inEntry(({ inclusionProof }) => {
          inclusionProof.hashes = [Buffer.alloc(32).toString('base64')];
        }),
      },
    ],
    [
      'with 65 hashes',
      'bad-log-entry',
      '65 hashes',
      {
        change: inEntry(({ inclusionProof }) => {
          inclusionProof.hashes = Array(65).fill(Buffer.alloc(32).toString('base64'));
        }),
      },
    ],
    [
      'with a number in words',
      'bad-log-entry',
      'a number in its log entry is none',
      {
        change: inEntry((entry) => {
          entry['logIndex'] = '0x10';
        }),
      },
    ],
    [
      'with a number of a million digits',
      'bad-log-entry',
      'a number in its log entry is none',
      {
        change: inEntry(({ inclusionProof }) => {
          inclusionProof.logIndex = '9'.repeat(1_000_000);
        }),
      },
    ],
    [
      'of 140 KB',
      'bad-log-entry',
      'log entry is too long',
      {
        change: inEntry((entry) => {
          entry['canonicalizedBody'] = Buffer.alloc(140_000, ' ').toString('base64');
        }),
      },
    ],
    [
      'with a checkpoint of 20 KB',
      'bad-log-entry',
      'checkpoint is too long',
      {
        change: inEntry(({ inclusionProof: { checkpoint } }) => {
          checkpoint.envelope += 'x'.repeat(20_000);
        }),
      },
    ],
    [
      'with a checkpoint that is signed by nobody',
      'bad-log-entry',
      'no signatures found',
      {
        ...ANY_TIME,
        change: inEntry(({ inclusionProof: { checkpoint } }) => {
          checkpoint.envelope = checkpoint.envelope.replace('\u2014', '-');
        }),
      },
    ],
    [
      'with a checkpoint that was changed',
      'bad-log-entry',
      'checkpoint signature',
      {
        ...ANY_TIME,
        change: inEntry(({ inclusionProof: { checkpoint } }) => {
          checkpoint.envelope = checkpoint.envelope.replace('\n1\n', '\n2\n');
        }),
      },
    ],
    [
      'with a checkpoint by a name that is a regular expression',
      'bad-log-entry',
      'signed by no name',
      { change: signedAs('(.*)*x') },
    ],
    [
      'with a checkpoint by a name that is half a regular expression',
      'bad-log-entry',
      'signed by no name',
      { change: signedAs('(') },
    ],
    [
      "with a checkpoint by a name that is only a part of the log's",
      'bad-log-entry',
      'not signed by the name of its log',
      {
        from: misnamed,
        by: keylessSigner(
          rootOf({
            ...misnamed.trustedRoot(),
            tlogs: misnamed.trustedRoot().tlogs.map((log) => ({ ...log, baseUrl: 'https://rekor.example' })),
          }),
        ),
      },
    ],
    [
      'twice',
      'bad-log-entry',
      'two entries of one log',
      {
        change: ({ verificationMaterial: material }) => {
          material.tlogEntries = [...material.tlogEntries, ...material.tlogEntries];
        },
      },
    ],
    [
      'beside another of the same log (CVE-2026-49834)',
      'bad-log-entry',
      'two entries of one log',
      {
        change: async ({ verificationMaterial: material }) => {
          const { bundle } = await sigstore.sign('{}');
          material.tlogEntries.push(...(bundle as unknown as Parts).verificationMaterial.tlogEntries);
        },
      },
    ],
    [
      'among 33',
      'malformed',
      'more than 32 proofs',
      {
        change: ({ verificationMaterial: material }) => {
          material.tlogEntries = Array(33).fill(material.tlogEntries[0]);
        },
      },
    ],
    [
      'that is not there, though a timestamp is',
      'bad-log-entry',
      'expected 1 tlog entries, got 0',
      {
        timestamp: true,
        change: ({ verificationMaterial: material }) => {
          material.tlogEntries = [];
        },
      },
    ],
    [
      'of a log whose term is over',
      'bad-log-entry',
      'promise could not be verified',
      {
        by: under((json) =>
          Object.assign(json.tlogs[0]?.publicKey.validFor ?? {}, { end: '2021-01-01T00:00:00Z' }),
        ),
      },
    ],
    [
      'with a proof by a log whose term is over',
      'bad-log-entry',
      'not in service',
      {
        ...ANY_TIME,
        by: under((json) =>
          Object.assign(json.tlogs[0]?.publicKey.validFor ?? {}, { end: '2021-01-01T00:00:00Z' }),
        ),
      },
    ],
    [
      'with a proof by a log whose term was yet to come',
      'bad-log-entry',
      'not in service',
      {
        ...ANY_TIME,
        by: under((json) =>
          Object.assign(json.tlogs[0]?.publicKey.validFor ?? {}, { start: '2099-01-01T00:00:00Z' }),
        ),
      },
    ],
    [
      'with a promise only, in a bundle that must have proofs',
      'malformed',
      'invalid bundle',
      { proof: false },
    ],
  ]);
});

test('a log entry of a kind that moves cursors is told in printable form', async () => {
  const [evidence] = await judge({
    change: inEntry((entry) => {
      entry.kindVersion.kind = '\u001b[2J';
    }),
  });
  expect(evidence).toMatchObject({ state: 'rejected', reason: 'unsupported' });
  expect(JSON.stringify(evidence)).not.toContain('\\u001b');
});
