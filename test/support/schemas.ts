import { existsSync, readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** Our own account of a format of others, see testdata/schemas/README.md. */
export function ownSchema(name: string): ValidateFunction {
  return compileSchema(new URL(`../../testdata/schemas/${name}`, import.meta.url));
}

/** The publisher's own schema, where it lies beside the repository; it is not ours to pass on. */
export function publishedSchema(name: string): ValidateFunction | undefined {
  const file = new URL(`../../../shared/data/schemas/${name}`, import.meta.url);
  return existsSync(file) ? compileSchema(file) : undefined;
}

/** What a schema has against a document; empty where nothing. */
export function complaintsOf(validate: ValidateFunction, document: unknown): readonly string[] {
  if (validate(document)) return [];
  return (validate.errors ?? []).map(({ instancePath, message = '', params }) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  );
}

/** A JSON Schema of draft 4, 7 or 2020-12, for ajv. */
export function compileSchema(file: URL): ValidateFunction {
  const { $schema, id: _, ...schema } = JSON.parse(readFileSync(file, 'utf8'));
  const options = { strict: false, validateSchema: false, allErrors: true };
  const ajv = String($schema).includes('2020-12') ? new Ajv2020(options) : new Ajv(options);
  addFormats.default(ajv);
  return ajv.compile(schema);
}
