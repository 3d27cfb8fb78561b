/** Attempts to pass for a signature of Notation, and what comes of them. */
import { expect, test } from 'vitest';
import { isSignature, type RejectionReason } from '../../../src/model/trusted.ts';
import { type Attempt, judge } from '../../support/notation/sign.ts';

export type Case = readonly [what: string, reason: RejectionReason, detail: string, attempt: Attempt];

/** One test for each: rejected for this reason, with these words in the detail. */
export function rejects(cases: readonly Case[], format?: Attempt['format']): void {
  test.each(cases)('%s: %s, %s', async (_what, reason, detail, attempt) => {
    const evidence = await judge({ ...(format && { format }), ...attempt });
    expect(evidence).toMatchObject([
      { state: 'rejected', form: 'notation', reason, detail: expect.stringContaining(detail) },
    ]);
    expect(evidence.some(isSignature)).toBe(false);
  });
}
