import { toJsonLine } from '../json-text.ts';
import { countsOf, type SweepReport, trendOf } from './sweep-report.ts';

/**
 * A sweep as JSON Lines: one for each image in the form of the ledger, one for each name that could not be found out, and the
 * summary last. A reader that finds no summary has not got all of it.
 */
export function renderSweepLines(report: SweepReport): string {
  const { images, unresolved, leftOut, unjudged, policy, at } = report;
  const trend = trendOf(report);
  return [
    ...images.map((image) => ({ kind: 'image', ...image })),
    ...unresolved.map((one) => ({ kind: 'unresolved', ...one })),
    {
      kind: 'summary',
      version: 1,
      ...countsOf(report),
      leftOut,
      unjudged,
      policy: { name: policy.name, digest: policy.digest },
      ...(trend && { trend: { ...trend, worse: [...trend.worse], better: [...trend.better] } }),
      at,
    },
  ]
    .map((line) => `${toJsonLine(line)}\n`)
    .join('');
}
