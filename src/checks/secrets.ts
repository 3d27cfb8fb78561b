import type { FileCheck } from './check.ts';
import { findingsOf } from './content-findings.ts';
import { demote } from './demotion.ts';

/** Finds secrets in files of every layer, also deleted ones, and in the configuration. */
export const secrets: FileCheck = {
  id: 'secrets',
  reads: 'files',
  run: (scan, { policy }) =>
    findingsOf(scan, 'secrets').map((finding) => demote(finding, policy.ownPackages)),
};
