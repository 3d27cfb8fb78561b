import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable } from '../../src/model/printable.ts';

describe('printable', () => {
  test.each([
    ['\u001b[2J', '\\u{1b}[2J'],
    ['a\nb', 'a\\u{a}b'],
    ['\u202eevil', '\\u{202e}evil'],
    ['\u0000', '\\u{0}'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\udc80', '\\u{dc80}'],
    ['C:\\x', 'C:\\x'],
    ['größe 漢字 🚢', 'größe 漢字 🚢'],
  ])('shows %j as %s', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test('lets no control, separator, bidi or surrogate through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Surrogate}]/u);
      }),
    );
  });

  test('cuts long text and shows the cut', () => {
    expect(printable('x'.repeat(600))).toBe(`${'x'.repeat(512)}…`);
  });
});
