import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { collectEvidence } from '../../src/trust/collect-evidence.ts';
import {
  dsseBundle,
  keySigners,
  makeKey,
  signStatementOf,
  signWithBundle,
  signWithTag,
} from '../support/cosign.ts';
import { jsonBytes, MemorySource, putImage } from '../support/memory-source.ts';

const key = makeKey();
const signers = keySigners({ vendor: key });

function setUp() {
  const source = new MemorySource();
  return { source, manifest: putImage(source).manifest };
}

describe('collecting evidence', () => {
  test('finds both forms, each once', async () => {
    const { source, manifest } = setUp();
    const tag = signWithTag(source, manifest, key);
    const bundle = signWithBundle(source, manifest, key);
    source.list(manifest.digest, bundle);
    source.list(manifest.digest, tag);
    expect(await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).toMatchObject([
      { state: 'verified', form: 'cosign-tag' },
      { state: 'verified', form: 'sigstore-bundle' },
    ]);
  });

  test('looks beside the index above the image, and says which of them was signed', async () => {
    const { source, manifest } = setUp();
    const index = source.putManifest({ manifests: [manifest] }, MEDIA.ociIndex);
    signWithBundle(source, index, key);
    const evidence = await collectEvidence(source, [manifest, index], signers, DEFAULT_LIMITS);
    expect(evidence).toMatchObject([{ state: 'verified', about: index }]);
  });

  test('does not take a signature of the image for one of the index', async () => {
    const { source, manifest } = setUp();
    const index = source.putManifest({ manifests: [manifest] }, MEDIA.ociIndex);
    source.list(index.digest, signWithBundle(source, manifest, key));
    expect(await collectEvidence(source, [index], signers, DEFAULT_LIMITS)).toMatchObject([
      { state: 'rejected', reason: 'other-subject' },
    ]);
  });

  test('passes over referrers that are something else', async () => {
    const { source, manifest } = setUp();
    const sbom = source.put(jsonBytes({ spdxVersion: 'SPDX-2.3' }), 'application/spdx+json');
    const referrer = source.putManifest({ layers: [sbom], subject: manifest });
    source.list(manifest.digest, referrer);
    source.list(manifest.digest, { ...manifest, mediaType: MEDIA.ociIndex });
    expect(await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).toEqual([]);
    const fetched = source.calls.filter((call) => /^(?:manifest|blob)/.test(call));
    expect(fetched).toEqual([`manifest ${referrer.digest}`]);
  });

  test('of an unsigned image is empty, after both places were looked at', async () => {
    const { source, manifest } = setUp();
    expect(await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).toEqual([]);
    expect(source.calls).toEqual([
      `companion ${manifest.digest}`,
      `companion ${manifest.digest}`,
      `referrers ${manifest.digest}`,
    ]);
  });

  const codes = ['UNAUTHORIZED', 'RATE_LIMITED', 'REGISTRY_ERROR', 'NETWORK', 'TIMEOUT', 'DENIED'] as const;
  const operations = ['companion', 'referrers', 'manifest', 'blob'];
  const faults = operations.flatMap((operation) => codes.map((code) => [operation, code] as const));

  test.each(faults)('%s that fails with %s is never "unsigned"', async (operation, code) => {
    const { source, manifest } = setUp();
    signWithTag(source, manifest, makeKey());
    signWithBundle(source, manifest, makeKey());
    source.fail(operation, new PratiqueError(code, { what: 'the registry did not answer' }));
    await expect(collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).rejects.toMatchObject({
      code,
    });
  });

  test('whose listing breaks off after a good signature is a fault all the same', async () => {
    const { source, manifest } = setUp();
    signWithBundle(source, manifest, key);
    source.fail('referrers', new PratiqueError('NETWORK', { what: 'the answer broke off' }));
    await expect(collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).rejects.toMatchObject({
      code: 'NETWORK',
    });
    expect(source.calls.some((call) => call.startsWith('blob'))).toBe(true);
  });

  test.each(['manifest', 'blob'] as const)(
    'from a source that gives too little of a %s is a fault',
    async (what) => {
      const { source, manifest } = setUp();
      signWithBundle(source, manifest, key);
      const short = Object.assign(Object.create(source) as MemorySource, {
        [what]: what === 'blob' ? async function* () {} : async () => Buffer.from('{}'),
      });
      await expect(collectEvidence(short, [manifest], signers, DEFAULT_LIMITS)).rejects.toMatchObject({
        code: 'SIZE_MISMATCH',
      });
    },
  );

  test('from a source that gives a blob without end is a fault after bounded work', async () => {
    const { source, manifest } = setUp();
    signWithBundle(source, manifest, key);
    let given = 0;
    const endless = Object.assign(Object.create(source) as MemorySource, {
      async *blob() {
        for (;;) {
          given += 1;
          if (given > 1000) throw new Error('nobody stopped');
          yield Buffer.alloc(4096);
        }
      },
    });
    await expect(collectEvidence(endless, [manifest], signers, DEFAULT_LIMITS)).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
    });
  });

  test('of endless referrers is a fault after bounded work', async () => {
    const { source, manifest } = setUp();
    const sbom = source.put(jsonBytes({}), 'application/spdx+json');
    for (let n = 0; n < 20; n += 1) {
      source.list(
        manifest.digest,
        source.putManifest({ layers: [sbom], subject: manifest, annotations: { n: `${n}` } }),
      );
    }
    const limits = { ...DEFAULT_LIMITS, referrers: 5 };
    await expect(collectEvidence(source, [manifest], signers, limits)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expect(source.calls.filter((call) => call.startsWith('manifest'))).toHaveLength(5);
  });

  test('counts the signatures of the image and of its indexes together', async () => {
    const { source, manifest } = setUp();
    const index = source.putManifest({ manifests: [manifest] }, MEDIA.ociIndex);
    signWithBundle(source, manifest, key);
    signWithBundle(source, index, key);
    const limits = { ...DEFAULT_LIMITS, signatures: 1 };
    await expect(collectEvidence(source, [manifest, index], signers, limits)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });

  test('that has too many bytes together is never "unsigned", though each piece is small enough', async () => {
    const { source, manifest } = setUp();
    const junk = source.put(Buffer.alloc(1000, 'x'), MEDIA.sigstoreBundle);
    for (let at = 0; at < 9; at += 1)
      source.list(
        manifest.digest,
        source.putManifest({ layers: [junk], subject: manifest, annotations: { at: `${at}` } }),
      );
    const limits = { ...DEFAULT_LIMITS, statementBytes: 1000 };
    await expect(collectEvidence(source, [manifest], signers, limits)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expect(await collectEvidence(source, [manifest], new Map(), limits)).toHaveLength(9);
    const most = { ...DEFAULT_LIMITS, statementBytes: 999 };
    expect(await collectEvidence(source, [manifest], signers, most)).toMatchObject(
      Array(9).fill({ reason: 'too-big' }),
    );
  });

  test.each<[string, unknown]>([
    ['has too many values', Array(2_000_000).fill(0)],
    ['nests too deep', JSON.parse(`${'['.repeat(101)}${']'.repeat(101)}`)],
  ])('says who signed a statement that %s', async (_what, predicate) => {
    const { source, manifest } = setUp();
    const statement = signStatementOf(manifest, { predicate });
    const blob = source.put(jsonBytes(dsseBundle(statement, key)), MEDIA.sigstoreBundle);
    source.list(manifest.digest, source.putManifest({ layers: [blob], subject: manifest }));
    expect(await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).toMatchObject([
      { state: 'rejected', reason: 'malformed', signers: ['vendor'] },
    ]);
    const strangers = keySigners({ other: makeKey() });
    const [evidence] = await collectEvidence(source, [manifest], strangers, DEFAULT_LIMITS);
    expect(evidence).toMatchObject({ reason: 'other-key' });
    expect(evidence).not.toHaveProperty('signers');
  });

  test('with a key that cannot be read sends nothing', async () => {
    const { source, manifest } = setUp();
    const broken = new Map([['vendor', { name: 'vendor', kind: 'key', publicKey: 'nonsense' } as const]]);
    await expect(collectEvidence(source, [manifest], broken, DEFAULT_LIMITS)).rejects.toMatchObject({
      code: 'KEY_INVALID',
    });
    expect(source.calls).toEqual([]);
  });

  test('tells foreign text only in printable form', async () => {
    const { source, manifest } = setUp();
    const statement = signStatementOf(manifest, { predicateType: 'https://evil.test/\u001b[2J' });
    const blob = source.put(jsonBytes(dsseBundle(statement, key)), MEDIA.sigstoreBundle);
    source.list(
      manifest.digest,
      source.putManifest({
        layers: [blob],
        subject: manifest,
        annotations: { 'dev.sigstore.bundle.predicateType': 'x' },
      }),
    );
    const [evidence] = await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS);
    expect(evidence).toMatchObject({
      reason: 'wrong-predicate',
      detail: expect.stringContaining('\\u{1b}[2J'),
    });
  });
});
