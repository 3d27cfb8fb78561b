import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BuiltImage, buildImage, buildIndex, buildLayer } from '../../../src/demo/image-builder.ts';
import { PratiqueError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import type { ImageSource } from '../../../src/model/image-source.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import { openDockerArchive } from '../../../src/sources/docker-archive/docker-archive.ts';
import { openOciArchive } from '../../../src/sources/layout/oci-archive.ts';
import {
  type ArchiveFile,
  blobFile,
  docker25Files,
  dockerFiles,
  layoutFiles,
  writeArchive,
  writeDockerArchive,
  writeOciArchive,
} from '../../support/image-files.ts';
import { all, anImage } from '../image-source.contract.ts';

let folder: string;
let path: string;
let opened: ImageSource[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-archive-'));
  path = join(folder, 'image.tar');
  opened = [];
});

afterEach(async () => {
  await Promise.all(opened.map((source) => source.close()));
  await rm(folder, { recursive: true });
});

async function open(files: readonly ArchiveFile[], tag?: string) {
  await writeArchive(path, files);
  const options = { name: 'archive', limits: DEFAULT_LIMITS };
  return closedLater(openDockerArchive(path, tag === undefined ? options : { ...options, tag }));
}

function closedLater(source: ImageSource): ImageSource {
  opened.push(source);
  return source;
}

function replaced(files: readonly ArchiveFile[], name: string, content: string | Uint8Array) {
  return files.map((file) => (file.path === name ? { ...file, content } : file));
}

