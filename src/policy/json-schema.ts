import { z } from 'zod';
import { policyFile } from './schema.ts';

/**
 * The JSON Schema (draft 2020-12) of a policy file, for editors; published as `schema/policy-v1.json`. It is looser than
 * `loadPolicy`: patterns, days and names of checks are looked at only there.
 */
export function policyJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(policyFile, { io: 'input', reused: 'ref' });
  return {
    $schema,
    $id: 'https://pratique.dev/schema/policy-v1.json',
    title: 'pratique policy, version 1',
    ...rest,
  };
}

/** The schema as the text of its file. */
export function policyJsonSchemaText(): string {
  return `${JSON.stringify(policyJsonSchema(), null, 2)}\n`;
}
