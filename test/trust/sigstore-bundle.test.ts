import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { hexOf } from '../../src/model/digest.ts';
import { isSignature, type Signer } from '../../src/model/trusted.ts';
import { collectEvidence } from '../../src/trust/collect-evidence.ts';
import {
  attachBundle,
  dsseBundle,
  KEYLESS,
  keySigners,
  makeEd25519Key,
  makeKey,
  makeRsaKey,
  messageBundle,
  type ReferrerFaults,
  signStatementOf,
  signWithBundle,
} from '../support/cosign.ts';
import { MemorySource, putImage } from '../support/memory-source.ts';

const key = makeKey();
const otherKey = makeKey();
const signers = keySigners({ vendor: key });
const SIGN = 'https://sigstore.dev/cosign/sign/v1';
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
  test('as cosign v3 writes it is a verified signature', async () => {
    const { source, manifest } = setUp();
    const from = signWithBundle(source, manifest, key);
    const evidence = await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS);
    expect(evidence).toEqual([
      {
        state: 'verified',
        form: 'sigstore-bundle',
        signer: 'vendor',
        about: manifest,
        statement: {
          _type: 'https://in-toto.io/Statement/v1',
          subject: [{ digest: { sha256: hexOf(manifest.digest) } }],
          predicateType: SIGN,
          predicate: undefined,
        },
        from,
      },
    ]);
    expect(evidence.every(isSignature)).toBe(true);
  });

  test.each([
    ['P-384', makeKey('P-384')],
    ['P-521', makeKey('P-521')],
    ['Ed25519', makeEd25519Key()],
    ['RSA', makeRsaKey()],
  ])('by a key of kind %s is verified', async (_kind, another) => {
    const { source, manifest } = setUp();
    signWithBundle(source, manifest, another);
    const evidence = await collectEvidence(source, [manifest], keySigners({ another }), DEFAULT_LIMITS);
    expect(evidence).toMatchObject([{ state: 'verified', signer: 'another' }]);
  });

  test.each(['0.1', '0.2', '0.3'])('of version %s is read', async (version) => {
    const mediaType = `application/vnd.dev.sigstore.bundle+json;version=${version}`;
    const evidence = await judge((about) => dsseBundle(signStatementOf(about), key, { mediaType }), {
      layerType: mediaType,
    });
    expect(evidence).toMatchObject([{ state: 'verified' }]);
  });

  test('with what the signer wrote beside it tells that', async () => {
    const evidence = await judge((about) =>
      dsseBundle(
        signStatementOf(about, {
          subject: [
            { digest: { sha256: 'ab'.repeat(32) }, annotations: { env: 'other' } },
            { digest: { sha256: hexOf(about.digest) }, annotations: { env: 'prod', Env: 'both' } },
          ],
        }),
        key,
      ),
    );
    expect(evidence).toMatchObject([{ state: 'verified', annotations: { env: 'prod', Env: 'both' } }]);
  });

  test('with another predicate is an attestation and no signature (CVE-2026-39395)', async () => {
    const type = 'https://slsa.dev/verification_summary/v1';
    const evidence = await judge(
      (about) =>
        dsseBundle(
          signStatementOf(about, { predicateType: type, predicate: { verificationResult: 'FAILED' } }),
          key,
        ),
      { label: type },
    );
    expect(evidence).toMatchObject([{ state: 'verified', statement: { predicateType: type } }]);
    expect(evidence.some(isSignature)).toBe(false);
  });

  test('over the bytes of the manifest is a signature', async () => {
    const { source, manifest } = setUp();
    attachBundle(source, manifest, messageBundle(await source.manifest(manifest), key));
    const evidence = await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS);
    expect(evidence).toMatchObject([{ state: 'verified', signer: 'vendor' }]);
    expect(evidence.every(isSignature)).toBe(true);
  });

  test('over other bytes is rejected', async () => {
    expect(await judge(() => messageBundle(Buffer.from('something else'), key))).toMatchObject([
      { reason: 'other-subject' },
    ]);
  });

  test('over other bytes under the digest of the manifest is rejected', async () => {
    const { source, manifest } = setUp();
    const [honest, forged] = [
      messageBundle(await source.manifest(manifest), key),
      messageBundle(Buffer.from('x'), key),
    ];
    const messageSignature = {
      ...(honest['messageSignature'] as object),
      signature: (forged['messageSignature'] as { signature: string }).signature,
    };
    attachBundle(source, manifest, { ...honest, messageSignature });
    expect(await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS)).toMatchObject([
      { reason: 'other-key' },
    ]);
  });

  test('that carries a certificate counts for a key only where the key really verifies it', async () => {
    const genuine = await judge((about) =>
      dsseBundle(signStatementOf(about), key, { material: CERTIFICATE }),
    );
    expect(genuine).toMatchObject([{ state: 'verified', signer: 'vendor' }]);
    const foreign = await judge((about) =>
      dsseBundle(signStatementOf(about), otherKey, { material: CERTIFICATE }),
    );
    expect(foreign).toMatchObject([{ state: 'rejected', reason: 'other-key' }]);
  });

  test('with a certificate is told apart where the policy names a keyless signer', async () => {
    const { source, manifest } = setUp();
    attachBundle(
      source,
      manifest,
      dsseBundle(signStatementOf(manifest), otherKey, { material: CERTIFICATE }),
    );
    signWithBundle(source, manifest, otherKey);
    const keyless = new Map<string, Signer>([[KEYLESS.name, KEYLESS]]);
    expect(await collectEvidence(source, [manifest], keyless, DEFAULT_LIMITS)).toMatchObject([
      { reason: 'malformed' },
      { reason: 'other-key' },
    ]);
  });

  test('is listed and not fetched where the policy names no signer', async () => {
    const { source, manifest } = setUp();
    signWithBundle(source, manifest, key);
    expect(await collectEvidence(source, [manifest], new Map(), DEFAULT_LIMITS)).toMatchObject([
      { state: 'rejected', reason: 'no-known-key', detail: expect.stringContaining(SIGN) },
    ]);
    expect(source.calls.filter((call) => call.startsWith('blob'))).toEqual([]);
  });

  test('is found whatever the manifest and the listing call themselves', async () => {
    const evidence = await judge((about) => dsseBundle(signStatementOf(about), key), {
      artifactType: 'text/plain',
    });
    expect(evidence).toMatchObject([{ state: 'verified' }]);
  });
});
