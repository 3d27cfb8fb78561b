import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatReference, parseReference } from '../../src/model/reference.ts';
import { knownImages } from '../../src/policy/known-images.ts';

const rows = readFileSync(new URL('../../allowlists/known-images.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

test('the list of known images is read whole, each name once', () => {
  const names = knownImages().map(formatReference);
  expect(names).toHaveLength(rows.length - 1);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain('docker.io/library/nginx');
  expect(names).not.toContain('docker.io/enable/nessus');
});

test('each known image is read as the parser of references would', () => {
  const names = rows.slice(1).map((row) => row.split('\t')[0] ?? '');
  expect(knownImages()).toEqual(names.map(parseReference));
});

test('each known image is written in full, with a day and sources that the first line explains', () => {
  const [head = '', ...rest] = rows;
  for (const row of rest) {
    const [name = '', sources = '', day = ''] = row.split('\t');
    expect(day).toMatch(/^20\d{2}-\d{2}-\d{2}$/);
    expect(knownImages().map(formatReference)).toContain(name);
    for (const source of sources.split(',')) expect(head).toContain(`${source} = `);
  }
});
