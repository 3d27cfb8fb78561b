import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { substitute } from '../../src/references/substitute.ts';

const VALUES: Readonly<Record<string, string>> = { A: '1', EMPTY: '', B: 'two' };
const variables = {
  plain: '$',
  lookUp: (name: string) => (Object.hasOwn(VALUES, name) ? { text: VALUES[name] ?? '' } : undefined),
};

describe('a text with variables', () => {
  test.each([
    ['nginx:1', 'nginx:1'],
    ['$A', '1'],
    ['${A}', '1'],
    ['x-$B-y', 'x-two-y'],
    ['${NONE:-3}', '3'],
    ['${NONE-3}', '3'],
    ['${NONE:=3}', '3'],
    ['${EMPTY:-3}', '3'],
    ['${EMPTY-3}', ''],
    ['${A:-3}', '1'],
    ['${A:+set}', 'set'],
    ['${A:?message}', '1'],
    ['${NONE:-${B}}', 'two'],
    ['${NONE:-a${ALSO_NONE:-b}c}', 'abc'],
    ['a$$b', 'a$b'],
  ])('%s stands for %s', (text, expected) => {
    expect(substitute(text, variables)).toEqual({ text: expected });
  });

  test.each([
    '$NONE',
    '${NONE}',
    '${NONE:?it is needed}',
    '${EMPTY:?it is needed}',
    '${NONE:+x}',
    '${EMPTY:+x}',
    '${A/1/2}',
    '${A#1}',
    '${A',
    '$',
    '${}',
    '$(A)',
    '${NONE:-$NONE}',
  ])('%s is not known', (text) => {
    expect(substitute(text, variables)).toHaveProperty('why');
  });

  test('that nests its defaults without end is not known', () => {
    const deep = `${'${N:-'.repeat(1000)}x${'}'.repeat(1000)}`;
    expect(substitute(deep, variables)).toHaveProperty('why');
  });

  test('never throws, and without a dollar is itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'${}:-=+?AB$\\ x'.split('')) }), (text) => {
        const made = substitute(text, variables);
        if (!text.includes('$')) expect(made).toEqual({ text });
      }),
    );
  });
});
