import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseChallenges } from '../../../src/sources/registry/challenge.ts';

function plain(header: string) {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

describe('a WWW-Authenticate header', () => {
  test('with one challenge is read, whatever its letter case', () => {
    const header = 'BEARER Realm="https://auth.example/token",SERVICE="reg.example"';
    expect(plain(header)).toEqual([
      ['bearer', { realm: 'https://auth.example/token', service: 'reg.example' }],
    ]);
  });

  test('keeps commas, spaces and escaped quotes inside quotes', () => {
    const header =
      'Bearer realm="https://a.example/t",scope="repository:a/b:pull,push repository:c:pull",x="a\\"b, c"';
    expect(plain(header)).toEqual([
      [
        'bearer',
        { realm: 'https://a.example/t', scope: 'repository:a/b:pull,push repository:c:pull', x: 'a"b, c' },
      ],
    ]);
  });

  test('with several challenges offers all of them', () => {
    const header = 'Negotiate, Basic realm="a, b", Bearer realm="https://x/",error="invalid_token"';
    expect(plain(header)).toEqual([
      ['negotiate', {}],
      ['basic', { realm: 'a, b' }],
      ['bearer', { realm: 'https://x/', error: 'invalid_token' }],
    ]);
  });

  test('with a token behind a scheme does not lose the next challenge', () => {
    const header = 'Negotiate YII=, Basic realm="x"';
    expect(plain(header)).toEqual([
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ]);
  });

  test('with values without quotes, odd spaces and empty parts is read', () => {
    expect(plain(' ,, Basic  realm = test ,  charset= "UTF-8" ,')).toEqual([
      ['basic', { realm: 'test', charset: 'UTF-8' }],
    ]);
  });

  test('that names a parameter twice counts the first', () => {
    expect(plain('Bearer realm="https://good/",realm="https://evil/"')).toEqual([
      ['bearer', { realm: 'https://good/' }],
    ]);
  });

  test('that is no such header offers nothing', () => {
    for (const header of ['', '"', '=', 'é', ',,,', '\u0000']) expect(plain(header)).toEqual([]);
  });

  test('of any text at all is read without a fault, and reading ends', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aB=", \\\t/+-é\n') }), (header) => {
        expect(Array.isArray(parseChallenges(header))).toBe(true);
      }),
    );
  });

  test('that was written from challenges reads as them', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    const value = fc.string({ unit: fc.constantFrom(...'ab, ="\\;') });
    const parameters = fc.dictionary(name, value, { minKeys: 1, maxKeys: 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, parameters), { minLength: 1, maxLength: 3 }), (challenges) => {
        const text = challenges
          .map(([scheme, list]) => {
            const pairs = Object.entries(list).map(
              ([key, v]) => `${key}="${v.replaceAll(/[\\"]/g, '\\$&')}"`,
            );
            return `${scheme} ${pairs.join(', ')}`;
          })
          .join(', ');
        expect(plain(text)).toEqual(challenges.map(([scheme, list]) => [scheme, { ...list }]));
      }),
    );
  });
});
