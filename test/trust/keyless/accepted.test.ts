import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import type { Descriptor } from '../../../src/model/descriptor.ts';
import { isSignature, type Signer } from '../../../src/model/trusted.ts';
import { collectEvidence } from '../../../src/trust/collect-evidence.ts';
import {
  attachBundle,
  keySigners,
  makeKey,
  signatureLayer,
  signStatementOf,
  simpleSigning,
  tagSignatures,
} from '../../support/cosign.ts';
import { jsonBytes, MemorySource, putImage } from '../../support/memory-source.ts';
import {
  type EntryKind,
  IDENTITY,
  ISSUER,
  type KeylessFaults,
  keylessSigner,
  rootOf,
  startSigstore,
  userName,
} from '../../support/private-sigstore.ts';

const sigstore = await startSigstore();
const signers = keylessSigner(rootOf(sigstore.trustedRoot()));
const V01 = 'application/vnd.dev.sigstore.bundle+json;version=0.1';

function setUp() {
  const source = new MemorySource();
  return { source, manifest: putImage(source).manifest };
}

function collect(source: MemorySource, about: Descriptor, by: ReadonlyMap<string, Signer> = signers) {
  return collectEvidence(source, [about], by, DEFAULT_LIMITS);
}

/** What comes of a keyless `cosign sign` v3. */
async function judge(faults: KeylessFaults = {}, by = signers) {
  const { source, manifest } = setUp();
  const { bundle } = await sigstore.sign(signStatementOf(manifest), faults);
  const layerType = faults.mediaType;
  attachBundle(source, manifest, bundle, layerType === undefined ? {} : { layerType });
  return collect(source, manifest, by);
}

/** What comes of a keyless `cosign sign` v2. */
async function judgeTag(faults: KeylessFaults = {}, by = signers) {
  const { source, manifest } = setUp();
  const payload = simpleSigning(manifest.digest, { build: '17' });
  const annotations = await sigstore.annotate(Buffer.from(jsonBytes(payload)), faults);
  tagSignatures(source, manifest, [signatureLayer(source, manifest, makeKey(), { payload, annotations })]);
  return collect(source, manifest, by);
}

const VERIFIED = [{ state: 'verified', signer: 'ci' }];

describe('a keyless signature', () => {
  test.each<EntryKind>(['dsse', 'intoto', 'hashedrekord'])(
    'with an entry of kind %s counts',
    async (kind) => {
      const evidence = await judge({ kind });
      expect(evidence).toMatchObject(VERIFIED);
      expect(evidence.every(isSignature)).toBe(true);
    },
  );

  test.each<[string, KeylessFaults]>([
    ['in a bundle v0.1 with a promise only', { mediaType: V01, proof: false }],
    ['in a bundle v0.1 with both proofs', { mediaType: V01 }],
    ['in a bundle v0.2', { mediaType: V01.replace('0.1', '0.2') }],
    ['in a bundle v0.3 under its old name', { mediaType: V01.replace('0.1', '0.3') }],
    ['with a timestamp beside the signed time of entry', { timestamp: true }],
    [
      'in a log v2, which signs no times, with a timestamp',
      { kind: 'hashedrekord-v2', promise: false, timestamp: true },
    ],
    ['in a log v2 as an envelope', { kind: 'dsse-v2', promise: false, timestamp: true }],
    ['of a person', { certificate: { names: [{ type: 'email', value: IDENTITY }] } }],
  ])('%s counts', async (_what, faults) => {
    expect(await judge(faults)).toMatchObject(VERIFIED);
  });

  test('of a user whom Fulcio knows by a name only counts', async () => {
    const who = keylessSigner(rootOf(sigstore.trustedRoot()), 'jo');
    expect(await judge({ certificate: userName('jo') }, who)).toMatchObject(VERIFIED);
  });

  test('counts for each signer whose pattern it fits', async () => {
    const root = rootOf(sigstore.trustedRoot());
    const two = new Map<string, Signer>([
      ...keylessSigner(root),
      [
        'any',
        { name: 'any', kind: 'keyless', issuer: ISSUER, identity: IDENTITY.replace('v1.2.3', 'v*'), root },
      ],
    ]);
    expect(await judge({}, two)).toMatchObject([{ signer: 'ci' }, { signer: 'any' }]);
  });

  test('counts beside a key, and under whichever root holds', async () => {
    const other = await startSigstore();
    const mixed = new Map<string, Signer>([
      ...keySigners({ vendor: makeKey() }),
      [
        'other',
        {
          name: 'other',
          kind: 'keyless',
          issuer: ISSUER,
          identity: IDENTITY,
          root: rootOf(other.trustedRoot()),
        },
      ],
      ...signers,
    ]);
    expect(await judge({}, mixed)).toMatchObject(VERIFIED);
  });

  test('in no log counts where the root has none, and only there', async () => {
    const { source, manifest } = setUp();
    const { bundle } = await sigstore.sign(signStatementOf(manifest), { timestamp: true });
    const material = bundle['verificationMaterial'] as Record<string, unknown>;
    attachBundle(source, manifest, { ...bundle, verificationMaterial: { ...material, tlogEntries: [] } });
    const lax = keylessSigner(rootOf(sigstore.trustedRoot(), { needsLog: false }));
    expect(await collect(source, manifest, lax)).toMatchObject(VERIFIED);
    expect(await collect(source, manifest)).toMatchObject([{ reason: 'bad-log-entry' }]);
  });

  test('with a certificate in no log counts where the root has none, and only there', async () => {
    const lax = keylessSigner(rootOf(sigstore.trustedRoot(), { needsCertificateLog: false }));
    expect(await judge({ certificate: { withoutSct: true } }, lax)).toMatchObject(VERIFIED);
    expect(await judge({ certificate: { withoutSct: true } })).toMatchObject([{ reason: 'bad-certificate' }]);
  });
});

describe('a keyless signature under its tag', () => {
  test.each<[string, KeylessFaults]>([
    ['with a signed time of entry', {}],
    ['with a timestamp, too', { timestamp: true }],
  ])('%s counts', async (_what, faults) => {
    const evidence = await judgeTag(faults);
    expect(evidence).toMatchObject([{ ...VERIFIED[0], form: 'cosign-tag', annotations: { build: '17' } }]);
    expect(evidence.every(isSignature)).toBe(true);
  });

  test('in no log, with a timestamp, counts where the root has none, and only there', async () => {
    const lax = keylessSigner(rootOf(sigstore.trustedRoot(), { needsLog: false }));
    expect(await judgeTag({ promise: false, timestamp: true }, lax)).toMatchObject(VERIFIED);
    expect(await judgeTag({ promise: false, timestamp: true })).toMatchObject([{ reason: 'bad-log-entry' }]);
  });
});
