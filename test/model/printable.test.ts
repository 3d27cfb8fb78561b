import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { excerpt, printable, quoted } from '../../src/model/printable.ts';

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

describe('excerpt', () => {
  test('leaves a text that fits as it is, escaped', () => {
    expect(excerpt('a\n b', 4)).toBe('a\\u{a} b');
  });

  test('leaves no part of a word beside a cut', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_=+.-]{20,64}$/);
    fc.assert(
      fc.property(fc.nat(300), word, fc.integer({ min: 1, max: 300 }), (before, secret, limit) => {
        const cut = excerpt(`${'a/'.repeat(before).slice(0, before)}/${secret}/${'b/'.repeat(300)}`, limit);
        if (!cut.includes(secret)) expect(cut).not.toContain(secret.slice(0, 8));
        expect(cut.length).toBeLessThanOrEqual(limit + 1);
      }),
    );
  });

  test('leaves no half of a short value with slashes in it', () => {
    const value = 'wJalrXUt/FEMIK7/MDENGbPx/RfiCYEXA/KEY12';
    for (let before = 150; before < 260; before++)
      expect(quoted(`${'x '.repeat(130).slice(0, before)} ${value}${' y'.repeat(100)}`)).not.toMatch(
        /wJalrXUt/,
      );
  });
});
