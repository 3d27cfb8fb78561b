import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { LayerCache } from '../../../src/scan/cache/layer-cache.ts';
import { type ScannedImage, scanImage } from '../../../src/scan/scan-image.ts';
import { inPieces, makeImage, makeLayer, type TestLayer } from '../images.ts';

let base = '';
let folder = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'pratique-test-'));
  folder = join(base, 'pratique', 'layers');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** A layer that is large enough to wait for: its bytes cannot be packed. */
function largeLayer(name: string, index: number, lacks = 0): Promise<TestLayer> {
  const blocks = Array.from({ length: 36_000 }, (_, at) =>
    createHash('sha256').update(`${name} ${at}`).digest(),
  );
  return makeLayer([{ name, content: Buffer.concat(blocks) }], { index }).then((made) => ({
    ...made,
    blob: made.blob.subarray(0, made.blob.length - lacks),
  }));
}

/** Reads as a process of its own does. */
async function look(
  layers: readonly TestLayer[],
  { threads = 0, isOver = () => false }: { threads?: number; isOver?: () => boolean } = {},
): Promise<{ read: number; told: string; scanned: ScannedImage }> {
  let read = 0;
  const blob = ({ blob: { digest } }: TestLayer['layer']) => {
    read++;
    return inPieces(
      layers.find(({ layer }) => layer.blob.digest === digest)?.blob ?? new Uint8Array(),
      65_536,
    );
  };
  const cache = new LayerCache(folder, { now: () => new Date() });
  const options = { limits: DEFAULT_LIMITS, cache, threads, isOver };
  const scanned = await scanImage(makeImage(layers), blob, options);
  const { hits, counts } = scanned.scan;
  return { read, scanned, told: JSON.stringify([hits, counts, [...scanned.filesystem.files()]]) };
}

const names = () => readdirSync(folder);

describe('layers that several want at once', () => {
  it.each([0, 2])(
    'are read once for all, with %i threads, whatever the order',
    { timeout: 60_000 },
    async (threads) => {
      const [a, b] = await Promise.all([largeLayer('a', 0), largeLayer('b', 1)]);
      const swapped = [b, a].map((made, index) => ({ ...made, layer: { ...made.layer, index } }));
      const all = await Promise.all([look([a, b], { threads }), look(swapped, { threads }), look([a, b])]);
      expect(all.reduce((sum, { read }) => sum + read, 0)).toBe(2);
      expect(all[2]?.told).toBe(all[0]?.told);
      expect(names().filter((name) => name.startsWith('.'))).toEqual([]);
      expect(names()).toHaveLength(2);
    },
  );

  it('are read by the next one where the first meets a fault, which each of them tells', async () => {
    const torn = await largeLayer('a', 0, 9);
    const all = await Promise.allSettled([look([torn]), look([torn])]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(names()).toEqual([]);
  });

  it('are not waited for once who reads them gives no sign of life', { timeout: 60_000 }, async () => {
    const layer = await largeLayer('a', 0);
    await look([layer]);
    const [name = ''] = names();
    rmSync(join(folder, name));
    writeFileSync(join(folder, `.${name}.busy.tmp`), '');
    const began = performance.now();
    expect((await look([layer])).read).toBe(1);
    expect(performance.now() - began).toBeGreaterThan(4000);
    expect(names()).toEqual([name]);
  });

  it('are not waited for once nobody waits for the verdict', async () => {
    const layer = await largeLayer('a', 0);
    await look([layer]);
    const [name = ''] = names();
    rmSync(join(folder, name));
    writeFileSync(join(folder, `.${name}.busy.tmp`), '');
    const began = performance.now();
    await look([layer], { isOver: () => true }).catch(() => {});
    expect(performance.now() - began).toBeLessThan(4000);
    expect(existsSync(join(folder, `.${name}.busy.tmp`))).toBe(true);
  });
});
