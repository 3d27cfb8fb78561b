import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../../../src/io/limits.ts';
import { scanLayer } from '../../../src/scan/scan-layer.ts';
import { makeZip } from '../../io/zip/zip-parts.ts';
import { makeElf } from '../../support/elf-file.ts';
import { packLikeUpx, type UpxMethod } from '../../support/pack-like-upx.ts';
import { fakeToken, inPieces, makeLayer, makeTar } from '../images.ts';
import { makeScanner } from '../scan-text.ts';

const METHODS = ['nrv2b', 'nrv2d', 'nrv2e', 'lzma'] as const satisfies readonly UpxMethod[];
const TOKEN = fakeToken('in a packed program');
const filler = Buffer.from(Array.from({ length: 200 }, (_, at) => `word ${at} `).join(''));

function program(...strings: readonly string[]): Buffer {
  const bytes = Buffer.concat([filler, Buffer.from(`\0${strings.join('\0')}\0`), filler]);
  return makeElf({ segments: [{ bytes }], sections: [0, 1] });
}

const MINER = program('donate.v2.xmrig.com:3333', 'stratum+ssl://', 'rx/wow', '--donate-level', TOKEN);
const HARMLESS = program('nothing to see');

async function found(content: Buffer, name = 'usr/bin/x', changes: Partial<Limits> = {}) {
  const limits = { ...DEFAULT_LIMITS, ...changes };
  const { layer, blob } = await makeLayer([{ name, content }]);
  const { hits } = await scanLayer(inPieces(blob), layer, makeScanner({ limits }), limits);
  return hits.map(({ path, hit }) => `${path} ${hit.rule}`).sort();
}

describe('packed programs in a layer', () => {
  it.each(METHODS)('are unpacked and judged as what they were: %s, marked and wiped', async (method) => {
    for (const wiped of [false, true])
      expect(await found(packLikeUpx(MINER, method, { wiped }))).toEqual([
        'usr/bin/x!/unpacked miners.program',
        'usr/bin/x!/unpacked secrets.github-token',
      ]);
  });

  it('are told of where they cannot be unpacked, and never taken for clean', async () => {
    const sealed = ['usr/bin/x miners.packed', 'usr/bin/x secrets.unscanned'];
    const packed = packLikeUpx(HARMLESS, 'nrv2e');
    const damaged = Buffer.from(packed).fill(0, 300, 340);
    expect(await found(damaged)).toEqual(sealed);
    expect(await found(packed.subarray(0, 500))).toEqual(sealed);
    expect(await found(packLikeUpx(HARMLESS, 'nrv2e', { methodByte: 16 }))).toEqual(sealed);
    expect(await found(makeElf({ segments: [{ bytes: randomBytes(20_000) }] }))).toEqual(sealed);
  });

  it('are nothing to tell of once they were seen to be harmless', async () => {
    for (const method of METHODS) expect(await found(packLikeUpx(HARMLESS, method))).toEqual([]);
    expect(await found(makeElf({ segments: [{ bytes: filler }] }))).toEqual([]);
  });

  it('are told where they hide, all the same', async () => {
    expect(await found(packLikeUpx(HARMLESS, 'nrv2b'), 'tmp/.cache/x')).toEqual([
      'tmp/.cache/x miners.packed',
    ]);
  });

  it('are found in archives, and packed twice', async () => {
    const packed = packLikeUpx(MINER, 'nrv2d', { wiped: true });
    const tar = await makeTar([
      { name: 'bin/x', content: packed },
      { name: 'bin/y', content: packLikeUpx(HARMLESS, 'nrv2b') },
    ]);
    expect(await found(tar, 'a.tar')).toEqual([
      'a.tar!/bin/x!/unpacked miners.program',
      'a.tar!/bin/x!/unpacked secrets.github-token',
    ]);
    const twice = packLikeUpx(packed, 'nrv2b');
    expect((await found(twice)).filter((line) => line.includes('program'))).toEqual([
      'usr/bin/x!/unpacked!/unpacked miners.program',
    ]);
  });

  it('are looked behind for a zip, packed or not', async () => {
    const zip = makeZip([{ name: 'a', content: TOKEN }]);
    for (const before of [packLikeUpx(HARMLESS, 'nrv2e'), makeElf({ segments: [{ bytes: filler }] })])
      expect(await found(Buffer.concat([before, zip]))).toContain('usr/bin/x!/a secrets.github-token');
  });

  it('are not decided upon where they are larger than allowed', async () => {
    const packed = packLikeUpx(
      makeElf({ segments: [{ bytes: Buffer.alloc(20_000, `${TOKEN}\n`) }] }),
      'nrv2e',
    );
    const limit = (packedProgramBytes: number) => found(packed, 'usr/bin/x', { packedProgramBytes });
    const fault = expect.objectContaining({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/usr\/bin\/x.*packed-program-bytes/),
    });
    await expect(limit(packed.length - 1)).rejects.toThrow(fault);
    await expect(limit(packed.length)).rejects.toThrow(fault); // a block in it is larger
    expect(await limit(20_000)).toEqual(['usr/bin/x!/unpacked secrets.github-token']);
    await expect(found(packed, 'usr/bin/x', { archiveBytes: 1000 })).rejects.toThrow(/archive-bytes/);
  });

  it('are known by facts that do not depend on how the file is cut', () => {
    const packed = packLikeUpx(HARMLESS, 'nrv2e', { methodByte: 16 });
    for (const blockBytes of [64, 1000, 128 * 1024]) {
      const scanner = makeScanner({ blockBytes });
      for (const size of [1, 97, 4096, packed.length]) {
        scanner.begin({ path: 'usr/bin/x' });
        for (let at = 0; at < packed.length; at += size) scanner.write(packed.subarray(at, at + size));
        expect(scanner.end()).toMatchObject([{ rule: 'miners.packed' }]);
      }
    }
  });
});
