import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Built, buildIndex, toContent } from '../../src/demo/image-builder.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import type { Beside } from '../../src/promote/beside.ts';
import { readContentTree } from '../../src/promote/content-tree.ts';
import { planPromotion } from '../../src/promote/plan.ts';
import { describe as contentOf } from '../../src/sources/documents/referrer-manifest.ts';
import { faultOf } from '../sources/registry/fixtures.ts';

/** An image of layers that are numbers. */
function imageOf(layers: readonly number[]): Built {
  const blobs = layers.map((layer) => contentOf(MEDIA.ociLayer, Buffer.from(`layer ${layer}`)));
  const config = toContent(MEDIA.ociConfig, { layers });
  const root = toContent(MEDIA.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: config.descriptor,
    layers: blobs.map(({ descriptor }) => descriptor),
  });
  return { root, blobs: [config, ...blobs], manifests: [] };
}

const { built } = fc.letrec<{ built: Built }>((tie) => ({
  built: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    fc.array(fc.nat(4), { maxLength: 3 }).map(imageOf),
    fc
      .array(tie('built'), { minLength: 1, maxLength: 3 })
      .map((list) => buildIndex(list.map((one) => ({ built: one })))),
  ),
}));

function sourceOf(...all: readonly Built[]) {
  const known = new Map(
    all.flatMap(({ root, manifests }) => [root, ...manifests]).map((one) => [one.descriptor.digest, one]),
  );
  return {
    async manifest({ digest }: Descriptor) {
      const found = known.get(digest);
      if (found === undefined) throw new Error(`nobody put ${digest} there`);
      return found.bytes;
    },
  };
}

/** What a manifest or index names, read from its text. */
function namedBy(bytes: Uint8Array): readonly string[] {
  const { config, layers = [], manifests = [] } = JSON.parse(Buffer.from(bytes).toString());
  return [...(config ? [config] : []), ...layers, ...manifests].map(({ digest }) => digest);
}

describe('a plan', () => {
  test('has everything once, and nothing in a stage that something of the same or a later one has to come before', () =>
    fc.assert(
      fc.asyncProperty(built, fc.array(built, { maxLength: 3 }), async (image, others) => {
        const source = sourceOf(image, ...others);
        const tree = await readContentTree(source, image.root.descriptor, DEFAULT_LIMITS);
        const beside: Beside[] = [];
        for (const { root } of others) {
          const content = await readContentTree(source, root.descriptor, DEFAULT_LIMITS);
          beside.push({ about: image.root.descriptor, what: root.descriptor, content });
        }
        const plan = planPromotion(tree, beside);
        const stageOf = new Map<string, number>();
        for (const [index, stage] of plan.entries())
          for (const { what } of stage) if (!stageOf.has(what.digest)) stageOf.set(what.digest, index);
        for (const { root, blobs, manifests } of [image, ...others]) {
          for (const one of [...blobs, ...manifests, root])
            expect(stageOf.has(one.descriptor.digest)).toBe(true);
          for (const { descriptor, bytes } of [...manifests, root])
            for (const named of namedBy(bytes))
              expect(stageOf.get(named)).toBeLessThan(stageOf.get(descriptor.digest) ?? -1);
        }
        const keys = plan.flat().map((step) => `${step.kind} ${step.what.digest}`);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 200 },
    ));

  test('brings what lies beside the image after all of the image, and a tag of the image not at all', async () => {
    const [image, other] = [buildIndex([{ built: imageOf([1]) }]), imageOf([2])];
    const source = sourceOf(image, other);
    const tree = await readContentTree(source, image.root.descriptor, DEFAULT_LIMITS);
    const content = await readContentTree(source, other.root.descriptor, DEFAULT_LIMITS);
    const plan = planPromotion(tree, [
      { about: tree.root, what: content.root, content },
      { about: tree.root, what: content.root, content, tag: 'sha256-x.sig' },
    ]);
    expect(plan.map((stage) => stage.map(({ kind }) => kind))).toEqual([
      ['blob', 'blob'],
      ['manifest'],
      ['manifest'],
      ['blob', 'blob'],
      ['referrer', 'companion'],
    ]);
  });
});

describe('the content of an image', () => {
  test('has bounds', async () => {
    const image = buildIndex([1, 2, 3].map((layer) => ({ built: imageOf([layer]) })));
    const deep = [1, 2, 3].reduce((inner) => buildIndex([{ built: inner }]), imageOf([1]));
    const few = { ...DEFAULT_LIMITS, manifests: 3 };
    const flat = { ...DEFAULT_LIMITS, indexDepth: 1 };
    expect((await faultOf(readContentTree(sourceOf(image), image.root.descriptor, few))).code).toBe(
      'LIMIT_EXCEEDED',
    );
    expect((await faultOf(readContentTree(sourceOf(deep), deep.root.descriptor, flat))).code).toBe(
      'LIMIT_EXCEEDED',
    );
  });

  test('of indexes that double at every level is read once each', async () => {
    const double = (inner: Built) => buildIndex([{ built: inner }, { built: inner }]);
    const image = [1, 2, 3, 4].reduce((inner) => double(inner), imageOf([1]));
    let reads = 0;
    const source = sourceOf(image);
    const counting = {
      manifest(what: Descriptor) {
        reads += 1;
        return source.manifest(what);
      },
    };
    const { levels } = await readContentTree(counting, image.root.descriptor, DEFAULT_LIMITS);
    expect(levels.map((level) => level.length)).toEqual([1, 1, 1, 1, 1]);
    expect(reads).toBe(5);
  });

  test('is refused where the same blob has two sizes', async () => {
    const image = imageOf([1]);
    const [, layer] = image.blobs;
    const root = toContent(MEDIA.ociManifest, {
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      config: image.blobs[0]?.descriptor,
      layers: [layer?.descriptor, { ...layer?.descriptor, size: 3 }],
    });
    const fault = await faultOf(
      readContentTree({ manifest: async () => root.bytes }, root.descriptor, DEFAULT_LIMITS),
    );
    expect(fault.code).toBe('MANIFEST_INVALID');
  });
});
