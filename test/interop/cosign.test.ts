import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admitImage } from '../../src/attest/admit.ts';
import { attachVerdict } from '../../src/attest/attach.ts';
import { attestVerdict } from '../../src/attest/attest-verdict.ts';
import { readSigningKey } from '../../src/attest/signing-key.ts';
import { buildImage, buildIndex, buildLayer } from '../../src/demo/image-builder.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Resolved } from '../../src/model/image.ts';
import type { ImageSource } from '../../src/model/image-source.ts';
import { parseReference } from '../../src/model/reference.ts';
import { PREDICATE } from '../../src/model/statement.ts';
import { isSignature, type Signer } from '../../src/model/trusted.ts';
import { openSource } from '../../src/sources/open.ts';
import { collectEvidence } from '../../src/trust/collect-evidence.ts';
import { keySigners, makeEd25519Key, makeKey, makeRsaKey, type TestKey } from '../support/cosign.ts';
import { type Cosign, findCosign, openCosign } from '../support/cosign-binary.ts';
import { pushBuilt } from '../support/push-built.ts';
import { passed, sampleVerdict } from '../support/sample-verdicts.ts';
import { type Host, REGISTRIES } from './registries.ts';

const [v2, v3] = [findCosign(2), findCosign(3)];
const SIGN_V2 = ['sign', '--yes', '--tlog-upload=false', '--allow-http-registry'];
const SIGN_V3 = [
  '--yes',
  '--signing-config=signing.json',
  '--trusted-root=root.json',
  '--allow-http-registry',
];
const VERIFY_V3 = ['--insecure-ignore-tlog', '--trusted-root=root.json', '--allow-http-registry'];
const VERIFY_V2 = [...VERIFY_V3, '--new-bundle-format'];
const REPOSITORY = 'acme/app';

function cosignOf(cosign: Cosign | undefined): Cosign {
  if (cosign === undefined) throw new Error('cosign was not started');
  return cosign;
}

