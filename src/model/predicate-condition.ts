import { PratiqueError } from '../errors.ts';
import { quoted } from './printable.ts';

/** A condition on the predicate of an attestation: fields by a path, and what their values must be. */
export interface PredicateCondition {
  /** as it is written, for messages */
  readonly path: string;
  readonly steps: readonly PathStep[];
  /** `every`: each value that the path leads to, and one at least; `none`: no value of those that there are */
  readonly of: 'every' | 'none';
  readonly test: ValueTest;
}

/** From one value to the next: the member of an object by its key, or each item of a list. */
export type PathStep = { readonly key: string } | 'items';

export type ValueTest =
  | { readonly kind: 'one-of'; readonly values: readonly (string | number | boolean)[] }
  /** `*` stands for any run of characters; compared whole */
  | { readonly kind: 'matches'; readonly pattern: string }
  | { readonly kind: 'between'; readonly least?: number; readonly most?: number }
  | { readonly kind: 'exists'; readonly wanted: boolean };

const LIMIT = 512; // characters
const STEPS = 32;
const PART = /(?:^|(?<!^)\.)(?:"([^"]+)"|([^\s."[\]]+))|(\[\])/y;

/**
 * Reads a path: `scanner.uri`, `results[].level`, `invocation."builder.id"`.
 * @throws {PratiqueError} `POLICY_INVALID`
 */
export function parsePredicatePath(text: string): readonly PathStep[] {
  const steps: PathStep[] = [];
  if (text.length > LIMIT) throw invalid(text, `it is longer than ${LIMIT} characters`);
  let at = 0;
  while (at < text.length) {
    PART.lastIndex = at;
    const found = PART.exec(text);
    const key = found?.[1] ?? found?.[2];
    if (found === null || (key === undefined && at === 0))
      throw invalid(text, 'a path is written as scanner.uri, results[].level or invocation."builder.id"');
    steps.push(key === undefined ? 'items' : { key });
    at = PART.lastIndex;
  }
  if (steps.length === 0 || steps.length > STEPS) throw invalid(text, `a path has 1 to ${STEPS} parts`);
  return steps;
}

function invalid(text: string, why: string): PratiqueError {
  return new PratiqueError('POLICY_INVALID', { what: `${quoted(text)} is no path to a field`, why });
}
