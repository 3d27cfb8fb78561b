import { expect, test } from 'vitest';
import { FORMATS, isFormat } from '../../src/report/formats.ts';
import { admittedVerdict } from '../support/sample-verdicts.ts';

const OPTIONS = { colour: false, width: 80 };

test('there are text, json and sarif', () => {
  expect(Object.keys(FORMATS)).toEqual(['text', 'json', 'sarif']);
  expect(FORMATS.text([admittedVerdict()], OPTIONS)).toContain('ADMITTED');
  expect(JSON.parse(FORMATS.json([admittedVerdict()], OPTIONS))).toHaveProperty('verdicts');
  expect(JSON.parse(FORMATS.sarif([admittedVerdict()], OPTIONS))).toHaveProperty('runs');
});

test('a name is a format only if it is one of them', () => {
  expect(['text', 'json', 'sarif'].every(isFormat)).toBe(true);
  expect(['', 'JSON', 'toString', '__proto__', 'xml'].some(isFormat)).toBe(false);
});
