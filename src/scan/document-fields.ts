import type { ForeignJson } from '../model/image.ts';

/** A text of a document and where it stands: `manifest.layers[0].annotations[x]`. Both foreign, not escaped. */
export interface DocumentField {
  readonly field: string;
  readonly text: string;
}

/** Characters of a key, and of a path, that is told. What is longer nobody reads, and it would be read again for each value. */
export const LONGEST_KEY = 512;
const LONGEST_FIELD = 1024;

/**
 * Every text and every number of a document, also under keys that nobody knows: a runtime passes over them, whoever pulls can read them.
 * A value comes with its key (`key=value`), since many secrets are known by it; inline `data` comes decoded, too.
 */
export function* fieldsOfDocument({
  name,
  json,
}: {
  readonly name: string;
  readonly json: ForeignJson;
}): Generator<DocumentField> {
  yield* fieldsOf(name, '', json);
}

function* fieldsOf(field: string, key: string, json: ForeignJson): Generator<DocumentField> {
  if (typeof json === 'number') yield { field, text: `${key}=${json}` };
  else if (json !== null && typeof json === 'object' && 'literal' in json)
    yield { field, text: `${key}=${json.literal}` };
  else if (typeof json === 'string') {
    yield { field, text: key === '' ? json : `${key}=${json}` };
    if (key === 'data') yield { field, text: Buffer.from(json, 'base64').toString('latin1') };
  } else if (isList(json)) {
    for (const [index, item] of json.entries()) yield* fieldsOf(`${field}[${index}]`, '', item);
  } else if (json instanceof Map) {
    for (const [name, value] of json as ReadonlyMap<string, ForeignJson>) {
      if (typeof value !== 'string') yield { field: `${field} (key)`, text: name };
      yield* fieldsOf(nameBelow(field, name), name, value);
    }
  }
}

/** The name of a place in an object. What is too long is left out whole: a part of a secret would not be known for one. */
export function nameBelow(field: string, key: string): string {
  const shown = key.length > LONGEST_KEY ? `(key of ${key.length} characters)` : key;
  return `${field.length > LONGEST_FIELD ? '(…)' : field}.${shown}`;
}

function isList(json: ForeignJson): json is readonly ForeignJson[] {
  return Array.isArray(json);
}
