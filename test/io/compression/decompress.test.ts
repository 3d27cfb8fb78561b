import { crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../../src/io/compression/decompress.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/io/limits.ts';
import { readAll } from '../../../src/io/verified.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import { pieces } from '../layers.ts';

const text = Buffer.from('some content '.repeat(50));

async function unpack(
  blob: Uint8Array,
  mediaType: string = MEDIA.ociLayerGzip,
  pieceBytes = 100,
  limits: Partial<Limits> = {},
) {
  const stream = decompress(pieces(blob, pieceBytes), mediaType, { ...DEFAULT_LIMITS, ...limits }, 'a test');
  return Buffer.from(await readAll(stream, 1e9, 'a test'));
}

async function codeOf(...of: Parameters<typeof unpack>): Promise<string> {
  try {
    await unpack(...of);
    return 'accepted';
  } catch (thrown) {
    return String((thrown as { code?: unknown }).code);
  }
}

interface MemberParts {
  readonly flags?: number;
  readonly method?: number;
  /** what follows the ten fixed bytes */
  readonly fields?: Uint8Array;
  readonly crc?: number;
  readonly length?: number;
}

/** One gzip member with every byte in our hands. */
function member(
  content: Uint8Array,
  { flags = 0, method = 8, fields = new Uint8Array(0), crc, length }: MemberParts = {},
): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc ?? crc32(content), 0);
  trailer.writeUInt32LE(length ?? content.length, 4);
  return Buffer.concat([
    Buffer.from([0x1f, 0x8b, method, flags, 0, 0, 0, 0, 0, 255]),
    fields,
    deflateRawSync(content),
    trailer,
  ]);
}

