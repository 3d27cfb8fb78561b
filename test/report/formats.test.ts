import { expect, test } from 'vitest';
import { FORMAT_NAMES, isFormat } from '../../src/report/format-names.ts';
import { FORMATS } from '../../src/report/formats.ts';
import { admittedVerdict } from '../support/sample-verdicts.ts';

const OPTIONS = { colour: false, width: 80 };

test('there is a view for each name, and none without', () => {
  expect(Object.keys(FORMATS)).toEqual([...FORMAT_NAMES]);
  expect(FORMATS.text([admittedVerdict()], OPTIONS)).toContain('ADMITTED');
  expect(JSON.parse(FORMATS.json([admittedVerdict()], OPTIONS))).toHaveProperty('verdicts');
  expect(JSON.parse(FORMATS.sarif([admittedVerdict()], OPTIONS))).toHaveProperty('runs');
  expect(JSON.parse(FORMATS.gitlab([admittedVerdict()], OPTIONS))).toHaveProperty('scan');
  expect(FORMATS.junit([admittedVerdict()], OPTIONS)).toContain('<testsuites ');
  expect(FORMATS.markdown([admittedVerdict()], OPTIONS)).toContain('| station |');
  expect(FORMATS.html([admittedVerdict()], OPTIONS)).toMatch(/^<!doctype html>/);
});

test('a name is a format only if it is one of them', () => {
  expect(FORMAT_NAMES.every(isFormat)).toBe(true);
  expect(['', 'JSON', 'toString', '__proto__', 'xml'].some(isFormat)).toBe(false);
});
