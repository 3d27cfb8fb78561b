import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildImage, buildLayer } from '../src/demo/image-builder.ts';
import { CANARIES, type Stage, setStage } from './support/stage.ts';
import { strictSchema } from './support/strict-schema.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

const VERDICTS = strictSchema(new URL('../schema/verdict-v1.json', import.meta.url));

test('a verdict tells of every layer, and of a file that is gone the layer that took it, without the secret of a build step', async () => {
  const leak = { path: 'srv/.env', content: `GITHUB_TOKEN=${CANARIES.file}\n` };
  const key = { path: 'srv/other.env', content: `GITHUB_TOKEN=${CANARIES.file}\n` };
  const built = buildImage({
    config: { User: '1000' },
    layers: [
      await buildLayer([{ path: 'etc/base', content: 'harmless\n' }]),
      await buildLayer([leak, key]),
      await buildLayer([{ path: 'etc/more', content: 'harmless\n' }]),
      await buildLayer([{ path: 'srv/.wh..env' }, { path: 'srv/other.env', content: 'clean\n' }]),
    ],
    steps: [
      'ADD rootfs.tar /',
      `RUN GITHUB_TOKEN=${CANARIES.file} make`,
      'COPY more /etc/',
      'RUN rm /srv/.env',
    ],
  });
  const name = stage.push('acme/layers:1', built);
  const { out } = await stage.pratique([
    'check',
    name,
    '-o',
    'json',
    '-o',
    'html=report.html',
    '-o',
    'markdown=report.md',
  ]);
  const page = await readFile(join(stage.folder, 'report.html'), 'utf8');
  expect(page).toContain('added in layer 2, deleted in layer 4');
  expect(await readFile(join(stage.folder, 'report.md'), 'utf8')).toContain(
    'deleted by layer 4, yet still in layer 2',
  );
  expect(page).not.toContain(CANARIES.file);
  expect(VERDICTS.safeParse(JSON.parse(out)).error).toBeUndefined();
  expect(out).not.toContain(CANARIES.file);
  const [image] = JSON.parse(out).verdicts[0].images;
  expect(image.layers).toMatchObject(
    built.layers.map(({ descriptor }, index) => ({
      index,
      digest: descriptor.digest,
      size: descriptor.size,
    })),
  );
  expect(image.layers[3].createdBy).toBe('RUN rm /srv/.env');
  const { findings } = image.checks.find(({ check }: { check: string }) => check === 'secrets');
  const gone = findings.flatMap(({ where: { path, visibility, hiddenBy } }: Found) =>
    path === undefined ? [] : [[path, visibility, hiddenBy]],
  );
  expect(gone).toEqual([
    ['srv/.env', 'deleted', 3],
    ['srv/other.env', 'replaced', 3],
  ]);
});

interface Found {
  readonly where: { readonly path?: string; readonly visibility?: string; readonly hiddenBy?: number };
}
