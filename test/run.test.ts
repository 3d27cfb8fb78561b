import { gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { checkImage } from '../src/check-image.ts';
import { parseImagePattern } from '../src/model/image-pattern.ts';
import { MEDIA } from '../src/model/media-type.ts';
import { parseTarget } from '../src/model/target.ts';
import { defaultPolicy } from '../src/policy/default-policy.ts';
import type { Policy } from '../src/policy/policy.ts';
import { beginRun } from '../src/run.ts';
import { makeImage, makeLayer } from './scan/images.ts';
import { signStatementOf } from './support/cosign.ts';
import { digestOf, jsonBytes, MemorySource, putImage } from './support/memory-source.ts';
import { NOW } from './support/notation/pki.ts';
import { ARTIFACT, JWS, notationSigner, signNotation } from './support/notation/sign.ts';

test('what a deadline has left behind reads no further', async () => {
  let isReading = true;
  const { layer, blob } = await makeLayer([{ name: 'a' }]);
  const endless = { ...layer, blob: { ...layer.blob, mediaType: MEDIA.ociLayer } };
  const image = makeImage([{ layer: endless, blob }]);
  const source = Object.assign(new MemorySource(), {
    resolve: async () => ({ subject: image.manifest, images: [image], leftOut: [], embedded: [] }),
    async *blob() {
      try {
        for (;;) {
          yield new Uint8Array(1024);
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        isReading = false;
      }
    },
  });
  const policy = defaultPolicy();
  const target = parseTarget('ghcr.io/acme/shop:1');
  const limits = { ...policy.limits, imageSeconds: 0.05 };
  const verdict = await checkImage(
    target,
    beginRun({ target, policy: { ...policy, limits }, source, platforms: [], now: () => new Date() }),
  );
  expect(verdict).toMatchObject({ result: 'undecided', faults: [{ code: 'TIMEOUT' }] });
  await vi.waitFor(() => expect(isReading).toBe(false));
});

test('what a deadline has left behind in the middle of an archive unpacks no further', async () => {
  const GiB = 1024 ** 3;
  let bomb: Buffer = gzipSync(Buffer.alloc(GiB / 16));
  bomb = gzipSync(Buffer.concat(Array.from({ length: 64 }, () => bomb))); // some hundred KB, 4 GiB within
  const { layer, blob } = await makeLayer([{ name: 'a.gz', content: bomb }]);
  const image = makeImage([{ layer, blob }]);
  const source = Object.assign(new MemorySource(), {
    resolve: async () => ({ subject: image.manifest, images: [image], leftOut: [], embedded: [] }),
    async *blob() {
      yield blob;
    },
  });
  const policy = defaultPolicy();
  const target = parseTarget('ghcr.io/acme/shop:1');
  const limits = { ...policy.limits, imageSeconds: 0.3 };
  const run = beginRun({
    target,
    policy: { ...policy, limits },
    source,
    platforms: [],
    now: () => new Date(),
  });
  const judgeFiles = vi.fn(run.judgeFiles);
  const verdict = await checkImage(target, { ...run, judgeFiles });
  expect(verdict).toMatchObject({ result: 'undecided', faults: [{ code: 'TIMEOUT' }] });
  const began = process.cpuUsage();
  const left = judgeFiles.mock.results[0]?.value as ReturnType<typeof run.judgeFiles>;
  const { outcomes } = await left;
  const { user, system } = process.cpuUsage(began);
  expect(outcomes.length).toBeGreaterThan(1);
  expect(new Set(outcomes.map(({ state }) => state))).toEqual(new Set(['unknown']));
  expect((user + system) / 1e6).toBeLessThan(3);
});

test('an image that holds no file is undecided: empty never counts as clean', async () => {
  const { layer, blob } = await makeLayer([{ name: 'srv', type: 'directory' }]);
  const image = makeImage([{ layer, blob }]);
  const source = Object.assign(new MemorySource(), {
    resolve: async () => ({ subject: image.manifest, images: [image], leftOut: [], embedded: [] }),
    async *blob() {
      yield blob;
    },
  });
  const policy = defaultPolicy();
  const target = parseTarget('ghcr.io/acme/shop:1');
  const verdict = await checkImage(
    target,
    beginRun({ target, policy, source, platforms: [], now: () => new Date() }),
  );
  expect(verdict).toMatchObject({ result: 'undecided', faults: [{ code: 'NO_IMAGE' }] });
});

test('what lies beside an index is listed once, however many platforms it has', async () => {
  const { layer, blob } = await makeLayer([{ name: 'a', content: 'harmless' }]);
  const one = makeImage([{ layer, blob }]);
  const index = { ...one.manifest, mediaType: MEDIA.ociIndex, digest: digestOf(Buffer.from('index')) };
  const images = ['amd64', 'arm64'].map((architecture) => ({
    ...one,
    manifest: { ...one.manifest, digest: digestOf(Buffer.from(architecture)) },
    parents: [index],
  }));
  const source = Object.assign(new MemorySource(), {
    resolve: async () => ({ subject: index, images, leftOut: [], embedded: [] }),
    async *blob() {
      yield blob;
    },
  });
  const policy = defaultPolicy();
  const target = parseTarget('ghcr.io/acme/shop:1');
  await checkImage(target, beginRun({ target, policy, source, platforms: [], now: () => new Date() }));
  const listed = source.calls.filter((call) => call.startsWith('referrers'));
  expect(listed.sort()).toEqual(
    [index, ...images.map(({ manifest }) => manifest)].map(({ digest }) => `referrers ${digest}`).sort(),
  );
});

test('what lies in the index is checked with the clock and the signers of what lies beside it', async () => {
  const source = new MemorySource();
  const image = putImage(source);
  const provenance = { builder: { id: 'https://acme.example/ci' }, buildType: 'https://acme.example/build' };
  const predicateType = 'https://slsa.dev/provenance/v0.2';
  const statement = signStatementOf(image.manifest, { predicateType, predicate: provenance });
  const list = source.putManifest({
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: source.put(jsonBytes({ os: 'unknown' }), MEDIA.ociConfig),
    layers: [source.put(jsonBytes(statement), MEDIA.inToto)],
  });
  const content = signNotation(list, {});
  await source.attach(list, { artifactType: ARTIFACT, mediaType: JWS, content, annotations: {} });
  const signer = notationSigner({ revocation: 'skip' });
  const policy: Policy = {
    ...defaultPolicy(),
    signers: new Map([[signer.name, signer]]),
    images: [
      {
        match: parseImagePattern('**'),
        signedBy: [],
        provenance: { signedBy: [signer], builder: provenance.builder.id },
        attestations: [],
        checks: new Map(),
      },
    ],
  };
  const target = parseTarget('ghcr.io/acme/shop:1');
  const run = beginRun({ target, policy, source, platforms: [], now: () => NOW });
  const outcomes = await run.judgeStatements(image, [{ manifest: list, about: image.manifest.digest }]);
  expect(outcomes.find(({ check }) => check === 'provenance')).toEqual({
    check: 'provenance',
    state: 'passed',
    note: 'provenance by acme',
  });
});
