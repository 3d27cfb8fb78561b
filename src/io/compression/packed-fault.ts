import { PratiqueError } from '../../errors.ts';

const WHAT = 'a compressed file cannot be unpacked';

/** The fault of compressed bytes that are damaged, inside a layer and not around it. `why` must be printable. */
export function packedFault(why: string): PratiqueError {
  return new PratiqueError('COMPRESSION_INVALID', { what: WHAT, why });
}

/** The fault of compressed bytes of which the rest is missing. */
export function cutShort(): PratiqueError {
  return packedFault('it ends too early');
}

/** The fault of compressed bytes that may be sound and are not read. @param why as few words; printable */
export function notRead(why: string): PratiqueError {
  return new PratiqueError('NOT_SUPPORTED', { what: WHAT, why });
}
