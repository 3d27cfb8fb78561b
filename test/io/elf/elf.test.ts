import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ElfFacts, ElfWatch } from '../../../src/io/elf/elf.ts';
import { type MadeSegment, makeElf } from '../../support/elf-file.ts';

const watch = new ElfWatch();

function factsOf(...pieces: readonly (Uint8Array | number)[]): ElfFacts | undefined {
  watch.begin();
  for (const piece of pieces) typeof piece === 'number' ? watch.zeros(piece) : watch.write(piece);
  return watch.end();
}

const code = Buffer.from('mov eax, ebx; add ecx, edx; ret; '.repeat(400));
const noise = randomBytes(50_000);
const INTERPRETER: MadeSegment = { type: 3, bytes: Buffer.from('/lib64/ld-linux-x86-64.so.2\0') };
/** `DT_FLAGS_1` with what marks a program, `DT_SONAME`, and the end. */
const dynamic = (...entries: readonly (readonly [number, number])[]): MadeSegment => ({
  type: 2,
  bytes: Buffer.from(BigUint64Array.from([...entries, [0, 0]].flat().map(BigInt)).buffer),
});
const PIE = [0x6fff_fffb, 0x0800_0000] as const;
const SONAME = [14, 1] as const;

describe('ELF files', () => {
  it.each([
    [32, 'little'],
    [32, 'big'],
    [64, 'little'],
    [64, 'big'],
  ] as const)('are read in %i bits, %s-endian', (elfClass, endian) => {
    const elf = makeElf({
      class: elfClass,
      endian,
      machine: 8,
      segments: [INTERPRETER, { bytes: code }],
      sections: [0, 2],
    });
    expect(factsOf(elf)).toMatchObject({
      class: elfClass,
      endian,
      type: 'executable',
      machine: 8,
      isStatic: false,
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      hasSections: true,
      isStripped: false,
      segments: [{ fileBytes: code.length, memoryBytes: code.length, flags: 5 }],
      isPacked: false,
      unread: [],
    });
  });

  it('are told by their type, and libraries from programs by what is in them', () => {
    const load = { bytes: code };
    const typeOf = (type: number, ...segments: readonly MadeSegment[]) => {
      const facts = factsOf(makeElf({ type, segments: [load, ...segments] }));
      return [facts?.type, facts?.isStatic];
    };
    expect(typeOf(1)).toEqual(['relocatable', false]);
    expect(typeOf(2)).toEqual(['executable', true]);
    expect(typeOf(2, INTERPRETER)).toEqual(['executable', false]);
    expect(typeOf(3, INTERPRETER, dynamic(PIE))).toEqual(['pie', false]);
    expect(typeOf(3, INTERPRETER, dynamic())).toEqual(['pie', false]);
    expect(typeOf(3, dynamic(PIE))).toEqual(['pie', true]);
    expect(typeOf(3, dynamic(SONAME))).toEqual(['shared-object', false]);
    expect(typeOf(3, INTERPRETER, dynamic(SONAME))).toEqual(['shared-object', false]);
    expect(typeOf(3)).toEqual(['pie', true]);
    expect(typeOf(4)).toEqual(['core', false]);
    expect(typeOf(0xfe00)).toEqual(['other', false]);
  });

  it('are stripped where no table of symbols is left', () => {
    const strippedWith = (sections: readonly number[]) =>
      factsOf(makeElf({ segments: [{ bytes: code }], sections }))?.isStripped;
    expect(strippedWith([0, 1, 11])).toBe(true);
    expect(strippedWith([0, 1, 2])).toBe(false);
  });

  it('are packed where they have no sections and their largest segment is like random bytes', () => {
    const facts = (bytes: Uint8Array, sections?: readonly number[]) =>
      factsOf(makeElf({ segments: [{ bytes: code }, { bytes }], ...(sections && { sections }) }));
    expect(facts(noise)).toMatchObject({ isPacked: true, hasSections: false });
    expect(facts(noise, [0, 1])?.isPacked).toBe(false);
    expect(facts(Buffer.concat([code, code]))?.isPacked).toBe(false);
    expect(facts(noise)?.segments[1]?.entropy).toBeGreaterThan(7.9);
    expect(facts(noise)?.segments[0]?.entropy).toBeLessThan(5);
  });

  it('have no sections where the header leads past the end', () => {
    const elf = makeElf({ segments: [{ bytes: noise }], sections: [0, 1] });
    expect(factsOf(elf.subarray(0, -1))).toMatchObject({ hasSections: false, isPacked: true });
  });

  it('are read as Linux reads them, whatever is said of class and byte order', () => {
    const elf = makeElf({ segments: [{ bytes: noise }] });
    const honest = factsOf(elf);
    const lying = Buffer.from(elf);
    lying.set([1, 2], 4);
    expect(factsOf(lying)).toEqual(honest);
    lying.set([9, 9], 4);
    expect(factsOf(lying)).toEqual(honest);
  });

  it('are read with headers that stand behind what they describe, less what cannot be known then', () => {
    const elf = makeElf({ segments: [{ bytes: noise }, INTERPRETER], before: 70_000 });
    const facts = factsOf(elf);
    expect(facts).toMatchObject({
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      segments: [{ fileBytes: 50_000 }],
    });
    expect(facts?.unread).toEqual(['the entropy of each segment, as the program headers stand behind them']);
  });

  it('say what they promise and do not hold', () => {
    const elf = makeElf({ segments: [{ bytes: code }, INTERPRETER, dynamic(PIE)], type: 3 });
    expect(factsOf(elf.subarray(0, 300))?.unread).toEqual(
      expect.arrayContaining(['the interpreter', 'the dynamic section', 'the end of a segment']),
    );
    expect(factsOf(makeElf({ before: 5000 }).subarray(0, 100))?.unread).toEqual(['the program headers']);
  });

  it('are not what only begins like them', () => {
    expect(factsOf(Buffer.from('\x7fELF', 'latin1'))).toBeUndefined();
    expect(factsOf(Buffer.from('#!/bin/sh\n'))).toBeUndefined();
    expect(factsOf()).toBeUndefined();
    expect(factsOf(100_000)).toBeUndefined();
  });

  it('give the same facts however they are cut, and whether zeros come as bytes or as a hole', () => {
    const shapes = [0, 5000].map((before) =>
      makeElf({
        before,
        type: 3,
        segments: [
          { bytes: noise },
          { bytes: new Uint8Array(9000) },
          INTERPRETER,
          dynamic(PIE),
          { bytes: code },
        ],
        sections: [0, 1, 2],
      }),
    );
    const whole = shapes.map((elf) => factsOf(elf));
    fc.assert(
      fc.property(
        fc.nat(1),
        fc.array(fc.nat(80_000), { maxLength: 8 }),
        fc.boolean(),
        (which, cuts, isHoled) => {
          const elf = shapes[which] as Buffer;
          const ends = [...cuts.map((cut) => cut % elf.length), elf.length].sort((a, b) => a - b);
          const pieces = ends.map((end, index) => elf.subarray(ends[index - 1] ?? 0, end));
          const isZeros = (piece: Uint8Array) => isHoled && piece.every((byte) => byte === 0);
          expect(factsOf(...pieces.map((piece) => (isZeros(piece) ? piece.length : piece)))).toEqual(
            whole[which],
          );
        },
      ),
      { numRuns: 60 },
    );
    const holed = shapes.map((elf) => [
      elf.subarray(0, elf.indexOf(noise) + noise.length),
      9000,
      elf.subarray(elf.indexOf(noise) + noise.length + 9000),
    ]);
    expect(holed.map((pieces) => factsOf(...pieces))).toEqual(whole);
  });

  it('never make the reader fail, whatever their headers say', () => {
    const elf = makeElf({
      type: 3,
      segments: [{ bytes: code }, INTERPRETER, dynamic(PIE)],
      sections: [0, 2],
    });
    const change = fc.tuple(fc.nat(300), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const changed = Buffer.from(elf);
        for (const [at, byte] of changes) changed[at] = byte;
        const facts = factsOf(changed);
        for (const { entropy } of facts?.segments ?? []) expect(entropy).toBeLessThanOrEqual(8);
      }),
      { numRuns: 300 },
    );
  });

  it.skipIf(!existsSync('/bin/sh'))('of the system that runs this are as they should be', () => {
    const facts = factsOf(readFileSync(process.execPath));
    expect(facts).toMatchObject({ isStatic: false, hasSections: true, isPacked: false, unread: [] });
  });
});
