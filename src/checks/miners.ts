import type { FileCheck } from './check.ts';
import { findingsOf } from './content-findings.ts';

/**
 * Finds cryptocurrency miners in files of every layer and in the configuration. That a package brought one demotes
 * nothing: a miner that comes with a distribution mines as well.
 */
export const miners: FileCheck = {
  id: 'miners',
  reads: 'files',
  run: (scan) => findingsOf(scan, 'miners'),
};
