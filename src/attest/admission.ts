import type { PratiqueError } from '../errors.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { Result } from '../model/verdict.ts';

/** What the gate decided on attestations alone. */
export interface Admission {
  readonly result: Result;
  /** what the name stood for; absent where that could not be found out */
  readonly subject?: Descriptor;
  /** what lets it in: one for the subject, or one for each image in it */
  readonly grants: readonly Grant[];
  /** why what was found does not let it in; at least one where it is refused */
  readonly refusals: readonly Refusal[];
  /** why it is undecided */
  readonly error?: PratiqueError;
}

/** A verification summary that lets content in. */
export interface Grant {
  /** the index or manifest that it lets in */
  readonly about: Descriptor;
  readonly signer: string;
  /** no later than its signature, where that has a time */
  readonly timeVerified: Date;
  /** `timeVerified` as the summary has it */
  readonly saidAt: Date;
  /** the referrer that carries it */
  readonly from: Descriptor;
}

/**
 * Why an attestation does not let an image in; stable names.
 * `none-found`: nothing is attached. `not-verified`: signed by no key given, or about something else.
 * `other-statement`: it attests something else. `malformed`: no verification summary can be read from it.
 * `other-verifier`, `other-resource`, `other-policy`: made by another gate, for another place, by other rules.
 * `too-old`, `from-the-future`: its time is too far from now. `failed`: the image was refused.
 * `other-level`: it passed something that is not this gate.
 */
export type RefusalReason =
  | 'none-found'
  | 'not-verified'
  | 'other-statement'
  | 'malformed'
  | 'other-verifier'
  | 'other-resource'
  | 'other-policy'
  | 'too-old'
  | 'from-the-future'
  | 'failed'
  | 'other-level';

export interface Refusal {
  readonly reason: RefusalReason;
  /** printable */
  readonly detail: string;
  readonly about: Descriptor;
  /** the referrer that was looked at; absent where there was none */
  readonly from?: Descriptor;
}
