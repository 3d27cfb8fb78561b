import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { ByteSource } from '../../../src/io/compression/byte-source.ts';
import { decodeLzma } from '../../../src/io/compression/lzma.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { type Packing, unpacked } from '../../../src/scan/unpack/unpacked.ts';
import { pieces } from '../layers.ts';
import { FAR, plainOf, SAMPLES } from './packed-samples.ts';

/** What comes out before a fault, and the fault. */
async function unpack(packing: Packing, bytes: Uint8Array, size = 1e9) {
  const out: Uint8Array[] = [];
  let members = 0;
  const source = new ByteSource(pieces(bytes, size));
  const onMember = () => void members++;
  try {
    for await (const piece of unpacked(packing, source, onMember, DEFAULT_LIMITS, 'layer 0')) out.push(piece);
    return { plain: Buffer.concat(out), members };
  } catch (fault) {
    if (!(fault instanceof PratiqueError)) throw fault;
    return { plain: Buffer.concat(out), members, fault };
  }
}

const CASES = SAMPLES.map(([name, packing, plain, base64]) => ({
  name,
  packing,
  plain: plainOf(plain),
  packed: Buffer.from(base64, 'base64'),
}));
/** Those with a checksum over all that they hold. */
const SUMMED = CASES.filter(({ name, packing }) => /^(?:xz|lzip|bzip2)$/.test(packing) && !/none/.test(name));
const any = (cases: typeof CASES) => fc.constantFrom(...cases);

describe('a packed file is unpacked', () => {
  it.each(CASES)('as the tools would: $name', async ({ packing, packed, plain }) => {
    for (const size of [1, 7, 1000, 1e9]) {
      const result = await unpack(packing, packed, size);
      expect(result.fault).toBeUndefined();
      expect(result.plain.equals(plain)).toBe(true);
      expect(result.members).toBeGreaterThan(0);
    }
  });

  it('as far as its distances go back no further than is kept', async () => {
    const { plain, fault } = await unpack('xz', Buffer.from(FAR, 'base64'));
    const text = plainOf('text');
    expect(plain.length).toBe(text.length + 33 * 1024 * 1024);
    expect(plain.subarray(0, text.length).equals(text)).toBe(true);
    expect(fault).toMatchObject({ code: 'NOT_SUPPORTED', problem: { why: 'dictionary over 32 MiB' } });
  });

  it('and timers have their turn meanwhile', async () => {
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    await unpack('xz', Buffer.from(FAR, 'base64'));
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(5);
  });

  it('and what stands behind it is told', async () => {
    for (const { packing, packed } of CASES.filter(({ packing }) => packing !== 'compress')) {
      const { fault } = await unpack(packing, Buffer.concat([packed, Buffer.from('more')]));
      expect(fault).toMatchObject({ code: 'COMPRESSION_INVALID' });
    }
  });
});

