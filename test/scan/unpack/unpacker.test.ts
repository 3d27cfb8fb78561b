import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../../../src/io/limits.ts';
import { createDecodingScanner } from '../../../src/scan/base64/decoding-scanner.ts';
import { HitBudget } from '../../../src/scan/hit-budget.ts';
import { scanLayer } from '../../../src/scan/scan-layer.ts';
import { ArchiveWatch } from '../../../src/scan/unpack/archive-watch.ts';
import { Unpacker } from '../../../src/scan/unpack/unpacker.ts';
import { FAR, ZEROS } from '../../io/compression/packed-samples.ts';
import { PACKERS } from '../../io/compression/packers.ts';
import { makeZip } from '../../io/zip/zip-parts.ts';
import { fakeToken, inPieces, makeLayer, makeTar, type TestEntry } from '../images.ts';
import { makeScanner } from '../scan-text.ts';

type Named = [name: string, content: Buffer];

const EMPTY_BZIP2 = Buffer.from('QlpoORdyRThQkAAAAAA=', 'base64');
const TOKEN = fakeToken('in an archive');

async function scan(entries: readonly TestEntry[], changes: Partial<Limits> = {}) {
  const limits = { ...DEFAULT_LIMITS, ...changes };
  const { layer, blob } = await makeLayer(entries);
  return scanLayer(inPieces(blob), layer, createDecodingScanner(makeScanner({ limits }), limits), limits);
}

async function unseen(name: string, content: Buffer): Promise<readonly (readonly unknown[])[]> {
  const { hits } = await scan([{ name, content }]);
  return hits
    .filter(({ hit }) => hit.rule === 'secrets.unscanned')
    .map(({ path, hit }) => [path, hit.args['reason']]);
}

async function inTars(depth: number, content: Buffer): Promise<Buffer> {
  let bytes = content;
  for (let level = 0; level < depth; level++)
    bytes = gzipSync(await makeTar([{ name: 'in', content: bytes }]));
  return bytes;
}

