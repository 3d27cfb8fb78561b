import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEN_GIB, writeBomb, zerosInGzip } from '../support/bombs.ts';
import { buildProgram } from '../support/built-program.ts';

const PEAK = 256 * 1024; // KiB of resident memory, at the most
const MINUTES = 60_000; // milliseconds

describe('a layer of 10 GiB of zeros', { timeout: 10 * MINUTES }, () => {
  let folder = '';
  let pratique: Awaited<ReturnType<typeof buildProgram>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-bomb-'));
    pratique = await buildProgram(join(folder, 'program'));
    const bomb = zerosInGzip(TEN_GIB.head, TEN_GIB.zeros, TEN_GIB.crc);
    await writeBomb(join(folder, 'layout'), { ...bomb, diffId: TEN_GIB.diffId });
  }, 2 * MINUTES);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('is read to its end within 256 MB of memory', async () => {
    const target = `oci:${join(folder, 'layout')}:bomb`;
    const { out, peak, seconds, cpuSeconds } = await pratique(['check', target, '-o', 'json']);
    process.stdout.write(
      `measured: 10 GiB of zeros: peak ${Math.round(peak / 1024)} MiB, ${seconds.toFixed(1)} s, ` +
        `${cpuSeconds.toFixed(1)} s of the processor\n`,
    );
    const { verdicts } = JSON.parse(out) as {
      verdicts: readonly { result: string; images: readonly { scanned: { contentBytes: number } }[] }[];
    };
    expect(verdicts[0]?.result).not.toBe('undecided');
    expect(verdicts[0]?.images[0]?.scanned.contentBytes).toBe(TEN_GIB.zeros);
    expect(peak).toBeLessThanOrEqual(PEAK);
  });
});
