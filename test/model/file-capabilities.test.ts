import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capabilityNames, parseFileCapabilities } from '../../src/model/file-capabilities.ts';

/** `vfs_cap_data` of revision 2: the permitted and the inheritable set, each in two words. */
function attribute(permitted: bigint, inheritable = 0n): Uint8Array {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(0x0200_0001, 0);
  for (const [at, set] of [permitted, inheritable].entries()) {
    bytes.writeUInt32LE(Number(set & 0xffff_ffffn), 4 + at * 4);
    bytes.writeUInt32LE(Number(set >> 32n), 12 + at * 4);
  }
  return bytes;
}

describe('file capabilities', () => {
  test('have the names that setcap knows', () => {
    const names = (set: bigint) => capabilityNames(parseFileCapabilities(attribute(set)));
    expect(names(1n << 13n)).toEqual(['cap_net_raw']);
    expect(names((1n << 0n) | (1n << 21n) | (1n << 31n) | (1n << 40n))).toEqual([
      'cap_chown',
      'cap_sys_admin',
      'cap_setfcap',
      'cap_checkpoint_restore',
    ]);
    expect(names(1n << 41n)).toEqual(['cap_41']);
    expect(names(0n)).toEqual([]);
  });

  test('are those that the file permits, and not those that it only lets through', () => {
    expect(parseFileCapabilities(attribute(0n, 1n << 13n))).toBe(0);
  });

  test('are read from revision 1, which has one word of each', () => {
    const bytes = Buffer.from('000000010020000000000000', 'hex');
    expect(capabilityNames(parseFileCapabilities(bytes))).toEqual(['cap_net_raw']);
  });

  test('of any bytes are a set that can be named, bit by bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        const set = parseFileCapabilities(bytes);
        expect(Number.isSafeInteger(set) && set >= 0).toBe(true);
        if (bytes.length >= 12) {
          const low = Buffer.from(bytes).readUInt32LE(4);
          expect(capabilityNames(set).length).toBeGreaterThanOrEqual(low === 0 ? 0 : 1);
        } else expect(set).toBe(0);
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 53n) - 1n }), (permitted) => {
        expect(parseFileCapabilities(attribute(permitted))).toBe(Number(permitted));
      }),
    );
  });
});
