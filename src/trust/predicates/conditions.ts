import { PratiqueError } from '../../errors.ts';
import { isJsonArray, isJsonObject, type JsonValue } from '../../io/json/strict-json.ts';
import { matchesStars } from '../../model/glob.ts';
import type { PathStep, PredicateCondition, ValueTest } from '../../model/predicate-condition.ts';
import { quoted } from '../../model/printable.ts';

/** characters of a text that a pattern is held against; a longer one could take for ever */
const TEXT_LIMIT = 8192;

/**
 * Whether a predicate meets a condition. A field that is absent, or `null`, meets none but `exists: false`; a list must have an item,
 * but where no item may be such.
 * @throws {PratiqueError} `NOT_SUPPORTED` where a value has another type than the condition is about: what it means is not known
 */
export function meetsCondition(predicate: unknown, { path, steps, of, test }: PredicateCondition): boolean {
  const reached = valuesAt((predicate ?? null) as JsonValue, steps, path);
  const values = reached.filter((value) => value !== undefined);
  const isWhole = values.length === reached.length;
  if (test.kind === 'exists') return test.wanted ? isWhole && values.length > 0 : values.length === 0;
  if (!isWhole) return false;
  if (of === 'none') return !values.some((value) => fits(value, test, path));
  return values.length > 0 && values.every((value) => fits(value, test, path));
}

/** Everything that a path leads to; `undefined` stands for what is not there. */
function valuesAt(
  root: JsonValue,
  steps: readonly PathStep[],
  path: string,
): readonly (JsonValue | undefined)[] {
  let values: readonly (JsonValue | undefined)[] = [root ?? undefined];
  for (const step of steps) values = values.flatMap((value) => next(value, step, path));
  return values;
}

function next(
  value: JsonValue | undefined,
  step: PathStep,
  path: string,
): readonly (JsonValue | undefined)[] {
  if (value === undefined) return [undefined];
  if (step === 'items') {
    if (!isJsonArray(value)) throw otherType(path, 'what stands before [] is no list');
    return value.map((item) => item ?? undefined);
  }
  if (isJsonArray(value)) throw otherType(path, `${quoted(step.key)} is asked of a list: write [] before it`);
  if (!isJsonObject(value)) throw otherType(path, `${quoted(step.key)} is asked of what is no object`);
  return [value.get(step.key) ?? undefined];
}

function fits(value: JsonValue, test: ValueTest, path: string): boolean {
  if (test.kind === 'one-of') return isOneOf(value, test.values, path);
  if (test.kind === 'matches') {
    if (typeof value !== 'string') throw otherType(path, 'a text was expected');
    if (value.length > TEXT_LIMIT) throw otherType(path, `a text has more than ${TEXT_LIMIT} characters`);
    return matchesStars(test.pattern, value);
  }
  if (test.kind === 'exists') return true;
  const number = numberOf(value);
  if (number === undefined) throw otherType(path, 'a number was expected');
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = test;
  return least <= number && number <= most;
}

function isOneOf(value: JsonValue, wanted: readonly (string | number | boolean)[], path: string): boolean {
  const plain = numberOf(value) ?? value;
  if (!wanted.some((one) => typeof one === typeof plain))
    throw otherType(path, `it is no ${[...new Set(wanted.map((one) => typeof one))].join(' or ')}`);
  return wanted.some((one) => one === plain);
}

function numberOf(value: JsonValue): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'object' && value !== null && 'literal' in value
    ? Number(value.literal)
    : undefined;
}

function otherType(path: string, why: string): PratiqueError {
  return new PratiqueError('NOT_SUPPORTED', {
    what: `the field ${quoted(path)} of an attestation cannot be compared`,
    why,
    next: 'write the condition for what the attestation holds',
  });
}
