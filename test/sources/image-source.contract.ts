import { describe, expect, test } from 'vitest';
import {
  type Built,
  type BuiltImage,
  buildImage,
  buildIndex,
  buildLayer,
} from '../../src/demo/image-builder.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { parseDigest } from '../../src/model/digest.ts';
import type { ImageSource } from '../../src/model/image-source.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { describe as describeContent } from '../../src/sources/documents/referrer-manifest.ts';

/** What the contract needs of one kind of source. */
export interface Medium {
  readonly kind: string;
  /** stores an image or index under one name and opens it; `spoil` changes what is stored, by digest */
  open(built: Built, changes?: Changes): Promise<ImageSource>;
  /** old `docker save` archives know neither manifests, indexes nor compression */
  readonly keeps: 'everything' | 'one image' | 'plain layers';
  /** what is said about signatures: looked up, or nothing can be said */
  readonly signatures: 'looked up' | 'not supported';
  readonly attaches: boolean;
}

export interface Changes {
  /** contents replaced by others under their name */
  readonly replaced?: ReadonlyMap<string, Uint8Array>;
  readonly removed?: ReadonlySet<string>;
}

const ABSENT = parseDigest(`sha256:${'0'.repeat(64)}`);

/** A clause of the contract that not every medium can keep; for the others it is no test, not a skipped one. */
function testWhere(applies: boolean): (name: string, run: () => Promise<void>) => void {
  return (name, run) => (applies ? test(name, run) : undefined);
}

