import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { isSignature, type Signer } from '../../src/model/trusted.ts';
import { collectEvidence } from '../../src/trust/collect-evidence.ts';
import {
  KEYLESS,
  keySigners,
  makeKey,
  type SignatureFaults,
  signatureLayer,
  signWithTag,
  simpleSigning,
  tagSignatures,
} from '../support/cosign.ts';
import { MemorySource, putImage } from '../support/memory-source.ts';

const key = makeKey();
const otherKey = makeKey();
const signers = keySigners({ vendor: key });

function setUp() {
  const source = new MemorySource();
  return { source, manifest: putImage(source).manifest };
}

describe('a cosign v2 signature', () => {
  test('by a key of the policy is verified, with the signer and what was signed beside it', async () => {
    const { source, manifest } = setUp();
    const from = signWithTag(source, manifest, key, { optional: { build: '17', count: 3 } });
    const evidence = await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS);
    expect(evidence).toEqual([
      {
        state: 'verified',
        form: 'cosign-tag',
        signer: 'vendor',
        about: manifest,
        annotations: { build: '17' },
        from,
      },
    ]);
    expect(evidence.every(isSignature)).toBe(true);
  });

  test('counts when it is the second of two', async () => {
    const { source, manifest } = setUp();
    tagSignatures(source, manifest, [
      signatureLayer(source, manifest, otherKey, { optional: { from: 'elsewhere' } }),
      signatureLayer(source, manifest, key),
    ]);
    const evidence = await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS);
    expect(evidence.map(({ state }) => state)).toEqual(['rejected', 'verified']);
  });

  test('is told by the first of the policy’s signers that verifies it', async () => {
    const { source, manifest } = setUp();
    signWithTag(source, manifest, key);
    const both = keySigners({ other: otherKey, first: key, second: key });
    expect(await collectEvidence(source, [manifest], both, DEFAULT_LIMITS)).toMatchObject([
      { signer: 'first' },
    ]);
  });

  test('that carries a certificate counts for a key only where the key really verifies it', async () => {
    const annotations = { 'dev.sigstore.cosign/certificate': 'a certificate' };
    const { source, manifest } = setUp();
    tagSignatures(source, manifest, [
      signatureLayer(source, manifest, key, { annotations }),
      signatureLayer(source, manifest, otherKey, { annotations }),
    ]);
    expect(await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).toMatchObject([
      { state: 'verified', signer: 'vendor' },
      { state: 'rejected', reason: 'other-key' },
    ]);
  });

  test('with a certificate that is none is refused where the policy names a keyless signer', async () => {
    const annotations = { 'dev.sigstore.cosign/certificate': 'a certificate' };
    const { source, manifest } = setUp();
    tagSignatures(source, manifest, [
      signatureLayer(source, manifest, otherKey, { annotations }),
      signatureLayer(source, manifest, otherKey),
    ]);
    const keyless = new Map<string, Signer>([...signers, [KEYLESS.name, KEYLESS]]);
    expect(await collectEvidence(source, [manifest], keyless, DEFAULT_LIMITS)).toMatchObject([
      { reason: 'malformed', detail: expect.stringContaining('exactly one certificate') },
      { reason: 'other-key' },
    ]);
  });

  test('is listed and not fetched where the policy names no signer', async () => {
    const { source, manifest } = setUp();
    signWithTag(source, manifest, key);
    expect(await collectEvidence(source, [manifest], new Map(), DEFAULT_LIMITS)).toMatchObject([
      { state: 'rejected', reason: 'no-known-key', about: manifest },
    ]);
    expect(source.calls.filter((call) => call.startsWith('blob'))).toEqual([]);
  });

  const own = setUp().manifest.digest;
  const elsewhere = `sha256:${'ab'.repeat(32)}`;
  const critical = simpleSigning(elsewhere)['critical'] as Record<string, unknown>;
  const rejected: [string, string, SignatureFaults][] = [
    ['over another digest', 'other-subject', { payload: simpleSigning(elsewhere) }],
    // Of this image's own digest: each is put together alike.
    ['over a prefix of the digest', 'other-subject', { payload: simpleSigning(own.slice(0, -1)) }],
    ['over the digest and more', 'other-subject', { payload: simpleSigning(`${own}0`) }],
    [
      'without docker-manifest-digest',
      'malformed',
      { payload: { critical: { ...critical, image: {} }, optional: null } },
    ],
    [
      'whose docker-manifest-digest is null',
      'malformed',
      { payload: { critical: { ...critical, image: { 'docker-manifest-digest': null } } } },
    ],
    ['without a type', 'malformed', { payload: { critical: { ...critical, type: undefined } } }],
    [
      'of another type',
      'malformed',
      { payload: { critical: { ...critical, type: 'atomic container signature' } } },
    ],
    ['without critical', 'malformed', { payload: { optional: null } }],
    ['over something that is no object', 'malformed', { payload: [1, 2] }],
    ['whose annotation is empty', 'malformed', { signature: '' }],
    ['whose annotation is not base64', 'malformed', { signature: 'not base64!' }],
    ['whose annotation has url-safe base64', 'malformed', { signature: '-_-_' }],
    ['whose annotation is huge', 'malformed', { signature: 'AAAA'.repeat(100_000) }],
    ['whose bytes are no signature', 'other-key', { signature: 'AAAA' }],
    ['in a layer of another type', 'unsupported', { mediaType: 'application/octet-stream' }],
    ['in a layer that claims to be huge', 'too-big', { claimedSize: 5_000_000_000 }],
  ];

  test.each(rejected)('%s is rejected as %s', async (_name, reason, faults) => {
    const { source, manifest } = setUp();
    signWithTag(source, manifest, key, faults);
    const evidence = await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS);
    expect(evidence).toMatchObject([{ state: 'rejected', reason, about: manifest }]);
    expect(evidence.some(isSignature)).toBe(false);
  });

  test('over a payload that two readers understand differently is rejected', async () => {
    const { source, manifest } = setUp();
    const layer = signatureLayer(source, manifest, key, {
      payload: { ...simpleSigning(manifest.digest), Critical: simpleSigning(elsewhere)['critical'] },
    });
    tagSignatures(source, manifest, [layer]);
    expect(await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).toMatchObject([
      { state: 'rejected', reason: 'malformed' },
    ]);
  });

  test('moved from another image of the same signer does not count', async () => {
    const { source, manifest } = setUp();
    const other = putImage(source, 'another').manifest;
    source.tag(manifest.digest, 'sig', signWithTag(source, other, key));
    expect(await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).toMatchObject([
      { state: 'rejected', reason: 'other-subject' },
    ]);
  });

  test('whose blob is not the one that the layer names is a fault, not a rejection', async () => {
    const { source, manifest } = setUp();
    const layer = signatureLayer(source, manifest, key);
    tagSignatures(source, manifest, [layer]);
    source.corrupt(layer['digest'] as never, Buffer.alloc(layer['size'] as number));
    await expect(collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
  });

  test('is found as a referrer too', async () => {
    const { source, manifest } = setUp();
    const type = 'application/vnd.dev.cosign.artifact.sig.v1+json';
    const referrer = source.putManifest({
      config: { mediaType: type },
      layers: [signatureLayer(source, manifest, key)],
      subject: manifest,
    });
    source.list(manifest.digest, referrer);
    expect(await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).toMatchObject([
      { state: 'verified', form: 'cosign-referrer', signer: 'vendor' },
    ]);
  });

  test('among more than the limit is a fault, after bounded work (CVE-2023-46737)', async () => {
    const { source, manifest } = setUp();
    tagSignatures(source, manifest, Array(500).fill(signatureLayer(source, manifest, otherKey)));
    const limits = { ...DEFAULT_LIMITS, signatures: 3 };
    await expect(collectEvidence(source, [manifest], signers, limits)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expect(source.calls.filter((call) => call.startsWith('blob'))).toHaveLength(3);
  });

  test('under a tag that holds no manifest of layers is rejected', async () => {
    const { source, manifest } = setUp();
    source.tag(manifest.digest, 'sig', source.putManifest({ layers: [] }));
    expect(await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).toMatchObject([
      { reason: 'malformed' },
    ]);
  });
});
