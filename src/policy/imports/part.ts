import type { Path, YamlFile } from '../yaml-places.ts';

/** A value of a foreign file that knows where it stands. */
export interface Part {
  /** of its document, for `at` and messages */
  readonly file: YamlFile;
  readonly path: Path;
  readonly value: unknown;
}

/** The whole of a document. */
export function rootPart(file: YamlFile): Part {
  return { file, path: [], value: file.value };
}

/** The value at a key; `undefined` where there is none, or null. */
export function at(part: Part | undefined, key: string): Part | undefined {
  const value = isMap(part?.value) && Object.hasOwn(part.value, key) ? part.value[key] : undefined;
  return part === undefined || value === undefined || value === null ? undefined : below(part, key, value);
}

/** The items of a list; none of anything else. */
export function itemsOf(part: Part | undefined): readonly Part[] {
  if (part === undefined || !Array.isArray(part.value)) return [];
  return part.value.map((value: unknown, index) => below(part, index, value));
}

/** The keys of a group and what stands at them; none of anything else. */
export function entriesOf(part: Part | undefined): readonly (readonly [string, Part])[] {
  if (part === undefined || !isMap(part.value)) return [];
  return Object.entries(part.value).map(([key, value]) => [key, below(part, key, value)] as const);
}

/** A text, as it is written; `undefined` where there is something else. */
export function textOf(part: Part | undefined): string | undefined {
  return typeof part?.value === 'string' ? part.value : undefined;
}

/** `file:line:column` of a value. */
export function placeOf({ file, path }: Part): string {
  return `${file.shown}:${file.placeOf(path)}`;
}

function below({ file, path }: Part, key: string | number, value: unknown): Part {
  return { file, path: [...path, key], value };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
