import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import { createImageScanner } from '../../../src/scan/image-scanner.ts';
import { scanLayer } from '../../../src/scan/scan-layer.ts';
import { END, file, header, seal } from '../../io/tar-parts.ts';
import { localEntry, makeZip } from '../../io/zip/zip-parts.ts';
import {
  inPieces,
  makeLayer,
  makeLayerOf,
  makeTar,
  type TestEntry,
  type TestLayer,
  validToken,
} from '../images.ts';

const TOKEN = validToken('evaded');
/** Compressed, so that nobody sees the token who does not look into it. */
const PACKED = gzipSync(`T=${TOKEN}\n`);
const LIMITS = DEFAULT_LIMITS;

async function read({ layer, blob }: TestLayer, piece = 1000) {
  const { hits } = await scanLayer(
    inPieces(blob, piece),
    layer,
    createImageScanner(undefined, LIMITS),
    LIMITS,
  );
  return hits.map(({ path, hit }) => [path, hit.args['reason'] ?? hit.rule]);
}

async function found(name: string, content: Buffer, more: Partial<TestEntry> = {}) {
  return read(await makeLayer([{ name, content, ...more }]));
}

const at = (path: string) => [path, 'secrets.github-token'];
const entry = (name: string, content: Buffer | string) => localEntry({ name, content });

