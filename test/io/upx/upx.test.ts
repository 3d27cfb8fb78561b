import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { unpackUpx } from '../../../src/io/upx/upx.ts';
import { unpackBlock } from '../../../src/io/upx/upx-block.ts';
import { mayBePacked, readUpxStart } from '../../../src/io/upx/upx-start.ts';
import { makeElf } from '../../support/elf-file.ts';
import { packLikeUpx, type UpxMethod } from '../../support/pack-like-upx.ts';
import { UPX_BLOCKS } from './upx-blocks.ts';

const METHODS = ['nrv2b', 'nrv2d', 'nrv2e', 'lzma'] as const satisfies readonly UpxMethod[];
const text = Buffer.from(
  Array.from({ length: 300 }, (_, at) => `line ${at}: some words of a program\n`).join(''),
);
const elf = makeElf({
  segments: [{ bytes: text }, { bytes: Buffer.alloc(5000, 'data') }],
  sections: [0, 1, 2],
  behind: Buffer.from('symbols '.repeat(40)),
});

function unpack(file: Uint8Array, { blockBytes = 1e6, mostWasted = 1e6 } = {}) {
  let wasted = 0;
  const onWasted = (bytes: number) => {
    wasted += bytes;
    if (wasted > mostWasted) throw new PratiqueError('LIMIT_EXCEEDED', { what: 'too much in vain' });
  };
  const onTooLarge = () => {
    throw new PratiqueError('LIMIT_EXCEEDED', { what: 'too large' });
  };
  const pieces: Uint8Array[] = [];
  const run = unpackUpx(file, { blockBytes, onWasted, onTooLarge });
  for (;;) {
    const { value, done } = run.next();
    if (done === true) return { outcome: value, bytes: Buffer.concat(pieces) };
    pieces.push(value);
  }
}

const all = (pieces: Iterable<Uint8Array>) => Buffer.concat([...pieces]);

