import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Built, buildIndex, toContent } from '../../../src/demo/image-builder.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { hexOf } from '../../../src/model/digest.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import {
  describe as describeContent,
  referrerManifest,
} from '../../../src/sources/documents/referrer-manifest.ts';
import { openOciLayout } from '../../../src/sources/layout/oci-layout.ts';
import { blobFile, type Named, writeOciLayout } from '../../support/image-files.ts';
import { all, anImage } from '../image-source.contract.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-layout-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function layoutOf(...images: readonly Named[]) {
  await writeOciLayout(folder, images);
}

function open(tag?: string) {
  const options = { name: 'layout', limits: DEFAULT_LIMITS };
  return openOciLayout(folder, tag === undefined ? options : { ...options, tag });
}

/** As cosign stores one: an image by its configuration, and a layer that is none. */
async function aSignature(): Promise<Built> {
  const { config } = await anImage('arm64');
  const layer = describeContent(MEDIA.simpleSigning, Buffer.from('{}'));
  const root = toContent(MEDIA.ociManifest, {
    schemaVersion: 2,
    config: config.descriptor,
    layers: [layer.descriptor],
  });
  return { root, blobs: [config, layer], manifests: [] };
}

function withFields(built: Built, fields: object): Built {
  const manifest = JSON.parse(Buffer.from(built.root.bytes).toString());
  return { ...built, root: toContent(MEDIA.ociManifest, { ...manifest, ...fields }) };
}

function withTypes(built: Built, types: { mediaType: string; config: string }): Built {
  const { config, layers } = JSON.parse(Buffer.from(built.root.bytes).toString());
  return withFields(built, {
    config: { ...config, mediaType: types.config },
    layers: layers.map((layer: object) => ({ ...layer, mediaType: types.mediaType })),
  });
}

