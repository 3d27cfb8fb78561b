import { PratiqueError } from '../errors.ts';
import type { FileCheck } from './check.ts';
import { findingsOf } from './content-findings.ts';

/**
 * Finds files of every layer that match YARA rules of the policy's owner. That a package brought one demotes nothing:
 * who writes a rule means the file, whoever shipped it. Without such rules it does not run.
 */
export const yara: FileCheck = {
  id: 'yara',
  reads: 'files',
  isDemanded: (policy) => policy.yara !== undefined,
  run(scan) {
    const findings = findingsOf(scan, 'yara');
    // What was found may weigh little, and what was not looked at more.
    if (scan.yaraFault !== undefined) throw withCount(scan.yaraFault, findings.length);
    return findings;
  },
};

function withCount(fault: PratiqueError, count: number): PratiqueError {
  if (count === 0) return fault;
  const { why, ...problem } = fault.problem;
  const seen = `rules matched ${count} times before`;
  return new PratiqueError(fault.code, { ...problem, why: why === undefined ? seen : `${why}; ${seen}` });
}
