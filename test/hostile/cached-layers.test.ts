import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Image } from '../../src/model/image.ts';
import { LayerCache } from '../../src/scan/cache/layer-cache.ts';
import { scanImage } from '../../src/scan/scan-image.ts';
import { LayoutSource } from '../../src/sources/layout/layout-source.ts';
import { allCases } from '../../testdata/hostile/cases.ts';
import { filesInMemory } from './seen-by-us.ts';

/** Where there is one, a folder in memory: hundreds of files are written, each to the end. */
const ROOM = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let base = '';
beforeAll(() => {
  base = mkdtempSync(join(ROOM, 'pratique-test-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** All that a scan brings up but its notes, or the words of the fault; and how many layers were read for it. */
async function tell(
  image: Image,
  source: LayoutSource,
  folder: string,
): Promise<{ readonly told: string; readonly read: number }> {
  let read = 0;
  const cache = new LayerCache(folder, { now: () => new Date(0) });
  const blob = (layer: Image['layers'][number]) => {
    read++;
    return source.blob(layer.blob);
  };
  try {
    const options = { limits: DEFAULT_LIMITS, hashFiles: true, threads: 0, cache };
    const { scan, filesystem } = await scanImage(image, blob, options);
    const { hits, counts, files } = scan;
    const seen = [...filesystem.files()].map((file) => ({ ...file, text: files.read(file.path)?.text }));
    return { told: JSON.stringify([hits, counts, seen]), read };
  } catch (thrown) {
    if (thrown instanceof PratiqueError) return { told: `${thrown.code}: ${thrown.message}`, read };
    throw thrown;
  }
}

describe('a hostile image of which layers are known', () => {
  it('is what it is when all of it is read, to the last word of its fault', { timeout: 60_000 }, async () => {
    let known = 0;
    let at = 0;
    for (const [name, one] of allCases()) {
      const source = new LayoutSource(filesInMemory(one.files()), {
        name: 'oci:case',
        tag: 'case',
        limits: DEFAULT_LIMITS,
      });
      const images = await source.resolve().then(
        (resolved) => resolved.images,
        () => [],
      );
      for (const image of images) {
        const folder = join(base, `${at++}`, 'layers');
        const first = await tell(image, source, folder);
        const second = await tell(image, source, folder);
        expect(second.told, name).toBe(first.told);
        if (second.read < first.read) known++;
      }
    }
    expect(known).toBeGreaterThan(150);
  });
});
