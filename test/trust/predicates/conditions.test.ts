import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJson } from '../../../src/io/json/strict-json.ts';
import { parsePredicatePath, type ValueTest } from '../../../src/model/predicate-condition.ts';
import { meetsCondition } from '../../../src/trust/predicates/conditions.ts';

function meets(predicate: unknown, path: string, test: ValueTest, of: 'every' | 'none' = 'every') {
  const json = readJson(Buffer.from(JSON.stringify(predicate)), { where: 'test', freeBelow: 'x' });
  return meetsCondition(json, { path, steps: parsePredicatePath(path), of, test });
}

const is = (...values: (string | number | boolean)[]): ValueTest => ({ kind: 'one-of', values });
const glob = (pattern: string): ValueTest => ({ kind: 'matches', pattern });
const exists = (wanted: boolean): ValueTest => ({ kind: 'exists', wanted });

describe('a condition is met', () => {
  test.each<[unknown, string, ValueTest]>([
    [{ a: 'x' }, 'a', is('x')],
    [{ a: 'x' }, 'a', is('y', 'x')],
    [{ a: { b: 1 } }, 'a.b', is(1)],
    [{ a: { b: true } }, 'a.b', is(true)],
    [{ a: 1.5 }, 'a', is(1.5)],
    [{ 'a.b': 'x' }, '"a.b"', is('x')],
    [{ a: [{ b: 'x' }, { b: 'x' }] }, 'a[].b', is('x')],
    [{ a: [['x'], ['x', 'x']] }, 'a[][]', is('x')],
    [{ a: 'pkg:github/aquasecurity/trivy@1' }, 'a', glob('pkg:github/aquasecurity/trivy@*')],
    [{ a: 7.5 }, 'a', { kind: 'between', least: 7, most: 8 }],
    [{ a: 7 }, 'a', { kind: 'between', least: 7 }],
    [{ a: false }, 'a', exists(true)],
    [{}, 'a', exists(false)],
    [{ a: null }, 'a', exists(false)],
    [{}, 'a.b', exists(false)],
  ])('%j: %s %j', (predicate, path, test) => {
    expect(meets(predicate, path, test)).toBe(true);
  });
});

describe('a condition is not met', () => {
  test.each<[unknown, string, ValueTest]>([
    [{ a: 'X' }, 'a', is('x')],
    [{}, 'a', is('x')],
    [{ a: null }, 'a', is('x')],
    [null, 'a', is('x')],
    [{ a: {} }, 'a.b', is('x')],
    [{ a: [] }, 'a[].b', is('x')],
    [{ a: [{ b: 'x' }, {}] }, 'a[].b', is('x')],
    [{ a: [{ b: 'x' }, { b: 'y' }] }, 'a[].b', is('x')],
    [{ a: ['x', null] }, 'a[]', is('x')],
    [{ a: 'xpkg:trivy' }, 'a', glob('pkg:*')],
    [{ a: 6.9 }, 'a', { kind: 'between', least: 7 }],
    [{ a: 8.1 }, 'a', { kind: 'between', most: 8 }],
    [{}, 'a', exists(true)],
    [{ a: [] }, 'a[]', exists(true)],
    [{ a: 1 }, 'a', exists(false)],
    [{ toString: 1 }, 'constructor', exists(true)],
    [{}, '__proto__', exists(true)],
  ])('%j: %s %j', (predicate, path, test) => {
    expect(meets(predicate, path, test)).toBe(false);
  });
});

describe('that no element is such', () => {
  test('is met by others, and by none', () => {
    expect(meets({ a: [{ b: 'ok' }] }, 'a[].b', is('error'), 'none')).toBe(true);
    expect(meets({ a: [] }, 'a[].b', is('error'), 'none')).toBe(true);
  });

  test('is not met by one that is, by one that does not say, and where there is no list', () => {
    expect(meets({ a: [{ b: 'ok' }, { b: 'error' }] }, 'a[].b', is('error'), 'none')).toBe(false);
    expect(meets({ a: [{}] }, 'a[].b', is('error'), 'none')).toBe(false);
    expect(meets({}, 'a[].b', is('error'), 'none')).toBe(false);
  });
});

describe('a condition cannot be decided', () => {
  test.each<[unknown, string, ValueTest]>([
    [{ a: 1 }, 'a', is('1')],
    [{ a: '1' }, 'a', is(1)],
    [{ a: { b: 1 } }, 'a', is('x')],
    [{ a: ['x'] }, 'a', is('x')],
    [{ a: [{ b: 1 }] }, 'a.b', is(1)],
    [{ a: {} }, 'a[]', is('x')],
    [{ a: 'x' }, 'a.b', is('x')],
    [{ a: 1 }, 'a', glob('*')],
    [{ a: 'x'.repeat(8193) }, 'a', glob('*')],
    [{ a: '7' }, 'a', { kind: 'between', least: 7 }],
    [{ a: true }, 'a', { kind: 'between', least: 0 }],
  ])('%j: %s %j', (predicate, path, test) => {
    expect(() => meets(predicate, path, test)).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
  });
});

describe('a path', () => {
  test.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    '[]',
    'a[0]',
    'a[].',
    'a b',
    'a"b"',
    '"a',
    'a[]b',
    'x'.repeat(513),
    Array(33).fill('a').join('.'),
  ])('is not %j', (text) => {
    expect(() => parsePredicatePath(text)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }));
  });

  test('leads back to what it was made of', () => {
    const key = fc.stringMatching(/^[^"]{1,20}$/);
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 8 }), (keys) => {
        const text = keys.map((one) => `"${one}"`).join('.');
        expect(parsePredicatePath(text)).toEqual(keys.map((one) => ({ key: one })));
      }),
    );
  });
});
