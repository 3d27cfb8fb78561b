import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundMemory } from '../../../src/scan/yara/bounded-memory.ts';

const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { Module: new (bytes: Uint8Array) => object; Instance: new (module: object) => Made };
};
interface Made {
  readonly exports: { readonly m: { grow(pages: number): number; readonly buffer: ArrayBuffer } };
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** Exports its memory as `m`. */
const EXPORT = [0x07, 0x05, 0x01, 0x01, 0x6d, 0x02, 0x00];
const program = (...memory: readonly number[]) => Uint8Array.from([...MAGIC, ...memory, ...EXPORT]);

test('the memory of a program grows as far as it is let, and no further', () => {
  const bounded = boundMemory(program(0x05, 0x03, 0x01, 0x00, 0x02), 300);
  const { m } = new WebAssembly.Instance(new WebAssembly.Module(bounded)).exports;
  expect(m.buffer.byteLength).toBe(2 * 65_536);
  expect(m.grow(298)).toBe(2);
  expect(() => m.grow(1)).toThrow(RangeError);
});

test('a program whose memory is anything else is not taken for one that is bounded', () => {
  for (const other of [
    program(0x05, 0x04, 0x01, 0x01, 0x02, 0x09), // it has a bound
    program(0x05, 0x05, 0x02, 0x00, 0x02, 0x00, 0x02), // two of them
    program(), // none
    program(0x05, 0xff), // cut off
  ])
    expect(() => boundMemory(other, 300)).toThrow(RangeError);
});

test('no bytes make it do anything but give a program back or refuse', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        expect(boundMemory(Buffer.concat([program(), bytes]), 10).length).toBeGreaterThan(8);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(RangeError);
      }
    }),
  );
});
