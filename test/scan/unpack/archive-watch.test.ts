import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { HitBudget } from '../../../src/scan/hit-budget.ts';
import { ArchiveWatch } from '../../../src/scan/unpack/archive-watch.ts';
import { HEAD_BYTES } from '../../../src/scan/unpack/format.ts';
import { Unpacker } from '../../../src/scan/unpack/unpacker.ts';
import { makeZip, type ZipPart } from '../../io/zip/zip-parts.ts';
import { fakeToken, makeTar, type TestEntry } from '../images.ts';
import { makeScanner } from '../scan-text.ts';

const TOKEN = fakeToken('behind other bytes');
const scanner = makeScanner();

function makeWatch(isOver: () => boolean = () => false): ArchiveWatch {
  const budget = new HitBudget(DEFAULT_LIMITS.hitsPerImage, 'layer 0');
  return new ArchiveWatch(new Unpacker(scanner, DEFAULT_LIMITS, budget, 'layer 0', isOver));
}

async function found(archive: Buffer, size: number): Promise<readonly unknown[]> {
  const watch = makeWatch();
  watch.begin('x', 0);
  for (let at = 0; at < archive.length; at += size) watch.write(archive.subarray(at, at + size));
  watch.end();
  await watch.settle();
  return watch.finish();
}

describe('ArchiveWatch', () => {
  it('finds a zip behind anything, however the file is cut', async () => {
    const zip = makeZip([{ name: 'a', content: TOKEN }]);
    const before = fc.string({ maxLength: 12, unit: fc.constantFrom('P', 'K', '\u0003', '.') });
    await fc.assert(
      fc.asyncProperty(
        before,
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 }),
        async (text, cuts) => {
          const watch = makeWatch();
          const file = Buffer.concat([Buffer.alloc(HEAD_BYTES, '.'), Buffer.from(text, 'latin1'), zip]);
          watch.begin('x', 0);
          watch.write(file.subarray(0, HEAD_BYTES));
          let at = HEAD_BYTES;
          for (const length of cuts) {
            watch.write(file.subarray(at, at + length));
            at += length;
          }
          watch.write(file.subarray(at));
          watch.end();
          await watch.settle();
          expect(watch.finish().map(({ path }) => path)).toEqual(['x!/a']);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('finds the same in a zip whose entries are all there as in one that comes in pieces', async () => {
    const inner = makeZip([{ name: 'deep', content: TOKEN }]);
    const parts: fc.Arbitrary<ZipPart> = fc.record({
      name: fc.constantFrom('a', 'b/', `${TOKEN}/c`, '../d'),
      content: fc.constantFrom<string | Buffer>(
        '',
        TOKEN,
        inner,
        gzipSync(TOKEN),
        Buffer.concat([Buffer.from('#!/bin/sh\n'), inner]),
        `PK\u0003\u0004 ${TOKEN}`,
        '7z\u00bc\u00af\u0027\u001c',
      ),
      method: fc.constantFrom<NonNullable<ZipPart['method']>>('stored', 'deflated', 'zstd', 98),
      descriptor: fc.boolean(),
      isEncrypted: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(parts, { maxLength: 6 }),
        fc.integer({ min: 20, max: 2000 }),
        async (all, size) => {
          const zip = makeZip(all);
          expect(await found(zip, zip.length)).toEqual(await found(zip, size));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('finds the same in a tar in one piece as in many', async () => {
    const entry: fc.Arbitrary<TestEntry> = fc.record({
      name: fc.constantFrom('a', `${TOKEN}/b`, `${'long/'.repeat(30)}c`),
      content: fc.constantFrom<string | Buffer>('', TOKEN, 'x'.repeat(512), gzipSync(TOKEN), '7z\u00bc'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 100, max: 2000 }),
        async (all, size) => {
          const tar = Buffer.from(await makeTar(all));
          const whole = await found(tar, tar.length);
          expect(whole).toEqual(await found(tar, size));
          expect(whole.length).toBeGreaterThanOrEqual(all.filter(({ content }) => content === TOKEN).length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lets a deadline have its turn between members, however small they are', async () => {
    const parts = Array.from({ length: 3000 }, (_, index) => ({ name: `${index}`, content: '' }));
    let isOver = false;
    const watch = makeWatch(() => isOver);
    watch.begin('x.zip', 0);
    watch.write(makeZip(parts));
    watch.end();
    const settled = watch.settle();
    setImmediate().then(() => {
      isOver = true;
    });
    await expect(settled).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});
