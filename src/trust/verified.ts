import type { Verified } from '../model/trusted.ts';

/** Marks a value whose signature holds. Called right after the check, inside `src/trust/` only. */
export function asVerified<T>(value: T): Verified<T> {
  return value as Verified<T>;
}