describe('oci:DIR', () => {
  test('names the tags where there are several images and none was asked for', async () => {
    await layoutOf({ built: await anImage(), tag: 'v1' }, { built: await anImage('arm64'), tag: 'v2' });
    await expect(open().resolve()).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
      message: expect.stringMatching(/"v1".*"v2"/),
    });
    await expect(open('v3').resolve()).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/"v1".*"v2"/),
    });
  });

  test('finds an image by its tag, whole and exact, or by its digest', async () => {
    const [one, two] = [await anImage(), await anImage('arm64')];
    await layoutOf({ built: one, tag: 'v1' }, { built: two, tag: 'v1.0' });
    expect((await open('v1').resolve()).subject.digest).toBe(one.root.descriptor.digest);
    const { digest } = two.root.descriptor;
    expect((await open(digest).resolve()).subject.digest).toBe(digest);
  });

  test('one image under two tags is one image', async () => {
    const built = await anImage();
    await layoutOf({ built, tag: 'v1' }, { built, tag: 'latest' });
    expect((await open().resolve()).images).toHaveLength(1);
  });

  test('refuses a tag that two images have', async () => {
    await layoutOf({ built: await anImage(), tag: 'v1' }, { built: await anImage('arm64'), tag: 'v1' });
    await expect(open('v1').resolve()).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
  });

  test('says what is wrong with a folder that is no layout', async () => {
    await expect(open().resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await layoutOf();
    await expect(open().resolve()).rejects.toMatchObject({ code: 'NO_IMAGE' });
    await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}');
    await expect(open().resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await rm(folder, { recursive: true });
    await expect(open().resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await mkdir(folder);
  });

  test('a link to a file outside of the layout is not followed', async () => {
    const image = await anImage();
    await layoutOf({ built: image });
    const outside = await mkdtemp(join(tmpdir(), 'pratique-outside-'));
    const blob = join(folder, blobFile(image.config));
    await rename(blob, join(outside, 'config'));
    await symlink(join(outside, 'config'), blob);
    await expect(open().resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await rm(outside, { recursive: true });
  });

  test('a folder of blobs that is a link to the outside is not followed', async () => {
    await layoutOf({ built: await anImage() });
    const outside = await mkdtemp(join(tmpdir(), 'pratique-outside-'));
    await rename(join(folder, 'blobs'), join(outside, 'blobs'));
    await symlink(join(outside, 'blobs'), join(folder, 'blobs'));
    await expect(open().resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await rm(outside, { recursive: true });
  });

  test('a link that stays inside is followed, as shared blob folders use it', async () => {
    const image = await anImage();
    await layoutOf({ built: image });
    await rename(join(folder, 'blobs'), join(folder, 'shared'));
    await symlink('shared', join(folder, 'blobs'));
    expect((await open().resolve()).images).toHaveLength(1);
  });

  test('a folder in place of a blob is refused', async () => {
    const image = await anImage();
    await layoutOf({ built: image });
    await rm(join(folder, blobFile(image.config)));
    await mkdir(join(folder, blobFile(image.config)));
    await expect(open().resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  test('a platform that the index lists and the layout does not hold is a fault, not silence', async () => {
    const [amd, arm] = [await anImage(), await anImage('arm64')];
    await layoutOf({ built: buildIndex([amd, arm].map((built) => ({ built, platform: built.platform }))) });
    await rm(join(folder, blobFile(arm.root)));
    await expect(open().resolve()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { images, leftOut } = await open().resolve({ platforms: ['linux/amd64'] });
    expect([images.length, leftOut]).toEqual([1, ['linux/arm64']]);
  });

  test("a cosign signature is found under its tag, and is not taken for the layout's image", async () => {
    const image = await anImage();
    const signature = await aSignature();
    const tag = `sha256-${hexOf(image.root.descriptor.digest)}.sig`;
    await layoutOf({ built: image }, { built: signature, tag });
    const { subject } = await open().resolve();
    expect(subject.digest).toBe(image.root.descriptor.digest);
    const { digest } = signature.root.descriptor;
    expect(await open().companion(subject, 'sig')).toMatchObject({ digest });
    expect(await open().companion(subject, 'att')).toBeUndefined();
  });

  test('a second image is not passed over for its name, its kind or its type', async () => {
    const [image, hidden] = [await anImage(), await anImage('arm64')];
    const name = `sha256-${hexOf(image.root.descriptor.digest)}`;
    const kind = { kind: 'dev.cosignproject.cosign/sigs' };
    const index = buildIndex([{ built: hidden }]);
    const subject = { ...image.root.descriptor };
    const pointing = withFields(hidden, { subject, artifactType: 'application/vnd.example' });
    const blob = { mediaType: 'application/octet-stream', config: 'application/octet-stream' };
    for (const disguised of [
      { built: hidden, tag: name },
      { built: hidden, tag: `${name}.sig` },
      { built: hidden, annotations: kind },
      { built: index, tag: name },
      { built: buildIndex([{ built: index }]), tag: name },
      { built: pointing },
      { built: pointing, tag: name },
      { built: withTypes(pointing, blob), tag: name },
      { built: await aSignature(), tag: 'v2' },
    ]) {
      await layoutOf({ built: image }, disguised);
      await expect(open().resolve()).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
      await layoutOf(disguised, { built: image });
      await expect(open().resolve()).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
    }
    await layoutOf({ built: image }, { built: hidden });
    const path = join(folder, 'index.json');
    const layout = JSON.parse(await readFile(path, 'utf8'));
    layout.manifests[1].artifactType = 'application/vnd.example';
    await writeFile(path, JSON.stringify(layout));
    await expect(open().resolve()).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
  });

  test('a referrer beside an image is passed over, whoever wrote it', async () => {
    const image = await anImage();
    const { manifest, blobs } = referrerManifest(image.root.descriptor, {
      artifactType: 'application/vnd.example',
      mediaType: MEDIA.ociLayer, // oras calls everything so
      content: Buffer.from('x'),
      annotations: {},
    });
    const types = { mediaType: 'application/jose+json', config: 'application/vnd.cncf.notary.signature' };
    const notation = withTypes(withFields(await anImage('arm64'), { subject: image.root.descriptor }), types);
    await layoutOf(
      { built: { root: manifest, blobs, manifests: [] } },
      { built: image },
      { built: notation },
      { built: await aSignature() },
    );
    expect((await open().resolve()).subject.digest).toBe(image.root.descriptor.digest);
  });

  test('what cosign save stored is found by its kind', async () => {
    const [image, signature] = [await anImage(), await aSignature()];
    const kind = (name: string) => ({ kind: `dev.cosignproject.cosign/${name}` });
    await layoutOf(
      { built: image, annotations: kind('image') },
      { built: signature, annotations: kind('sigs') },
    );
    const { subject } = await open().resolve();
    expect(subject.digest).toBe(image.root.descriptor.digest);
    const { digest } = signature.root.descriptor;
    expect(await open().companion(subject, 'sig')).toMatchObject({ digest });
    expect(await open().companion({ ...subject, digest }, 'sig')).toBeUndefined();
  });

  test('referrers under the fallback tag are listed, once, and only where they name the image', async () => {
    const image = await anImage();
    const { descriptor } = image.root;
    const attachment = {
      artifactType: 'application/vnd.example',
      mediaType: 'text/plain',
      content: Buffer.from('x'),
      annotations: {},
    };
    const parts = referrerManifest(descriptor, attachment);
    const foreign = referrerManifest({ ...descriptor, digest: parts.manifest.descriptor.digest }, attachment);
    const built = [parts, foreign].map(({ blobs, manifest }) => ({ root: manifest, blobs, manifests: [] }));
    const tag = `sha256-${hexOf(descriptor.digest)}`;
    await layoutOf({ built: image }, { built: buildIndex(built.map((one) => ({ built: one }))), tag });
    const source = open();
    const { subject } = await source.resolve();
    const listed = await all(source.referrers(subject));
    expect(listed.map(({ digest, artifactType }) => [digest, artifactType])).toEqual([
      [parts.manifest.descriptor.digest, 'application/vnd.example'],
    ]);
  });

  test('attaching keeps what the index holds beside the images, and leaves no temporary file', async () => {
    const image = await anImage();
    await layoutOf({ built: image, tag: 'v1' });
    const path = join(folder, 'index.json');
    const before = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...before, annotations: { kept: 'yes' }, other: 1 }));
    const source = open();
    const { subject } = await source.resolve();
    await source.attach?.(subject, {
      artifactType: MEDIA.sigstoreBundle,
      mediaType: MEDIA.sigstoreBundle,
      content: Buffer.from('{}'),
      annotations: {},
    });
    const after = JSON.parse(await readFile(path, 'utf8'));
    expect(after).toMatchObject({ annotations: { kept: 'yes' }, other: 1 });
    expect(after.manifests).toHaveLength(2);
    expect(after.manifests[0]).toEqual(before.manifests[0]);
    const files = await readdir(folder, { recursive: true });
    expect(files.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('an index.json that two readers could see differently is refused', async () => {
    await layoutOf({ built: await anImage() });
    const path = join(folder, 'index.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('{', '{"Manifests":[],'));
    await expect(open().resolve()).rejects.toMatchObject({ code: 'JSON_INVALID' });
    await writeFile(path, text.replace('{', '{"layers":[],'));
    await expect(open().resolve()).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });

  test('an endless index.json is not read to its end', async () => {
    await layoutOf({ built: await anImage() });
    await writeFile(join(folder, 'index.json'), Buffer.alloc(DEFAULT_LIMITS.manifestBytes + 1, ' '));
    await expect(open().resolve()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('a manifest that is larger than it says is refused', async () => {
    const image = await anImage();
    await layoutOf({ built: image });
    const { digest } = describeContent('', image.root.bytes).descriptor;
    await writeFile(
      join(folder, `blobs/sha256/${hexOf(digest)}`),
      Buffer.concat([image.root.bytes, Buffer.of(32)]),
    );
    await expect(open().resolve()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});
