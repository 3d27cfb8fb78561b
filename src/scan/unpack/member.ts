import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';

/** One thing in an archive. */
export interface Member {
  /** binary string: one character for each byte */
  readonly name: string;
  /** what a link in it points at */
  readonly link?: string;
  /** must be read to its end before the next member is asked for */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** why its content cannot be had; `bytes` is empty then */
  readonly unreadable?: string;
}

/** The fault of an archive that cannot be read on. `why` must be printable. */
export function archiveFault(why: string, where: string): PratiqueError {
  return new PratiqueError('ARCHIVE_INVALID', {
    what: 'an archive in a layer cannot be read',
    where: printable(where),
    why,
  });
}

/** Whether a fault is one of the bytes themselves, which says nothing about what came before it. */
export function isDamage(thrown: unknown): thrown is PratiqueError {
  return thrown instanceof PratiqueError && /^(?:COMPRESSION|ARCHIVE)_INVALID$/.test(thrown.code);
}
