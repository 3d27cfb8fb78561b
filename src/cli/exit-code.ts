import type { Verdict } from '../model/verdict.ts';

/**
 * 0 admitted, 1 refused, 2 usage or policy file wrong, 3 undecided, 4 decided but not attested as was asked, 130 interrupted.
 * A fault of the tool is never 1.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;

export const ADMITTED = 0;
export const REFUSED = 1;
export const UNDECIDED = 3;
export const NOT_ATTESTED = 4;
export const INTERRUPTED = 130;

/**
 * The exit code of several verdicts together: a refusal is certain and comes first, then what is undecided;
 * no verdict at all is undecided.
 * @param reportOnly turns a refusal into 0; never what is undecided
 */
export function exitCodeFor(verdicts: readonly Pick<Verdict, 'result'>[], reportOnly: boolean): ExitCode {
  const some = (result: Verdict['result']) => verdicts.some((verdict) => verdict.result === result);
  if (some('refused') && !reportOnly) return REFUSED;
  if (some('undecided') || verdicts.length === 0) return UNDECIDED;
  return ADMITTED;
}

/**
 * The exit code where an attestation was asked for. What the verdicts say comes first: that nothing was attested is told where
 * they would have ended with 0.
 * @param attested whether everything that was to be attested is
 */
export function withAttestation(code: ExitCode, attested: boolean): ExitCode {
  return code === ADMITTED && !attested ? NOT_ATTESTED : code;
}
