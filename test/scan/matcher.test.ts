import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMatcher, type MatcherOptions } from '../../src/scan/matcher.ts';

type Seen = readonly [keyword: number, end: number];

/** Looks for every keyword at every place. */
function searchNaively(keywords: readonly Uint8Array[], text: Uint8Array): Seen[] {
  const fold = (byte: number) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);
  const seen: Seen[] = [];
  for (let end = 1; end <= text.length; end++) {
    for (const [index, keyword] of keywords.entries()) {
      const start = end - keyword.length;
      const fits = start >= 0 && keyword.every((byte, i) => fold(byte) === fold(text[start + i] ?? -1));
      if (fits) seen.push([index, end]);
    }
  }
  return seen;
}

function search(
  keywords: readonly Uint8Array[],
  pieces: readonly Uint8Array[],
  options: MatcherOptions = {},
): Seen[] {
  const matcher = createMatcher(keywords, options);
  const seen: Seen[] = [];
  let state = matcher.start;
  let before = 0;
  for (const piece of pieces) {
    state = matcher.scan(piece, 0, piece.length, state, (keyword, end) => seen.push([keyword, before + end]));
    before += piece.length;
  }
  return seen;
}

function cut(text: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((at) => at % (text.length + 1)).sort((a, b) => a - b), text.length];
  return places.slice(1).map((end, i) => text.subarray(places[i], end));
}

function inOrder(seen: readonly Seen[]): Seen[] {
  return [...seen].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
}

// Few letters, so that keywords overlap, nest and repeat.
const letters = fc.constantFrom(...Buffer.from('abAB_\0\xff', 'latin1'));
const keywords = fc
  .array(
    fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => bytes),
    { minLength: 1, maxLength: 6 },
  )
  .chain((list) =>
    fc.tuple(...list.map(({ length }) => fc.array(letters, { minLength: length, maxLength: length }))),
  )
  .map((list) => list.map((bytes) => Uint8Array.from(bytes)));
const shortText = fc.array(letters, { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes));
// Most are long enough that the matcher reads in several lanes.
const longText = fc
  .tuple(fc.array(letters, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1000, max: 8000 }))
  .map(([bytes, length]) =>
    Uint8Array.from({ length }, (_, i) => bytes[(i * 7 + (i >> 5)) % bytes.length] ?? 0),
  );

describe('createMatcher', () => {
  it('finds what a naive search finds, however the text is cut', () => {
    fc.assert(
      fc.property(keywords, shortText, fc.array(fc.nat(), { maxLength: 8 }), (list, text, cuts) => {
        expect(inOrder(search(list, cut(text, cuts)))).toEqual(inOrder(searchNaively(list, text)));
      }),
    );
  });

  it('finds what a naive search finds in texts that are read in several lanes', () => {
    fc.assert(
      fc.property(keywords, longText, fc.array(fc.nat(), { maxLength: 2 }), (list, text, cuts) => {
        expect(inOrder(search(list, cut(text, cuts)))).toEqual(inOrder(searchNaively(list, text)));
      }),
      { numRuns: 30 },
    );
  });

  it('finds the very same with WebAssembly as without, in the same order', () => {
    fc.assert(
      fc.property(keywords, longText, fc.array(fc.nat(), { maxLength: 2 }), (list, text, cuts) => {
        const pieces = cut(text, cuts);
        expect(search(list, pieces, { engine: 'wasm' })).toEqual(search(list, pieces, { engine: 'plain' }));
      }),
      { numRuns: 30 },
    );
  });

  it('finds the very same in every thread that shares its table', () => {
    const list = [Buffer.from('needle'), Buffer.from('dle ne')];
    const text = Buffer.from('a needle needle, '.repeat(3000));
    const own = search(list, [text], { engine: 'wasm' });
    const { shared } = createMatcher(list, { engine: 'wasm' });
    expect(own.length).toBeGreaterThan(5000);
    expect(search(list, [text], { shared, slot: 1 })).toEqual(own);
    expect(search(list, [text], { shared, slot: 0 })).toEqual(own);
    expect(() => search(list, [text], { shared, slot: 17 })).toThrow(RangeError);
  });

  it('has room for a hit at every byte', () => {
    const text = Buffer.alloc(300_000, 'aB');
    const list = [Buffer.from('a'), Buffer.from('b'), Buffer.from('ab')];
    const seen = search(list, [text], { engine: 'wasm' });
    expect(seen).toHaveLength(450_000);
    expect(seen).toEqual(search(list, [text], { engine: 'plain' }));
  });

  it('tells hits in the order of their ends, in lanes as well', () => {
    const text = Buffer.from('needle '.repeat(3000));
    const ends = search([Buffer.from('needle'), Buffer.from('eed')], [text]).map(([, end]) => end);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
    expect(ends).toHaveLength(6000);
  });

  it('takes ASCII letters in either case, and nothing else', () => {
    const list = [Buffer.from('Key_[')];
    expect(search(list, [Buffer.from('kEY_[')])).toEqual([[0, 5]]);
    expect(search(list, [Buffer.from('key_{')])).toEqual([]);
    expect(search([Buffer.from([0xe4])], [Buffer.from([0xc4])])).toEqual([]);
  });

  it('grows its table beyond sixteen bits', () => {
    const list = Array.from({ length: 3000 }, (_, i) =>
      Buffer.from(`keyword-${(i * 7919).toString(36)}-${i}`),
    );
    expect(
      search(list, [Buffer.from(`... ${list[2999]?.toString()} ...`)]).map(([index]) => index),
    ).toContain(2999);
  });

  it('refuses an empty keyword, which would match everywhere', () => {
    expect(() => createMatcher([Buffer.from('a'), new Uint8Array()])).toThrow(RangeError);
  });
});
