import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { type CustomRules, prepareCustomRules } from '../../src/scan/custom/custom-rules.ts';
import type { LocatedHit } from '../../src/scan/image-scan.ts';
import { scanImage } from '../../src/scan/scan-image.ts';
import { customRule } from './custom/rules.ts';
import { inPieces, makeLayerOf } from './images.ts';
import { ARCHIVES } from './places/archives.ts';
import { AROUND } from './places/around.ts';
import { DOCUMENTS } from './places/documents.ts';
import { ENCODED, FILES } from './places/files.ts';
import { base64, type Hidden, imageOf, jar, NOISE, TEXT, TOKEN, tarOf, wrapped } from './places/place.ts';

const PLACES = [...FILES, ...ENCODED, ...ARCHIVES, ...AROUND, ...DOCUMENTS];

async function scanHidden({ image, layers, attestations }: Hidden, pieces = 64 * 1024, custom?: CustomRules) {
  const blobs = new Map(layers.map(({ layer, blob }) => [layer.blob.digest, blob]));
  const { scan } = await scanImage(
    image,
    ({ blob }) => inPieces(blobs.get(blob.digest) ?? new Uint8Array(), pieces),
    {
      limits: DEFAULT_LIMITS,
      ...(custom && { custom }),
      ...(attestations && { attestations: inOrder(attestations) }),
    },
  );
  return scan;
}

async function* inOrder<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

function isTheToken({ hit }: LocatedHit): boolean {
  return hit.rule === 'secrets.github-token' && hit.confidence === 'verified';
}

/** A policy's own rule that sees the token, too: what it finds can be told from what the built-in one finds. */
const OWN = prepareCustomRules([
  { ...customRule({ keywords: ['ghp_'], pattern: 'gh[p]_([A-Za-z0-9]{30})' }), id: 'secrets.custom-own' },
]);

describe('what a rule of the user finds in an image is found in', () => {
  it.each(PLACES)('$name', async ({ hide, expected }) => {
    const scan = await scanHidden(await hide(), 64 * 1024, OWN);
    const [own, builtIn] = ['secrets.custom-own', 'secrets.github-token'].map((rule) =>
      scan.hits.filter(({ hit }) => hit.rule === rule).map(({ where }) => where),
    );
    expect(own).toContainEqual(expect.objectContaining(expected));
    expect(own?.map(placeOf)).toEqual(builtIn?.map(placeOf));
    const told = JSON.stringify([scan.hits, scan.counts, scan.notes]);
    for (const shape of [TOKEN, TOKEN.slice(4, 34), base64(TOKEN)]) expect(told).not.toContain(shape);
  });

  const placeOf = ({ path, field, layer, visibility }: LocatedHit['where']) => [
    path,
    field,
    layer?.index,
    visibility,
  ];
});

describe('a token hidden in an image is found in', () => {
  it('at least 110 different places', () => {
    expect(PLACES.length).toBeGreaterThanOrEqual(110);
    expect(new Set(PLACES.map(({ name }) => name)).size).toBe(PLACES.length);
  });

  it.each(PLACES)('$name', async ({ hide, expected }) => {
    const scan = await scanHidden(await hide());
    const found = scan.hits.filter(isTheToken);
    const places = found.map(({ where: { path, field, visibility } }) => ({
      ...(path === undefined ? {} : { path }),
      ...(field === undefined ? {} : { field }),
      ...(visibility === undefined ? {} : { visibility }),
    }));
    expect(places).toContainEqual(expect.objectContaining(expected));
    expect(found).toHaveLength(1);
    const told = JSON.stringify([scan.hits, scan.counts, scan.notes]);
    for (const shape of [TOKEN, TOKEN.slice(4), TOKEN.slice(4, 24), base64(TEXT).slice(8, 40), base64(TOKEN)])
      expect(told).not.toContain(shape);
  });

  it('an archive, cut at every byte as it streams by', async () => {
    const content = gzipSync(await tarOf({ name: 'a.jar', content: jar(TEXT) }));
    const tar = await tarOf({ name: 'x.tgz', content });
    const layer = makeLayerOf(tar, (bytes) => Buffer.from(bytes), MEDIA.ociLayer);
    for (let size = 1; size <= 600; size += size < 20 ? 1 : 29) {
      const { hits } = await scanHidden(imageOf(layer), size);
      expect(hits.filter(isTheToken).map(({ where }) => where.path)).toEqual([
        'x.tgz!/a.jar!/app.properties',
      ]);
    }
  });

  it('base64, cut at every byte as it streams by', async () => {
    const content = `x: ${wrapped(base64(`${NOISE.subarray(0, 200)}${TEXT}`), 76, '\n   ')}\ny: ${base64(TEXT)}`;
    const layer = makeLayerOf(
      await tarOf({ name: 'x', content }),
      (bytes) => Buffer.from(bytes),
      MEDIA.ociLayer,
    );
    const whole = await scanHidden(imageOf(layer), 1e9);
    expect(whole.hits.filter(isTheToken)).toHaveLength(1);
    for (let size = 1; size <= 90; size++)
      expect((await scanHidden(imageOf(layer), size)).hits).toEqual(whole.hits);
  });
});