describe('docker-archive of older Dockers', () => {
  test.each([undefined, 'acme/shop:1', 'docker.io/acme/shop:1'])('finds the image by %s', async (tag) => {
    const image = await anImage();
    const { images } = await (await open(dockerFiles(image, 'acme/shop:1'), tag)).resolve();
    expect(images[0]?.configDescriptor.digest).toBe(image.config.descriptor.digest);
  });

  test.each(['old', 'docker25'] as const)(
    'of the %s style keeps what is written about the image',
    async (style) => {
      const image = await anImage();
      const files = style === 'old' ? dockerFiles(image, 'acme/shop:1') : docker25Files(image, 'acme/shop:1');
      const list = JSON.parse(String(files.find((file) => file.path === 'manifest.json')?.content));
      const [item] = (list as object[]).map((one) => ({ ...one, LayerSources: { note: 'kept' } }));
      const source = await open(replaced(files, 'manifest.json', JSON.stringify([item])));
      const [found] = (await source.resolve()).images;
      expect(found?.documents.map(({ name }) => name)).toEqual(['config', 'manifest', 'manifest']);
      const json = found?.documents.at(-1)?.json;
      expect(json instanceof Map && json.get('LayerSources')).toEqual(new Map([['note', 'kept']]));
    },
  );

  test.each(['old', 'docker25'] as const)(
    'of the %s style holds the layers that were saved',
    async (style) => {
      const image = await anImage();
      await writeDockerArchive(path, image, { style });
      const source = closedLater(openDockerArchive(path, { name: 'archive', limits: DEFAULT_LIMITS }));
      const [found] = (await source.resolve()).images;
      const [, plain] = image.layers; // the same bytes in both styles
      expect(Buffer.concat(await all(source.blob(found!.layers[1]!.blob)))).toEqual(plain!.tar);
    },
  );

  test('latest is meant where no tag is written', async () => {
    const files = dockerFiles(await anImage(), 'shop:latest');
    expect((await (await open(files, 'shop')).resolve()).images).toHaveLength(1);
    await expect((await open(files, 'shop:2')).resolve()).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('shop:latest'),
    });
  });

  test('names the images where there are several', async () => {
    const [one, two] = [dockerFiles(await anImage(), 'a:1'), dockerFiles(await anImage('arm64'), 'b:1')];
    const list = [one, two].flatMap((files) => JSON.parse(String(files.at(-1)?.content)));
    const moved = two.slice(0, -1).map((file) => ({ ...file, path: file.path.replace(/^a+/, 'b') }));
    for (const item of list.slice(1))
      item.Layers = item.Layers.map((name: string) => name.replace(/^a+/, 'b'));
    const files = [...replaced(one, 'manifest.json', JSON.stringify(list)), ...moved];
    await expect((await open(files)).resolve()).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
      message: expect.stringMatching(/"a:1".*"b:1"/),
    });
    const { images } = await (await open(files, 'b:1')).resolve();
    expect(images[0]?.platform.architecture).toBe('arm64');
  });

  test('a layer that is a link to another is read there', async () => {
    const image = await anImage();
    const [layer] = image.layers;
    const twice: BuiltImage = { ...image, layers: [layer!, layer!] };
    const config = JSON.parse(Buffer.from(image.config.bytes).toString());
    config.rootfs.diff_ids = [layer!.diffId, layer!.diffId];
    const files = dockerFiles(twice, 'a:1').map((file) => {
      if (file.path.endsWith('1/layer.tar'))
        return { path: file.path, type: 'symlink' as const, linkname: `../${'a'.repeat(63)}0/layer.tar` };
      return file.path.endsWith('.json') && file.path !== 'manifest.json'
        ? { path: 'config.json', content: JSON.stringify(config) }
        : file;
    });
    const manifest = JSON.parse(String(files.at(-1)?.content));
    manifest[0].Config = 'config.json';
    const source = await open(replaced(files, 'manifest.json', JSON.stringify(manifest)));
    const { images } = await source.resolve();
    expect(images[0]?.layers.map(({ blob }) => blob.digest)).toEqual([layer!.diffId, layer!.diffId]);
    expect(Buffer.concat(await all(source.blob(images[0]!.layers[1]!.blob)))).toEqual(layer!.tar);
  });

  test('a second file that claims the diffID of the first is not believed', async () => {
    const image = await anImage();
    const [layer, other] = image.layers;
    const config = JSON.parse(Buffer.from(image.config.bytes).toString());
    config.rootfs.diff_ids = [layer!.diffId, layer!.diffId];
    const files = dockerFiles(image, 'a:1').map((file) =>
      file.path.endsWith('.json') && file.path !== 'manifest.json'
        ? { path: 'config.json', content: JSON.stringify(config) }
        : file,
    );
    const manifest = JSON.parse(String(files.at(-1)?.content));
    manifest[0].Config = 'config.json';
    const source = await open(replaced(files, 'manifest.json', JSON.stringify(manifest)));
    const { images } = await source.resolve();
    expect(images[0]?.layers[1]?.blob.digest).toBe(other!.diffId);
    expect(images[0]?.layers[1]?.diffId).toBe(layer!.diffId);
  });

  test('a compressed layer is named by what it is', async () => {
    const image = await anImage();
    const [layer] = image.layers;
    const zipped = gzipSync(layer!.tar);
    const files = replaced(dockerFiles(image, 'a:1'), `${'a'.repeat(63)}0/layer.tar`, zipped);
    const source = await open(files);
    const [found] = (await source.resolve()).images[0]!.layers;
    expect(found?.blob.mediaType).toBe(MEDIA.dockerLayerGzip);
    expect(Buffer.concat(await all(source.blob(found!.blob)))).toEqual(zipped);
  });

  test('refuses too few layers, and a configuration that its name does not fit', async () => {
    const image = await anImage();
    const files = dockerFiles(image, 'a:1');
    const manifest = JSON.parse(String(files.at(-1)?.content));
    const fewer = JSON.stringify([{ ...manifest[0], Layers: manifest[0].Layers.slice(1) }]);
    await expect((await open(replaced(files, 'manifest.json', fewer))).resolve()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    const other = await anImage('arm64');
    const swapped = replaced(files, manifest[0].Config, other.config.bytes);
    await expect((await open(swapped)).resolve()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  test.each([
    ['{}', 'MANIFEST_INVALID'],
    ['[]', 'NO_IMAGE'],
    ['[{"Config":"a","config":"b","Layers":[]}]', 'JSON_INVALID'],
    ['[{"Config":1,"Layers":[]}]', 'MANIFEST_INVALID'],
    ['[{"Config":"../../etc/passwd","Layers":[]}]', 'NOT_FOUND'],
  ])('manifest.json %s ends as %s', async (text, code) => {
    const source = await open([{ path: 'manifest.json', content: text }]);
    await expect(source.resolve()).rejects.toMatchObject({ code });
  });
});

describe('docker-archive of Docker 25 and later', () => {
  test.each([undefined, '1', 'acme/shop:1', 'docker.io/acme/shop:1'])(
    'finds the image by %s',
    async (tag) => {
      const image = await anImage();
      const { subject } = await (await open(docker25Files(image, 'acme/shop:1'), tag)).resolve();
      expect(subject.digest).toBe(image.root.descriptor.digest);
    },
  );

  test('refuses an archive in which manifest.json tells of another image than index.json', async () => {
    const [shown, hidden] = [await anImage(), await anImage()];
    const other = await anImage('arm64');
    const files = docker25Files(shown, 'acme/shop:1');
    const layers = JSON.stringify([
      {
        Config: blobFile(hidden.config),
        RepoTags: ['acme/shop:1'],
        Layers: [...hidden.layers].reverse().map(blobFile),
      },
    ]);
    await expect((await open(replaced(files, 'manifest.json', layers))).resolve()).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    });
    const configs = JSON.stringify([
      { Config: 'other', RepoTags: ['acme/shop:1'], Layers: shown.layers.map(blobFile) },
    ]);
    const extra = { path: 'other', content: other.config.bytes };
    await expect(
      (await open([...replaced(files, 'manifest.json', configs), extra])).resolve(),
    ).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  test('a platform that index.json lists and the archive does not hold is a fault, not silence', async () => {
    const [amd, arm] = [await anImage(), await anImage('arm64')];
    const index = buildIndex([amd, arm].map((built) => ({ built, platform: built.platform })));
    const files = [
      ...layoutFiles([{ built: index, name: 'docker.io/acme/shop:1' }]),
      { path: 'manifest.json', content: docker25Files(amd, 'acme/shop:1').at(-1)!.content! },
    ].filter(({ path: name }) => name !== blobFile(arm.root));
    const source = await open(files, 'acme/shop:1');
    await expect(source.resolve()).rejects.toMatchObject({
      code: 'NOT_FOUND',
      problem: { next: expect.stringContaining('--platform') },
    });
    const { images, leftOut } = await source.resolve({ platforms: ['linux/amd64'] });
    expect([images.length, leftOut]).toEqual([1, ['linux/arm64']]);
  });

  test('choosing a platform does not hide what manifest.json has for that platform', async () => {
    const [amd, evil, arm] = [await anImage(), await anImage(), await anImage('arm64')];
    const index = buildIndex([amd, arm].map((built) => ({ built, platform: built.platform })));
    const [layer] = evil.layers;
    const manifest = [{ Config: 'evil.json', RepoTags: ['acme/shop:1'], Layers: [blobFile(layer!)] }];
    const files = [
      ...layoutFiles([{ built: index, name: 'docker.io/acme/shop:1' }]),
      { path: 'evil.json', content: evil.config.bytes },
      { path: 'manifest.json', content: JSON.stringify(manifest) },
    ];
    const source = await open(files, 'acme/shop:1');
    await expect(source.resolve({ platforms: ['linux/amd64'] })).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    });
    expect((await source.resolve({ platforms: ['linux/arm64'] })).images).toHaveLength(1);
  });
});