describe.each(REGISTRIES)('in %s', (_kind, start) => {
  let registry: Host;
  let tags = 0;
  const cosigns: { v2?: Cosign; v3?: Cosign } = {};
  beforeAll(async () => {
    registry = await start();
    if (v2) cosigns.v2 = await openCosign(v2);
    if (v3) cosigns.v3 = await openCosign(v3);
  });
  afterAll(async () => {
    cosigns.v2?.close();
    cosigns.v3?.close();
    await registry.close();
  });

  /** A new index of two images, its source, and its name by digest. */
  async function setUp(): Promise<{ source: ImageSource; resolved: Resolved; name: string; text: string }> {
    tags += 1;
    const images = ['amd64', 'arm64'].map(async (architecture) =>
      buildImage({
        layers: [await buildLayer([{ path: 'app', content: `${architecture} ${tags}` }])],
        platform: { os: 'linux', architecture },
      }),
    );
    const index = buildIndex(
      (await Promise.all(images)).map((built) => ({ built, platform: built.platform })),
    );
    await pushBuilt(registry.host, REPOSITORY, `t${tags}`, index);
    const text = `${registry.host}/${REPOSITORY}:t${tags}`;
    const source = openSource(
      { kind: 'registry', text, reference: parseReference(text) },
      { env: {}, limits: DEFAULT_LIMITS, now: Date.now, warn: () => {} },
    );
    const resolved = await source.resolve();
    return { source, resolved, text, name: `${registry.host}/${REPOSITORY}@${resolved.subject.digest}` };
  }

  async function evidenceOf({ source, resolved }: Awaited<ReturnType<typeof setUp>>, pem: string) {
    const [image] = resolved.images;
    if (image === undefined) throw new Error('no image');
    const signers = new Map<string, Signer>([['vendor', { name: 'vendor', kind: 'key', publicKey: pem }]]);
    return collectEvidence(source, [image.manifest, ...image.parents], signers, DEFAULT_LIMITS);
  }

  /** Attests a pass with this key and attaches it; the public key is left beside cosign. */
  async function attest(
    here: Awaited<ReturnType<typeof setUp>>,
    key: TestKey,
    cosign: Cosign,
  ): Promise<void> {
    const { source, resolved, text } = here;
    const verdict = sampleVerdict({
      name: text,
      subject: resolved.subject,
      images: resolved.images.map(({ manifest }) => ({ manifest, ruled: [passed('secrets')] })),
      at: new Date().toISOString(),
    });
    const { bundles } = attestVerdict(verdict, readSigningKey(key.privatePem), parseReference(text));
    for (const bundle of bundles) await attachVerdict(source, bundle.about, bundle);
    writeFileSync(join(cosign.folder, 'gate.pub'), key.publicPem);
  }

  describe.skipIf(!v2)('cosign 2', () => {
    const run: Cosign['run'] = (...words) => cosignOf(cosigns.v2).run(...words);

    test('signs under its tag what we verify, and another key does not', async () => {
      const here = await setUp();
      expect(await run(...SIGN_V2, '--key=cosign.key', '-a', 'build=17', here.name)).toMatchObject({
        ok: true,
      });
      const evidence = await evidenceOf(here, cosignOf(cosigns.v2).publicPem);
      expect(evidence).toMatchObject([
        {
          state: 'verified',
          form: 'cosign-tag',
          about: { digest: here.resolved.subject.digest },
          annotations: { build: '17' },
        },
      ]);
      expect(evidence.every(isSignature)).toBe(true);
      expect(await evidenceOf(here, makeKey().publicPem)).toMatchObject([{ reason: 'other-key' }]);
    });

    test('adds a second signature beside the first', async () => {
      const here = await setUp();
      expect(await run('generate-key-pair', '--output-key-prefix=other')).toMatchObject({ ok: true });
      expect(await run(...SIGN_V2, '--key=other.key', here.name)).toMatchObject({ ok: true });
      expect(await run(...SIGN_V2, '--key=cosign.key', here.name)).toMatchObject({ ok: true });
      const evidence = await evidenceOf(here, cosignOf(cosigns.v2).publicPem);
      expect(evidence.map(({ state }) => state).toSorted()).toEqual(['rejected', 'verified']);
    });

    test('accepts our attestation', async () => {
      const here = await setUp();
      await attest(here, makeKey(), cosignOf(cosigns.v2));
      const words = [
        'verify-attestation',
        ...VERIFY_V2,
        '--key=gate.pub',
        `--type=${PREDICATE.vsa}`,
        here.name,
      ];
      expect(await run(...words)).toMatchObject({ ok: true });
    });
  });

  describe.skipIf(!v3)('cosign 3', () => {
    const run: Cosign['run'] = (...words) => cosignOf(cosigns.v3).run(...words);

    test('signs as a bundle what we verify, and another key does not', async () => {
      const here = await setUp();
      const words = ['sign', ...SIGN_V3, '--key=cosign.key', '-a', 'build=17', here.name];
      expect(await run(...words)).toMatchObject({ ok: true });
      const evidence = await evidenceOf(here, cosignOf(cosigns.v3).publicPem);
      expect(evidence).toMatchObject([
        {
          state: 'verified',
          form: 'sigstore-bundle',
          about: { digest: here.resolved.subject.digest },
          statement: { predicateType: PREDICATE.cosignSignature },
          annotations: { build: '17' },
        },
      ]);
      expect(evidence.every(isSignature)).toBe(true);
      expect(await evidenceOf(here, makeKey().publicPem)).toMatchObject([{ reason: 'other-key' }]);
    });

    test('attests what we verify, and do not take for a signature', async () => {
      const here = await setUp();
      const type = 'https://acme.test/review/v1';
      writeFileSync(join(cosignOf(cosigns.v3).folder, 'predicate.json'), '{"by":"two people","score":0.5}');
      const words = [
        'attest',
        ...SIGN_V3,
        '--key=cosign.key',
        '--predicate=predicate.json',
        `--type=${type}`,
      ];
      expect(await run(...words, here.name)).toMatchObject({ ok: true });
      const evidence = await evidenceOf(here, cosignOf(cosigns.v3).publicPem);
      expect(evidence).toMatchObject([{ state: 'verified', statement: { predicateType: type } }]);
      expect(evidence.some(isSignature)).toBe(false);
    });

    test.each([
      ['ECDSA P-256', makeKey('P-256')],
      ['ECDSA P-384', makeKey('P-384')],
      ['ECDSA P-521', makeKey('P-521')],
      ['Ed25519', makeEd25519Key()],
      ['RSA', makeRsaKey()],
    ])('accepts both our attestations by a key of kind %s, as admit does', async (_name, key) => {
      const here = await setUp();
      await attest(here, key, cosignOf(cosigns.v3));
      for (const type of [PREDICATE.vsa, PREDICATE.verdict]) {
        const words = ['verify-attestation', ...VERIFY_V3, '--key=gate.pub', `--type=${type}`, here.name];
        expect(await run(...words)).toMatchObject({ ok: true });
      }
      const admission = await admitImage(here.source, {
        signers: keySigners({ gate: key }),
        reference: parseReference(here.text),
        maxAgeSeconds: 3600,
        now: new Date(),
        limits: DEFAULT_LIMITS,
      });
      expect(admission).toMatchObject({ result: 'admitted', grants: [{ signer: 'gate' }] });
    });

    test('refuses our attestation under another key or type', async () => {
      const here = await setUp();
      await attest(here, makeKey(), cosignOf(cosigns.v3));
      const type = `--type=${PREDICATE.vsa}`;
      const verify = ['verify-attestation', ...VERIFY_V3];
      expect(await run(...verify, '--key=cosign.pub', type, here.name)).toMatchObject({ ok: false });
      expect(await run(...verify, '--key=gate.pub', '--type=https://acme.test/x', here.name)).toMatchObject({
        ok: false,
      });
      expect(await run(...verify, '--key=gate.pub', type, here.name)).toMatchObject({ ok: true });
    });
  });
});
