import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSubject, matchesSubject, overlaps, parseSubject } from '../../src/model/subject-pattern.ts';

const MINIMAL = 'C=US, ST=WA, O=acme';

describe('a subject', () => {
  test.each([
    ['x509.subject: C=US, ST=WA, O=acme', MINIMAL],
    ['O=acme,S=WA,C=US', MINIMAL],
    ['  c=US ,\tst = WA, o=acme  ', MINIMAL],
  ])('is the same, written as %s', (one, other) => {
    expect(formatSubject(parseSubject(one))).toBe(formatSubject(parseSubject(other)));
  });

  test.each([
    ['O=acme\\, inc', 'acme, inc'],
    ['O=a\\;b', 'a;b'],
    ['O=a\\\\', 'a\\'],
    ['O=acme\\ ', 'acme '],
    ['O=\\ acme', ' acme'],
    ['O=\\#1', '#1'],
    ['O=a=b', 'a=b'],
    ['O=Zürich 東京', 'Zürich 東京'],
  ])('says what is meant by %s', (written, meant) => {
    expect(parseSubject(`C=US, ST=WA, ${written}`).get('O')).toBe(meant);
  });

  test.each([
    ['', 'a part of it is empty'],
    ['*', 'it has to be made of'],
    ['C=US', 'ST, O is missing'],
    ['C=US, ST=WA', 'O is missing'],
    [`${MINIMAL}, O=evil`, 'O is there twice'],
    [`${MINIMAL}, S=WA`, 'ST is there twice'],
    [`${MINIMAL}, X=1`, 'it has to be made of'],
    [`${MINIMAL},`, 'a part of it is empty'],
    [`${MINIMAL}, , CN=x`, 'it has to be made of'],
    [`${MINIMAL}; CN=x`, 'a semicolon is written'],
    [`${MINIMAL}, CN=`, 'empty'],
    [`${MINIMAL}, CN=a+OU=b`, 'are not read'],
    [`${MINIMAL}, CN="a"`, 'are not read'],
    [`${MINIMAL}, CN=#0401`, 'are not read'],
    [`${MINIMAL}, CN=\\41`, 'a backslash stands before'],
    [`${MINIMAL}, CN=a\\`, 'commas'],
    [`${MINIMAL}, CN=${'x'.repeat(2000)}`, 'longer than'],
  ])('is refused as %s', (text, why) => {
    expect(() => parseSubject(text)).toThrow(why);
  });

  test('fits a certificate that has all of it, and maybe more', () => {
    const pattern = parseSubject(MINIMAL);
    expect(matchesSubject(pattern, parseSubject(`${MINIMAL}, CN=x`))).toBe(true);
    expect(matchesSubject(parseSubject(`${MINIMAL}, CN=x`), pattern)).toBe(false);
    expect(matchesSubject(pattern, parseSubject('C=US, ST=WA, O=acme2'))).toBe(false);
  });

  test('overlaps with another unless they exclude each other', () => {
    const [one, unit, name] = [MINIMAL, `${MINIMAL}, OU=a`, `${MINIMAL}, CN=b`].map(parseSubject);
    const [other, second] = ['C=DE, ST=BE, O=acme', `${MINIMAL}, OU=c`].map(parseSubject);
    expect([overlaps(one!, unit!), overlaps(unit!, one!), overlaps(unit!, name!)]).toEqual([
      true,
      true,
      true,
    ]);
    expect([overlaps(one!, other!), overlaps(unit!, second!)]).toEqual([false, false]);
  });

  test('is read again as it was written, whatever it holds', () => {
    const value = fc
      .string({ minLength: 1, maxLength: 20 })
      .filter((text) => /^[^\s#+"<>][^+"<>]*$/.test(text) && !/\s$/.test(text));
    fc.assert(
      fc.property(value, (text) => {
        const subject = new Map([
          ['C', 'US'],
          ['ST', 'WA'],
          ['O', text],
        ]);
        expect(parseSubject(formatSubject(subject))).toEqual(new Map([...subject].toSorted()));
      }),
    );
  });

  test('is read or refused with a reason, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        try {
          parseSubject(text);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'POLICY_INVALID' });
        }
      }),
    );
  });
});
