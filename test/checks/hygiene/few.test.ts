import { expect, test } from 'vitest';
import { tellFew } from '../../../src/checks/hygiene/parts/few.ts';
import { makeFinding } from '../../../src/checks/make-finding.ts';
import { openExceptions } from '../../../src/policy/exceptions.ts';

const told = (count: number, name = 'x') =>
  tellFew(
    Array.from({ length: count }, (_, index) => `${name}${index}`),
    (path) =>
      makeFinding(
        {
          rule: 'hygiene.sample',
          severity: 'low',
          confidence: 'high',
          message: path,
          remedy: '',
          where: { path },
          args: {},
        },
        [path],
      ),
  );

test('up to one more than twenty are told one by one, and what is beyond by a number', () => {
  expect(told(0)).toEqual([]);
  expect(told(21).map(({ where }) => where.path)).toContain('x20');
  expect(told(500)).toHaveLength(21);
  expect(told(500).at(-1)).toMatchObject({
    message: 'x20, and 479 more like it that are not listed',
    where: {},
    args: { count: 480, more: 479 },
  });
});

test('an exception for what is not listed does not cover others in their place', () => {
  const fingerprint = told(30).at(-1)?.fingerprint ?? '';
  const exception = { rule: 'hygiene.sample', reason: '', owner: '', until: '2027-01-01', fingerprint };
  const book = openExceptions([exception], undefined, '2026-11-21');
  const [other] = told(30, 'y').slice(-1);
  expect(other && book.cover('hygiene.sample', other)).toBeUndefined();
});
