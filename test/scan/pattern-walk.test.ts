import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesWithin } from '../../src/scan/byte-sets.ts';
import { walkOf } from '../../src/scan/pattern-walk.ts';
import { RULE_SET } from '../../src/scan/rule-set.ts';

/** Whether a text may begin with a match that holds a keyword of so many letters; for a keyword anywhere, all of it. */
function mayMatch(pattern: RegExp, text: string, length: number, isFirst = true, isWhole = true): boolean {
  const bytes = Buffer.from(text, 'latin1');
  return walkOf(pattern, isFirst)?.mayMatch(bytes, 0, length, bytes.length, isWhole) ?? true;
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

describe('walkOf', () => {
  it('goes from byte to byte as far as the pattern does', () => {
    const pattern = /key_[0-9]x?(?<secret>[a-c]{20})/;
    expect(mayMatch(pattern, `key_1x${'abcab'.repeat(4)}`, 4)).toBe(true);
    expect(mayMatch(pattern, `key_1${'abcab'.repeat(4)}`, 4)).toBe(true);
    expect(mayMatch(pattern, `key_1xx${'abcab'.repeat(4)}`, 4)).toBe(false);
    expect(mayMatch(pattern, `key_1x${'a'.repeat(18)}d`, 4)).toBe(false);
  });

  it('takes letters of either case for a pattern without case', () => {
    const pattern = /Key(?:z|=)[0-9]{8}/i;
    expect(mayMatch(pattern, 'kEYZ01234567', 3)).toBe(true);
    expect(mayMatch(pattern, 'kEY-01234567', 3)).toBe(false);
    expect(mayMatch(/Key=[0-9]{8}/, 'kEY=01234567', 3)).toBe(false);
  });

  it('allows anything where the match may be over', () => {
    const pattern = /key[0-9]{2}(?![0-9])/;
    expect(mayMatch(pattern, 'key12\xff', 3)).toBe(true);
    expect(mayMatch(pattern, 'key1\xff', 3)).toBe(false);
    expect(mayMatch(/key[0-9]{0,2}/, 'key', 3)).toBe(true);
    expect(mayMatch(/(?:key|key_id=)[0-9]{0,2}/, 'key_of', 4)).toBe(false);
  });

  it('allows what is not there yet, unless nothing comes any more', () => {
    const pattern = /key[0-9]{8}/;
    expect(mayMatch(pattern, 'key1234', 3, true, false)).toBe(true);
    expect(mayMatch(pattern, 'key1234', 3, true, true)).toBe(false);
  });

  it('looks at every place in the pattern where the keyword may stand', () => {
    const pattern = /[a-z]{3}(?:key:[0-9]|[a-z]{3}:[xy])[a-z0-9]{9}/;
    for (const next of '0xy') expect(mayMatch(pattern, `key:${next}aaaaaaaaa`, 4, false)).toBe(true);
    expect(mayMatch(pattern, 'key:zaaaaaaaaa', 4, false)).toBe(false);
  });

  it('allows everything where there would be too many steps', () => {
    expect(
      walkOf(/a(?:[a-z]{9}[0-9]{9}){64}(?:[a-z]{9}[0-9]{9}){64}(?:[a-z]{40}[0-9]{40}){64}/, true),
    ).toBeUndefined();
  });

  it('leaves to the pattern what leads to more states than are kept', () => {
    const pattern = /key[^;]{0,60}a[^;]{14}b/;
    const text = (seed: number) =>
      Buffer.from(
        `key${Array.from({ length: 40 }, (_, at) => 'ac'.charAt(((seed >> (at % 12)) + at) & 1)).join('')};b`,
      );
    const walk = walkOf(pattern, true);
    const asked = (one: typeof walk, seed: number) => one?.mayMatch(text(seed), 0, 3, 45, true);
    for (let seed = 0; seed < 4000; seed++) asked(walk, seed);
    const seeds = Array.from({ length: 20 }, (_, seed) => 4000 + 5 * seed);
    expect(seeds.map((seed) => asked(walkOf(pattern, true), seed))).toEqual(seeds.map(() => false));
    expect(seeds.map((seed) => asked(walk, seed))).toContain(true);
  });

  it('rules out no match, whatever the pattern', () => {
    fc.assert(
      fc.property(source, fc.constantFrom('', 'i'), text, fc.nat(3), (pattern, flags, rest, length) => {
        const match = new RegExp(pattern, `${flags}y`).exec(rest)?.[0];
        if (length === 0 || match === undefined || match.length < length) return;
        const whole = new RegExp(pattern, flags);
        expect(mayMatch(whole, rest, length)).toBe(true);
        // From each place of the match on, as the keyword may stand anywhere in it.
        for (let at = 0; at + length <= match.length; at++)
          expect(mayMatch(whole, rest.slice(at), length, false)).toBe(true);
        const within = bytesWithin(whole);
        expect([...match].every((one) => within[one.charCodeAt(0)] === 1)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('rules out no example of a rule', () => {
    let seen = 0;
    const lost = RULE_SET.secrets.flatMap(({ id, pattern, keywords, before = 0, examples }) => {
      const walk = walkOf(pattern, before === 0);
      return examples.flatMap((example) => {
        const whole = example();
        const found = new RegExp(pattern.source, `${pattern.flags}g`).exec(whole);
        const match = found?.[0] ?? '';
        return keywords.flatMap((keyword) => {
          const at = match.toLowerCase().indexOf(keyword.toLowerCase());
          if (found === null || at < 0 || (before === 0 && at > 0)) return [];
          seen++;
          const bytes = Buffer.from(whole.slice(found.index + at), 'latin1');
          return walk?.mayMatch(bytes, 0, keyword.length, bytes.length, true) === false
            ? [`${id}: ${keyword}`]
            : [];
        });
      });
    });
    expect(lost).toEqual([]);
    expect(seen).toBeGreaterThan(2000);
  });
});
