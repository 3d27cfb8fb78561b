import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { decodeNrv, type NrvCode } from '../../../src/io/upx/nrv.ts';
import { encodeNrv } from '../../support/nrv-encoder.ts';

const CODES = ['b', 'd', 'e'] as const satisfies readonly NrvCode[];
const WORDS = [8, 16, 32] as const;
const coding = fc.record({ code: fc.constantFrom(...CODES), wordBits: fc.constantFrom(...WORDS) });

/** Text that repeats itself near and far, at the distance before, and itself while it is written. */
const far = Buffer.concat([
  Buffer.from('the first words, '.repeat(3)),
  Buffer.alloc(70_000, 'x'),
  Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 7919) % 251)),
  Buffer.from('the first words, the first words? '),
  Buffer.alloc(3000, 'ab'),
]);

const all = (pieces: Iterable<Uint8Array>) => Buffer.concat([...pieces]);

describe.each(CODES)('NRV2%s', (code) => {
  it.each(WORDS)('gives back what was packed, in words of %i bits', (wordBits) => {
    const packed = encodeNrv(far, code, wordBits);
    expect(packed.length).toBeLessThan(far.length / 10);
    expect(all(decodeNrv(packed, { code, wordBits, size: far.length })).equals(far)).toBe(true);
  });

  it('is refused where it is cut, goes on, or unpacks to another size', () => {
    const packed = encodeNrv(far, code, 32);
    const decode = (bytes: Uint8Array, size = far.length) =>
      all(decodeNrv(bytes, { code, wordBits: 32, size }));
    const fault = expect.objectContaining({ code: 'COMPRESSION_INVALID' });
    expect(() => decode(packed.subarray(0, -1))).toThrow(fault);
    expect(() => decode(Buffer.concat([packed, Buffer.alloc(1)]))).toThrow(fault);
    expect(() => decode(packed, far.length - 1)).toThrow(fault);
    expect(() => decode(packed, far.length + 1)).toThrow(fault);
    expect(() => decode(new Uint8Array(0))).toThrow(fault);
  });
});

describe('the codes of NRV', () => {
  it('give back whatever was packed', () => {
    const plain = fc.array(fc.constantFrom('a', 'b', 'abc', 'abcabcab', 'x'.repeat(1500)), { maxLength: 60 });
    fc.assert(
      fc.property(plain, coding, (words, { code, wordBits }) => {
        const bytes = Buffer.from(words.join(''));
        const packed = encodeNrv(bytes, code, wordBits);
        expect(all(decodeNrv(packed, { code, wordBits, size: bytes.length }))).toEqual(bytes);
      }),
      { numRuns: 100 },
    );
  });

  it('end on any bytes, with what was asked for or a fault, and never with more', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        coding,
        fc.nat(5000),
        (bytes, { code, wordBits }, size) => {
          try {
            expect(all(decodeNrv(bytes, { code, wordBits, size }))).toHaveLength(size);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(PratiqueError);
            expect(thrown).toHaveProperty('code', 'COMPRESSION_INVALID');
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('end on packed bytes of which some were changed', () => {
    const plain = far.subarray(0, 4000);
    fc.assert(
      fc.property(coding, fc.nat(), fc.nat(255), ({ code, wordBits }, at, byte) => {
        const packed = encodeNrv(plain, code, wordBits);
        packed[at % packed.length] = byte;
        try {
          expect(all(decodeNrv(packed, { code, wordBits, size: plain.length }))).toHaveLength(plain.length);
        } catch (thrown) {
          expect(thrown).toHaveProperty('code', 'COMPRESSION_INVALID');
        }
      }),
      { numRuns: 200 },
    );
  });
});
