import { z } from 'zod';
import { policySchema } from './schema.ts';

/**
 * The JSON Schema (draft 2020-12) of a policy file, for editors: the text of `schema/policy-v1.json`. It is looser than
 * `loadPolicy`: patterns, days and names of checks are looked at only there.
 */
export function policyJsonSchemaText(): string {
  const { $schema, ...rest } = z.toJSONSchema(policySchema(), { io: 'input', reused: 'ref' });
  const head = {
    $schema,
    $id: 'https://pratique.dev/schema/policy-v1.json',
    title: 'pratique policy, version 1',
  };
  return `${JSON.stringify({ ...head, ...rest }, null, 2)}\n`;
}
