import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable } from '../../../src/model/printable.ts';
import { cellsOf, clip, pad, wrap } from '../../../src/report/terminal/columns.ts';
import { hostileText } from '../../support/arbitrary-verdicts.ts';

describe('cells', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['漢字', 4],
    ['한', 2],
    ['🙂', 2],
    ['│─✔', 3],
  ])('of %j are %i', (text, cells) => {
    expect(cellsOf(text)).toBe(cells);
  });
});

describe('wrapping', () => {
  test('breaks between words', () => {
    expect(wrap('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
  });

  test('breaks a word that is too long, after a slash where there is one', () => {
    expect(wrap('aaaaaaaaaaaa', 5)).toEqual(['aaaaa', 'aaaaa', 'aa']);
    expect(wrap('usr/local/lib/node', 12)).toEqual(['usr/local/', 'lib/node']);
  });

  test('of nothing is one empty line', () => {
    expect(wrap('', 10)).toEqual(['']);
    expect(wrap('   ', 10)).toEqual(['']);
  });

  test('loses nothing but blanks, and keeps to the width', () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 2, max: 60 }), (foreign, width) => {
        const text = printable(foreign);
        const lines = wrap(text, width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        expect(lines.filter((line) => cellsOf(line) > width)).toEqual([]);
      }),
    );
  });
});

test('clipping keeps to the width and shows the cut', () => {
  expect(clip('abcdef', 6)).toBe('abcdef');
  expect(clip('abcdefg', 6)).toBe('abcde…');
  expect(clip('漢字漢字', 6)).toBe('漢字…');
});

test('padding counts cells', () => {
  expect(pad('漢', 4)).toBe('漢  ');
  expect(pad('abc', 2)).toBe('abc');
});
