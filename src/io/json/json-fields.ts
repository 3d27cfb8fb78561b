import { type ErrorCode, PratiqueError } from '../../errors.ts';
import { excerpt, printable } from '../../model/printable.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts';

export interface FieldOptions {
  /** what is read, for messages */
  readonly where: string;
  /** the fault that a missing or wrong field is: `MANIFEST_INVALID`, `CONFIG_INVALID`; `JSON_INVALID` by default */
  readonly code?: ErrorCode;
  /** JSON path of the value itself; `$` by default */
  readonly path?: string;
}

export interface IntegerOptions {
  /** inclusive; 0 by default */
  readonly min?: number;
  /** inclusive; the largest safe integer by default */
  readonly max?: number;
}

/**
 * Starts reading the fields of a JSON object.
 * @throws {PratiqueError} with `options.code` where the value is not an object
 */
export function readFields(value: JsonValue, options: FieldOptions): JsonFields {
  const path = options.path ?? '$';
  if (isJsonObject(value)) return new JsonFields(value, { ...options, path });
  throw wrong(options, path, `an object was expected, not ${kindOf(value)}`);
}

/**
 * The fields of one JSON object, read by name and type. `null` counts as absent, as in Go. A field of
 * the wrong type is never passed over. Every method throws a `PratiqueError` that names the JSON path.
 */
export class JsonFields {
  /** the object itself */
  readonly value: JsonObject;
  /** JSON path of the object: `$.layers[2]` */
  readonly path: string;
  private readonly options: FieldOptions;

  constructor(value: JsonObject, options: FieldOptions) {
    this.value = value;
    this.path = options.path ?? '$';
    this.options = options;
  }

  /** Whether the field is there and is not `null`. */
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** The field as it is; `undefined` where it is absent or `null`. */
  get(name: string): JsonValue | undefined {
    return this.value.get(name) ?? undefined;
  }

  string(name: string): string {
    return this.optionalString(name) ?? this.missing(name, 'a string');
  }

  optionalString(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'string') return value;
    throw this.wrongType(name, 'a string', value);
  }

  boolean(name: string): boolean {
    return this.optionalBoolean(name) ?? this.missing(name, 'true or false');
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.wrongType(name, 'true or false', value);
  }

  /** A whole number written without point or exponent: `2048.0` and `1e3` are refused, as Go does. */
  integer(name: string, options: IntegerOptions = {}): number {
    return this.optionalInteger(name, options) ?? this.missing(name, 'a whole number');
  }

  optionalInteger(
    name: string,
    { min = 0, max = Number.MAX_SAFE_INTEGER }: IntegerOptions = {},
  ): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'number') throw this.wrongType(name, 'a whole number', value);
    if (value < min || value > max) throw this.error(name, `${value} is not between ${min} and ${max}`);
    return value;
  }

  object(name: string): JsonFields {
    return this.optionalObject(name) ?? this.missing(name, 'an object');
  }

  optionalObject(name: string): JsonFields | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    return readFields(value, { ...this.options, path: this.pathOf(name) });
  }

  /** The items of a list; `undefined` where it is absent. */
  optionalArray(name: string): readonly JsonValue[] | undefined {
    const value = this.get(name);
    if (value === undefined || isJsonArray(value)) return value;
    throw this.wrongType(name, 'a list', value);
  }

  array(name: string): readonly JsonValue[] {
    return this.optionalArray(name) ?? this.missing(name, 'a list');
  }

  /** A list of objects; empty where it is absent. */
  objects(name: string): readonly JsonFields[] {
    return (this.optionalArray(name) ?? []).map((item, index) =>
      readFields(item, { ...this.options, path: `${this.pathOf(name)}[${index}]` }),
    );
  }

  /** A list of strings; empty where it is absent. */
  strings(name: string): readonly string[] {
    return (this.optionalArray(name) ?? []).map((item, index) => {
      if (typeof item === 'string') return item;
      throw this.wrongType(`${name}[${index}]`, 'a string', item);
    });
  }

  /** An object whose values are all strings, such as annotations; empty where it is absent. */
  stringMap(name: string): ReadonlyMap<string, string> {
    const object = this.optionalObject(name);
    const map = new Map<string, string>();
    for (const key of object?.value.keys() ?? []) map.set(key, object?.optionalString(key) ?? '');
    return map;
  }

  /** The keys of an object used as a set, such as `ExposedPorts`, whose values are objects; empty where it is absent. */
  keys(name: string): readonly string[] {
    const set = this.optionalObject(name);
    const keys = [...(set?.value.keys() ?? [])];
    for (const key of keys) set?.optionalObject(key);
    return keys;
  }

  /** The fault to throw for a field that has the right type and a wrong value. `why` must be printable. */
  error(name: string, why: string): PratiqueError {
    return wrong(this.options, this.pathOf(name), why);
  }

  private pathOf(name: string): string {
    return `${this.path}.${name}`;
  }

  private missing(name: string, expected: string): never {
    throw this.error(name, `${expected} was expected, and the field is absent`);
  }

  private wrongType(name: string, expected: string, value: JsonValue): PratiqueError {
    return this.error(name, `${expected} was expected, not ${kindOf(value)}`);
  }
}

function wrong({ where, code }: FieldOptions, path: string, why: string): PratiqueError {
  const what = `${excerpt(path, 200)} cannot be used`;
  return new PratiqueError(code ?? 'JSON_INVALID', { what, where: printable(where), why });
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (isJsonArray(value)) return 'a list';
  if (isJsonObject(value)) return 'an object';
  if (typeof value === 'object') return `the number ${excerpt(value.literal, 40)}`;
  return typeof value === 'string' ? 'a string' : String(value);
}
