import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RULE_SET } from '../../src/scan/rule-set.ts';
import { bytesWithin, FOLLOWING_BYTES, whatFollows } from '../../src/scan/what-follows.ts';

function allows(allowed: Uint8Array | undefined, following: string): boolean {
  if (allowed === undefined) return true;
  return [...following.slice(0, FOLLOWING_BYTES)].every(
    (letter, place) => ((allowed[letter.charCodeAt(0)] ?? 0) & (1 << place)) !== 0,
  );
}

/** Bytes that may stand in a place, as text. */
function placeOf(allowed: Uint8Array | undefined, place: number): string {
  const bytes = [...(allowed ?? []).keys()].filter((byte) => ((allowed?.[byte] ?? 0) & (1 << place)) !== 0);
  return String.fromCharCode(...bytes);
}

const letter = fc.constantFrom('a', 'b', 'c', '[ab]', '[^a]', String.raw`\w`);
const count = fc.constantFrom('', '?', '{2}', '{0,3}', '{1,2}');
const piece = fc.tuple(letter, count).map((parts) => parts.join(''));
const group = fc
  .tuple(fc.array(piece, { minLength: 1, maxLength: 3 }), fc.array(piece, { maxLength: 2 }), count)
  .map(([one, other, times]) => `(?:${one.join('')}|${other.join('')})${times}`);
const source = fc
  .array(fc.oneof(piece, group, fc.constantFrom('(?=a)', '(?<!b)')), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(''));
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-', 'B'), maxLength: 14 });

describe('whatFollows', () => {
  it('tells the bytes of each place behind the keyword', () => {
    const allowed = whatFollows(/key_[0-9]x?(?<secret>[a-c]{20})/, 'key_', true);
    expect(placeOf(allowed, 0)).toBe('0123456789');
    expect(placeOf(allowed, 1)).toBe('abcx');
    expect(placeOf(allowed, 7)).toBe('abc');
  });

  it('takes letters of either case for a pattern without case', () => {
    expect(placeOf(whatFollows(/Key(?:z|=)[0-9]{8}/i, 'key', true), 0)).toBe('=Zz');
  });

  it('allows anything where the match may be over', () => {
    const allowed = whatFollows(/key[0-9]{2}(?![0-9])/, 'key', true);
    expect(placeOf(allowed, 1)).toBe('0123456789');
    expect(placeOf(allowed, 2)).toHaveLength(256);
    expect(whatFollows(/key[0-9]{0,2}/, 'key', true)).toBeUndefined();
  });

  it('looks at every place in the pattern where the keyword may stand', () => {
    const allowed = whatFollows(/[a-z]{3}(?:key:[0-9]|[a-z]{3}:[xy])[a-z0-9]{9}/, 'key:', false);
    expect(placeOf(allowed, 0)).toBe('0123456789xy');
  });

  it('rules out no match, whatever the pattern', () => {
    fc.assert(
      fc.property(source, fc.constantFrom('', 'i'), text, fc.nat(3), (pattern, flags, rest, length) => {
        const whole = new RegExp(pattern, `${flags}y`);
        const keyword = rest.slice(0, length);
        const match = whole.exec(rest)?.[0];
        if (keyword === '' || match === undefined || match.length < keyword.length) return;
        expect(allows(whatFollows(new RegExp(pattern, flags), keyword, true), rest.slice(length))).toBe(true);
        expect(allows(whatFollows(new RegExp(pattern, flags), keyword, false), rest.slice(length))).toBe(
          true,
        );
        const within = bytesWithin(new RegExp(pattern, flags));
        expect([...match].every((one) => within[one.charCodeAt(0)] === 1)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('rules out no example of a rule', () => {
    const lost = RULE_SET.secrets.flatMap(({ id, pattern, keywords, before = 0, examples }) =>
      examples.flatMap((example) => {
        const whole = example();
        const found = new RegExp(pattern.source, `${pattern.flags}g`).exec(whole);
        const match = found?.[0] ?? '';
        return keywords.flatMap((keyword) => {
          const at = match.toLowerCase().indexOf(keyword.toLowerCase());
          if (found === null || at < 0 || (before === 0 && at > 0)) return [];
          const allowed = whatFollows(pattern, keyword, before === 0);
          const following = whole.slice(found.index + at + keyword.length);
          return allows(allowed, following) || /[^\0-\xff]/.test(following) ? [] : [`${id}: ${keyword}`];
        });
      }),
    );
    expect(lost).toEqual([]);
  });
});