function skippable(content: Uint8Array, magic = 0x50): Buffer {
  const head = Buffer.from([magic, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

describe('media types', () => {
  it.each([
    '',
    'application/vnd.example.layer',
    'application/vnd.oci.image.layer.v1.TAR',
    'application/vnd.oci.image.layer.v1.tar+gzip; charset=utf-8',
    'application/vnd.oci.image.layer.v1.tar+gzip+encrypted',
    'application/vnd.docker.image.rootfs.diff.tar.zstd',
    'application/vnd.docker.image.rootfs.diff.tar+gzip',
    'application/vnd.oci.image.layer.v1.tar+GZIP',
    'application/vnd.oci.image.layer.v1.tar+',
    'application/vnd.erofs.layer.v1',
    MEDIA.ociConfig,
  ])('%j is refused', async (mediaType) => {
    expect(await codeOf(gzipSync(text), mediaType)).toBe('MEDIA_TYPE_UNKNOWN');
  });

  it.each([
    MEDIA.ociLayerGzip,
    MEDIA.ociLayerZstd,
    MEDIA.dockerLayer,
    MEDIA.dockerLayerGzip,
    MEDIA.dockerLayerForeign,
    MEDIA.dockerLayerForeignGzip,
    `${MEDIA.ociLayer}+zstd+gzip`,
    `${MEDIA.ociLayerNondistributable}+gzip`,
    `${MEDIA.ociLayerNondistributable}+zstd`,
  ])('%s is unpacked by its first bytes, as containerd does', async (mediaType) => {
    for (const blob of [
      gzipSync(text),
      zstdCompressSync(text),
      text,
      Buffer.concat([skippable(text), zstdCompressSync(text)]),
    ]) {
      expect(await unpack(blob, mediaType)).toEqual(text);
    }
    for (const magic of ['BZh91AY', '\u00fd7zXZ\0\0']) {
      expect(await codeOf(Buffer.from(`${magic}and more`, 'latin1'), mediaType)).toBe('COMPRESSION_INVALID');
    }
    expect(await codeOf(Buffer.alloc(0), mediaType)).toBe('COMPRESSION_INVALID');
  });

  it('a plain type is taken at its word, and refused where others would unpack it', async () => {
    expect(await unpack(text, MEDIA.ociLayer)).toEqual(text);
    expect(await unpack(Buffer.alloc(0), MEDIA.ociLayer)).toHaveLength(0);
    expect(await codeOf(gzipSync(text), MEDIA.ociLayer)).toBe('COMPRESSION_INVALID');
    expect(await codeOf(zstdCompressSync(text), MEDIA.ociLayer)).toBe('COMPRESSION_INVALID');
  });
});

describe('gzip', () => {
  const name = (length: number) => Buffer.from(`${'n'.repeat(length)}\0`);
  const summed = (flags: number, fields: Buffer) => {
    const sum = Buffer.alloc(2);
    sum.writeUInt16LE(crc32(member(text, { flags, fields }).subarray(0, 10 + fields.length)) & 0xffff);
    return member(text, { flags, fields: Buffer.concat([fields, sum]) });
  };

  it('reads every part of a header', async () => {
    const extra = Buffer.concat([Buffer.from([3, 0]), Buffer.from('abc')]);
    const fields = Buffer.concat([extra, name(3), name(0)]);
    expect(await unpack(member(text, { flags: 0x1c, fields }), undefined, 1)).toEqual(text);
    const withoutSum = member(text, { flags: 0x02 }).subarray(0, 10);
    const sum = Buffer.alloc(2);
    sum.writeUInt16LE(crc32(withoutSum) & 0xffff);
    expect(await unpack(member(text, { flags: 0x02, fields: sum }))).toEqual(text);
  });

  it.each([
    ['a reserved flag', member(text, { flags: 0x20 })],
    ['a name that Go does not read', member(text, { flags: 0x08, fields: name(512) })],
    ['a comment that Go does not read', member(text, { flags: 0x10, fields: name(512) })],
    ['a wrong header checksum', member(text, { flags: 0x02, fields: Buffer.from([1, 2]) })],
    ['a header checksum over a name, which pgzip counts otherwise', summed(0x0a, name(3))],
    ['a wrong checksum', member(text, { crc: 1 })],
    ['a wrong length', member(text, { length: 1 })],
    ['trailing zeros', Buffer.concat([member(text), Buffer.alloc(512)])],
    ['trailing garbage', Buffer.concat([member(text), Buffer.from('garbage that is long enough')])],
    ['a single byte behind', Buffer.concat([member(text), Buffer.from([0x1f])])],
    ['a second member of another method', Buffer.concat([member(text), member(text, { method: 7 })])],
    ['a second member with a reserved flag', Buffer.concat([member(text), member(text, { flags: 0x80 })])],
    [
      'a second member with a long name',
      Buffer.concat([member(text), member(text, { flags: 0x08, fields: name(512) })]),
    ],
    ['a damaged second member', Buffer.concat([member(text), member(text, { crc: 1 })])],
    ['a zstd frame behind', Buffer.concat([member(text), zstdCompressSync(text)])],
  ])('is refused with %s', async (_what, blob) => {
    for (const pieceBytes of [1, 13, 10_000])
      expect(await codeOf(blob, undefined, pieceBytes)).toBe('COMPRESSION_INVALID');
  });

  it('accepts the longest name that Go reads', async () => {
    expect(await unpack(member(text, { flags: 0x08, fields: name(511) }))).toEqual(text);
  });

  it('is refused wherever it is cut off', async () => {
    const blob = Buffer.concat([member(text), member(text, { flags: 0x08, fields: name(5) })]);
    for (let length = 10; length < blob.length; length += 1) {
      const isWhole = length === member(text).length;
      expect(await codeOf(blob.subarray(0, length), undefined, 1000)).toBe(
        isWhole ? 'accepted' : 'COMPRESSION_INVALID',
      );
    }
  });

  it('reads members large and small, one after the other', async () => {
    const noise = Buffer.from(
      Array.from({ length: 300_000 }, (_, at) => (at * 7919 + (at >> 3) * 104_729) & 0xff),
    );
    const parts = [text, noise, Buffer.alloc(0), text, Buffer.alloc(3_000_000), Buffer.alloc(0), noise, text];
    const blob = Buffer.concat(parts.map((part) => member(part)));
    for (const pieceBytes of [5000, 70_000, blob.length]) {
      expect(Buffer.compare(await unpack(blob, undefined, pieceBytes), Buffer.concat(parts))).toBe(0);
    }
  });
});

describe('zstd', () => {
  const frame = zstdCompressSync(text);

  it('reads frames large and small, with skippable ones between', async () => {
    const noise = Buffer.from(
      Array.from({ length: 300_000 }, (_, at) => (at * 7919 + (at >> 3) * 104_729) & 0xff),
    );
    const parts = [text, Buffer.alloc(0), noise, text, Buffer.alloc(3_000_000), text];
    const blob = Buffer.concat([
      skippable(noise),
      ...parts.flatMap((part) => [zstdCompressSync(part), skippable(text, 0x5f)]),
    ]);
    for (const pieceBytes of [777, 70_000, blob.length]) {
      expect(Buffer.compare(await unpack(blob, MEDIA.ociLayerZstd, pieceBytes), Buffer.concat(parts))).toBe(
        0,
      );
    }
  });

  it('is refused wherever it is cut off', async () => {
    const blob = Buffer.concat([frame, skippable(text), frame]);
    const ends = [frame.length, frame.length + skippable(text).length];
    for (let length = 4; length < blob.length; length += 1) {
      const code = await codeOf(blob.subarray(0, length), MEDIA.ociLayerZstd, 1000);
      expect(code).toBe(ends.includes(length) ? 'accepted' : 'COMPRESSION_INVALID');
    }
  });

  it.each([
    ['trailing zeros', Buffer.concat([frame, Buffer.alloc(512)])],
    ['a gzip member behind', Buffer.concat([frame, gzipSync(text)])],
    ['a skippable frame that lies about its length', Buffer.concat([frame, skippable(text).subarray(0, -1)])],
    ['the reserved bit', Buffer.from(frame.map((byte, at) => (at === 4 ? byte | 0x08 : byte)))],
    ['a dictionary', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 1, 1, 0, 0, 65])],
    ['a reserved block type', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 0x0f, 0, 0, 65])],
  ])('is refused with %s', async (_what, blob) => {
    for (const pieceBytes of [1, 1000])
      expect(await codeOf(blob, MEDIA.ociLayerZstd, pieceBytes)).toBe('COMPRESSION_INVALID');
  });

  it('refuses a window that the runtime refuses, by its header alone', async () => {
    const window = (descriptor: number) => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, descriptor, 1, 0, 0]);
    expect(await codeOf(window(17 << 3), MEDIA.ociLayerZstd)).toBe('accepted');
    expect(await codeOf(window((17 << 3) | 1), MEDIA.ociLayerZstd)).toBe('LIMIT_EXCEEDED');
    expect(await codeOf(window(0xff), MEDIA.ociLayerZstd)).toBe('LIMIT_EXCEEDED');
    expect(await codeOf(window(0), MEDIA.ociLayerZstd, 100, { windowBytes: 1023 })).toBe('LIMIT_EXCEEDED');
  });
});

