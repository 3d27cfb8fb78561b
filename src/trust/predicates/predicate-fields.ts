import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import type { JsonValue } from '../../io/json/strict-json.ts';
import { quoted } from '../../model/printable.ts';
import type { Statement } from '../../model/statement.ts';

/** RFC 3339 with a zone; `Date.parse` alone would take local times and half a dozen other forms. */
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * The fields of a statement's predicate, which `readStatement` left as JSON.
 * @throws {PratiqueError} `JSON_INVALID` where it is no object
 */
export function predicateFields({ predicate }: Statement, where: string): JsonFields {
  return readFields((predicate ?? null) as JsonValue, { where });
}

/**
 * A moment.
 * @throws {PratiqueError} `JSON_INVALID` where it is absent, or not one in RFC 3339
 */
export function readTime(fields: JsonFields, name: string): Date {
  const text = fields.string(name);
  const time = new Date(TIMESTAMP.test(text) ? text : Number.NaN);
  if (Number.isNaN(time.getTime())) throw fields.error(name, `${quoted(text)} is not a time`);
  return time;
}

/** `readTime`, where the field may be absent. */
export function readOptionalTime(fields: JsonFields | undefined, name: string): Date | undefined {
  return fields?.has(name) === true ? readTime(fields, name) : undefined;
}
