import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildImage, buildIndex, buildLayer } from '../../../src/demo/image-builder.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import { parseTarget } from '../../../src/model/target.ts';
import { holdEngine } from '../../../src/sources/engine/held-engine.ts';
import { openSource } from '../../../src/sources/open.ts';
import { type FakeDocker, makeFakeDocker } from '../../support/fake-docker.ts';
import { docker25Files, dockerFiles, layoutFiles, writeArchive } from '../../support/image-files.ts';
import { all, anImage } from '../image-source.contract.ts';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-engine-'));
});
afterAll(() => rm(folder, { recursive: true }));

const fresh = (name: string) => {
  count += 1;
  return join(folder, `${count}-${name}`);
};
const docker = (script: string) => makeFakeDocker(fresh('bin'), script);
const optionsOf = ({ env }: Pick<FakeDocker, 'env'>, more = {}) => ({
  env,
  limits: DEFAULT_LIMITS,
  now: () => 0,
  warn: () => {},
  ...more,
});
const open = (script: FakeDocker, name = 'acme/shop:1', more = {}) =>
  openSource(parseTarget(`docker-daemon:${name}`), optionsOf(script, more));
const archive = async (files: Parameters<typeof writeArchive>[1]) => {
  const path = fresh('image.tar');
  await writeArchive(path, files);
  return path;
};

