import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { hexOf } from '../../src/model/digest.ts';
import { isSignature } from '../../src/model/trusted.ts';
import { collectEvidence } from '../../src/trust/collect-evidence.ts';
import {
  attachBundle,
  dsseBundle,
  keySigners,
  makeKey,
  messageBundle,
  type ReferrerFaults,
  signStatementOf,
} from '../support/cosign.ts';
import { MemorySource, putImage } from '../support/memory-source.ts';

const key = makeKey();
const otherKey = makeKey();
const signers = keySigners({ vendor: key });
const _SIGN = 'https://sigstore.dev/cosign/sign/v1';
const CERTIFICATE = { certificate: { rawBytes: Buffer.from('a certificate').toString('base64') } };

function setUp() {
  const source = new MemorySource();
  return { source, manifest: putImage(source).manifest };
}

async function judge(
  make: (manifest: ReturnType<typeof setUp>['manifest']) => unknown,
  faults?: ReferrerFaults,
) {
  const { source, manifest } = setUp();
  attachBundle(source, manifest, make(manifest), faults);
  return collectEvidence(source, [manifest], signers, DEFAULT_LIMITS);
}

describe('a Sigstore bundle', () => {
  type About = ReturnType<typeof setUp>['manifest'];
  const two = (sig: string) => [{ sig }, { sig }];
  const sha512 = (about: About) => ({
    subject: [{ digest: { sha512: `${hexOf(about.digest)}${'0'.repeat(64)}` } }],
  });
  const prototype = (about: About) =>
    JSON.stringify(signStatementOf(about)).replace(
      '"digest":{"sha256"',
      '"digest":{"__proto__":{},"sha-256"',
    );
  const rejected: [string, string, (about: About) => unknown][] = [
    ['signed by another key', 'other-key', (about) => dsseBundle(signStatementOf(about), otherKey)],
    [
      'that names a trusted key and is signed by another',
      'other-key',
      (about) =>
        dsseBundle(signStatementOf(about), otherKey, {
          material: dsseBundle({}, key)['verificationMaterial'],
        }),
    ],
    [
      'about another image',
      'other-subject',
      (about) => dsseBundle(signStatementOf({ ...about, digest: `sha256:${'ab'.repeat(32)}` as never }), key),
    ],
    [
      'whose payload type was changed',
      'malformed',
      (about) => dsseBundle(signStatementOf(about), key, { claimedPayloadType: 'application/json' }),
    ],
    [
      'whose payload type was changed to the right one',
      'other-key',
      (about) =>
        dsseBundle(signStatementOf(about), key, {
          payloadType: 'text/plain',
          claimedPayloadType: 'application/vnd.in-toto+json',
        }),
    ],
    [
      'with another signed payload type',
      'malformed',
      (about) =>
        dsseBundle(signStatementOf(about), key, { payloadType: 'application/vnd.in-toto+json; v=1' }),
    ],
    [
      'with two signatures',
      'malformed',
      (about) => dsseBundle(signStatementOf(about), key, { signatures: two }),
    ],
    [
      'with no signature',
      'malformed',
      (about) => dsseBundle(signStatementOf(about), key, { signatures: () => [] }),
    ],
    [
      'with an empty signature',
      'malformed',
      (about) => dsseBundle(signStatementOf(about), key, { signatures: () => [{ sig: '' }] }),
    ],
    [
      'with a signature that is a number',
      'malformed',
      (about) => dsseBundle(signStatementOf(about), key, { signatures: () => [{ sig: 17 }] }),
    ],
    [
      'with a null subject',
      'malformed',
      (about) => dsseBundle(signStatementOf(about, { subject: null }), key),
    ],
    ['with no subjects', 'malformed', (about) => dsseBundle(signStatementOf(about, { subject: [] }), key)],
    [
      'with a subject without digests',
      'malformed',
      (about) => dsseBundle(signStatementOf(about, { subject: [{ name: 'registry.test/acme/app' }] }), key),
    ],
    [
      'with a sha512 subject only',
      'other-subject',
      (about) => dsseBundle(signStatementOf(about, sha512(about)), key),
    ],
    ['with the digest under another name', 'malformed', (about) => dsseBundle(prototype(about), key)],
    [
      'with another statement type',
      'malformed',
      (about) => dsseBundle(signStatementOf(about, { _type: 'https://example.test/Statement/v1' }), key),
    ],
    [
      'without a predicate type',
      'malformed',
      (about) => dsseBundle(signStatementOf(about, { predicateType: undefined }), key),
    ],
    [
      'with an empty predicate type',
      'malformed',
      (about) => dsseBundle(signStatementOf(about, { predicateType: '' }), key),
    ],
    [
      'labelled a signature and holding something else',
      'wrong-predicate',
      (about) => dsseBundle(signStatementOf(about, { predicateType: 'https://example.test/other/v1' }), key),
    ],
    [
      'that two readers understand differently',
      'malformed',
      (about) =>
        dsseBundle(signStatementOf(about, { Subject: [{ digest: { sha256: 'ab'.repeat(32) } }] }), key),
    ],
    ['over something that is not JSON', 'malformed', () => dsseBundle('{', key)],
    [
      'with both a statement and bytes',
      'malformed',
      (about) =>
        dsseBundle(signStatementOf(about), key, {
          extra: { messageSignature: messageBundle(Buffer.from('x'), key)['messageSignature'] },
        }),
    ],
    [
      'with both a key and a certificate',
      'malformed',
      (about) =>
        dsseBundle(signStatementOf(about), key, { material: { publicKey: { hint: '' }, ...CERTIFICATE } }),
    ],
    [
      'without key or certificate',
      'malformed',
      (about) => dsseBundle(signStatementOf(about), key, { material: {} }),
    ],
    [
      'of an unknown version',
      'malformed',
      (about) =>
        dsseBundle(signStatementOf(about), key, {
          mediaType: 'application/vnd.dev.sigstore.bundle.v0.9+json',
        }),
    ],
    [
      'of thirty thousand values',
      'malformed',
      (about) => ({ ...dsseBundle(signStatementOf(about), key), more: Array(30_000).fill(0) }),
    ],
    ['that is empty', 'malformed', () => ({})],
    ['that is a list', 'malformed', () => []],
  ];

  test.each(rejected)('%s is rejected as %s', async (_name, reason, make) => {
    const evidence = await judge(make);
    expect(evidence).toMatchObject([{ state: 'rejected', reason }]);
    expect(evidence.some(isSignature)).toBe(false);
  });

  const other = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: `sha256:${'cd'.repeat(32)}`,
    size: 7,
  };
  const misplaced: [string, string, ReferrerFaults][] = [
    ['in a referrer of another image', 'other-subject', { subject: other }],
    ['in a manifest without a subject', 'other-subject', { subject: null }],
    ['in a referrer of two layers', 'malformed', { layers: (layer) => [layer, layer] }],
    ['in a layer that claims to be huge (CVE-2024-29902)', 'too-big', { claimedSize: 5_000_000_000 }],
    [
      'in a layer of a version to come',
      'unsupported',
      { layerType: 'application/vnd.dev.sigstore.bundle.v0.9+json' },
    ],
    ['in a layer without a digest', 'malformed', { layers: () => [{ mediaType: 'x', size: 1 }] }],
    [
      'in a layer whose size is a text',
      'malformed',
      { layers: (layer) => [{ ...(layer as object), size: '1' }] },
    ],
  ];

  test.each(misplaced)('%s is rejected as %s', async (_name, reason, faults) => {
    expect(await judge((about) => dsseBundle(signStatementOf(about), key), faults)).toMatchObject([
      { state: 'rejected', reason },
    ]);
  });

  const logEntry = {
    logIndex: '1',
    logId: { keyId: 'AAAA' },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: '1700000000',
    inclusionProof: {
      logIndex: '1',
      rootHash: 'AAAA',
      treeSize: '2',
      hashes: [],
      checkpoint: { envelope: 'x' },
    },
    canonicalizedBody: 'AAAA',
  };
  const withEntries = (about: About, count: number) =>
    dsseBundle(signStatementOf(about), key, {
      material: { publicKey: { hint: '' }, tlogEntries: Array(count).fill(logEntry) },
    });

  test('with log entries is checked by its key alone', async () => {
    expect(await judge((about) => withEntries(about, 32))).toMatchObject([{ state: 'verified' }]);
  });

  test('with endless log entries is rejected', async () => {
    expect(await judge((about) => withEntries(about, 33))).toMatchObject([
      { state: 'rejected', reason: 'malformed' },
    ]);
  });

  test('does not survive a change of any byte of payload or signature', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (inPayload, at, flip) => {
          const evidence = await judge((about) => {
            const bundle = dsseBundle(signStatementOf(about), key);
            const envelope = bundle['dsseEnvelope'] as { payload: string; signatures: { sig: string }[] };
            const change = (text = '') => {
              const bytes = Buffer.from(text, 'base64');
              bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ flip;
              return bytes.toString('base64');
            };
            const changed = inPayload
              ? { ...envelope, payload: change(envelope.payload) }
              : { ...envelope, signatures: [{ sig: change(envelope.signatures[0]?.sig) }] };
            return { ...bundle, dsseEnvelope: changed };
          });
          expect(evidence).toMatchObject([{ state: 'rejected', reason: 'other-key' }]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('of any JSON at all is rejected and never a crash', async () => {
    const part = fc.jsonValue({ maxDepth: 3 });
    const anything = fc.oneof(
      part,
      fc.record(
        {
          mediaType: fc.oneof(part, fc.constant('application/vnd.dev.sigstore.bundle.v0.3+json')),
          verificationMaterial: fc.oneof(part, fc.constant({ publicKey: {} })),
          dsseEnvelope: part,
          messageSignature: part,
        },
        { requiredKeys: [] },
      ),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (bundle) => {
        expect(await judge(() => bundle)).toMatchObject([{ state: 'rejected' }]);
      }),
      { numRuns: 200 },
    );
  });
});
