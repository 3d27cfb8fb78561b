import type { Result } from '../model/verdict.ts';
import type { StationState } from './stations.ts';
import type { Weight } from './tally.ts';

/** The mark of each result, and its word; a mark is never alone, for not everybody sees its colour. */
export const RESULT_FACES: Readonly<Record<Result, { readonly mark: string; readonly word: string }>> = {
  admitted: { mark: '✔', word: 'ADMITTED' },
  refused: { mark: '✖', word: 'REFUSED' },
  undecided: { mark: '?', word: 'UNDECIDED' },
};

/** The mark of a station, and its state in words. */
export const STATION_FACES: Readonly<Record<StationState, { readonly mark: string; readonly word: string }>> =
  {
    passed: { mark: '✔', word: 'passed' },
    failed: { mark: '✖', word: 'failed' },
    warned: { mark: '!', word: 'warning' },
    unknown: { mark: '?', word: 'not found out' },
    off: { mark: '–', word: 'off' },
    absent: { mark: '–', word: 'not asked' },
  };

/** The mark of a finding, by what it does to the verdict. */
export const WEIGHT_MARKS: Readonly<Record<Weight, string>> = {
  enforced: '✖',
  warned: '!',
  demoted: '·',
  excepted: '~',
};
