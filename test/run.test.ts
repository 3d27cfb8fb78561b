import { expect, test, vi } from 'vitest';
import { checkImage } from '../src/check-image.ts';
import { MEDIA } from '../src/model/media-type.ts';
import { parseTarget } from '../src/model/target.ts';
import { defaultPolicy } from '../src/policy/default-policy.ts';
import { beginRun } from '../src/run.ts';
import { makeImage, makeLayer } from './scan/images.ts';
import { MemorySource } from './support/memory-source.ts';

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
