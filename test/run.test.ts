import { gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { checkImage } from '../src/check-image.ts';
import { MEDIA } from '../src/model/media-type.ts';
import { parseTarget } from '../src/model/target.ts';
import { defaultPolicy } from '../src/policy/default-policy.ts';
import { beginRun } from '../src/run.ts';
import { makeImage, makeLayer } from './scan/images.ts';
import { digestOf, MemorySource } from './support/memory-source.ts';

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