describe('a token is found, or its hiding place is told,', () => {
  it('in a zip entry that the one before it claims to cover', async () => {
    for (const method of ['stored', 'deflated'] as const) {
      const first = localEntry({ name: 'first', content: 'abc', method });
      first.writeUInt32LE(first.length + 500, 18);
      const zip = Buffer.concat([first, entry('env.gz', PACKED), Buffer.alloc(600)]);
      expect((await found('a.zip', zip)).at(-1), method).toEqual(
        at(method === 'stored' ? 'a.zip!/first!/env.gz!/env' : 'a.zip!/env.gz!/env'),
      );
    }
  });

  it('in a zip entry that is said to be encrypted and to cover the rest', async () => {
    const locked = localEntry({ name: 'locked', content: 'abc', isEncrypted: true });
    locked.writeUInt32LE(9000, 18);
    expect(await found('a.zip', Buffer.concat([locked, entry('env.gz', PACKED)]))).toEqual([
      ['a.zip!/locked', 'encrypted'],
      at('a.zip!/env.gz!/env'),
    ]);
  });

  it('in a stored zip entry with a descriptor that nobody can know', async () => {
    const first = localEntry({ name: 'first', content: 'abc', method: 'stored', descriptor: 'bare' });
    expect(await found('a.zip', Buffer.concat([first, entry('env.gz', PACKED)]))).toEqual([
      at('a.zip!/first!/env.gz!/env'),
      ['a.zip!/first', 'damaged'],
    ]);
  });

  it('in a zip entry of which the header says less than the directory', async () => {
    for (const size of [0, 1, 9]) {
      const zip = makeZip([{ name: 'env.gz', content: PACKED, method: 'stored' }]);
      zip.writeUInt32LE(size, 18);
      expect(await found('a.zip', zip), String(size)).toContainEqual(['a.zip', 'damaged']);
    }
  });

  it('in a zip behind anything, wherever the layer is cut', async () => {
    const zip = makeZip([{ name: 'env.gz', content: PACKED }]);
    const picture = Buffer.concat([
      Buffer.from('\xff\xd8\xff\xe0 a picture P PK PK\x03', 'latin1'),
      Buffer.alloc(700, 'PK'),
      zip,
    ]);
    const empty = Buffer.from(`PK\u0005\u0006${'\0'.repeat(18)}`, 'latin1');
    const layer = makeLayerOf(
      await makeTar([{ name: 'a.jpg', content: picture }]),
      (tar) => Buffer.from(tar),
      MEDIA.ociLayer,
    );
    for (const piece of [1, 2, 3, 5, 7, 64, 511, 512, 513, 1300, 1e6])
      expect(await read(layer, piece), String(piece)).toEqual([at('a.jpg!/env.gz!/env')]);
    expect(await found('b.zip', Buffer.concat([empty, zip]))).toEqual([at('b.zip!/env.gz!/env')]);
    expect(await found('c.zip', Buffer.concat([Buffer.from('PK00'), zip]))).toEqual([
      at('c.zip!/env.gz!/env'),
    ]);
  });

  it('in a zip behind anything in an archive', async () => {
    const inner = Buffer.concat([Buffer.from('a picture'), makeZip([{ name: 'env', content: TOKEN }])]);
    expect(await found('a.tgz', gzipSync(await makeTar([{ name: 'x.jpg', content: inner }])))).toEqual([
      at('a.tgz!/x.jpg!/env'),
    ]);
  });

  it('in a tar that begins with an entry without a name', async () => {
    const tar = Buffer.concat([file('', 'x'), file('env.gz', PACKED.toString('latin1')), END]);
    expect(await found('a.tar', tar)).toEqual([at('a.tar!/env.gz!/env')]);
  });

  it('in a tar behind the end of another', async () => {
    const one = await makeTar([{ name: 'x', content: 'y' }]);
    const two = await makeTar([{ name: 'env.gz', content: PACKED }]);
    const path = 'a.tar!/env.gz!/env';
    expect(await found('a.tar', Buffer.concat([one, two]))).toEqual([at(path)]);
    expect(await found('a.tar', Buffer.concat([one, Buffer.alloc(512 * 3000), two]))).toEqual([at(path)]);
    expect(await found('a.tar', Buffer.concat([one, Buffer.alloc(700, 'no tar')]))).toEqual([]);
  });

  it('in a tar behind a sparse file of the old form', async () => {
    const sparse = header({ name: 'sparse', type: 'S', size: 512 });
    sparse[482] = 1;
    seal(sparse);
    const [map, last] = [Buffer.alloc(512), Buffer.alloc(512)];
    map[504] = 1;
    const tar = Buffer.concat([
      sparse,
      map,
      last,
      Buffer.alloc(512, 'x'),
      file('env.gz', PACKED.toString('latin1')),
      END,
    ]);
    expect(await found('a.tar', tar)).toEqual([at('a.tar!/env.gz!/env')]);
  });

  it('in a tar in which a folder claims to have content', async () => {
    const folder = header({ name: 'folder', type: '5', size: 512 });
    const tar = Buffer.concat([
      folder,
      header({ name: 'covers', size: 99_999 }),
      file('env.gz', PACKED.toString('latin1')),
      END,
    ]);
    expect(await found('a.tar', tar)).toContainEqual(['a.tar!/covers', 'damaged']);
    const plain = Buffer.concat([folder, file('env.gz', PACKED.toString('latin1')), END]);
    expect(await found('a.tar', plain)).toEqual([at('a.tar!/env.gz!/env'), ['a.tar', 'damaged']]);
  });

  it('in a zip behind a tar, and behind what only begins like zlib', async () => {
    const zip = makeZip([{ name: 'env.gz', content: PACKED }]);
    const tar = await makeTar([{ name: 'x', content: 'y' }]);
    for (const before of [
      tar,
      Buffer.concat([tar, Buffer.alloc(5000, 'no tar')]),
      Buffer.from('x\x9c no zlib', 'latin1'),
    ])
      expect(await found('a', Buffer.concat([before, zip]))).toEqual([at('a!/env.gz!/env')]);
  });

  it('in an entry whose name is longer than anybody writes', async () => {
    const zip = makeZip([{ name: 'n'.repeat(5000), content: PACKED, method: 'stored' }]);
    expect(await found('a', Buffer.concat([makeZip([{ name: 'x', content: 'y' }]), zip]))).toEqual([
      ['a', 'damaged'],
    ]);
  });

  it('in a tar whose first header has a hole in it', async () => {
    const tar = await makeTar([{ name: 'env.gz', content: PACKED }]);
    const used = tar.subarray(0, 512).findLastIndex((byte) => byte !== 0) + 1;
    const map = [0, used, 512, tar.length - 512];
    const sparse = {
      'GNU.sparse.major': '0',
      'GNU.sparse.minor': '1',
      'GNU.sparse.size': String(tar.length),
      'GNU.sparse.numblocks': '2',
      'GNU.sparse.map': map.join(','),
    };
    const content = Buffer.concat([tar.subarray(0, used), tar.subarray(512)]);
    expect(await found('a.tar', content, { pax: sparse })).toEqual([at('a.tar!/env.gz!/env')]);
  });

  it('in a gzip in a zip in a tar, five deep and no deeper', async () => {
    const deep = async (archives: number) => {
      let bytes: Buffer = PACKED;
      for (let level = 1; level < archives; level++)
        bytes =
          level % 2 === 0
            ? gzipSync(bytes)
            : makeZip([{ name: 'in', content: bytes, method: level % 3 === 0 ? 'stored' : 'deflated' }]);
      return found('x', bytes);
    };
    expect(await deep(5)).toHaveLength(1);
    await expect(deep(6)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('in an lzma file', async () => {
    const bytes = Buffer.concat([Buffer.from('5d00008000ffffffffffffffff', 'hex'), Buffer.alloc(50, 'x')]);
    expect(await found('a.lzma', bytes)).toEqual([['a.lzma', 'damaged']]);
  });

  it('behind 100,000 tiny things in a zip, in seconds of the processor', async () => {
    const many = Array.from({ length: 100_000 }, (_, index) =>
      localEntry({ name: `n${index}`, content: '', method: 'stored' }),
    );
    const before = process.cpuUsage();
    const zip = Buffer.concat([...many, entry('env', TOKEN)]);
    expect(await found('a.zip', zip)).toEqual([at('a.zip!/env')]);
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(30);
  }, 60_000);
});

describe('a layer that cannot be read on', () => {
  it('in the middle of an archive ends at once, and leaves the next one as it is', async () => {
    const bomb = gzipSync(Buffer.concat(Array.from({ length: 40 }, () => gzipSync(Buffer.alloc(2 ** 20)))));
    const tar = await makeTar([
      { name: 'a.gz', content: bomb },
      { name: 'b', content: randomBytes(100_000) },
      { name: 'c.gz', content: PACKED },
    ]);
    const one = makeLayerOf(tar, (bytes) => Buffer.from(bytes), MEDIA.ociLayer);
    const scanner = createImageScanner(undefined, LIMITS);
    for (const size of [600, 1500, bomb.length - 100, bomb.length + 2000, tar.length - 1500]) {
      const cut = async function* () {
        yield* inPieces(tar.subarray(0, size), 777);
        throw new Error('the line is cut');
      };
      await expect(scanLayer(cut(), one.layer, scanner, LIMITS)).rejects.toThrow('the line is cut');
    }
    const other = await makeLayer([{ name: 'c.gz', content: PACKED }]);
    const { hits } = await scanLayer(inPieces(other.blob), other.layer, scanner, LIMITS);
    expect(hits.map(({ path }) => path)).toEqual(['c.gz!/c']);
  });

  it('is left in the middle of an archive once nobody waits for it', async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 26));
    const { layer, blob } = await makeLayer([{ name: 'a.gz', content: bomb }]);
    let asked = 0;
    const isOver = () => ++asked > 5;
    const left = scanLayer(inPieces(blob), layer, createImageScanner(undefined, LIMITS), LIMITS, { isOver });
    await expect(left).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(asked).toBeLessThan(20);
  });
});

describe('archives that are made at random', () => {
  const parts = fc.array(
    fc.oneof(
      fc.constantFrom(PACKED, END, file('x', 'y'), makeZip([{ name: 'x', content: 'y' }]), entry('e', 'abc')),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    ),
    { minLength: 1, maxLength: 8 },
  );

  it('end in hits or in a limit, the same however the layer is cut', async () => {
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 3000 }), async (pieces, size) => {
        const tar = await makeTar([{ name: 'x', content: Buffer.concat(pieces) }]);
        const layer = makeLayerOf(tar, (bytes) => Buffer.from(bytes), MEDIA.ociLayer);
        const outcome = (piece: number) => read(layer, piece).catch((fault: { code: string }) => fault.code);
        const whole = await outcome(1e6);
        expect(Array.isArray(whole) || whole === 'LIMIT_EXCEEDED').toBe(true);
        expect(await outcome(size)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });
});
