import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatProgress } from '../../src/report/progress.ts';
import { formatCount, formatSize, formatSizeOf, plural } from '../../src/report/size.ts';
import { cellsOf } from '../../src/report/terminal/columns.ts';
import { dangersIn, hostileText } from '../support/arbitrary-verdicts.ts';

const HALF = { layer: 3, layers: 7, doneBytes: 45_200_000, totalBytes: 120_000_000, seconds: 0.5136 };

describe('the progress line', () => {
  test('tells the layer, the bytes of all bytes, and the speed', () => {
    expect(formatProgress(HALF)).toBe('layer 3/7 · 45.2 of 120 MB · 88.0 MB/s');
  });

  test('names the image last', () => {
    expect(formatProgress({ ...HALF, name: 'nginx:1' })).toBe(
      'layer 3/7 · 45.2 of 120 MB · 88.0 MB/s · nginx:1',
    );
  });

  test('tells no speed before there is one, and no total that is not known', () => {
    expect(formatProgress({ ...HALF, seconds: 0 })).toBe('layer 3/7 · 45.2 of 120 MB');
    expect(formatProgress({ ...HALF, seconds: 0.4, totalBytes: 0 })).toBe('layer 3/7 · 45.2 MB');
  });

  test('tells how long it will take once the speed has settled', () => {
    expect(formatProgress({ ...HALF, seconds: 4.52 })).toBe(
      'layer 3/7 · 45.2 of 120 MB · 10.0 MB/s · 7 s left',
    );
    expect(formatProgress({ ...HALF, seconds: 452 })).toContain(' · 12 min left');
    for (const settled of [{ doneBytes: 0 }, { totalBytes: 0 }, { doneBytes: 120_000_000 }, { seconds: 1.9 }])
      expect(formatProgress({ ...HALF, seconds: 5, ...settled })).not.toContain('left');
  });

  test('leaves out from the right what a narrow terminal has no room for', () => {
    expect(formatProgress(HALF, 30)).toBe('layer 3/7 · 45.2 of 120 MB');
    expect(formatProgress(HALF, 12)).toBe('layer 3/7');
  });

  test('is one safe line that fits, whatever the name', () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 10, max: 200 }), (name, width) => {
        const line = formatProgress({ ...HALF, name }, width);
        expect(line).toMatch(/^layer 3/);
        expect(line).not.toContain('\n');
        expect(dangersIn(line)).toEqual([]);
        expect(cellsOf(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('sizes', () => {
  test.each([
    [0, '0 B'],
    [1, '1 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [9_994, '9.99 kB'],
    [9_996, '10.0 kB'],
    [45_200_000, '45.2 MB'],
    [99_960_000, '100 MB'],
    [999_499_999, '999 MB'],
    [999_600_000, '1.00 GB'],
    [1_340_000_000, '1.34 GB'],
    [17 * 1024 ** 3, '18.3 GB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });

  test('have at most three digits and a point below a petabyte', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_000_000_000_000 }), (bytes) =>
        /^(?:\d{1,3}|\d\.\d\d|\d\d\.\d) (?:B|[kMGT]B)$/.test(formatSize(bytes)),
      ),
    );
  });

  test('of a part are in the unit of the whole', () => {
    expect(formatSizeOf(500, 120_000_000)).toBe('0.00 of 120 MB');
    expect(formatSizeOf(0, 0)).toBe('0 of 0 B');
  });

  test('of many things have commas', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567');
    expect(plural(1, 'entry', 'entries')).toBe('1 entry');
    expect(plural(12_345, 'file')).toBe('12,345 files');
  });
});
