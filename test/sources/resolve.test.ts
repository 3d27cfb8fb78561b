import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Built,
  type BuiltImage,
  buildImage,
  buildIndex,
  buildLayer,
  toContent,
} from '../../src/demo/image-builder.ts';
import { PratiqueError } from '../../src/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/io/limits.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import type { ForeignJson } from '../../src/model/image.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { type Content, describe as describeContent } from '../../src/sources/documents/referrer-manifest.ts';
import { resolveImage } from '../../src/sources/resolve.ts';

const AMD = { os: 'linux', architecture: 'amd64' };
const ARM = { os: 'linux', architecture: 'arm64' };

let amd: BuiltImage;
let arm: BuiltImage;

beforeAll(async () => {
  amd = buildImage({ layers: [await buildLayer([{ path: 'a', content: 'amd' }])], platform: AMD });
  arm = buildImage({ layers: [await buildLayer([{ path: 'a', content: 'arm' }])], platform: ARM });
});

async function resolve(built: Built, platforms: readonly string[] = [], limits: Partial<Limits> = {}) {
  const reads: string[] = [];
  const contents = new Map<string, Content>(
    [...built.blobs, ...built.manifests, built.root].map((content) => [content.descriptor.digest, content]),
  );
  const read = async ({ digest }: Descriptor) => {
    reads.push(digest);
    const found = contents.get(digest);
    if (found === undefined) throw new PratiqueError('NOT_FOUND', { what: `${digest} is not there` });
    return found.bytes;
  };
  const resolved = await resolveImage(built.root.descriptor, read, read, {
    platforms,
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
  return { ...resolved, reads };
}

function rooted(root: Content, ...below: readonly Built[]): Built {
  return {
    root,
    blobs: below.flatMap(({ blobs }) => blobs),
    manifests: below.flatMap(({ manifests, root: child }) => [...manifests, child]),
  };
}

const digests = (images: readonly { manifest: Descriptor }[]) =>
  images.map(({ manifest }) => manifest.digest);
const digestOf = ({ root }: Built) => root.descriptor.digest;

describe('resolveImage', () => {
  test('every platform counts where none was asked for', async () => {
    const { images, leftOut } = await resolve(
      buildIndex([
        { built: amd, platform: AMD },
        { built: arm, platform: ARM },
      ]),
    );
    expect(digests(images)).toEqual([digestOf(amd), digestOf(arm)]);
    expect(leftOut).toEqual([]);
  });

  test('a second image of the same platform is not passed over', async () => {
    const other = buildImage({ layers: [], platform: AMD });
    const index = buildIndex([
      { built: amd, platform: AMD },
      { built: other, platform: AMD },
    ]);
    expect(digests((await resolve(index, ['linux/amd64'])).images)).toEqual([digestOf(amd), digestOf(other)]);
  });

  test('an entry without a platform is looked at, whatever was asked for', async () => {
    const index = buildIndex([{ built: amd, platform: AMD }, { built: arm }]);
    expect(digests((await resolve(index, ['linux/amd64'])).images)).toEqual([digestOf(amd), digestOf(arm)]);
  });

  test('an entry without a platform cannot stand for the one asked for', async () => {
    const index = buildIndex([{ built: arm }]);
    await expect(resolve(index, ['linux/amd64'])).rejects.toMatchObject({ code: 'PLATFORM_NOT_FOUND' });
  });

  test.each([
    ['linux/amd64', { os: 'linux', architecture: 'x86_64' }, true],
    ['linux/amd64', { os: 'Linux', architecture: 'AMD64' }, true],
    ['linux/amd64', { os: '', architecture: 'amd64' }, true],
    ['linux/arm64', { os: 'linux', architecture: 'arm64', variant: 'v8' }, true],
    ['linux/arm64/v8', { os: 'linux', architecture: 'arm64' }, true],
    ['linux/arm/v7', { os: 'linux', architecture: 'arm', variant: 'v6' }, true],
    ['linux/arm/v6', { os: 'linux', architecture: 'arm', variant: 'v7' }, false],
    ['linux/arm', { os: 'linux', architecture: 'arm', variant: 'v5' }, true],
    ['linux/amd64', { os: 'windows', architecture: 'amd64' }, false],
    ['linux/amd64', { os: 'linux', architecture: 'arm64' }, false],
  ])('a node of %s could choose %j: %s', async (wanted, platform, could) => {
    const silent = buildImage({ layers: [], platform: { os: '', architecture: '' } });
    const index = buildIndex([{ built: silent, platform }, { built: buildImage({ layers: [] }) }]);
    const resolved = await resolve(index, [wanted]).catch((error: unknown) => error);
    const images =
      resolved instanceof PratiqueError ? [] : (resolved as { images: { manifest: Descriptor }[] }).images;
    expect(digests(images).includes(digestOf(silent))).toBe(could);
  });

  test('says which platforms there are where the one asked for is not', async () => {
    const index = buildIndex([{ built: arm, platform: ARM }]);
    await expect(resolve(index, ['linux/s390x'])).rejects.toMatchObject({
      code: 'PLATFORM_NOT_FOUND',
      message: expect.stringContaining('linux/arm64'),
    });
  });

  test('each of several platforms asked for must be there', async () => {
    const index = buildIndex([{ built: arm, platform: ARM }]);
    await expect(resolve(index, ['linux/arm64', 'linux/amd64'])).rejects.toMatchObject({
      code: 'PLATFORM_NOT_FOUND',
    });
  });

  test('a platform that is none is a fault of usage', async () => {
    await expect(resolve(amd, ['amd64'])).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('refuses an index that lists an image under a platform it is not for', async () => {
    const index = buildIndex([{ built: amd, platform: ARM }]);
    await expect(resolve(index)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });

  test('refuses the lie about an image that was already seen under the truth', async () => {
    const index = buildIndex([
      { built: amd, platform: AMD },
      { built: amd, platform: ARM },
    ]);
    await expect(resolve(index)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });

  test('reads an image once that is listed twice', async () => {
    const { images, reads } = await resolve(buildIndex([{ built: amd }, { built: amd, platform: AMD }]));
    expect(images).toHaveLength(1);
    expect(new Set(reads).size).toBe(reads.length);
  });

  test('refuses two descriptions of one manifest', async () => {
    const line = { mediaType: MEDIA.ociManifest, digest: digestOf(amd), size: amd.root.descriptor.size };
    const index = toContent(MEDIA.ociIndex, {
      schemaVersion: 2,
      manifests: [line, { ...line, size: line.size + 1 }],
    });
    await expect(resolve(rooted(index, amd))).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });

  test('finds images in an index inside an index, and remembers the way', async () => {
    const inner = buildIndex([{ built: amd, platform: AMD }]);
    const outer = buildIndex([{ built: inner }]);
    const [image] = (await resolve(outer)).images;
    expect(image?.parents.map(({ digest }) => digest)).toEqual([digestOf(outer), digestOf(inner)]);
  });

  test('an index that doubles at every level costs no more than its own documents', async () => {
    let built: Built = buildIndex([{ built: amd }]);
    for (let level = 0; level < 4; level += 1) built = buildIndex([{ built }, { built }]);
    const { images, reads } = await resolve(built);
    expect(images).toHaveLength(1);
    expect(reads).toHaveLength(7);
  });

  test('stops at indexes nested too deep, and at too many manifests', async () => {
    let built: Built = buildIndex([{ built: amd }]);
    for (let level = 0; level < 5; level += 1) built = buildIndex([{ built }]);
    await expect(resolve(built)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const wide = buildIndex([{ built: amd }, { built: arm }]);
    await expect(resolve(wide, [], { manifests: 2 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect((await resolve(wide, [], { manifests: 3 })).images).toHaveLength(2);
  });

  test('does not fetch a manifest or configuration that is larger than the limit', async () => {
    await expect(resolve(amd, [], { manifestBytes: 10 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(resolve(amd, [], { configBytes: 10 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('records what BuildKit attests, and does not run it', async () => {
    const platform = { os: 'unknown', architecture: 'unknown' };
    const annotations = {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': digestOf(amd),
    };
    const attestation = buildImage({ layers: [], platform });
    const { images, embedded } = await resolve(
      buildIndex([
        { built: amd, platform: AMD },
        { built: attestation, platform, annotations },
      ]),
    );
    expect(digests(images)).toEqual([digestOf(amd)]);
    expect(embedded).toMatchObject([{ manifest: { digest: digestOf(attestation) }, about: digestOf(amd) }]);
  });

  test('an image cannot hide behind the annotation of an attestation', async () => {
    const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' };
    const index = buildIndex([
      { built: amd, platform: AMD },
      { built: arm, platform: ARM, annotations },
    ]);
    expect(digests((await resolve(index)).images)).toContain(digestOf(arm));
  });

  test('an artifact is no image', async () => {
    const artifact = toContent(MEDIA.ociManifest, {
      schemaVersion: 2,
      artifactType: 'application/vnd.example',
      config: toContent(MEDIA.ociEmpty, {}).descriptor,
      layers: [
        { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', digest: digestOf(amd), size: 2 },
      ],
    });
    await expect(resolve(rooted(artifact))).rejects.toMatchObject({
      code: 'NO_IMAGE',
      message: expect.stringContaining('application/vnd.example'),
    });
    const { images, embedded } = await resolve(
      buildIndex([{ built: rooted(artifact) }, { built: amd, platform: AMD }]),
    );
    expect(digests(images)).toEqual([digestOf(amd)]);
    expect(embedded).toHaveLength(1);
  });

  const artifactLike = (layerType: string, config: Content): Built => {
    const layers = amd.layers.map(({ descriptor }) => ({ ...descriptor, mediaType: layerType }));
    const manifest = { schemaVersion: 2, config: config.descriptor, layers };
    return { root: toContent(MEDIA.ociManifest, manifest), blobs: [config, ...amd.layers], manifests: [] };
  };
  const under = (type: string): Content => describeContent(type, amd.config.bytes);
  const UNKNOWN = { os: 'unknown', architecture: 'unknown' };

  test.each([
    [MEDIA.inToto, MEDIA.ociConfig],
    [MEDIA.simpleSigning, MEDIA.dockerConfig],
    ['application/octet-stream', 'application/vnd.example'],
    ['application/octet-stream', 'application/octet-stream'],
    ['application/x-tar', MEDIA.ociEmpty],
  ])(
    'a filesystem under the types %s and %s is not passed over where a node could choose it',
    async (layer, type) => {
      const hidden = artifactLike(layer, under(type));
      const index = (platform?: typeof AMD) =>
        buildIndex([
          { built: arm, platform: ARM },
          { built: hidden, ...(platform === undefined ? {} : { platform }) },
        ]);
      await expect(resolve(index(AMD))).rejects.toMatchObject({ code: 'MEDIA_TYPE_UNKNOWN' });
      await expect(resolve(index())).rejects.toMatchObject({ code: 'MEDIA_TYPE_UNKNOWN' });
      await expect(resolve(buildIndex([{ built: index(AMD) }]))).rejects.toMatchObject({
        code: 'MEDIA_TYPE_UNKNOWN',
      });
      expect(digests((await resolve(index(UNKNOWN))).images)).toEqual([digestOf(arm)]);
      expect(digests((await resolve(index(AMD), ['linux/arm64'])).images)).toEqual([digestOf(arm)]);
    },
  );

  test('an artifact of a platform that nobody has is looked at again under one that a node has', async () => {
    const hidden = artifactLike(MEDIA.inToto, under(MEDIA.ociConfig));
    const index = buildIndex([
      { built: arm, platform: ARM },
      { built: hidden, platform: UNKNOWN },
      { built: hidden, platform: AMD },
    ]);
    await expect(resolve(index)).rejects.toMatchObject({ code: 'MEDIA_TYPE_UNKNOWN' });
  });

  test('an artifact with the empty configuration is not passed over under a platform', async () => {
    const empty = artifactLike('application/octet-stream', toContent(MEDIA.ociEmpty, {}));
    const lines = [{ built: arm, platform: ARM }, { built: empty }];
    expect(digests((await resolve(buildIndex(lines))).images)).toEqual([digestOf(arm)]);
    const listed = buildIndex([...lines, { built: empty, platform: AMD }]);
    await expect(resolve(listed)).rejects.toMatchObject({ code: 'MEDIA_TYPE_UNKNOWN' });
  });

  test('keeps every document of an image whole, and the lines of every index that lists it', async () => {
    const config = toContent(MEDIA.ociConfig, {
      ...AMD,
      rootfs: { type: 'layers', diff_ids: amd.layers.map(({ diffId }) => diffId) },
      unheard: { of: ['config'] },
    });
    const layers = amd.layers.map(({ descriptor }) => ({ ...descriptor, data: 'aW5saW5l' }));
    const root = toContent(MEDIA.ociManifest, {
      schemaVersion: 2,
      config: config.descriptor,
      layers,
      odd: 1e3,
    });
    const built: Built = { root, blobs: [config, ...amd.layers], manifests: [] };
    const one = buildIndex([
      { built: arm, platform: ARM },
      { built, annotations: { note: 'first' } },
    ]);
    const two = toContent(MEDIA.ociIndex, {
      schemaVersion: 2,
      annotations: { top: 'second' },
      manifests: [{ ...root.descriptor, platform: AMD, more: 'line' }],
    });
    const outer = buildIndex([{ built: one }, { built: rooted(two, built) }, { built: one }]);
    const { images } = await resolve(outer);
    const image = images.find(({ manifest }) => manifest.digest === root.descriptor.digest);
    const texts = image?.documents.map(({ name, json }) => `${name} ${plainText(json)}`) ?? [];
    expect(texts.map((text) => text.split(' ')[0])).toEqual([
      ...['config', 'manifest', 'index', 'index', 'index', 'index'],
      ...['index', 'index', 'index'],
    ]);
    for (const word of ['unheard', 'aW5saW5l', 'odd', 'first', 'second', 'more'])
      expect(texts.filter((text) => text.includes(word))).toHaveLength(1);
    const other = images.find(({ manifest }) => manifest.digest === digestOf(arm));
    expect(other?.documents.some(({ json }) => plainText(json).includes('first'))).toBe(false);
  });

  test('a cosign signature is no image, though its configuration is one of an image', async () => {
    const signature = toContent(MEDIA.ociManifest, {
      schemaVersion: 2,
      config: amd.config.descriptor,
      layers: [{ mediaType: MEDIA.simpleSigning, digest: digestOf(amd), size: 2 }],
    });
    await expect(resolve(rooted(signature, amd))).rejects.toMatchObject({ code: 'NO_IMAGE' });
  });

  test('an index without images is no image', async () => {
    await expect(resolve(buildIndex([]))).rejects.toMatchObject({ code: 'NO_IMAGE' });
  });

  test('an image whose configuration has another name is refused, not taken for an artifact', async () => {
    const config = { ...amd.config.descriptor, mediaType: 'application/vnd.example' };
    const manifest = toContent(MEDIA.ociManifest, {
      schemaVersion: 2,
      config,
      layers: amd.layers.map(({ descriptor }) => descriptor),
    });
    await expect(resolve(rooted(manifest, amd))).rejects.toMatchObject({ code: 'MEDIA_TYPE_UNKNOWN' });
  });

  test.each([0, 2])('refuses one layer with %i diffIDs', async (count) => {
    const [layer] = amd.layers;
    const config = toContent(MEDIA.ociConfig, {
      rootfs: { type: 'layers', diff_ids: Array.from({ length: count }, () => layer?.diffId) },
    });
    const root = toContent(MEDIA.ociManifest, {
      schemaVersion: 2,
      config: config.descriptor,
      layers: [layer?.descriptor],
    });
    await expect(resolve({ root, blobs: [config], manifests: [] })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  test('names the step that made a layer, and none where the history does not fit', async () => {
    const [layer] = amd.layers;
    const built = (history: unknown) => {
      const config = toContent(MEDIA.ociConfig, {
        rootfs: { type: 'layers', diff_ids: [layer?.diffId] },
        history,
      });
      const manifest = { schemaVersion: 2, config: config.descriptor, layers: [layer?.descriptor] };
      return { root: toContent(MEDIA.ociManifest, manifest), blobs: [config], manifests: [] };
    };
    const empty = { created_by: 'ENV A', empty_layer: true };
    const step = async (history: unknown) => (await resolve(built(history))).images[0]?.layers[0]?.createdBy;
    expect(await step([empty, { created_by: 'RUN x' }, empty])).toBe('RUN x');
    expect(await step([{ created_by: 'RUN x' }, { created_by: 'RUN y' }])).toBeUndefined();
    expect(await step([])).toBeUndefined();
  });

  test('any JSON at all is an image or a fault with a code', async () => {
    const digest = digestOf(amd);
    const text = fc.oneof(
      fc.constantFrom(...Object.values(MEDIA), digest, 'linux', 'amd64', 'layers', ''),
      fc.string(),
    );
    const key = fc.constantFrom(
      ...['schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'digest', 'size', 'platform'],
      ...['rootfs', 'diff_ids', 'history', 'annotations', 'subject', 'os', 'created', 'User', '__proto__'],
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, 0, 2, -1, 1.5, 2 ** 60),
        text,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.array(fc.tuple(key, tie('tree')), { maxLength: 6 }).map((pairs) => Object.fromEntries(pairs)),
      ),
    }));
    const base = fc.constantFrom<Record<string, unknown>>(
      {},
      JSON.parse(Buffer.from(amd.root.bytes).toString()),
      { schemaVersion: 2, manifests: [amd.root.descriptor] },
    );
    const document = fc
      .tuple(base, fc.array(fc.tuple(key, tree), { maxLength: 3 }))
      .map(([start, changes]) => ({ ...start, ...Object.fromEntries(changes) }));
    const kind = fc.constantFrom(MEDIA.ociManifest, MEDIA.ociIndex, MEDIA.dockerManifest, MEDIA.dockerIndex);
    const outcomes = { resolved: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.oneof(document, tree), tree, kind, async (value, config, mediaType) => {
        const root = describeContent(mediaType, Buffer.from(JSON.stringify(value)));
        const read = async ({ digest: asked }: Descriptor) =>
          asked === digest ? amd.root.bytes : root.bytes;
        const readConfig = async ({ digest: asked }: Descriptor) =>
          asked === amd.config.descriptor.digest ? amd.config.bytes : Buffer.from(JSON.stringify(config));
        try {
          const { images } = await resolveImage(root.descriptor, read, readConfig, {
            limits: DEFAULT_LIMITS,
          });
          expect(images.length).toBeGreaterThan(0);
          outcomes.resolved += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(PratiqueError);
          outcomes.refused += 1;
        }
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(outcomes.resolved, outcomes.refused)).toBeGreaterThan(0);
  });
});

function plainText(json: ForeignJson): string {
  return JSON.stringify(json, (_, value) => (value instanceof Map ? Object.fromEntries(value) : value));
}