describe('limits', () => {
  const bomb = Buffer.alloc(64 * 2 ** 20);

  it.each([
    ['gzip', gzipSync(bomb)],
    ['zstd', zstdCompressSync(bomb)],
    [
      'gzip in small members',
      Buffer.concat(Array.from({ length: 64 }, () => gzipSync(bomb.subarray(0, 2 ** 20)))),
    ],
    ['nothing', bomb],
  ])('a bomb in %s stops at the first byte too many', async (_what, blob) => {
    let seen = 0;
    const limits = { ...DEFAULT_LIMITS, expandedBytes: 5_000_000 };
    const reading = (async () => {
      for await (const bytes of decompress(pieces(blob, 65_536), MEDIA.ociLayerGzip, limits, 'a test'))
        seen += bytes.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(seen).toBeLessThanOrEqual(limits.expandedBytes);
    expect(await codeOf(blob, undefined, 65_536, { expandedBytes: bomb.length - 1 })).toBe('LIMIT_EXCEEDED');
    expect(await codeOf(blob, undefined, 65_536, { expandedBytes: bomb.length })).toBe('accepted');
  });

  it('bounds members and frames that hold nothing', async () => {
    const members = Buffer.concat(Array.from({ length: 1000 }, () => member(Buffer.alloc(0))));
    const frames = Buffer.concat([
      zstdCompressSync(text),
      ...Array.from({ length: 999 }, () => skippable(Buffer.alloc(0))),
    ]);
    for (const blob of [members, frames]) {
      expect(await codeOf(blob, undefined, 1000, { members: 1000 })).toBe('accepted');
      expect(await codeOf(blob, undefined, 1000, { members: 999 })).toBe('LIMIT_EXCEEDED');
    }
  });
});

describe('streams', () => {
  const large = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 7919 + (at >> 5)) & 0xff));

  it.each([
    ['gzip', gzipSync(large, { level: 1 })],
    ['zstd', zstdCompressSync(large)],
    ['plain', large],
  ])('a reader of %s that stops early ends the source', async (_what, blob) => {
    let ended = false;
    async function* source() {
      try {
        yield* pieces(blob, 1000);
      } finally {
        ended = true;
      }
    }
    for await (const _bytes of decompress(source(), MEDIA.ociLayerGzip, DEFAULT_LIMITS, 'a test')) break;
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(true);
  });

  it('a reader that stops does not wait for a source that gives nothing more', async () => {
    const blob = gzipSync(large, { level: 1 });
    async function* stuck() {
      yield blob.subarray(0, blob.length - 100);
      await new Promise(() => {});
    }
    let count = 0;
    for await (const bytes of decompress(stuck(), MEDIA.ociLayerGzip, DEFAULT_LIMITS, 'a test')) {
      count += bytes.length;
      break;
    }
    expect(count).toBeGreaterThan(0);
  });

  it.each([
    ['gzip', gzipSync(large)],
    ['zstd', zstdCompressSync(large)],
    ['plain', large],
  ])('a fault of the source under %s comes out as it is', async (_what, blob) => {
    const fault = Object.assign(new Error('the line is cut'), { code: 'ECONNRESET' });
    async function* broken() {
      yield* pieces(blob.subarray(0, 2000), 500);
      throw fault;
    }
    const reading = readAll(
      decompress(broken(), MEDIA.ociLayerGzip, DEFAULT_LIMITS, 'a test'),
      1e9,
      'a test',
    );
    await expect(reading).rejects.toBe(fault);
  });
});

describe('properties', () => {
  it('arbitrary damage ends in the same bytes, in a fault with a code, and never in a hang', async () => {
    const blobs = fc.constantFrom(
      Buffer.concat([member(text), member(text)]),
      Buffer.concat([zstdCompressSync(text), skippable(text), zstdCompressSync(text)]),
    );
    const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 3 });
    const result = (blob: Uint8Array, pieceBytes: number) =>
      unpack(blob, undefined, pieceBytes).then(
        (bytes) => bytes.toString('latin1'),
        (thrown: { code?: string }) => thrown.code ?? String(thrown),
      );
    await fc.assert(
      fc.asyncProperty(
        blobs,
        damage,
        fc.integer({ min: 1, max: 300 }),
        async (whole, changes, pieceBytes) => {
          const blob = Buffer.from(whole);
          for (const [at, byte] of changes) if (at < blob.length) blob[at] = byte;
          const found = await result(blob, pieceBytes);
          expect(found).toBe(await result(blob, blob.length));
          if (found.length < 30 && found !== '')
            expect(found).toMatch(/^(?:COMPRESSION_INVALID|LIMIT_EXCEEDED)$/);
        },
      ),
      { numRuns: 150 },
    );
  });
});
