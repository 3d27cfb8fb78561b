import type { Policy } from '../policy/policy.ts';
import { NO_LINES, type PolicyLines, readPolicyLines } from '../policy/policy-lines.ts';
import type { Terminal } from './terminal.ts';

/** Where the policy says what; nothing of it where it is the built-in one. */
export async function linesOf({ stamp }: Policy, { cwd }: Terminal): Promise<PolicyLines> {
  return stamp.origin === 'built-in' ? NO_LINES : readPolicyLines(stamp.origin, cwd);
}
