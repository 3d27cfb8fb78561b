import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foreign, foreignLines } from '../../src/report/foreign.ts';
import { toJsonText } from '../../src/report/json-text.ts';
import { dangersIn, hostileText } from '../support/arbitrary-verdicts.ts';

test.each(['##[error]x', '##vso[task.complete]', '##teamcity[x]', '###[group]'])(
  '%s is no runner command any more',
  (text) => {
    expect(dangersIn(text)).not.toEqual([]); // the test can fail
    expect(dangersIn(`│ ${foreign(text)}`)).toEqual([]);
  },
);

test('a heading in Markdown and a C preprocessor line are left alone', () => {
  expect(foreign('## Heading a##b')).toBe('## Heading a##b');
});

test('foreign text made safe twice is the same as once', () => {
  fc.assert(fc.property(hostileText, (text) => foreign(foreign(text)) === foreign(text)));
});

test('lines are split at our own line breaks, and bounded', () => {
  expect(foreignLines('a\nb\r\nc')).toEqual(['a', 'b', 'c']);
  expect(foreignLines('x\n'.repeat(99)).at(-1)).toBe('… and 40 more lines');
});

test('JSON text is read back exactly, and is safe to print', () => {
  fc.assert(
    fc.property(fc.dictionary(hostileText, hostileText), (value) => {
      const text = toJsonText(value);
      expect(JSON.parse(text)).toEqual(value);
      expect(dangersIn(text)).toEqual([]);
    }),
  );
});
