import { constants, crc32, deflateRawSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { ByteSource } from '../../../src/io/compression/byte-source.ts';
import { gunzip } from '../../../src/io/compression/gzip.ts';
import { unzstd } from '../../../src/io/compression/zstd.ts';
import { FrameWalker, HEADER_LIMIT, readFrameHeader } from '../../../src/io/compression/zstd-frame.ts';
import { readAll } from '../../../src/io/verified.ts';
import { pieces } from '../layers.ts';

const MiB = 1024 * 1024;
const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.constantFrom(70_000, 700_000).map((length) => new Uint8Array(length).fill(7)),
);
const text = fc.uint8Array({ min: 1, maxLength: 60 });
const pieceBytes = fc.constantFrom(1, 7, 1000, 1e9);
/** Large blobs are cut less finely, or the pieces would take minutes. */
const inPieces = (blob: Uint8Array, size: number) => pieces(blob, Math.max(size, blob.length >> 9));
const nothing = () => {};
const plain = (bytes: Uint8Array | undefined) => bytes && Uint8Array.from(bytes);

/** Bytes cut at these places. */
async function* cutAt(bytes: Uint8Array, places: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  for (const [index, end] of ends.entries()) yield bytes.subarray(ends[index - 1] ?? 0, end);
}

describe('ByteSource', () => {
  type Step = { readonly do: 'next' | 'peek' | 'take' | 'skip' | 'unread'; readonly count: number };
  const step: fc.Arbitrary<Step> = fc.record({
    do: fc.constantFrom('next', 'peek', 'take', 'skip', 'unread'),
    count: fc.nat(40),
  });

  it('gives every byte once and in order, whatever is asked of it and however it is fed', async () => {
    const cuts = fc.array(fc.nat(200), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.nat(200), cuts, fc.array(step), async (length, places, steps) => {
        const bytes = Uint8Array.from({ length }, (_, index) => index);
        const source = new ByteSource(cutAt(bytes, places));
        let at = 0;
        let last: Uint8Array = new Uint8Array(0);
        for (const { do: what, count } of steps) {
          const rest = bytes.subarray(at);
          if (what === 'peek') {
            expect(plain(await source.peek(count))).toEqual(rest.subarray(0, count));
          } else if (what === 'take') {
            const taken = await source.take(count);
            expect(plain(taken)).toEqual(rest.length < count ? undefined : rest.subarray(0, count));
            last = taken ?? last.subarray(0, 0);
            at += taken?.length ?? 0;
          } else if (what === 'skip') {
            const seen: number[] = [];
            expect(await source.skip(count, (part) => seen.push(...part))).toBe(rest.length >= count);
            expect(seen).toEqual([...rest.subarray(0, count)]);
            at += seen.length;
            last = new Uint8Array(0);
          } else if (what === 'next') {
            last = (await source.next()) ?? new Uint8Array(0);
            expect(last.length > 0 || rest.length === 0).toBe(true);
            expect(plain(last)).toEqual(rest.subarray(0, last.length));
            at += last.length;
          } else {
            const back = last.subarray(Math.max(0, last.length - count));
            source.unread(back);
            at -= back.length;
            last = new Uint8Array(0);
          }
          expect(source.position).toBe(at);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('gunzip', () => {
  const field = (flag: number, bytes: Uint8Array) => ({ flag, bytes });
  const header = fc
    .tuple(fc.option(text), fc.option(text), fc.option(text), fc.boolean())
    .map(([extra, name, comment, isSummed]) => ({
      fields: [
        ...(extra === null ? [] : [field(4, Buffer.concat([word(extra.length), extra]))]),
        ...(name === null ? [] : [field(8, Buffer.concat([name, Buffer.alloc(1)]))]),
        ...(comment === null ? [] : [field(16, Buffer.concat([comment, Buffer.alloc(1)]))]),
      ],
      isSummed: isSummed && extra === null && name === null && comment === null,
    }));
  const member = fc
    .tuple(content, header, fc.constantFrom(0, 1, 9))
    .map(([bytes, { fields, isSummed }, level]) => {
      const flags = fields.reduce((sum, { flag }) => sum + flag, isSummed ? 2 : 0);
      const told = Buffer.concat(fields.map((one) => one.bytes));
      const head = Buffer.concat([Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3]), told]);
      const trailer = Buffer.alloc(8);
      trailer.writeUInt32LE(crc32(bytes), 0);
      trailer.writeUInt32LE(bytes.length, 4);
      const sum = isSummed ? word(crc32(head) & 0xffff) : Buffer.alloc(0);
      return { bytes, told, blob: Buffer.concat([head, sum, deflateRawSync(bytes, { level }), trailer]) };
    });

  it('gives back what any members hold, and every byte of their headers beside', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(member, { minLength: 1, maxLength: 4 }),
        pieceBytes,
        async (members, size) => {
          const beside: Uint8Array[] = [];
          let count = 0;
          const source = new ByteSource(inPieces(Buffer.concat(members.map(({ blob }) => blob)), size));
          const stream = gunzip(
            source,
            () => count++,
            (part) => beside.push(Buffer.from(part)),
            'a test',
          );
          const found = await readAll(stream, 1e9, 'a test');
          expect(Buffer.compare(found, Buffer.concat(members.map(({ bytes }) => bytes)))).toBe(0);
          expect(Buffer.concat(beside)).toEqual(Buffer.concat(members.map(({ told }) => told)));
          expect(count).toBe(members.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses what follows the last member, and a member that is cut off anywhere', async () => {
    const reading = (blob: Uint8Array) =>
      readAll(gunzip(new ByteSource(inPieces(blob, 100)), nothing, nothing, 'a test'), 1e9, 'a test');
    await fc.assert(
      fc.asyncProperty(
        member,
        fc.uint8Array({ minLength: 1, maxLength: 20 }),
        fc.nat(),
        async (one, more, at) => {
          fc.pre(more[0] !== 0x1f);
          const refused = expect.objectContaining({ code: 'COMPRESSION_INVALID' });
          await expect(reading(Buffer.concat([one.blob, more]))).rejects.toEqual(refused);
          await expect(reading(one.blob.subarray(0, at % one.blob.length))).rejects.toEqual(refused);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('zstd', () => {
  const frame = fc
    .tuple(content, fc.boolean(), fc.constantFrom(10, 17, 23), fc.boolean())
    .map(([bytes, isSummed, windowLog, isSized]) => ({
      bytes,
      isSkipped: false,
      blob: zstdCompressSync(bytes, {
        params: {
          [constants.ZSTD_c_checksumFlag]: isSummed ? 1 : 0,
          [constants.ZSTD_c_windowLog]: windowLog,
          [constants.ZSTD_c_contentSizeFlag]: isSized ? 1 : 0,
        },
      }),
    }));
  const skipped = fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.nat(15)).map(([bytes, kind]) => {
    const head = Buffer.from([0x50 + kind, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
    head.writeUInt32LE(bytes.length, 4);
    return { bytes, isSkipped: true, blob: Buffer.concat([head, bytes]) };
  });

  it('gives back what any frames hold, and what the skippable ones do beside', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(frame, skipped), { maxLength: 5 }),
        pieceBytes,
        async (frames, size) => {
          const beside: Uint8Array[] = [];
          const source = new ByteSource(inPieces(Buffer.concat(frames.map(({ blob }) => blob)), size));
          const take = (part: Uint8Array) => beside.push(Buffer.from(part));
          const found = await readAll(unzstd(source, nothing, 8 * MiB, take, 'a test'), 1e9, 'a test');
          const bytesOf = (kind: boolean) =>
            Buffer.concat(frames.filter(({ isSkipped }) => isSkipped === kind).map(({ bytes }) => bytes));
          expect(Buffer.compare(found, bytesOf(false))).toBe(0);
          expect(Buffer.concat(beside)).toEqual(bytesOf(true));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('the header of a frame says what it holds, and the walker finds its end in any pieces', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 5 });
    fc.assert(
      fc.property(frame, fc.uint8Array({ maxLength: 9 }), cuts, ({ bytes, blob }, behind, places) => {
        const header = readFrameHeader(blob.subarray(0, HEADER_LIMIT));
        if (typeof header === 'string') throw new Error(header);
        if (header.contentBytes !== undefined) expect(header.contentBytes).toBe(bytes.length);
        const walker = new FrameWalker(header);
        const whole = Buffer.concat([blob, behind]);
        const ends = [...places.map((place) => place % whole.length), whole.length].sort((a, b) => a - b);
        let used = 0;
        let isDone = false;
        for (const [index, end] of ends.entries()) {
          const step = walker.walk(whole.subarray(ends[index - 1] ?? 0, end));
          used += step.used;
          isDone = step.done;
        }
        expect([used, isDone]).toEqual([blob.length, true]);
      }),
      { numRuns: 100 },
    );
  });

  it('any bytes behind a magic number end in bytes or in a fault with a code', async () => {
    const damaged = fc
      .tuple(frame, fc.uint8Array({ maxLength: 30 }), fc.nat(20))
      .map(([{ blob }, bytes, at]) => {
        const changed = Buffer.from(blob);
        changed.set(
          bytes.subarray(0, Math.max(0, changed.length - 4 - at)),
          Math.min(4 + at, changed.length),
        );
        return changed;
      });
    await fc.assert(
      fc.asyncProperty(damaged, pieceBytes, async (blob, size) => {
        const stream = unzstd(new ByteSource(inPieces(blob, size)), nothing, 8 * MiB, nothing, 'a test');
        const code = await readAll(stream, 16 * MiB, 'a test').then(
          () => 'read',
          (thrown) => (thrown instanceof PratiqueError ? thrown.code : String(thrown)),
        );
        expect(code).toMatch(/^(?:read|COMPRESSION_INVALID|LIMIT_EXCEEDED)$/);
      }),
      { numRuns: 100 },
    );
  });
});

function word(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}
