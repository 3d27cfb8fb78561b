import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLayer } from '../../src/io/layer.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/io/limits.ts';
import { parseDigest } from '../../src/model/digest.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { Collector, pieces, sha256 } from './layers.ts';
import { END, file, header } from './tar-parts.ts';

const tar = Buffer.concat([file('a', 'seen'), file('b', 'also'), END]);
const blob = gzipSync(tar);

function read(sink: Collector, limits: Partial<Limits> = {}, bytes: Uint8Array = blob, diffId = sha256(tar)) {
  const descriptor = { mediaType: MEDIA.ociLayerGzip, digest: sha256(bytes), size: bytes.length };
  const layer = { blob: descriptor, diffId };
  return readLayer(pieces(bytes, 10), layer, sink, { ...DEFAULT_LIMITS, ...limits }, 'layer 0');
}

/** Which of two faults in the same bytes is met first hangs on the cuts; that it is refused does not. */
function codeOfRefusal(thrown: { code?: string }): string {
  expect(thrown.code).toMatch(/^(?:COMPRESSION_INVALID|TAR_INVALID|DIFF_ID_MISMATCH|LIMIT_EXCEEDED)$/);
  return 'refused';
}

describe('readLayer', () => {
  it('unpacks, hashes and takes apart in one pass, and counts both sides', async () => {
    const sink = new Collector();
    expect(await read(sink)).toEqual({ compressedBytes: blob.length, expandedBytes: tar.length });
    expect(sink.entries.map(({ path, content }) => `${path}=${content}`)).toEqual(['a=seen', 'b=also']);
  });

  it('gives the same however the blob is cut, whole or damaged', async () => {
    const result = async (bytes: Uint8Array, places: readonly number[]) => {
      const sink = new Collector();
      const descriptor = { mediaType: MEDIA.ociLayerGzip, digest: sha256(bytes), size: bytes.length };
      async function* source() {
        const ends = [...places, bytes.length].sort((a, b) => a - b);
        for (const [index, end] of ends.entries()) yield bytes.subarray(ends[index - 1] ?? 0, end);
      }
      const layer = { blob: descriptor, diffId: sha256(tar) };
      const read = await readLayer(source(), layer, sink, DEFAULT_LIMITS, 'layer 0').catch(codeOfRefusal);
      return typeof read === 'string' ? read : { read, found: sink.entries, besides: sink.besides };
    };
    const cuts = fc.array(fc.nat(blob.length), { maxLength: 5 });
    const damage = fc.option(fc.tuple(fc.nat(blob.length - 1), fc.integer({ min: 1, max: 255 })));
    await fc.assert(
      fc.asyncProperty(cuts, damage, async (places, changed) => {
        const bytes = Buffer.from(blob);
        if (changed !== null) bytes[changed[0]] = (bytes[changed[0]] ?? 0) ^ changed[1];
        const whole = await result(bytes, []);
        expect(await result(bytes, places)).toEqual(whole);
        if (typeof whole === 'string') expect(whole).toBe('refused');
        else expect(whole.found.map(({ path }) => path)).toEqual(['a', 'b']);
      }),
      { numRuns: 150 },
    );
  });

  it('refuses a layer with another diffID, which a node that has it in its cache would not unpack', async () => {
    const other = parseDigest(`sha256:${'0'.repeat(64)}`);
    await expect(read(new Collector(), {}, blob, other)).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' });
    const changed = gzipSync(Buffer.concat([tar, Buffer.from('behind the end')]));
    await expect(read(new Collector(), {}, changed)).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' });
  });

  it('refuses a layer larger than the limit, whether it says so or not', async () => {
    await expect(read(new Collector(), { layerBytes: blob.length - 1 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    const lie = {
      blob: { mediaType: MEDIA.ociLayerGzip, digest: sha256(blob), size: 1 },
      diffId: sha256(tar),
    };
    const limits = { ...DEFAULT_LIMITS, layerBytes: blob.length - 1 };
    const reading = readLayer(pieces(blob, 10), lie, new Collector(), limits, 'layer 0');
    await expect(reading).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('ends the blob when the tar is refused', async () => {
    const bad = Buffer.concat([header({ checksum: 'wrong' }), Buffer.alloc(100_000)]);
    let ended = false;
    async function* source() {
      try {
        yield* pieces(bad, 1000);
      } finally {
        ended = true;
      }
    }
    const layer = {
      blob: { mediaType: MEDIA.ociLayer, digest: sha256(bad), size: bad.length },
      diffId: sha256(bad),
    };
    const reading = readLayer(source(), layer, new Collector(), DEFAULT_LIMITS, 'layer \u001b[31m0');
    await expect(reading).rejects.toMatchObject({
      code: 'TAR_INVALID',
      problem: { where: 'layer \\u{1b}[31m0' },
    });
    expect(ended).toBe(true);
  });
});
