import { DerFault } from '../../io/der.ts';
import type { RejectionReason } from '../../model/trusted.ts';

/** Thrown inside this folder where a Notation signature does not hold; becomes a rejection, never a fault of the run. */
export class NotationFault extends Error {
  readonly reason: RejectionReason;

  /** @param detail a clause; may quote foreign text */
  constructor(reason: RejectionReason, detail: string) {
    super(detail);
    this.name = 'NotationFault';
    this.reason = reason;
  }
}

/** Reads a part of a signature; DER in it that cannot be read rejects the signature for this reason. */
export function readingAs<T>(reason: RejectionReason, what: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof DerFault)
      throw new NotationFault(reason, `${what} cannot be read: ${thrown.message}`);
    throw thrown;
  }
}
