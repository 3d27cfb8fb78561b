import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bitsOf,
  booleanOf,
  bytesOf,
  type Der,
  DerFault,
  DerItems,
  eachOf,
  integerOf,
  numberOf,
  oidOf,
  onlyIn,
  readDer,
  timeOf,
} from '../../src/io/der.ts';
import { flags, integer, oid, sequence, tlv } from '../support/notation/der-writer.ts';

function read(hex: string): Der {
  return readDer(Buffer.from(hex, 'hex'));
}

describe('DER', () => {
  test.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['a value that is cut', '0402ff'],
    ['bytes behind it', '020101ff'],
    ['an indefinite length', '30800000'],
    ['a length longer than it needs to be', '04810100'],
    ['a length with a zero before it', '048200ff'.padEnd(8 + 255 * 2, '0')],
    ['a length of five bytes', '04850000000001ff'],
    ['a type with a long number', '1f8101020101'],
  ])('is not %s', (_what, hex) => {
    expect(() => read(hex)).toThrow(DerFault);
  });

  test('has lengths in their shortest form, of every size', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536])
      expect(readDer(tlv(4, Buffer.alloc(length))).value).toHaveLength(length);
  });

  test('has object identifiers', () => {
    for (const dotted of ['1.2.840.113549.1.1.11', '2.5.29.37.0', '0.4.0.2023.1.1', '1.3.6.1.4.1.57264.1.8'])
      expect(oidOf(readDer(oid(dotted)))).toBe(dotted);
    expect(oidOf(read('06028837'))).toBe('2.999');
  });

  test.each([
    ['empty', '0600'],
    ['cut', '060188'],
    ['padded', '06038088 37'.replace(' ', '')],
    ['of another type', '040100'],
    ['too long', `0629${'01'.repeat(41)}`],
  ])('has none that is %s', (_what, hex) => {
    expect(() => oidOf(read(hex))).toThrow(DerFault);
  });

  test('has numbers, none negative and none padded', () => {
    for (const number of [0, 1, 127, 128, 255, 256, 65_536, 2 ** 40])
      expect(numberOf(readDer(integer(number)))).toBe(number);
    for (const hex of ['0200', '0201ff', '02020001', '020701000000000000'])
      expect(() => numberOf(read(hex))).toThrow(DerFault);
  });

  test('has long numbers in one form', () => {
    for (const hex of ['00', '7f', '0080', 'ff7f', 'ff', '0123456789abcdef'])
      expect(Buffer.from(integerOf(readDer(integer(Buffer.from(hex, 'hex'))))).toString('hex')).toBe(hex);
    for (const hex of ['0200', '02020001', '0202ff80', '040101'])
      expect(() => integerOf(read(hex))).toThrow(DerFault);
  });

  test('has two truth values', () => {
    expect([booleanOf(read('0101ff')), booleanOf(read('010100'))]).toEqual([true, false]);
    for (const hex of ['010101', '0100', '0102ffff', '0201ff'])
      expect(() => booleanOf(read(hex))).toThrow(DerFault);
  });

  test('has strings of bits', () => {
    expect([...bitsOf(readDer(flags([0, 5, 6])))]).toEqual([0, 5, 6]);
    expect([...bitsOf(readDer(flags([8])))]).toEqual([8]);
    expect([...bitsOf(read('030100'))]).toEqual([]);
    expect([...bitsOf(read('030204ff'))]).toEqual([0, 1, 2, 3]);
    for (const hex of ['0300', '030208ff', '030101', '0402 00ff'.replace(' ', ''), `0307${'00'.repeat(7)}`])
      expect(() => bitsOf(read(hex))).toThrow(DerFault);
    expect([...bytesOf(read('030200ab'))]).toEqual([0xab]);
    for (const hex of ['0300', '030201ab', '040200ab']) expect(() => bytesOf(read(hex))).toThrow(DerFault);
  });

  test.each([
    [0x17, '260601120000Z', '2026-06-01T12:00:00.000Z'],
    [0x17, '500101000000Z', '1950-01-01T00:00:00.000Z'],
    [0x17, '491231235959Z', '2049-12-31T23:59:59.000Z'],
    [0x18, '20260601120000Z', '2026-06-01T12:00:00.000Z'],
    [0x18, '20260601120000.5Z', '2026-06-01T12:00:00.500Z'],
    [0x18, '20240229000000.123456Z', '2024-02-29T00:00:00.123Z'],
  ])('has moments: type %i, %s', (tag, text, iso) => {
    expect(timeOf(readDer(tlv(tag, Buffer.from(text)))).toISOString()).toBe(iso);
  });

  test.each([
    [0x17, '2606011200Z'],
    [0x17, '260601120000+0100'],
    [0x18, '20260230120000Z'],
    [0x18, '20251301120000Z'],
    [0x18, '20260601240000Z'],
    [0x18, '20260601126000Z'],
    [0x18, '20260601120060Z'],
    [0x18, '20260601120000'],
    [0x18, '00260601120000Z'],
    [0x04, '20260601120000Z'],
  ])('has none that there was not: type %i, %s', (tag, text) => {
    expect(() => timeOf(readDer(tlv(tag, Buffer.from(text))))).toThrow(DerFault);
  });

  test('is taken in order, and wholly', () => {
    const items = new DerItems(readDer(sequence(integer(1), oid('1.2.3'))), 'a pair');
    expect(items.takeIf(0x06)).toBeUndefined();
    expect(numberOf(items.take(0x02))).toBe(1);
    expect(() => items.end()).toThrow('a pair has more');
    expect(() => items.take(0x02)).toThrow('a pair lacks');
    expect(oidOf(items.takeAny())).toBe('1.2.3');
    items.end();
    expect(() => items.takeAny()).toThrow('too short');
    expect(() => onlyIn(readDer(sequence()))).toThrow(DerFault);
    expect(() => onlyIn(readDer(sequence(integer(1), integer(2))))).toThrow(DerFault);
    expect(() => new DerItems(readDer(integer(1)), 'x')).toThrow('another type');
    expect(() => [...eachOf(readDer(integer(1)))]).toThrow('holds no values');
  });

  test('is not read ahead: five million values in a list that nobody signed would fill the memory', () => {
    const many = tlv(0x30, integer(1), Buffer.from('ff', 'hex')); // the second value cannot be read
    const items = new DerItems(readDer(many), 'a list');
    expect(numberOf(items.take(0x02))).toBe(1);
    expect(items.isEmpty).toBe(false);
    expect(() => items.takeAny()).toThrow('it is cut');
    expect(() => items.end()).toThrow('a list has more');
    const three = tlv(0x30, integer(1), integer(2), Buffer.from('ff', 'hex'));
    expect(() => onlyIn(readDer(three))).toThrow('exactly one');
  });

  test('is read or refused, whatever it is', () => {
    const walk = (der: Der): number =>
      (der.tag & 0x20) === 0 ? 1 : [...eachOf(der)].reduce((count, one) => count + walk(one), 1);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          walk(readDer(bytes));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(DerFault);
        }
      }),
    );
  });
});
