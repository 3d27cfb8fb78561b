import { PratiqueError } from '../errors.ts';

/**
 * Counts what is found, so that an image full of made-up secrets cannot fill the memory.
 * Past the limit nothing was decided: which of them are real, nobody would read.
 */
export class HitBudget {
  private count = 0;
  private readonly limit: number;
  private readonly where: string;

  /** @param where printable */
  constructor(limit: number, where: string) {
    this.limit = limit;
    this.where = where;
  }

  /** @throws {PratiqueError} `LIMIT_EXCEEDED` */
  spend(hits: number): void {
    this.count += hits;
    if (this.count <= this.limit) return;
    throw new PratiqueError('LIMIT_EXCEEDED', {
      what: `there are more than ${this.limit} findings`,
      where: this.where,
      next: 'look into what made them, or raise limits.hits-per-image in the policy if this is meant',
    });
  }
}
