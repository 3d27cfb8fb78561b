import type { core } from 'zod';
import { PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';
import type { Path, YamlFile } from './yaml-places.ts';

/** Collects what is wrong in the files of a policy, so that all of it is told at once. */
export interface Faults {
  count(): number;
  /** @param why printable or foreign: it is escaped here */
  add(file: YamlFile, path: Path, why: string): void;
  addAt(shown: string, place: string, path: Path, why: string): void;
  /** @throws {PratiqueError} `POLICY_INVALID` with a line for each fault, if there is one */
  throwIfAny(): void;
}

const SHOWN = 50; // lines; the rest is counted

/** An empty collection. Each fault is a line as `pratique.yaml:36:14 images.1.max-age: …`. */
export function collectFaults(): Faults {
  const told: { shown: string; place: string; text: string }[] = [];
  const addAt: Faults['addAt'] = (shown, place, path, why) => {
    const name = path.map(String).join('.');
    const text = printable(`${shown}:${place}${name === '' ? '' : ` ${name}`}: ${why}`, 1000);
    if (!told.some((fault) => fault.text === text)) told.push({ shown, place, text });
  };
  return {
    count: () => told.length,
    add: (file, path, why) => addAt(file.shown, file.placeOf(path), path, why),
    addAt,
    throwIfAny() {
      if (told.length === 0) return;
      const lines = told.sort(byPlace).map(({ text }) => text);
      const more = lines.length > SHOWN ? [`… ${lines.length - SHOWN} more`] : [];
      throw new PratiqueError('POLICY_INVALID', {
        what:
          lines.length === 1
            ? 'the policy cannot be used'
            : `the policy cannot be used: ${lines.length} faults`,
        why: [...lines.slice(0, SHOWN), ...more].join('\n'),
        next: 'mend the file; schema/policy-v1.json describes every setting',
      });
    },
  };
}

/** Files in the order in which they were met would hang on the reading; by name they do not. */
function byPlace(a: { shown: string; place: string }, b: { shown: string; place: string }): number {
  return `${a.shown}:${a.place}`.localeCompare(`${b.shown}:${b.place}`, 'en', { numeric: true });
}

/** Runs a parser; what it throws becomes a fault at `path`. */
export function attempt<T>(faults: Faults, file: YamlFile, path: Path, parse: () => T): T | undefined {
  try {
    return parse();
  } catch (thrown) {
    if (!(thrown instanceof PratiqueError)) throw thrown;
    faults.add(file, path, thrown.message);
    return undefined;
  }
}

/** Turns what the schema found into faults, with the place of each in the file. */
export function addIssues(
  faults: Faults,
  file: YamlFile,
  issues: readonly core.$ZodIssue[],
  above: Path = [],
): void {
  for (const issue of issues) {
    const path = [...above, ...issue.path];
    if (issue.code === 'invalid_union') addIssues(faults, file, likeliest(issue.errors), path);
    else if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const whole = [...path, key];
        faults.addAt(file.shown, file.placeOfKey(whole), whole, 'there is no such setting here');
      }
    } else if (issue.code === 'invalid_key') {
      const why = issue.issues[0]?.message ?? issue.message;
      faults.addAt(file.shown, file.placeOfKey(path), path, why);
    } else faults.add(file, path, reasonOf(issue, file, path));
  }
}

/** Of several forms that a value may have, the one it comes closest to. */
function likeliest(branches: readonly (readonly core.$ZodIssue[])[]): readonly core.$ZodIssue[] {
  const fitting = branches.filter((issues) =>
    issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  const [first = [], ...rest] = fitting.length > 0 ? fitting : branches;
  return rest.reduce((best, issues) => (issues.length < best.length ? issues : best), first);
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of settings',
  record: 'a group of settings',
};

function reasonOf(issue: core.$ZodIssue, file: YamlFile, path: Path): string {
  if (issue.code === 'invalid_type') return wrongKind(KINDS[issue.expected] ?? issue.expected, file, path);
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid'))
    return `${issue.values.map(String).join(', ')}: one of these was expected`;
  return issue.message;
}

function wrongKind(expected: string, file: YamlFile, path: Path): string {
  const value = valueAt(file.value, path);
  if (value === undefined) return `${expected} is missing`;
  const source = file.sourceOf(path);
  if (expected === 'a text' && source !== undefined && value !== null)
    return `${expected} was expected, not ${typeof value === 'number' ? `the number ${value}` : value}: quote it, "${source}"`;
  if (typeof value === 'number') return `${expected} was expected, not ${source ?? value}`;
  return `${expected} was expected, not ${value === null ? 'nothing' : kindOf(value)}`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return KINDS[typeof value] ?? typeof value;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
