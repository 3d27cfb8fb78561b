import type { FileCheck } from './check.ts';
import { findingsOf } from './content-findings.ts';

/** Finds secrets in files of every layer, also deleted ones, and in the configuration. */
export const secrets: FileCheck = {
  id: 'secrets',
  reads: 'files',
  run: (scan) => findingsOf(scan, 'secrets'),
};