describe('archives in a layer', () => {
  it('are never taken for empty while one is still being read', async () => {
    const budget = new HitBudget(DEFAULT_LIMITS.hitsPerImage, 'layer 0');
    const unpacker = new Unpacker(makeScanner(), DEFAULT_LIMITS, budget, 'layer 0', () => false);
    const watch = new ArchiveWatch(unpacker);
    watch.begin('x.gz', 0);
    watch.write(gzipSync(TOKEN));
    watch.end();
    expect(() => watch.finish()).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    await watch.settle();
    expect(watch.finish().map(({ hit }) => hit.rule)).toEqual(['secrets.github-token']);
  });

  it.each([
    ['x.xz', Buffer.from('fd377a585a000004', 'hex'), 'damaged'],
    ['x.bz2', Buffer.from('425a6839314159265359', 'hex'), 'damaged'],
    ['x.lzma', Buffer.from(`5d00008000${'ff'.repeat(8)}`, 'hex'), 'damaged'],
    ['sized.lzma', Buffer.from(`5d00008000${'03'.padEnd(16, '0')}00ffffffff`, 'hex'), 'damaged'],
    ['x.lz', Buffer.from('LZIP\x01\x0c', 'latin1'), 'damaged'],
    ['x.lz4', Buffer.from('04224d1860408205000000', 'hex'), 'damaged'],
    ['x.Z', Buffer.from('1f9d90ffffff', 'hex'), 'damaged'],
    ['far.xz', Buffer.from(FAR, 'base64'), 'dictionary over 32 MiB'],
    ['two.bz2', Buffer.concat([EMPTY_BZIP2, Buffer.from('BZh9')]), 'damaged'],
    ['x.7z', Buffer.from('377abcaf271c0004', 'hex'), '7z'],
    ['x.rar', Buffer.from('Rar!\x1a\x07\x01\x00', 'latin1'), 'rar'],
    ['x.rpm', Buffer.from('edabeedb03000000', 'hex'), 'rpm'],
    ['cut.gz', gzipSync(TOKEN.repeat(50)).subarray(0, 40), 'damaged'],
    ['changed.gz', Buffer.concat([gzipSync('abc').subarray(0, -8), Buffer.alloc(8)]), 'damaged'],
    [
      'trailed.gz',
      Buffer.concat([gzipSync(Buffer.alloc(100_000, 'ab')), Buffer.alloc(70_000, 'x')]),
      'damaged',
    ],
    ['cut.zip', makeZip([{ name: 'a', content: 'abc', method: 'stored' }]).subarray(0, 30), 'damaged'],
  ])('that cannot be read are told: %s', async (name, content, reason) => {
    expect(await unseen(name, content)).toEqual([[name, reason]]);
  });

  it('tells of entries that it cannot read, and reads the others', async () => {
    const content = makeZip([
      { name: 'locked', content: 'abc', isEncrypted: true },
      { name: 'lzma', content: 'abc', method: 14 },
      { name: 'damaged', content: 'abc', method: 8 },
      { name: 'open', content: TOKEN },
    ]);
    content.fill(0xff, content.indexOf('damaged') + 7, content.indexOf('damaged') + 10);
    const { hits } = await scan([{ name: 'a.zip', content }]);
    expect(hits.map(({ path, hit }) => [path, hit.rule, hit.args['reason']])).toEqual([
      ['a.zip!/locked', 'secrets.unscanned', 'encrypted'],
      ['a.zip!/lzma', 'secrets.unscanned', 'zip method 14'],
      ['a.zip!/damaged', 'secrets.unscanned', 'damaged'],
      ['a.zip!/open', 'secrets.github-token', undefined],
    ]);
  });

  it.each(Object.entries(PACKERS))(
    'finds what stands in a file before it is damaged: %s',
    async (_, pack) => {
      const packed = pack(
        Buffer.from(`${TOKEN}\n${Array.from({ length: 3000 }, (_, index) => index).join()}`),
      );
      const { hits } = await scan([{ name: 'x', content: packed.fill(0xff, packed.length - 300) }]);
      const told = hits.map(({ path, hit }) => [path, hit.rule]);
      expect(told).toContainEqual(['x', 'secrets.unscanned']);
      // A block of bzip2 is there as a whole, or not at all.
      if (pack !== PACKERS.bzip2) expect(told).toContainEqual(['x!/x', 'secrets.github-token']);
    },
  );

  it('finds what stands in an archive before it is cut off', async () => {
    const tar = await makeTar([
      { name: 'a', content: TOKEN },
      { name: 'b', content: Buffer.alloc(100_000, 'ab') },
    ]);
    const { hits } = await scan([{ name: 'x.tar', content: tar.subarray(0, 3000) }]);
    expect(hits.map(({ path, hit }) => [path, hit.rule])).toEqual([
      ['x.tar!/a', 'secrets.github-token'],
      ['x.tar!/b', 'secrets.unscanned'],
    ]);
  });

  it('lists so many that stay unseen, and counts the rest', async () => {
    const content = makeZip(
      Array.from({ length: 12 }, (_, index) => ({ name: `n${index}`, content: 'x', isEncrypted: true })),
    );
    const { hits } = await scan([{ name: 'a.zip', content }], { hitsPerRule: 5 });
    expect(hits).toHaveLength(5);
    expect(hits.at(-1)?.hit.args['more']).toBe(7);
  });

  it.each([
    'x^2 + y^2',
    'x\x01y',
    'PK',
    'PK\x03\x04',
    '\x1f\x8b',
    '!<arch>\nlibx.o',
    'BZh9 is a name',
    '\x7fELF',
    `\x7fELF PK\x03\x04${'\x01'.repeat(60)}`,
    'MZ',
  ])('are not what only begins like one: %j', async (text) => {
    expect(await unseen('x', Buffer.from(text, 'latin1'))).toEqual([]);
  });

  it('are told once, where a value lies deepest, and twice where two of them hold it', async () => {
    const stored = makeZip([{ name: 'a', content: TOKEN, method: 'stored' }]);
    const both = await makeTar([
      { name: 'x', content: TOKEN },
      { name: 'y', content: TOKEN },
    ]);
    const { hits } = await scan([
      { name: 's.zip', content: stored },
      { name: 'b.tar', content: both },
    ]);
    expect(hits.map(({ path }) => path)).toEqual(['s.zip!/a', 'b.tar!/x', 'b.tar!/y']);
  });

  it('leave a witness of the file, for the package that it may have come with', async () => {
    const { packages, hits } = await scan([{ name: 'usr/share/doc/x.gz', content: gzipSync(TOKEN) }]);
    expect(hits).toMatchObject([{ ordinal: 0, path: 'usr/share/doc/x.gz!/x' }]);
    expect(packages.witnesses.has(0)).toBe(true);
  });

  it('show a miner as what it is by itself', async () => {
    const config = '{"pools":[{"url":"stratum+tcp://pool.minexmr.com:4444"}],"donate-level":1,"randomx":{}}';
    const { hits } = await scan([
      { name: 'm.tar', content: await makeTar([{ name: 'config.json', content: config }]) },
    ]);
    expect(hits.map(({ path, hit }) => [path, hit.rule])).toEqual([
      ['m.tar!/config.json', 'miners.configuration'],
    ]);
  });

  it('keep secrets out of the paths that are told', async () => {
    const inner = makeZip([{ name: `${fakeToken('two')}/x`, content: `y ${TOKEN}` }]);
    const { hits } = await scan([{ name: `${TOKEN}.zip`, content: inner }]);
    expect(new Set(hits.map(({ path }) => path))).toEqual(
      new Set(['[secret].zip', '[secret].zip!/[secret]/x']),
    );
    expect(JSON.stringify(hits)).not.toMatch(/gh[p]_/);
  });
});