describe('programs packed by UPX', () => {
  it.each(UPX_BLOCKS)(
    'have blocks of method %i, read as UPX wrote them',
    (method, unpackedBytes, sha256, base64) => {
      const packed = Buffer.from(base64, 'base64');
      const header = { method, unpackedBytes, packedBytes: packed.length, filter: 0, extra: 0 };
      const bytes = all(unpackBlock(packed, header, { bytes: 0 }));
      expect(createHash('sha256').update(bytes).digest('hex').slice(0, 16)).toBe(sha256);
    },
  );

  it('may have blocks of deflate, and of no method that is not known', () => {
    const packed = deflateRawSync(text);
    const header = {
      method: 15,
      unpackedBytes: text.length,
      packedBytes: packed.length,
      filter: 0,
      extra: 0,
    };
    const fault = expect.objectContaining({ code: 'COMPRESSION_INVALID' });
    expect(text.equals(all(unpackBlock(packed, header, { bytes: 0 })))).toBe(true);
    for (const changed of [
      { unpackedBytes: 50 },
      { unpackedBytes: text.length + 1 },
      { method: 16 },
      { method: 14 },
    ])
      expect(() => all(unpackBlock(packed, { ...header, ...changed }, { bytes: 0 }))).toThrow(fault);
  });

  it.each(METHODS)('come out as they were, packed with %s, with every mark or none', (method) => {
    for (const wiped of [false, true]) {
      const packed = packLikeUpx(elf, method, { wiped });
      expect(packed.length).toBeLessThan(elf.length);
      expect(packed.includes('UPX!')).toBe(!wiped);
      expect(mayBePacked(packed.subarray(0, 512))).toBe(true);
      const { outcome, bytes } = unpack(packed);
      expect(outcome).toBe('whole');
      expect(bytes.equals(elf)).toBe(true);
    }
  });

  it.each([
    [32, 'little', 8],
    [32, 'big', 16],
    [64, 'big', 32],
  ] as const)('come out in %i bits, %s-endian, with words of %i bits', (elfClass, endian, wordBits) => {
    const other = makeElf({ class: elfClass, endian, segments: [{ bytes: text }], sections: [0] });
    for (const wiped of [false, true]) {
      const { outcome, bytes } = unpack(packLikeUpx(other, 'nrv2e', { wiped, wordBits }));
      expect([outcome, bytes.equals(other)]).toEqual(['whole', true]);
    }
  });

  it('come out with what does not become smaller, which is stored as it is', () => {
    const noise = createHash('sha512').update('noise').digest();
    const other = makeElf({ segments: [{ bytes: text }], behind: noise });
    expect(unpack(packLikeUpx(other, 'nrv2d'))).toEqual({ outcome: 'whole', bytes: other });
  });

  it('come out as far as they can: a block that is damaged, and one that is missing, leave a part', () => {
    const packed = packLikeUpx(elf, 'nrv2e');
    const first = readUpxStart(packed)?.firstBlock ?? 0;
    const second = first + 12 + packed.readUInt32LE(first + 4);
    const damaged = Buffer.from(packed).fill(0, second + 40, second + 80);
    const { outcome, bytes } = unpack(damaged);
    expect(outcome).toBe('part');
    expect(bytes.includes('symbols symbols')).toBe(true);
    expect(unpack(packed.subarray(0, second)).outcome).toBe('part');
    expect(unpack(packed.subarray(0, second + 30)).outcome).toBe('part');
    const wiped = packLikeUpx(elf, 'nrv2e', { wiped: true });
    expect(unpack(wiped.subarray(0, second)).outcome).toBe('part');
  });

  it('are not taken for whole because they say that they were smaller', () => {
    const packed = packLikeUpx(elf, 'nrv2e');
    const first = readUpxStart(packed)?.firstBlock ?? 0;
    const second = first + 12 + packed.readUInt32LE(first + 4);
    packed.writeUInt32LE(packed.readUInt32LE(first), first - 8);
    for (const methodByte of [12, 99]) {
      packed[second + 8] = methodByte;
      expect(unpack(packed).outcome).toBe('part');
    }
  });

  it('are told where the method is not known', () => {
    for (const methodByte of [12, 16, 17])
      expect(unpack(packLikeUpx(elf, 'nrv2b', { methodByte }))).toMatchObject({
        outcome: 'part',
        bytes: Buffer.alloc(0),
      });
  });

  it('begin with the header of the file where the first block holds none, so that they are seen to be programs', () => {
    const packed = packLikeUpx(elf, 'nrv2b');
    const first = readUpxStart(packed)?.firstBlock ?? 0;
    const second = first + 12 + packed.readUInt32LE(first + 4);
    const without = Buffer.concat([packed.subarray(0, first), packed.subarray(second)]);
    const { outcome, bytes } = unpack(without);
    expect(outcome).toBe('part');
    expect(bytes.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    expect(bytes.includes('line 100:')).toBe(true);
  });

  it('are libraries, too, of which the blocks stand anywhere', () => {
    const body = packLikeUpx(elf, 'nrv2b', { wiped: true });
    const first = readUpxStart(body)?.firstBlock ?? 0;
    const library = makeElf({
      type: 3,
      segments: [{ bytes: Buffer.alloc(4000, 'left as it was;') }, { bytes: body.subarray(first - 24) }],
    });
    expect(mayBePacked(library.subarray(0, 512))).toBe(true);
    const { outcome, bytes } = unpack(library);
    expect([outcome, bytes.equals(elf)]).toEqual(['whole', true]);
  });

  it('are not seen in programs that are not packed', () => {
    for (const sections of [[0, 1], undefined]) {
      const plain = makeElf({ segments: [{ bytes: text }], ...(sections && { sections }) });
      expect(readUpxStart(plain)).toBeUndefined();
      expect(mayBePacked(plain)).toBe(sections === undefined);
      expect(unpack(plain)).toEqual({ outcome: 'none', bytes: Buffer.alloc(0) });
    }
    expect(mayBePacked(makeElf({ type: 4 }))).toBe(false);
    expect(unpack(Buffer.from('no program')).outcome).toBe('none');
  });

  it('unpack to no more than is allowed', () => {
    const packed = packLikeUpx(elf, 'nrv2e');
    expect(() => unpack(packed, { blockBytes: 4000 })).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
  });

  it('are not tried over and over in vain', () => {
    // Headers that promise much, each followed by a stream that makes much of it and then breaks off.
    const zeros = packLikeUpx(makeElf({ segments: [{ bytes: new Uint8Array(200_000) }] }), 'nrv2e');
    const first = readUpxStart(zeros)?.firstBlock ?? 0;
    const second = zeros.subarray(first + 12 + zeros.readUInt32LE(first + 4));
    const cut = Buffer.from(second.subarray(0, 12 + second.readUInt32LE(4)));
    cut.fill(0x55, cut.length - 4);
    const hostile = makeElf({ segments: [{ bytes: Buffer.concat(Array.from({ length: 40 }, () => cut)) }] });
    expect(() => unpack(hostile)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  });

  it('end, whatever is changed in them, with what they hold or a part of it', () => {
    const small = makeElf({ segments: [{ bytes: text.subarray(0, 1500) }], sections: [0] });
    const packed = METHODS.map((method) => packLikeUpx(small, method));
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(fc.nat(3), fc.array(change, { minLength: 1, maxLength: 6 }), (which, changes) => {
        const file = Buffer.from(packed[which] as Buffer);
        for (const [at, byte] of changes) file[at % file.length] = byte;
        try {
          const { outcome, bytes } = unpack(file, { blockBytes: 50_000, mostWasted: 1e9 });
          expect(bytes.length).toBeLessThan(4 * 50_000 + file.length);
          if (outcome === 'none') expect(bytes).toHaveLength(0);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'LIMIT_EXCEEDED', problem: { what: 'too large' } });
        }
      }),
      { numRuns: 200 },
    );
  });
});
