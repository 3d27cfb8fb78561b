import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readLayer } from '../../src/io/layer.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/io/limits.ts';
import { parseDigest } from '../../src/model/digest.ts';
import {
  type Bomb,
  boastfulFile,
  emptyMembers,
  nestedGzip,
  sparseHole,
  zerosInGzip,
  zerosInZstd,
} from '../support/bombs.ts';
import { header } from './tar-parts.ts';

const MiB = 2 ** 20;
const PIECE = 4096;
const promised = parseDigest(`sha256:${'0'.repeat(64)}`);

/** Reads a layer, given without an end where it has none; tells the fault, and how much was taken of either side. */
async function read({ mediaType, blob }: Bomb, limits: Partial<Limits> = {}, isEndless = false) {
  const taken = { stored: 0, written: 0 };
  async function* source() {
    do {
      for (let at = 0; at < blob.length; at += PIECE) {
        const piece = blob.subarray(at, at + PIECE);
        taken.stored += piece.length;
        yield piece;
      }
    } while (isEndless);
  }
  const count = (length: number) => {
    taken.written += length;
  };
  const sink = { entry() {}, end() {}, data: (bytes: Uint8Array) => count(bytes.length), hole: count };
  const layer = { blob: { mediaType, digest: promised, size: 1 }, diffId: promised };
  const reading = readLayer(source(), layer, sink, { ...DEFAULT_LIMITS, ...limits }, 'a bomb');
  const { code, problem } = await reading.then(
    () => ({ code: 'read', problem: { what: '' } }),
    (thrown) => thrown,
  );
  return { code, what: problem.what as string, ...taken };
}

const oneGiB = header({ name: 'zeros', size: 2 ** 30 });

describe('a bomb', () => {
  it.each([
    ['gzip', zerosInGzip(oneGiB, 2 ** 30)],
    ['zstd', zerosInZstd(oneGiB, 2 ** 30)],
  ])('of zeros in %s is refused at the first byte past the limit', async (_kind, bomb) => {
    const { code, what, stored, written } = await read(bomb, { expandedBytes: 8 * MiB });
    expect([code, what]).toEqual(['LIMIT_EXCEEDED', `the layer unpacks to more than ${8 * MiB} bytes`]);
    expect(written).toBeLessThan(8 * MiB);
    // Deflate makes a thousandth of them, zstd less; what was read ahead is a few pieces.
    expect(stored).toBeLessThan((16 * MiB) / 1000 + 40 * PIECE);
  });

  it('that is a file which claims more than is allowed is refused by its header', async () => {
    const { code, what, written } = await read(boastfulFile());
    expect([code, written]).toEqual(['LIMIT_EXCEEDED', 0]);
    expect(what).toContain(`more than ${DEFAULT_LIMITS.writtenBytes} bytes`);
  });

  it('that is a hole in a sparse file is refused before any of it is written', async () => {
    expect(await read(sparseHole())).toMatchObject({ code: 'LIMIT_EXCEEDED', written: 0 });
  });

  it('of many files is refused by what they take together', async () => {
    const files = Array.from({ length: 5 }, (_, index) => [
      header({ name: `f${index}`, size: 512 }),
      Buffer.alloc(512),
    ]);
    const bomb = { ...boastfulFile(), blob: gzipSync(Buffer.concat(files.flat())) };
    expect(await read(bomb, { writtenBytes: 2047 })).toMatchObject({ code: 'LIMIT_EXCEEDED', written: 1536 });
  });

  it.each([
    ['empty gzip members', emptyMembers(1000)],
    ['gzip members of one byte', { ...emptyMembers(0), blob: repeated(gzipSync('\0')) }],
    ['empty zstd frames', { ...emptyMembers(0), blob: repeated(zstdCompressSync('')) }],
    ['skippable zstd frames', { ...emptyMembers(0), blob: repeated(Buffer.from('502a4d1800000000', 'hex')) }],
  ])('of %s without an end is refused when they are more than there is in them', async (_what, bomb) => {
    const { code, what, stored } = await read(bomb, { emptyMembers: 2000 }, true);
    expect([code, what]).toEqual([
      'LIMIT_EXCEEDED',
      'the layer has more gzip members or zstd frames than contents for them',
    ]);
    expect(stored).toBeLessThan((2100 * bomb.blob.length) / 1000 + 40 * PIECE);
  });

  it('of members that each hold a file passes that limit', async () => {
    const one = gzipSync(Buffer.concat([header({ name: 'f' })]));
    const many = { ...emptyMembers(0), blob: Buffer.concat(new Array<Buffer>(300).fill(one)) };
    expect(await read(many, { emptyMembers: 1 })).toMatchObject({ code: 'DIFF_ID_MISMATCH' });
  });

  it('of gzip in gzip is unpacked once, and is no tar', async () => {
    expect(await read(nestedGzip(10))).toMatchObject({ code: 'TAR_INVALID', written: 0 });
  });
});

function repeated(one: Uint8Array): Buffer {
  return Buffer.concat(new Array<Uint8Array>(1000).fill(one));
}
