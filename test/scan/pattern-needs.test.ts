import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWindow } from '../../src/scan/byte-window.ts';
import { NeedFinder } from '../../src/scan/need-finder.ts';
import { type Need, needsOf, type PlainNeed } from '../../src/scan/pattern-needs.ts';
import { measurePattern } from '../../src/scan/pattern-shape.ts';
import { RULE_SET } from '../../src/scan/rule-set.ts';

function windowOf(text: string): ByteWindow {
  const bytes = Buffer.from(text, 'latin1');
  const window = new ByteWindow(bytes.length);
  window.take(bytes, 0);
  return window;
}

/** Whether a text lacks what a pattern needs, asked of it as a whole. */
function lacks(need: Need | undefined, text: string): boolean {
  return need !== undefined && new NeedFinder(windowOf(text)).lacksUntil(need, 0, text.length) > 0;
}

/** Where a plain need is met, one place after another. */
function meets(need: Need, text: string): boolean {
  if (need.kind === 'all') return need.parts.every((part) => meets(part, text));
  if (need.kind === 'any') return need.parts.some((part) => meets(part, text));
  const { length } = need as PlainNeed;
  const starts = [...text].keys().filter((at) => at + length <= text.length);
  return starts.some((at) => !lacks(need, text.slice(at, at + length)));
}

const letter = fc.constantFrom('a', 'b', 'k', 'e', 'y', '[ab]', '[^a]', String.raw`\w`, '-');
const count = fc.constantFrom('', '', '?', '{2}', '{0,3}', '{1,2}', '{8,9}');
/** Of a group few times only: repetitions of repetitions, of which six stand in a row, take the engine minutes for 40 letters. */
const times = fc.constantFrom('', '', '?', '{2}', '{1,2}');
const piece = fc.tuple(letter, count).map((parts) => parts.join(''));
const group = fc
  .tuple(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.array(piece, { maxLength: 3 }), times)
  .map(([one, other, often]) => `(?:${one.join('')}|${other.join('')})${often}`);
const look = fc.constantFrom('(?=a)', '(?<!b)', '(?!a)', '(?<=b)', String.raw`(?!\w)`, '(?=[ab]{2}(?!k))');
const source = fc
  .array(fc.oneof(piece, group, look), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''));
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'k', 'e', 'y', '-', 'B', 'K'), maxLength: 40 });

describe('needsOf', () => {
  it('tells letters in a row, long runs, and few letters that must be there', () => {
    const need = needsOf(/key_(?:token|secret)[=:](?<secret>[a-z]{20})/, ['key_']);
    expect(lacks(need, `key_token=${'a'.repeat(20)}`)).toBe(false);
    expect(lacks(need, `key_taken=${'a'.repeat(20)}`)).toBe(true);
    expect(lacks(need, `key_token ${'a'.repeat(20)}`)).toBe(true);
    expect(lacks(need, `key_token=${'a'.repeat(12)}-${'a'.repeat(8)}`)).toBe(true);
  });

  it('tells that what must not follow is followed by something else', () => {
    const need = needsOf(/xo_[a-z/]{4,9}(?![a-z/_])/, ['xo_']);
    expect(lacks(need, 'xo_/xo_/xo_/xo_/')).toBe(true);
    expect(lacks(need, 'xo_/xo_/xo_/ o_/')).toBe(false);
  });

  it('tells nothing of what the keyword brings along', () => {
    expect(needsOf(/key_[0-9]?/, ['key_'])).toBeUndefined();
  });

  it('rules out no match, whatever the pattern', () => {
    fc.assert(
      fc.property(source, fc.constantFrom('', 'i'), text, (pattern, flags, whole) => {
        const match = new RegExp(pattern, flags).exec(whole);
        if (match === null) return;
        const { longest, beyond } = measurePattern(new RegExp(pattern));
        const end = match.index + longest + beyond + 1;
        // As the scanner asks only where all that a pattern may look at is held.
        const held = `${whole}${'\0'.repeat(Math.max(0, end - whole.length))}`;
        if (new RegExp(pattern, `${flags}y`).exec(held) === null) return;
        const around = held.slice(Math.max(0, match.index - beyond), end);
        expect(lacks(needsOf(new RegExp(pattern, flags), ['']), around)).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('rules out no example of a rule', () => {
    const lost = RULE_SET.secrets.filter(({ pattern, keywords, examples }) => {
      const need = needsOf(pattern, keywords);
      return examples.some((example) => lacks(need, `${example()}\0${'\n'.repeat(400)}`));
    });
    expect(lost.map(({ id }) => id)).toEqual([]);
  });
});

describe('a finder of needs', () => {
  const needs = [/key/, /[ab]{9}/, /(?:abk|kab)/, /[=-]b/, /(?:key|[eb]{8})-/].map((pattern) =>
    needsOf(pattern, ['']),
  ) as Need[];
  const queries = fc.array(fc.tuple(fc.nat(80), fc.integer({ min: 1, max: 20 }), fc.nat(needs.length - 1)), {
    minLength: 1,
    maxLength: 20,
  });

  it('says the same in whatever order it is asked, and is right as far as it says', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 3, maxLength: 4 }), queries, (parts, asked) => {
        const whole = parts.join('').padEnd(110, 'k');
        const finder = new NeedFinder(windowOf(whole));
        for (const [from, length, which] of asked) {
          const need = needs[which] as Need;
          const until = finder.lacksUntil(need, from, from + length);
          expect(until === 0).toBe(meets(need, whole.slice(from, from + length)));
          if (until > 0) expect(until).toBeGreaterThanOrEqual(from + length);
          if (until > 0) expect(meets(need, whole.slice(from, until))).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });
});
