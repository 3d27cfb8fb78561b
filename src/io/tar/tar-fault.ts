import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';

const REBUILD = 'build the layer again with another tool';

/** Names what is wrong with one tar. Every `why` is ours, or printable. */
export class TarFault {
  private readonly where: string;

  /** @param where what is read, not escaped */
  constructor(where: string) {
    this.where = printable(where);
  }

  /** What runtimes reject. */
  invalid(why: string): PratiqueError {
    const what = 'the layer is a tar that runtimes reject';
    return new PratiqueError('TAR_INVALID', { what, where: this.where, why, next: REBUILD });
  }

  /** What runtimes read differently. */
  ambiguous(why: string): PratiqueError {
    const what = 'runtimes do not read this tar alike';
    return new PratiqueError('TAR_AMBIGUOUS', { what, where: this.where, why, next: REBUILD });
  }

  /** What passes a limit, whose name in the policy is `setting`. */
  tooMuch(what: string, limit: number, unit: string, setting: string): PratiqueError {
    return new PratiqueError('LIMIT_EXCEEDED', {
      what: `${what} would take more than ${limit} ${unit}`,
      where: this.where,
      next: `raise limits.${setting} in the policy if this is meant`,
    });
  }
}
