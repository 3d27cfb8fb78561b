import { readFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * A published JSON Schema as a validator that also refuses fields which the schema does not name: readers are
 * told to leave those alone, but we must not print any.
 */
export function strictSchema(file: URL): z.ZodType {
  const schema: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return z.fromJSONSchema(closed(schema) as Parameters<typeof z.fromJSONSchema>[0]);
}

function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const inner = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  return 'properties' in inner && inner['type'] === 'object'
    ? { additionalProperties: false, ...inner }
    : inner;
}