/** One contract for every place that an image can come from. */
export function contractOf(medium: Medium): void {
  describe(`image source: ${medium.kind}`, () => {
    test('finds the image, its configuration and its layers in order', async () => {
      const image = await anImage();
      const source = await medium.open(image);
      const { images, subject, leftOut, embedded } = await source.resolve();
      expect(images).toHaveLength(1);
      const [found] = images;
      expect(found?.manifest.digest).toBe(subject.digest);
      if (medium.keeps !== 'plain layers') expect(subject.digest).toBe(image.root.descriptor.digest);
      expect(found).toMatchObject({ platform: { os: 'linux', architecture: 'amd64' }, parents: [] });
      expect(found?.config).toMatchObject({ user: '1000', env: ['A=1'] });
      expect(found?.layers.map((layer) => [layer.index, layer.diffId, layer.createdBy])).toEqual(
        image.layers.map((layer, index) => [index, layer.diffId, `RUN step ${index + 1}`]),
      );
      expect([leftOut, embedded]).toEqual([[], []]);
      await source.close();
    });

    test('gives the bytes of every layer, and of the manifest', async () => {
      const image = await anImage();
      const source = await medium.open(image);
      const [found] = (await source.resolve()).images;
      for (const [index, layer] of (found?.layers ?? []).entries()) {
        const expected =
          medium.keeps === 'plain layers' ? image.layers[index]?.tar : image.layers[index]?.bytes;
        expect(Buffer.compare(await read(source, layer.blob), expected ?? Buffer.of())).toBe(0);
      }
      const manifest = await source.manifest(found!.manifest);
      expect(describeContent('', manifest).descriptor.digest).toBe(found?.manifest.digest);
      await source.close();
    });

    test('resolves to the same digest every time', async () => {
      const image = await anImage();
      const [one, other] = [await medium.open(image), await medium.open(image)];
      expect((await one.resolve()).subject).toEqual((await other.resolve()).subject);
      await Promise.all([one.close(), other.close()]);
    });

    test('refuses a layer whose bytes were changed, before the last of them', async () => {
      const image = await anImage();
      const [layer] = image.layers;
      const stored = medium.keeps === 'plain layers' ? layer!.tar : layer!.bytes;
      const spoiled = Buffer.from(stored);
      spoiled[spoiled.length - 1]! ^= 1;
      const source = await medium.open(image, { replaced: new Map([[layer!.descriptor.digest, spoiled]]) });
      const [found] = (await source.resolve()).images;
      const { error, bytes } = await readUntilFault(source, found!.layers[0]!.blob);
      expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
      expect(bytes).toBeLessThan(stored.length);
      await source.close();
    });

    test.each([
      ['longer', 1],
      ['shorter', -1],
    ])('refuses a layer that is %s than promised', async (_, by) => {
      const image = await anImage();
      const [layer] = image.layers;
      const stored = medium.keeps === 'plain layers' ? layer!.tar : layer!.bytes;
      const other = Buffer.alloc(stored.length + by);
      Buffer.from(stored).copy(other);
      const source = await medium.open(image, { replaced: new Map([[layer!.descriptor.digest, other]]) });
      const [found] = (await source.resolve()).images;
      const { error } = await readUntilFault(source, found!.layers[0]!.blob);
      expect(error).toMatchObject({
        code: expect.stringMatching(/^(?:LIMIT_EXCEEDED|SIZE_MISMATCH|DIGEST_MISMATCH|NETWORK)$/),
      });
      await source.close();
    });

    test('refuses a configuration whose bytes were changed', async () => {
      const image = await anImage();
      const spoiled = Buffer.from(Buffer.from(image.config.bytes).toString().replace('"1000"', '"0000"'));
      expect(spoiled).toHaveLength(image.config.bytes.length);
      const source = await medium.open(image, {
        replaced: new Map([[image.config.descriptor.digest, spoiled]]),
      });
      await expect(source.resolve()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
      await source.close();
    });

    test('says so where a layer is not there', async () => {
      const image = await anImage();
      const source = await medium.open(image, { removed: new Set([image.layers[1]!.descriptor.digest]) });
      const reading = source.resolve().then(({ images }) => read(source, images[0]!.layers[1]!.blob));
      await expect(reading).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await source.close();
    });

    test('says so where a blob was never there', async () => {
      const source = await medium.open(await anImage());
      await source.resolve();
      const nothing = { mediaType: MEDIA.ociLayer, digest: ABSENT, size: 1 };
      await expect(read(source, nothing)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await source.close();
    });

    test('one image is found by its platform, and another platform is not there', async () => {
      const source = await medium.open(await anImage());
      expect((await source.resolve({ platforms: ['linux/amd64'] })).images).toHaveLength(1);
      await expect(source.resolve({ platforms: ['linux/s390x'] })).rejects.toMatchObject({
        code: 'PLATFORM_NOT_FOUND',
      });
      await source.close();
    });

    testWhere(medium.keeps === 'everything')(
      'an index gives every platform, or the one asked for',
      async () => {
        const [amd, arm] = [await anImage(), await anImage('arm64')];
        const index = buildIndex([amd, arm].map((built) => ({ built, platform: built.platform })));
        const source = await medium.open(index);
        const all = await source.resolve();
        expect(all.images.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64']);
        expect(all.images[0]?.parents.map(({ digest }) => digest)).toEqual([index.root.descriptor.digest]);
        const one = await source.resolve({ platforms: ['linux/arm64'] });
        expect(one.images.map(({ manifest }) => manifest.digest)).toEqual([arm.root.descriptor.digest]);
        expect(one.leftOut).toEqual(['linux/amd64']);
        await source.close();
      },
    );

    testWhere(medium.signatures === 'looked up')(
      'says that there are no referrers, and no companion',
      async () => {
        const source = await medium.open(await anImage());
        const { subject } = await source.resolve();
        expect(await all(source.referrers(subject))).toEqual([]);
        expect(await source.companion(subject, 'sig')).toBeUndefined();
        await source.close();
      },
    );

    testWhere(medium.signatures === 'not supported')('cannot say that there are no signatures', async () => {
      const source = await medium.open(await anImage());
      const { subject } = await source.resolve();
      await expect(all(source.referrers(subject))).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
      await expect(source.companion(subject, 'sig')).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
      await source.close();
    });

    testWhere(medium.attaches)(
      'what was attached is a referrer, once, and the image stays what it was',
      async () => {
        const source = await medium.open(await anImage());
        const { subject } = await source.resolve();
        const attachment = {
          artifactType: MEDIA.sigstoreBundle,
          mediaType: MEDIA.sigstoreBundle,
          content: Buffer.from('{"a":1}'),
          annotations: { 'org.example.note': 'one' },
        };
        const made = await source.attach!(subject, attachment);
        expect(await source.attach!(subject, attachment)).toEqual(made);
        const listed = await all(source.referrers(subject));
        expect(listed).toEqual([
          {
            mediaType: MEDIA.ociManifest,
            digest: made.digest,
            size: made.size,
            artifactType: MEDIA.sigstoreBundle,
            annotations: new Map([['org.example.note', 'one']]),
          },
        ]);
        const manifest = JSON.parse(Buffer.from(await source.manifest(listed[0]!)).toString());
        expect(manifest.subject.digest).toBe(subject.digest);
        expect(Buffer.from(await read(source, manifest.layers[0])).toString()).toBe('{"a":1}');
        expect((await source.resolve()).subject.digest).toBe(subject.digest);
        expect(await all(source.referrers({ ...subject, digest: ABSENT }))).toEqual([]);
        await source.close();
      },
    );

    test('can be closed twice, and before anything was asked', async () => {
      const source = await medium.open(await anImage());
      await source.close();
      await source.close();
      const used = await medium.open(await anImage());
      await used.resolve();
      await used.close();
      await expect(used.close()).resolves.toBeUndefined();
    });
  });
}

/** Two layers, the second above 256 KiB so that it comes in several chunks. */
export async function anImage(architecture = 'amd64'): Promise<BuiltImage> {
  const layers = [
    await buildLayer(
      [
        { path: 'etc/', type: 'directory' },
        { path: 'etc/name', content: architecture },
      ],
      'gzip',
    ),
    await buildLayer([{ path: 'big', content: Buffer.alloc(300_000, 'x') }], 'none'),
  ];
  return buildImage({
    layers,
    config: { User: '1000', Env: ['A=1'] },
    platform: { os: 'linux', architecture },
  });
}

async function read(source: ImageSource, what: Descriptor): Promise<Uint8Array> {
  return Buffer.concat(await all(source.blob(what)));
}

async function readUntilFault(source: ImageSource, what: Descriptor) {
  let bytes = 0;
  try {
    for await (const chunk of source.blob(what)) bytes += chunk.length;
    return { bytes, error: undefined };
  } catch (error) {
    return { bytes, error };
  }
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
