import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complainAboutPax, paxNumber, readPax } from '../../../src/io/tar/pax.ts';
import { readSparse, SparseMapReader, sparseRuns } from '../../../src/io/tar/sparse.ts';
import { lowBits, readDecimal, readHeader, type TarHeader } from '../../../src/io/tar/tar-header.ts';
import { cleanPath, decodeName, hasForeignBytes, untilNul } from '../../../src/io/tar/tar-text.ts';
import { body, header, pax, seal } from '../tar-parts.ts';

const LATIN_1 = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1));
const text = (maxLength: number) => fc.string({ unit: fc.constantFrom(...LATIN_1), maxLength });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const parsed = (block: Uint8Array) => readHeader(block) as TarHeader;

describe('readHeader', () => {
  it('reads back every octal number, name, link and type that fits its field', () => {
    fc.assert(
      fc.property(
        fc.record({
          name: text(100),
          linkName: text(100),
          type: fc.constantFrom(...LATIN_1),
          mode: fc.nat(0o7777777),
          uid: fc.nat(0o7777777),
          size: fc.nat(0o77777777777),
        }),
        ({ type, ...fields }) => {
          expect(readHeader(header({ type, ...fields }))).toMatchObject({ typeFlag: type, ...fields });
        },
      ),
    );
  });

  it('reads back every number of 64 bits in base-256', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const block = header({});
        block.writeBigUInt64BE(BigInt.asUintN(64, value), 128);
        block.fill(value < 0n ? 0xff : 0, 125, 128);
        block[124] = value < 0n ? 0xff : 0x80;
        expect(BigInt(parsed(seal(block)).size)).toBe(value);
      }),
    );
  });

  it('gives a header or a reason for any block, and never reads one with another checksum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), fc.nat(511), (bytes, at) => {
        const block = seal(Buffer.from(bytes));
        expect(['string', 'object']).toContain(typeof readHeader(block));
        if (at >= 148 && at < 156) return;
        // One byte off by one changes both sums by one.
        block[at] = (block[at] ?? 0) ^ 1;
        expect(readHeader(block)).toBe('the checksum of a header is wrong');
      }),
    );
  });
});

describe('numbers', () => {
  it('are read as Go reads them: every one of 64 bits and none beyond', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }), fc.nat(3), (value, zeros) => {
        const digits = `${'0'.repeat(zeros)}${value < 0n ? -value : value}`;
        const read = readDecimal(`${value < 0n ? '-' : ''}${digits}`);
        if (BigInt.asIntN(64, value) === value) expect(BigInt(read)).toBe(value);
        else expect(read).toBeNaN();
      }),
    );
  });

  it('are read where they have nothing but a sign and digits', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789+-. eEx_\n'), maxLength: 8 }), (digits) => {
        expect(Number.isNaN(readDecimal(digits))).toBe(!/^[+-]?\d+$/.test(digits));
      }),
    );
  });

  it('keep their lowest bits, as the kernel does', () => {
    fc.assert(
      fc.property(int64, fc.constantFrom(12, 32), (value, bits) => {
        const exact = Number.isSafeInteger(Number(value)) ? Number(value) : value;
        expect(lowBits(exact, bits)).toBe(Number(BigInt.asUintN(bits, value)));
      }),
    );
  });
});

describe('PAX records', () => {
  const key = text(20).filter(
    (name) => name !== '' && !/[=\0]/.test(name) && !name.startsWith('GNU.sparse.'),
  );

  it('are read back, the last of each key', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, text(40))), (records) => {
        const bytes = pax(records);
        const read = readPax(bytes.toString('latin1', 512, 512 + Number(parsed(bytes).size)));
        expect(read).toEqual(new Map(records));
      }),
    );
  });

  it('that were cut anywhere are refused or the same, never others', () => {
    const records = pax([
      ['path', 'a/b'],
      ['size', '12'],
      ['uid', '7'],
    ]).toString('latin1', 512, 544);
    const whole = untilNul(records);
    fc.assert(
      fc.property(fc.nat(whole.length), fc.constantFrom('', '\n', '\0', '1'), (at, behind) => {
        const read = readPax(whole.slice(0, at) + behind);
        if (typeof read === 'string') return;
        for (const [name, value] of read)
          expect({ path: 'a/b', size: '12', uid: '7' }).toHaveProperty(name, value);
      }),
    );
  });

  it('give records or a reason, whatever they are', () => {
    const odd = fc.string({
      unit: fc.constantFrom(...'0123456789 =\n\0path.GNUsizeoffset,-+'),
      maxLength: 60,
    });
    fc.assert(
      fc.property(odd, (bytes) => {
        const read = readPax(bytes);
        if (typeof read === 'string') return;
        expect(['string', 'undefined']).toContain(typeof complainAboutPax(read));
        expect(['string', 'object', 'undefined']).toContain(typeof readSparse(read));
      }),
      { numRuns: 1000 },
    );
  });

  it('give a number where it can be used', () => {
    fc.assert(
      fc.property(fc.oneof(int64.map(String), text(5)), (value) => {
        const records = new Map([['size', value]]);
        const read = paxNumber(records, 'size');
        if (complainAboutPax(records) !== undefined) expect(read).toBeNaN();
        else expect(read === undefined ? '' : BigInt(value)).toBe(read === undefined ? value : BigInt(read));
      }),
    );
  });
});

