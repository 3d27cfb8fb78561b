/** Keys and indices that lead to a value. */
export type Path = readonly PropertyKey[];

/** A YAML file, read, that still knows where each value stands. */
export interface YamlFile {
  /** as shown in messages */
  readonly shown: string;
  readonly value: unknown;
  /** `line:column` of a value, from 1; of the nearest value around it where it is absent */
  placeOf(path: Path): string;
  /** `line:column` of the key itself */
  placeOfKey(path: Path): string;
  /** the value as it is written: `1.10`, which reads as the number 1.1 */
  sourceOf(path: Path): string | undefined;
}
