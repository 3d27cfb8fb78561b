import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { readFields } from '../../../src/io/json/json-fields.ts';
import {
  foldKey,
  isJsonArray,
  isJsonObject,
  type JsonValue,
  readJson,
} from '../../../src/io/json/strict-json.ts';

const KNOWN = new Set(['config', 'layers', 'mediaType', 'User', 'Kind', 'annotations']);
const FREE = new Set(['annotations', 'config.Labels', 'manifests[].annotations']);

function read(text: string | Uint8Array, depth = 100): JsonValue {
  return readJson(Buffer.from(text as string), { where: 'a test', known: KNOWN, free: FREE, depth });
}

function faultOf(run: () => unknown): PratiqueError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof PratiqueError) return thrown;
    throw thrown;
  }
  throw new Error('it was accepted');
}

/** The value as JSON.parse gives it. */
function plain(value: JsonValue): unknown {
  if (isJsonArray(value)) return value.map(plain);
  if (isJsonObject(value)) return Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)]));
  return typeof value === 'object' && value !== null ? Number(value.literal) : value;
}

describe('readJson', () => {
  it.each([
    ['a duplicate key', '{"layers":[],"layers":[]}'],
    ['a duplicate key written with an escape', '{"layers":[],"l\\u0061yers":[]}'],
    ['a known key in other case', '{"Layers":[]}'],
    ['two cases of one key', '{"some":1,"SOME":2}'],
    ['a long s for an s', '{"layer\u017f":[]}'],
    ['a Kelvin sign for a k', '{"\u212aind":1}'],
    ['an escaped long s', '{"layer\\u017f":[]}'],
    ['a folded key deep down', '{"a":[{"b":{"user":1}}]}'],
    ['a folded key inside a free map', '{"annotations":{"a":{"user":1}}}'],
    ['an exact duplicate among annotations', '{"annotations":{"a":"1","a":"2"}}'],
    ['something behind the value', '{} {}'],
    ['a byte order mark', '\ufeff{}'],
    ['nothing', ''],
    ['blanks alone', ' \n'],
    ['a cut object', '{"a":1'],
    ['a trailing comma', '[1,]'],
    ['a comment', '[1] // one'],
    ['a key without quotes', '{a:1}'],
    ['a single quote', "['a']"],
    ['a raw line break in a string', '["a\nb"]'],
    ['an unknown escape', '["\\x41"]'],
    ['a cut escape', '["\\u12"]'],
    ['a string without an end', '["a'],
    ['half a surrogate pair', '["\\ud83d"]'],
    ['a leading zero', '[01]'],
    ['a plus sign', '[+1]'],
    ['a bare point', '[1.]'],
    ['NaN', '[NaN]'],
    ['a word cut short', '[tru]'],
    ['a vertical tab', '[\u000b1]'],
    ['a no-break space', '[\u00a01]'],
  ])('refuses %s', (_what, text) => {
    expect(faultOf(() => read(text)).code).toBe('JSON_INVALID');
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(faultOf(() => read(Buffer.from('["\u00ff"]', 'latin1'))).code).toBe('JSON_INVALID');
    expect(faultOf(() => read(Buffer.from('{"\u00c0\u0080":1}', 'latin1'))).code).toBe('JSON_INVALID');
  });

  it('lets labels differ in case alone, since they are free keys', () => {
    expect(
      plain(read('{"annotations":{"User":"a","user":"b"},"config":{"Labels":{"layers":"1","Layers":"2"}}}')),
    ).toEqual({
      annotations: { User: 'a', user: 'b' },
      config: { Labels: { layers: '1', Layers: '2' } },
    });
    expect(plain(read('{"manifests":[{"annotations":{"A":"1","a":"2"}}]}'))).toBeTypeOf('object');
  });

  it('keeps __proto__ as the key that it is', () => {
    const value = read('{"__proto__":{"polluted":true},"constructor":1}');
    expect(isJsonObject(value) && [...value.keys()]).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('says line, column and byte of the fault', () => {
    const fault = faultOf(() => read('{\n  "é": 1,\n  "Layers": []\n}'));
    expect(fault.problem.where).toBe('a test, line 3, column 3, byte 15');
    expect(fault.problem.why).toContain('"Layers"');
  });

  it('stops at the depth that it is given', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(read(nested(20), 20)).toBeTypeOf('object');
    expect(faultOf(() => read(nested(21), 20)).code).toBe('LIMIT_EXCEEDED');
    expect(faultOf(() => read('{"a":'.repeat(5_000_000))).code).toBe('LIMIT_EXCEEDED');
    expect(read(`[${'[],'.repeat(500)}[]]`, 2)).toHaveLength(501);
  });

  it('reads a string of four megabytes', () => {
    const long = 'x'.repeat(4 * 2 ** 20);
    expect(read(JSON.stringify([long]))).toEqual([long]);
  });

  it('agrees with JSON.parse on every document without folding keys', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), (text) => {
        const wanted: unknown = JSON.parse(text);
        let found: unknown;
        try {
          found = plain(read(text));
        } catch (thrown) {
          expect(hasFoldingKeys(wanted) || !text.isWellFormed() || /\\ud/i.test(text)).toBe(true);
          expect(thrown).toMatchObject({ code: 'JSON_INVALID' });
          return;
        }
        expect(JSON.stringify(found)).toBe(JSON.stringify(wanted));
      }),
      { numRuns: 500 },
    );
  });

  it('arbitrary text is read as JSON.parse reads it, or refused with a PratiqueError', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '\\',
      'u0041',
      '1',
      '-',
      '.',
      'e',
      'true',
      'null',
      ' ',
      '\n',
      '\u017f',
    );
    fc.assert(
      fc.property(
        fc.array(token, { maxLength: 12 }).map((parts) => parts.join('')),
        (text) => {
          try {
            expect(JSON.stringify(plain(read(text)))).toBe(JSON.stringify(JSON.parse(text)));
          } catch (thrown) {
            expect(thrown).toMatchObject({ code: 'JSON_INVALID' });
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

function hasFoldingKeys(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const keys = Array.isArray(value) ? [] : Object.keys(value);
  const known = new Map([...KNOWN].map((key) => [foldKey(key), key]));
  const folds =
    new Set(keys.map(foldKey)).size < keys.length ||
    keys.some((key) => (known.get(foldKey(key)) ?? key) !== key);
  return folds || Object.values(value).some(hasFoldingKeys);
}

describe('JsonFields', () => {
  const fields = (text: string) => readFields(read(text), { where: 'a test', code: 'MANIFEST_INVALID' });

  it('reads each type by name, and takes null for absent', () => {
    const top = fields(
      '{"s":"a","i":5,"b":false,"o":{"x":"y"},"l":["a","b"],"p":[{"i":1},{"i":2}],"n":null,"set":{"80/tcp":{}}}',
    );
    expect([top.string('s'), top.integer('i'), top.boolean('b')]).toEqual(['a', 5, false]);
    expect(top.stringMap('o')).toEqual(new Map([['x', 'y']]));
    expect(top.strings('l')).toEqual(['a', 'b']);
    expect(top.objects('p').map((item) => item.integer('i'))).toEqual([1, 2]);
    expect(top.keys('set')).toEqual(['80/tcp']);
    expect([top.has('n'), top.optionalString('n'), top.strings('n'), top.optionalObject('none')]).toEqual([
      false,
      undefined,
      [],
      undefined,
    ]);
  });

  it.each([
    ['a float that is whole', '{"size":2048.0}'],
    ['an exponent', '{"size":1e3}'],
    ['more than 2^53', '{"size":9007199254740993}'],
    ['a negative number', '{"size":-1}'],
    ['a string', '{"size":"1"}'],
    ['a list', '{"size":[1]}'],
    ['null', '{"size":null}'],
    ['nothing', '{}'],
  ])('refuses %s for a size', (_what, text) => {
    const fault = faultOf(() => fields(text).integer('size'));
    expect(fault.code).toBe('MANIFEST_INVALID');
    expect(fault.message).toContain('$.size');
  });

  it('names the path of what is wrong, all the way down', () => {
    const top = fields('{"layers":[{"digest":"a"},{"digest":5}],"config":{"Env":["a",1]},"l":[1]}');
    expect(faultOf(() => top.objects('layers').map((layer) => layer.string('digest'))).message).toContain(
      '$.layers[1].digest',
    );
    expect(faultOf(() => top.object('config').strings('Env')).message).toContain('$.config.Env[1]');
    expect(faultOf(() => top.objects('l')).message).toContain('$.l[0]');
    expect(faultOf(() => top.stringMap('l')).message).toContain('$.l');
    expect(faultOf(() => readFields(null, { where: 'a test' })).code).toBe('JSON_INVALID');
    expect(top.object('config').error('User', 'no').problem.what).toContain('$.config.User');
  });
});

describe('a document made to take much', () => {
  it('is refused where it has more values than are allowed, of whatever kind', () => {
    for (const [text, values] of [
      ['[{},{}]', 3],
      ['{"a":[1],"b":"x"}', 4],
      ['null', 1],
    ] as const) {
      expect(() => readJson(Buffer.from(text), { where: 'a test', values })).not.toThrow();
      const fault = faultOf(() => readJson(Buffer.from(text), { where: 'a test', values: values - 1 }));
      expect(fault.code).toBe('LIMIT_EXCEEDED');
    }
  });

  it('may have a long key above many others, whose path is not copied for each', () => {
    const many = Array.from({ length: 150_000 }, (_, index) => `"${index}":{}`).join(',');
    const bytes = Buffer.from(`{"${'k'.repeat(16_000)}":{${many}}}`);
    const began = process.cpuUsage();
    readJson(bytes, { where: 'a test', free: new Set(['annotations']) });
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1e6).toBeLessThan(1.5);
  });

  it('lets every key below a place be free, and no key beside it', () => {
    const read = (text: string) =>
      readJson(Buffer.from(text), { where: 'a test', known: new Set(['user']), freeBelow: 'predicate' });
    const below = '{"predicate":{"User":1,"user":2,"a":[{"b":{"K":1,"k":2,"USER":3}}]},"user":1}';
    expect(() => read(below)).not.toThrow();
    for (const text of [
      '{"predicate":{"a":1,"a":2}}',
      '{"predicate":{"b":[{"a":1,"a":2}]}}',
      '{"predicate":{},"User":1}',
      '{"predicate":{},"Predicate":{}}',
      '{"Predicate":{"a":1,"A":2}}',
      '{"x":{"predicate":{"a":1,"A":2}}}',
      '[{"predicate":{"a":1,"A":2}}]',
      '{"predicate.x":{"a":1,"A":2}}',
    ])
      expect(() => read(text), text).toThrow();
  });

  it('keeps its free places where they are', () => {
    const read = (text: string) => () =>
      readJson(Buffer.from(text), { where: 'a test', known: new Set(['user']), free: new Set(['a.b']) });
    expect(read('{"a":{"b":{"User":1,"user":2}}}')).not.toThrow();
    expect(read('{"a":{"b":{"c":{"User":1}}}}')).toThrow();
    expect(read('{"long":{"a":{"b":{"User":1}}}}')).toThrow();
  });
});
