import type { Severity } from '../../../model/finding.ts';

const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

/** Things with a severity, critical before info; those of one severity in their order. */
export function gravestFirst<T extends { readonly severity: Severity }>(all: readonly T[]): readonly T[] {
  return all.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}