describe('a packed file that is damaged', () => {
  it('never comes out as something else without a word', async () => {
    const flip = fc.record({ at: fc.nat(1e6), bits: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(any(SUMMED), fc.array(flip, { minLength: 1, maxLength: 3 }), async (one, flips) => {
        const bytes = Buffer.from(one.packed);
        for (const { at, bits } of flips) {
          const place = at % bytes.length;
          bytes[place] = (bytes[place] ?? 0) ^ bits;
        }
        const { plain, fault } = await unpack(one.packing, bytes, 500);
        if (fault === undefined) expect(plain.equals(one.plain)).toBe(true);
        else expect(fault.code).toMatch(/^(?:COMPRESSION_INVALID|NOT_SUPPORTED)$/);
      }),
      { numRuns: 400 },
    );
  });

  it('never hangs and throws nothing else, whatever it is', async () => {
    const rubbish = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(any(CASES), fc.nat(1e6), rubbish, fc.boolean(), async (one, at, bytes, cuts) => {
        const place = at % (one.packed.length + 1);
        const behind = cuts ? Buffer.alloc(0) : one.packed.subarray(place + bytes.length);
        const { fault } = await unpack(
          one.packing,
          Buffer.concat([one.packed.subarray(0, place), bytes, behind]),
        );
        if (fault !== undefined) expect(fault.code).toMatch(/^(?:COMPRESSION_INVALID|NOT_SUPPORTED)$/);
      }),
      { numRuns: 400 },
    );
  });

  it('is told wherever it is cut, and gives what came before', async () => {
    for (const { name, packing, packed, plain } of CASES) {
      if (packing === 'compress' || plain.length > 3000) continue;
      for (let length = 1; length < packed.length; length += 5) {
        const cut = await unpack(packing, packed.subarray(0, length));
        // What ends between two streams, or in the padding behind one by fours, is whole by itself.
        const isWhole = cut.fault === undefined && /streams|members|frames|-l$/.test(name);
        if (!isWhole) expect(cut.fault, `${name}, ${length}`).toMatchObject({ code: 'COMPRESSION_INVALID' });
        expect(plain.subarray(0, cut.plain.length).equals(cut.plain), `${name}, ${length}`).toBe(true);
      }
    }
  });

  it('gives most of what it held where only its end is missing', async () => {
    for (const { name, packing, packed, plain } of CASES) {
      if (plain.length !== plainOf('text').length || packing === 'bzip2') continue;
      const { plain: given } = await unpack(packing, packed.subarray(0, -packed.length / 8));
      expect(given.length, name).toBeGreaterThan(plain.length / 2);
    }
  });

  it('is told for what it is where it is only not known', async () => {
    const xz = (name: string) => Buffer.from(CASES.find((one) => one.name === name)?.packed ?? []);
    const check = xz('xz -6');
    check[7] = 2;
    check.writeUInt32LE(crc32(check.subarray(6, 8)), 8);
    const filter = xz('xz --x86');
    filter[14] = 5; // PowerPC
    const end = 12 + ((filter[12] ?? 0) + 1) * 4;
    filter.writeUInt32LE(crc32(filter.subarray(12, end - 4)), end - 4);
    const unknown = { check: await unpack('xz', check), filter: await unpack('xz', filter) };
    expect(unknown).toMatchObject({
      check: { fault: { code: 'NOT_SUPPORTED', problem: { why: 'xz check 2' } } },
      filter: { fault: { code: 'NOT_SUPPORTED', problem: { why: 'xz filter 5' } } },
    });
  });
});

describe('decodeLzma', () => {
  const packed = Buffer.from(CASES.find(({ name }) => name === 'xz --format=lzma')?.packed ?? []).subarray(
    13,
  );
  const plain = plainOf('text');
  const how = { lc: 3, lp: 0, pb: 2 };
  const all = (pieces: Iterable<Uint8Array>) => Buffer.concat([...pieces]);

  it('unpacks a stream without a header, and nothing that is longer or shorter', () => {
    expect(all(decodeLzma(packed, { ...how, size: plain.length })).equals(plain)).toBe(true);
    for (const size of [0, 1, plain.length - 1, plain.length + 1])
      expect(() => all(decodeLzma(packed, { ...how, size }))).toThrow(
        expect.objectContaining({ code: 'COMPRESSION_INVALID' }),
      );
  });

  it('gives as many bytes as were asked for, or its fault, whatever it is given', () => {
    const property = fc.integer({ min: 0, max: 4 });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((rest) => Buffer.from([0, ...rest])),
      fc
        .tuple(fc.nat(packed.length - 1), fc.nat(255))
        .map(([at, byte]) => Buffer.from(packed.with(at, byte))),
    );
    fc.assert(
      fc.property(bytes, property, property, property, fc.nat(3000), (input, lc, lp, pb, size) => {
        try {
          expect(all(decodeLzma(input, { lc, lp, pb, size }))).toHaveLength(size);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'COMPRESSION_INVALID' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
