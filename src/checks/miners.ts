import type { FileCheck } from './check.ts';
import { findingsOf } from './content-findings.ts';

/** Finds cryptocurrency miners in files of every layer and in the configuration. */
export const miners: FileCheck = {
  id: 'miners',
  reads: 'files',
  run: (scan) => findingsOf(scan, 'miners'),
};
