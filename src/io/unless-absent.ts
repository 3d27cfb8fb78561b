import { PratiqueError } from '../errors.ts';

/** What was asked for; `undefined` only where the source *said* that it has none: then nobody gets it from there. */
export async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (thrown) {
    if (thrown instanceof PratiqueError && thrown.code === 'NOT_FOUND') return undefined;
    throw thrown;
  }
}
