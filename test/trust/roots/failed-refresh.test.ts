import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeCached } from '../../../src/trust/roots/cache-folder.ts';
import { lastFailure, rememberFailure } from '../../../src/trust/roots/failed-refresh.ts';

const AT = new Date('2026-11-21T12:00:00Z');

let base = '';
let folder = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'pratique-test-'));
  folder = join(base, 'pratique', 'tuf');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

test('a failure is remembered beside the copy that it is about, and of no other', async () => {
  expect(await lastFailure(folder, 'a.json')).toBeUndefined();
  await rememberFailure(folder, 'a.json', AT);
  expect(await lastFailure(folder, 'a.json')).toEqual(AT);
  expect(await lastFailure(folder, 'b.json')).toBeUndefined();
  expect(readdirSync(folder)).toEqual(['a.json.failed']);
});

test.each(['', 'yesterday', '2026-13-41', 'null'])('what is no time says nothing: "%s"', async (text) => {
  await writeCached(folder, 'a.json.failed', text);
  expect(await lastFailure(folder, 'a.json')).toBeUndefined();
});

test('where nothing can be kept, nothing is remembered, and that is no fault', async () => {
  writeFileSync(join(base, 'pratique'), '');
  await rememberFailure(folder, 'a.json', AT);
  expect(await lastFailure(folder, 'a.json')).toBeUndefined();
});