describe('sparse maps', () => {
  /** Holes and runs in turns, in bytes. */
  const layout = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 8 });
  const mapOf = (pairs: readonly (readonly [number, number])[]) => {
    let end = 0;
    const map = pairs.flatMap(([hole, length]) => {
      end += hole + length;
      return [end - length, length];
    });
    return { map, end, total: pairs.reduce((sum, [, length]) => sum + length, 0) };
  };

  it('in order are taken whole: the runs are the pairs that are not empty', () => {
    fc.assert(
      fc.property(layout, fc.nat(100), (pairs, hole) => {
        const { map, end, total } = mapOf(pairs);
        const runs = sparseRuns(map, end + hole, total) as readonly { offset: number; length: number }[];
        expect(runs.flatMap(({ offset, length }) => [offset, length])).toEqual(
          map.filter((_, index) => map[index | 1] !== 0),
        );
        if (end > 0) expect(typeof sparseRuns(map, end - 1, total)).toBe('string');
        expect(typeof sparseRuns(map, end, total + 1)).toBe('string');
      }),
    );
  });

  it('of any numbers give runs inside the file, none over another, or a reason', () => {
    const number = fc.oneof(fc.integer({ min: -3, max: 9 }), int64.map(Number), int64);
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number)), fc.nat(20), fc.nat(20), (pairs, size, bytes) => {
        const runs = sparseRuns(pairs.flat(), size, bytes);
        if (typeof runs === 'string') return;
        expect(runs.reduce((sum, { length }) => sum + length, 0)).toBe(bytes);
        for (const [index, { offset, length }] of runs.entries()) {
          expect(length).toBeGreaterThan(0);
          expect(offset + length).toBeLessThanOrEqual(runs[index + 1]?.offset ?? size);
        }
      }),
    );
  });

  it('at the start of a body are read back, and end with the block of their last line', () => {
    fc.assert(
      fc.property(
        layout.map((pairs) => mapOf(pairs).map),
        (map) => {
          const lines = body([map.length / 2, ...map].map((number) => `${number}\n`).join(''));
          const reader = new SparseMapReader();
          const steps = [];
          for (let at = 0; at < lines.length; at += 512)
            steps.push(reader.addBlock(lines.subarray(at, at + 512)));
          expect(steps.pop()).toEqual(map);
          expect(steps.every((step) => step === undefined)).toBe(true);
        },
      ),
    );
  });

  it('of any bytes give numbers, a reason, or wait for more', () => {
    const bytes = fc.string({ unit: fc.constantFrom(...'0123456789\n\n\n\0-,'), maxLength: 512 });
    fc.assert(
      fc.property(bytes, (lines) => {
        const read = new SparseMapReader().addBlock(body(lines.padEnd(1)).subarray(0, 512));
        expect(read === undefined || typeof read === 'string' || read.length % 2 === 0).toBe(true);
      }),
    );
  });
});

describe('names', () => {
  it('keep every byte: UTF-8 as it is, the rest apart from it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text(40),
          fc.string().map((name) => Buffer.from(name).toString('latin1')),
        ),
        (name) => {
          const decoded = decodeName(name);
          const bytes = Buffer.concat(
            [...decoded].map((letter) =>
              /^[\udc80-\udcff]$/.test(letter)
                ? Buffer.from([letter.charCodeAt(0) & 0xff])
                : Buffer.from(letter),
            ),
          );
          expect(bytes.toString('latin1')).toBe(name);
          const isUtf8 = Buffer.from(Buffer.from(name, 'latin1').toString()).toString('latin1') === name;
          expect(hasForeignBytes(decoded)).toBe(!isUtf8);
        },
      ),
    );
  });

  it('lie where a path below the root lies, and stay there', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('/', '/', '.', '..', 'a', 'b\\'), maxLength: 12 }),
        (path) => {
          const clean = cleanPath(path);
          expect(clean).toBe(posix.normalize(`/${path}`).replace(/^\/+|\/+$/g, ''));
          expect(cleanPath(clean)).toBe(clean);
        },
      ),
    );
  });
});
