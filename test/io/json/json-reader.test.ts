import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonReader } from '../../../src/io/json/json-reader.ts';

/** What a reader tells, put together again. */
function readBack(bytes: Uint8Array, piece: number, { depth = 100, values = 1e6 } = {}): unknown {
  const root: unknown[] = [];
  const stack: { value: unknown; key: string }[] = [{ value: root, key: '' }];
  let text: Uint8Array[] = [];
  const put = (value: unknown) => {
    const at = stack.at(-1);
    if (Array.isArray(at?.value)) at.value.push(value);
    else if (at !== undefined) (at.value as Map<string, unknown>).set(at.key, value);
  };
  const reader = new JsonReader(
    {
      open(isObject) {
        const value = isObject ? new Map() : [];
        put(value);
        stack.push({ value, key: '' });
      },
      close: () => void stack.pop(),
      key(key) {
        (stack.at(-1) as { key: string }).key = key;
      },
      beginText() {
        text = [];
      },
      text: (part) => void text.push(Uint8Array.from(part)),
      endText: () => put(Buffer.concat(text).toString()),
      literal: (word) => put(JSON.parse(word)),
    },
    { where: 'a test', depth, values },
  );
  for (let at = 0; at < bytes.length; at += piece) reader.write(bytes.subarray(at, at + piece));
  if (!reader.end()) throw new SyntaxError('it is no JSON');
  return root[0];
}

function asMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asMaps);
  if (typeof value !== 'object' || value === null) return value;
  return new Map(Object.entries(value).map(([key, one]) => [key, asMaps(one)]));
}

const escaped = (json: string) =>
  json.replace(/[^\u0000-\u007f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

describe('JSON that streams by', () => {
  it('is what JSON.parse reads, however it is cut and written', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (json, piece) => {
        const expected = asMaps(JSON.parse(json));
        for (const one of [json, escaped(json), JSON.stringify(JSON.parse(json), null, 2)])
          expect(readBack(Buffer.from(one), piece)).toEqual(expected);
      }),
    );
  });

  it('is JSON where JSON.parse says so, and nowhere else', () => {
    const letter = fc.constantFrom(...'{}[]":,\\u0d8e1 -.tfnul'.split(''), 'true', '"a"', '\n', '\u0001');
    fc.assert(
      fc.property(fc.array(letter, { maxLength: 12 }), (letters) => {
        const text = letters.join('');
        expect(isRead(() => readBack(Buffer.from(text), 1))).toBe(isRead(() => JSON.parse(text)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['', '{', '[1,]', '{"a":1,}', '{"a"}', '"a', '"\\x"', '"\\u12g4"', '01', '1 2', '[1}', '"\u0001"'])(
    '%j is none',
    (text) => {
      expect(() => readBack(Buffer.from(text), 1)).toThrow('no JSON');
    },
  );

  it('a letter in two escapes is one, and half of one is the sign for none', () => {
    expect(readBack(Buffer.from('"\\ud83d\\ude00"'), 1)).toBe('😀');
    expect(readBack(Buffer.from('["\\ud83d","\\ud83dx","\\ude00"]'), 3)).toEqual([
      '\ufffd',
      '\ufffdx',
      '\ufffd',
    ]);
  });

  it('ends at what nests too deep or has too many values', () => {
    const limit = { code: 'LIMIT_EXCEEDED' };
    expect(() => readBack(Buffer.from('[[[]]]'), 2, { depth: 2 })).toThrow(expect.objectContaining(limit));
    expect(() => readBack(Buffer.from('[1,2,3]'), 2, { values: 3 })).toThrow(expect.objectContaining(limit));
  });
});

function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return false;
    throw thrown;
  }
}
