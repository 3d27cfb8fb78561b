import { type PratiqueError, toPratiqueError } from '../errors.ts';
import type { Finding } from '../model/finding.ts';
import type { Outcome } from '../model/verdict.ts';
import type { WithoutSecrets } from '../scan/redacted-image.ts';
import type { CheckContext, StatementCheck } from './check.ts';
import { errorWithoutSecrets, findingWithoutSecrets } from './without-secrets.ts';

/** A name is the caller's own text; what was found in files has left the scanner without secrets. */
export function asIs(text: string): string {
  return text;
}

/** Runs a check; what it could not find out becomes `unknown`, whatever was thrown. */
export function outcomeOf(
  check: string,
  clean: WithoutSecrets,
  run: () => readonly Finding[],
  say?: () => string | undefined,
): Outcome {
  try {
    const findings = run();
    if (findings.length > 0)
      return { check, state: 'failed', findings: findings.map((one) => findingWithoutSecrets(one, clean)) };
    const note = say?.();
    return { check, state: 'passed', ...(note === undefined ? {} : { note: clean(note) }) };
  } catch (thrown) {
    return unknown(check, faultOf(thrown, clean));
  }
}

/** What some work came to: its result, or why it could not be found out. */
export type Attempted<T> = { readonly value: T } | { readonly error: PratiqueError };

/** Both together, or the fault that kept one of them away. */
export function joined<T>(
  one: Attempted<readonly T[]>,
  other: Attempted<readonly T[]>,
): Attempted<readonly T[]> {
  if ('error' in one) return one;
  return 'error' in other ? other : { value: [...one.value, ...other.value] };
}

/** Evidence that could not be read: *unknown*, unless the policy asks nothing of it, which is then said. */
export function unread(check: StatementCheck, context: CheckContext, error: PratiqueError): Outcome {
  if (check.demands(context)) return unknown(check.id, error);
  return { check: check.id, state: 'passed', note: `not demanded, and not looked at: ${error.message}` };
}

/** Whatever was thrown, as a fault that can be told. */
export function faultOf(thrown: unknown, clean: WithoutSecrets): PratiqueError {
  return errorWithoutSecrets(toPratiqueError(thrown), clean);
}

/** The outcome of a check that could not find out. */
export function unknown(check: string, error: PratiqueError): Outcome {
  return { check, state: 'unknown', error };
}

/** Does some work; whatever is thrown becomes a fault that can be told. */
export async function attempt<T>(clean: WithoutSecrets, work: () => Promise<T>): Promise<Attempted<T>> {
  try {
    return { value: await work() };
  } catch (thrown) {
    return { error: faultOf(thrown, clean) };
  }
}
