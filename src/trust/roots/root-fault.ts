import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';

/** The fault of a file of a TUF repository. */
export function invalid(name: string, why: string, cause?: unknown): PratiqueError {
  return new PratiqueError(
    'TRUST_ROOT_INVALID',
    {
      what: 'the TUF repository does not hold',
      where: printable(name),
      why: printable(why),
      next: 'ask whoever keeps the mirror; nothing of it was taken',
    },
    { cause },
  );
}
