import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { writeDockerArchive, writeOciArchive, writeOciLayout } from '../support/image-files.ts';
import { CANARIES, cleanImage, cleanIndex, leakyImage, type Stage, setStage } from '../support/stage.ts';
import { strictSchema } from '../support/strict-schema.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => {
  stage.registry.script = () => undefined;
});
afterAll(() => stage.close());

const inspect = (...argv: string[]) => stage.pratique(['inspect', ...argv]);
const SCHEMA = strictSchema(new URL('../../schema/inspect-v1.json', import.meta.url));

async function inspected(...argv: string[]) {
  const { code, out, err } = await inspect(...argv, '-o', 'json');
  expect(err).toBe('');
  expect(code).toBe(0);
  const parsed = JSON.parse(out);
  expect(SCHEMA.safeParse(parsed).error).toBeUndefined();
  return parsed;
}

describe('inspect', () => {
  test('shows digest, platforms and layers with the step that made each', async () => {
    const index = await cleanIndex();
    const { code, out } = await inspect(stage.push('acme/shop:1', index));
    expect(out).toContain(index.root.descriptor.digest);
    expect(out).toContain('linux/amd64, linux/arm64');
    expect(out).toContain('RUN step 1');
    expect(code).toBe(0);
  });

  test('does not judge: a name that no policy allows and a secret inside end with 0', async () => {
    expect((await inspect(stage.push('elsewhere/leaky:1', await leakyImage()))).code).toBe(0);
  });

  test('leaves values of the environment and secrets in build steps out of the text', async () => {
    const { out } = await inspect(stage.push('acme/leaky:1', await leakyImage()), '--files');
    expect(out).toContain('DEPLOY_TOKEN');
    expect(out).toContain('RUN fetch');
    expect(out).not.toContain(CANARIES.env);
  });

  test('reads no layer unless it is asked for files', async () => {
    const image = await cleanImage();
    const name = stage.push('acme/shop:2', image);
    const layer = String(image.layers[0]?.descriptor.digest);
    stage.registry.seen();
    await inspect(name);
    expect(stage.registry.seen().filter((line) => line.includes(layer))).toEqual([]);
    await inspect(name, '--files');
    expect(stage.registry.seen().filter((line) => line.includes(layer))).toHaveLength(1);
  });

  test('shows the merged filesystem as a container would see it, in JSON of the published schema', async () => {
    const lower = await buildLayer([
      { path: 'etc', type: 'directory' },
      { path: 'etc/kept', content: 'kept', mode: 0o600 },
      { path: 'etc/gone', content: 'gone' },
      { path: 'etc/old', content: 'old' },
    ]);
    const upper = await buildLayer(
      [
        { path: 'etc/.wh.gone' },
        { path: 'etc/old', content: 'new', mode: 0o755 },
        { path: 'etc/link', type: 'symlink', linkname: 'kept' },
      ],
      'zstd',
    );
    const { images } = await inspected(
      stage.push('acme/merged:1', buildImage({ layers: [lower, upper] })),
      '--files',
    );
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    const files = new Map(images[0].files.map((file: { path: string }) => [file.path, file]));
    expect([...files.keys()].sort()).toEqual(['etc', 'etc/kept', 'etc/link', 'etc/old']);
    expect(files.get('etc/kept')).toEqual({
      ...{ path: 'etc/kept', type: 'file', mode: '0600', size: 4 },
      ...{ sha256: sha256('kept'), layer: 0 },
    });
    expect(files.get('etc/old')).toMatchObject({ mode: '0755', sha256: sha256('new'), layer: 1 });
    expect(files.get('etc/link')).toMatchObject({ type: 'symlink', linkPath: 'kept' });
  });

  test('shows the same image in a registry, a layout and archives', async () => {
    const image = await cleanImage();
    await writeOciLayout(join(stage.folder, 'layout'), [{ built: image }]);
    await writeOciArchive(join(stage.folder, 'image.tar'), [{ built: image }]);
    await writeDockerArchive(join(stage.folder, 'saved.tar'), image, { style: 'docker25' });
    const from = await inspected(stage.push('acme/shop:3', image), '--files');
    for (const target of ['oci:layout', 'oci-archive:image.tar', 'docker-archive:saved.tar'])
      expect(await inspected(target, '--files'), target).toMatchObject(from);
  });

  test('shows one platform where it is asked for one', async () => {
    const { images, leftOut } = await inspected(
      stage.push('acme/shop:4', await cleanIndex()),
      ...['--platform', 'linux/arm64'],
    );
    expect(images.map(({ platform }: { platform: string }) => platform)).toEqual(['linux/arm64']);
    expect(leftOut).toHaveLength(1);
  });

  test.each([
    [401, 'UNAUTHORIZED'],
    [403, 'DENIED'],
    [404, 'NOT_FOUND'],
    [429, 'RATE_LIMITED'],
    [500, 'REGISTRY_ERROR'],
  ])('ends with 3 and shows nothing where the registry answers %i', async (status, fault) => {
    const name = stage.push('acme/shop:1', await cleanIndex());
    stage.registry.script = () => ({ status, headers: { 'retry-after': '3600' } });
    const { code, out, err } = await inspect(name, '-o', 'json');
    expect(out).toBe('');
    expect(err).toContain(`answered ${status}`);
    expect(err).toContain(fault);
    expect(code).toBe(3);
  });

  test('shows nothing of an image whose layers break off', async () => {
    const image = await cleanImage();
    const name = stage.push('acme/shop:5', image);
    const layer = String(image.layers[0]?.descriptor.digest);
    stage.registry.script = ({ path }) => (path.endsWith(layer) ? { status: 404 } : undefined);
    const { code, out } = await inspect(name, '--files', '-o', 'json');
    expect([code, out]).toEqual([3, '']);
  });

  test('says which tag it looks at where the name has none', async () => {
    stage.push('acme/shop:latest', await cleanImage());
    const { code, err } = await inspect(stage.name('acme/shop'));
    expect(err).toContain('looking at latest');
    expect(code).toBe(0);
  });
});