describe('the local engine', () => {
  test('is asked once, by a full name, without a shell and without our own variables', async () => {
    const tar = await archive(dockerFiles(await anImage(), 'acme/shop:latest'));
    const script = await docker(`[ -z "$PRATIQUE_KEY_PASSPHRASE" ] && exec cat '${tar}'`);
    const env = { ...script.env, PRATIQUE_KEY_PASSPHRASE: 'x' };
    const source = openSource(parseTarget('docker-daemon:acme/shop'), optionsOf({ env }));
    expect(await script.asked()).toEqual([]);
    const { images } = await source.resolve();
    for (const { blob } of images[0]!.layers) await all(source.blob(blob));
    await source.resolve();
    await source.close();
    expect(await script.asked()).toEqual(['save docker.io/acme/shop:latest']);
  });

  test.each([
    ['shop', 'docker.io/library/shop:latest', 'docker.io/library/shop:latest'],
    ['ghcr.io/acme/shop:1', 'ghcr.io/acme/shop:1', 'ghcr.io/acme/shop:1'],
    [`shop@sha256:${'a'.repeat(64)}`, `docker.io/library/shop@sha256:${'a'.repeat(64)}`, undefined],
    ['a'.repeat(64), `sha256:${'a'.repeat(64)}`, undefined],
    [`sha256:${'a'.repeat(64)}`, `sha256:${'a'.repeat(64)}`, undefined],
  ])('knows %s as %s', (name, image, tag) => {
    const target = parseTarget(`docker-daemon:${name}`);
    expect(target).toMatchObject({ kind: 'docker-daemon', image, ...(tag && { tag }) });
    expect('tag' in target).toBe(tag !== undefined);
    expect(target.reference === undefined).toBe(image.startsWith('sha256:'));
  });

  test.each(['', '-x', '--output=x', 'A', 'a b', 'sha256:abc:d', '$(x)'])(
    'takes no such name: %j',
    (name) => {
      expect(() => parseTarget(`docker-daemon:${name}`)).toThrow(
        expect.objectContaining({ code: 'REFERENCE_INVALID' }),
      );
    },
  );

  test('is judged by another name where one is given', () => {
    const { reference } = parseTarget('docker-daemon:shop:dev', 'ghcr.io/acme/shop:1');
    expect(reference).toMatchObject({ registry: 'ghcr.io', tag: '1' });
  });

  test.each([
    ['Error response from daemon: reference does not exist', 'NOT_FOUND', 'the local engine has no image'],
    ['Error response from daemon: No such image: x', 'NOT_FOUND', 'see docker image ls'],
    [
      'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?',
      'NETWORK',
      'Cannot connect',
    ],
    ['dial unix /var/run/docker.sock: connect: permission denied', 'DENIED', 'permission denied'],
    ['\u001b[2J::error::x', 'NETWORK', String.raw`\u{1b}`],
  ])('says what the engine said: %j', async (text, code, words) => {
    const source = open(await docker(`printf '%s\\n' '${text}' >&2; exit 1`));
    const fault = await source.resolve().catch((thrown: unknown) => thrown);
    expect(fault).toMatchObject({ code });
    expect(String(fault).toLowerCase()).toContain(words.toLowerCase());
    expect(String(fault)).not.toContain('\u001b');
    await source.close();
  });

  test('gives no image where the archive is whole and its end is not', async () => {
    const tar = await archive(dockerFiles(await anImage(), 'acme/shop:1'));
    const source = open(await docker(`cat '${tar}'; exit 1`));
    await expect(source.resolve()).rejects.toMatchObject({ code: 'NETWORK' });
    await source.close();
  });

  test('gives no image where the archive ends early, or is none', async () => {
    const tar = await archive(dockerFiles(await anImage(), 'acme/shop:1'));
    for (const what of [`head -c 5000 '${tar}'`, 'true', 'echo hello']) {
      const source = open(await docker(what));
      await expect(source.resolve()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
      await source.close();
    }
  });

  test('gives no image of another name', async () => {
    const tar = await archive(dockerFiles(await anImage(), 'acme/other:1'));
    const source = open(await docker(`cat '${tar}'`));
    await expect(source.resolve()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await source.close();
  });

  test('writes no more than the limit, and is ended', async () => {
    const limits = { ...DEFAULT_LIMITS, expandedBytes: 100_000 };
    const pid = fresh('pid');
    const script = await docker(`echo $$ > '${pid}'; head -c 200000 /dev/zero; exec sleep 60`);
    const source = open(script, 'acme/shop:1', { limits });
    await expect(source.resolve()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const id = Number(await readFile(pid, 'utf8'));
    await vi.waitFor(() => expect(() => process.kill(id, 0)).toThrow('ESRCH'), 5000);
    await source.close();
  });

  test('is left alone once nobody waits any more', async () => {
    const over = new AbortController();
    const source = open(await docker('exec sleep 60'), 'acme/shop:1', { signal: over.signal });
    const resolving = source.resolve();
    setTimeout(() => over.abort(), 100);
    await expect(resolving).rejects.toMatchObject({ code: 'NETWORK' });
    await source.close();
  });

  test('needs its client, in a folder that is named whole', async () => {
    for (const PATH of ['', '.', '/nowhere']) {
      const source = open({ env: { PATH }, asked: async () => [] });
      await expect(source.resolve()).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
      await source.close();
    }
  });

  test('leaves no file behind, not even while it is read', async () => {
    const tar = await archive(docker25Files(await anImage(), 'acme/shop:1'));
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = await mkdtemp(join(folder, 'tmp-'));
    try {
      const source = open(await docker(`cat '${tar}'`));
      await source.resolve();
      expect(await readdir(process.env['TMPDIR'])).toEqual([]);
      await source.close();
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  });
});

describe('an image of the local engine that is to be pushed', () => {
  async function held(files: Parameters<typeof writeArchive>[1]) {
    const script = await docker(`cat '${await archive(files)}'`);
    const engine = holdEngine();
    const open = () => engine.open(parseTarget('docker-daemon:acme/shop:1'), optionsOf(script));
    return { engine, open, script };
  }

  test('has its layers compressed, each once, over the same configuration', async () => {
    const layer = await buildLayer([{ path: 'a', content: 'a'.repeat(100_000) }]);
    const other = await buildLayer([{ path: 'b', content: 'b' }]);
    const image = await buildImage({ layers: [layer, other, layer], config: { User: '1000' } });
    const { engine, open } = await held(dockerFiles(image, 'acme/shop:1'));
    const source = open();
    const { subject, images } = await source.resolve();
    const [found] = images;
    expect(found?.manifest.digest).toBe(subject.digest);
    expect(found?.configDescriptor.digest).toBe(image.config.descriptor.digest);
    const blobs = found!.layers.map(({ blob }) => blob);
    expect(blobs.map(({ mediaType }) => mediaType)).toEqual(Array(3).fill(MEDIA.dockerLayerGzip));
    expect(blobs[0]).toEqual(blobs[2]);
    expect(blobs[0]!.size).toBeLessThan(1000);
    for (const [index, { tar }] of [layer, other, layer].entries())
      expect(gunzipSync(Buffer.concat(await all(source.blob(blobs[index]!)))).equals(Buffer.from(tar))).toBe(
        true,
      );
    const manifest = JSON.parse(Buffer.from(await source.manifest(subject)).toString());
    expect(manifest.layers.map(({ digest }: { digest: string }) => digest)).toEqual(
      blobs.map(({ digest }) => digest),
    );
    const ofSave = found?.documents.filter(({ json }) => json instanceof Map && json.has('RepoTags'));
    expect(ofSave).toHaveLength(1);
    await engine.close();
    await engine.close();
  });

  test('stays as it is where its layers are compressed, whoever made its manifest', async () => {
    const layers = [await buildLayer([{ path: 'a', content: 'a' }])];
    const image = await buildImage({ layers, config: { User: '1000' } });
    const { engine, open } = await held(docker25Files(image, 'acme/shop:1'));
    expect((await open().resolve()).subject.digest).toBe(image.root.descriptor.digest);
    await engine.close();
  });

  test('is packed where only some of its layers are plain, and keeps the others', async () => {
    const image = await anImage();
    const { engine, open } = await held(docker25Files(image, 'acme/shop:1'));
    const { images, subject } = await open().resolve();
    expect(subject.digest).not.toBe(image.root.descriptor.digest);
    expect(images[0]!.layers[0]!.blob.digest).toBe(image.layers[0]!.descriptor.digest);
    expect(images[0]!.layers[1]!.blob.mediaType).toBe(MEDIA.ociLayerGzip);
    await engine.close();
  });

  test('stays as it is where it is an index, of which one image alone would be pushed', async () => {
    const built = [await anImage(), await anImage('arm64')];
    const index = buildIndex(built.map((one) => ({ built: one, platform: one.platform })));
    const { engine, open } = await held(
      layoutFiles([{ built: index, name: 'docker.io/acme/shop:1', tag: '1' }]),
    );
    const { subject, images } = await open().resolve();
    expect(subject.digest).toBe(index.root.descriptor.digest);
    expect(images).toHaveLength(2);
    await engine.close();
  });

  test('is the same for all who open it, although each closes it', async () => {
    const { engine, open, script } = await held(dockerFiles(await anImage(), 'acme/shop:1'));
    const [one, other] = [open(), open()];
    const { subject, images } = await one.resolve();
    await one.close();
    expect((await other.resolve()).subject).toEqual(subject);
    await all(other.blob(images[0]!.layers[0]!.blob));
    expect(await script.asked()).toHaveLength(1);
    await engine.close();
    await expect(all(other.blob(images[0]!.layers[0]!.blob))).rejects.toThrow();
  });

  test('is not packed where a layer is not what its configuration says', async () => {
    const image = await anImage();
    const files = dockerFiles(image, 'acme/shop:1').map((file) => {
      if (!file.path.endsWith('layer.tar') || typeof file.content === 'string') return file;
      const content = Buffer.from(file.content ?? []);
      content[content.length - 1]! ^= 1;
      return { ...file, content };
    });
    const { engine, open } = await held(files);
    await expect(open().resolve()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    await engine.close();
  });
});