describe('an archive', () => {
  const openPlain = () => closedLater(openOciArchive(path, { name: 'archive', limits: DEFAULT_LIMITS }));

  test.each([
    ['gzip', '1f8b0800'],
    ['zstd', '28b52ffd'],
    ['xz', 'fd377a585a00'],
    ['bzip2', '425a6839'],
  ])('compressed with %s is refused with what to do', async (name, magic) => {
    await writeFile(path, Buffer.concat([Buffer.from(magic, 'hex'), Buffer.alloc(600)]));
    await expect(openPlain().resolve()).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining(name),
    });
  });

  test('that is absent, empty, a folder or no tar is refused', async () => {
    await expect(openPlain().resolve()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await writeFile(path, '');
    await expect(openPlain().resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await writeFile(path, Buffer.alloc(2048, 'x'));
    await expect(openPlain().resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    const inFolder = openOciArchive(folder, { name: 'archive', limits: DEFAULT_LIMITS });
    await expect(inFolder.resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  test('that is cut off is refused, wherever it was cut', async () => {
    await writeOciArchive(path, [{ built: await anImage() }]);
    const whole = await readFile(path);
    for (const length of [100, 700, 1500, 200_000]) {
      await writeFile(path, whole.subarray(0, length));
      await expect(openPlain().resolve()).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:ARCHIVE_INVALID|NOT_FOUND)$/),
      });
    }
  });

  test('that holds a file twice is refused, since programs take the first or the last', async () => {
    const [one, two] = [await anImage(), await anImage('arm64')];
    const [, index] = layoutFiles([{ built: two }]);
    await writeArchive(path, [...layoutFiles([{ built: one }]), index!]);
    await expect(openPlain().resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await writeArchive(path, [...layoutFiles([{ built: one }]), { ...index!, path: './index.json' }]);
    await expect(openPlain().resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  test('whose files are named with ./ is read', async () => {
    const files = layoutFiles([{ built: await anImage() }]);
    await writeArchive(path, [
      { path: './', type: 'directory' },
      ...files.map((file) => ({ ...file, path: `./${file.path}` })),
    ]);
    expect((await openPlain().resolve()).images).toHaveLength(1);
  });

  test('with names too long for a plain header is read', async () => {
    const image = await anImage();
    const long = { path: `${'long-'.repeat(60)}name`, content: 'x' };
    await writeArchive(path, [long, ...layoutFiles([{ built: image }])]);
    expect((await openPlain().resolve()).images).toHaveLength(1);
  });

  test('with links in a circle, or to a file of this machine, is refused', async () => {
    const files = layoutFiles([{ built: await anImage() }]).filter((file) => file.path !== 'index.json');
    const link = (name: string, linkname: string) => ({ path: name, type: 'symlink' as const, linkname });
    await writeArchive(path, [...files, link('index.json', 'other'), link('other', 'index.json')]);
    await expect(openPlain().resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await writeFile(join(folder, 'index.json'), '{"schemaVersion":2}');
    await writeArchive(path, [...files, link('index.json', join(folder, 'index.json'))]);
    await expect(openPlain().resolve()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a link with a body is refused: it hides the next file from some readers', async () => {
    await writeOciArchive(path, [{ built: await anImage() }]);
    const bytes = await readFile(path);
    bytes.write('2', 156, 'latin1'); // the first entry is a file with a body
    bytes.fill(' ', 148, 156);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    await writeFile(path, bytes);
    await expect(openPlain().resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  test('one changed byte, wherever it is, never gives other content', async () => {
    const layer = await buildLayer([{ path: 'a', content: 'x' }], 'gzip');
    const image = buildImage({ layers: [layer] });
    await writeOciArchive(path, [{ built: image }]);
    const whole = await readFile(path);
    let [same, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, difference) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ difference;
        await writeFile(path, bytes);
        const source = openPlain();
        try {
          const { images } = await source.resolve();
          expect(images[0]?.manifest).toMatchObject({ digest: image.root.descriptor.digest });
          const found = Buffer.concat(await all(source.blob(images[0]!.layers[0]!.blob)));
          expect(found.equals(layer.bytes)).toBe(true);
          same += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(PratiqueError);
          refused += 1;
        } finally {
          await source.close();
        }
      }),
      { numRuns: 300 },
    );
    expect(Math.min(same, refused)).toBeGreaterThan(0);
  });

  test('with more entries than the limit is refused', async () => {
    await writeOciArchive(path, [{ built: await anImage() }]);
    const source = openOciArchive(path, { name: 'archive', limits: { ...DEFAULT_LIMITS, entries: 3 } });
    await expect(source.resolve()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});
