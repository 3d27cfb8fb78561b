import type { RejectionReason } from '../../model/trusted.ts';

/** Thrown inside this folder where a keyless signature does not hold; becomes a rejection, never a fault of the run. */
export class KeylessFault extends Error {
  readonly reason: RejectionReason;

  /** @param detail a clause; may quote foreign text */
  constructor(reason: RejectionReason, detail: string) {
    super(detail);
    this.name = 'KeylessFault';
    this.reason = reason;
  }
}
