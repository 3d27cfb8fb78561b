import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { policyJsonSchemaText } from '../../src/policy/json-schema.ts';

const published = readFileSync(new URL('../../schema/policy-v1.json', import.meta.url), 'utf8');
const schema = z.fromJSONSchema(JSON.parse(published));
const folder = new URL('../../testdata/policies/', import.meta.url);

describe('schema/policy-v1.json', () => {
  test('is what the code makes: node testdata/make-schema.ts', () => {
    expect(published).toBe(policyJsonSchemaText());
  });

  test.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('takes the example %s', (name) => {
    const policy: unknown = parse(readFileSync(new URL(name, folder), 'utf8'));
    expect(schema.safeParse(policy).error).toBeUndefined();
  });

  test.each([
    { version: 2 },
    { version: 1, nmae: 'x' },
    { version: 1, checks: { secrets: 'fial' } },
    { version: 1, images: [{ match: 'x', 'max-age': 90 }] },
    { version: 1, exceptions: [{ rule: 'x', reason: 'y', owner: 'z' }] },
    { version: 1, signers: { a: { key: 'x', issuer: 'https://x' } } },
  ])('refuses %j', (policy) => {
    expect(schema.safeParse(policy).success).toBe(false);
  });
});