describe('the limits of archives', () => {
  it('let five archives in each other through, and not six', async () => {
    expect((await scan([{ name: 'x', content: await inTars(5, Buffer.from(TOKEN)) }])).hits).toHaveLength(1);
    await expect(scan([{ name: 'x', content: await inTars(6, Buffer.from(TOKEN)) }])).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      problem: { next: expect.stringContaining('limits.archive-depth') },
    });
  });

  it.each<Named>([
    ['gzip', gzipSync(Buffer.alloc(3_000_000))],
    ['gzip members', Buffer.concat(Array.from({ length: 4 }, () => gzipSync(Buffer.alloc(700_000))))],
    ['zip', makeZip([{ name: 'a', content: Buffer.alloc(3_000_000) }])],
    ['gzip in zip', makeZip([{ name: 'a', content: gzipSync(Buffer.alloc(3_000_000)) }])],
    ['lz4', Buffer.concat(Array.from({ length: 50 }, () => PACKERS.lz4(Buffer.alloc(60_000))))],
    ...ZEROS.map(([packing, base64]): Named => [packing, Buffer.from(base64, 'base64')]),
  ])('end a bomb: %s', async (_name, content) => {
    await expect(scan([{ name: 'x', content }], { archiveBytes: 2_000_000 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      problem: { next: expect.stringContaining('limits.archive-bytes') },
    });
    await expect(scan([{ name: 'x', content }], { archiveBytes: 4_000_000 })).resolves.toBeDefined();
  });

  it('hold for all archives of a layer together', async () => {
    const content = gzipSync(Buffer.alloc(400_000));
    const entries = ['a', 'b', 'c'].map((name) => ({ name, content }));
    await expect(scan(entries, { archiveBytes: 1_000_000 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });

  it.each<Named>([
    ['zip entries', makeZip(Array.from({ length: 30 }, (_, index) => ({ name: `n${index}`, content: '' })))],
    ['gzip members', Buffer.concat(Array.from({ length: 30 }, () => gzipSync(Buffer.alloc(70_000, 'ab'))))],
    ...(['xz', 'lzip', 'bzip2', 'lz4'] as const).map((packing): Named => {
      const one = PACKERS[packing](Buffer.from('x'));
      return [packing, Buffer.concat(Array.from({ length: 30 }, () => one))];
    }),
  ])('count what archives hold: %s', async (_name, content) => {
    await expect(scan([{ name: 'x', content }], { archiveMembers: 20 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      problem: { next: expect.stringContaining('limits.archive-members') },
    });
  });

  it('end an image that is flooded with findings', async () => {
    const content = Array.from({ length: 60 }, (_, index) => fakeToken(`flood ${index}`)).join('\n');
    const flooded = [{ name: 'a.zip', content: makeZip([{ name: 'x', content }]) }];
    await expect(scan(flooded, { hitsPerImage: 59 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      problem: { next: expect.stringContaining('limits.hits-per-image') },
    });
    expect((await scan(flooded, { hitsPerImage: 60 })).hits).toHaveLength(60);
  });

  it('leave the scanner fit for the next layer', async () => {
    const scanner = createDecodingScanner(makeScanner(), DEFAULT_LIMITS);
    const bomb = await makeLayer([{ name: 'x', content: gzipSync(Buffer.alloc(3_000_000)) }]);
    const other = await makeLayer([{ name: 'y', content: gzipSync(TOKEN) }]);
    const tight = { ...DEFAULT_LIMITS, archiveBytes: 1000 };
    await expect(scanLayer(inPieces(bomb.blob), bomb.layer, scanner, tight)).rejects.toThrow();
    const { hits } = await scanLayer(inPieces(other.blob), other.layer, scanner, DEFAULT_LIMITS);
    expect(hits).toHaveLength(1);
  });

  it('pass over a hole of many gigabytes in what begins like an archive', async () => {
    const size = 40 * 1024 ** 3;
    const start = gzipSync(TOKEN);
    const { hits } = await scan([
      {
        name: 'x',
        content: start,
        pax: {
          'GNU.sparse.major': '0',
          'GNU.sparse.minor': '1',
          'GNU.sparse.size': String(size),
          'GNU.sparse.numblocks': '1',
          'GNU.sparse.map': `0,${start.length}`,
        },
      },
    ]);
    expect(hits.map(({ path }) => path)).toEqual(['x!/x', 'x']);
  });
});
