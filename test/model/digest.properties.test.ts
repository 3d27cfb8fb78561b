import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { algorithmOf, hexOf, isDigest, parseDigest, referrersTagOf } from '../../src/model/digest.ts';

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const digest = fc.oneof(
  hex(64).map((digits) => ['sha256', digits] as const),
  hex(128).map((digits) => ['sha512', digits] as const),
);

test('a digest is read back in its parts, and gives a tag that a registry takes', () => {
  fc.assert(
    fc.property(digest, ([algorithm, digits]) => {
      const parsed = parseDigest(`${algorithm}:${digits}`);
      expect([algorithmOf(parsed), hexOf(parsed)]).toEqual([algorithm, digits]);
      expect(referrersTagOf(parsed)).toMatch(/^[a-z0-9][a-z0-9-]{0,127}$/);
    }),
  );
});

test('one letter more, less or other is no digest, or another one', () => {
  const letter = fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom(...'0aA:/.\n\0é'));
  fc.assert(
    fc.property(digest, fc.nat(140), fc.constantFrom(0, 1), letter, (parts, at, cut, put) => {
      const text = parts.join(':');
      const changed = text.slice(0, at) + put + text.slice(at + cut);
      expect(isDigest(changed)).toBe(
        cut === 1 && /^[0-9a-f]$/.test(put) && at > 6 && at < text.length ? true : changed === text,
      );
    }),
  );
});

test('any text is a digest or a fault with a code', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'sha256:0f') })), (text) => {
      try {
        expect(String(parseDigest(text))).toBe(text);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(PratiqueError);
        expect((thrown as PratiqueError).code).toBe('DIGEST_INVALID');
      }
    }),
  );
});
