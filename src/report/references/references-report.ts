import type { JudgedReference, NamedReferences } from '../../model/named-reference.ts';
import type { PolicyStamp, Result } from '../../model/verdict.ts';

/** What the views of a repository's names are printed from. */
export interface ReferencesReport {
  readonly found: NamedReferences;
  readonly judged: readonly JudgedReference[];
  readonly policy: PolicyStamp;
  readonly pratique: string;
}

/** The figures that every view shows. */
export interface ReferencesTally {
  readonly admitted: number;
  readonly refused: number;
  /** names that cannot be known or judged */
  readonly undecided: number;
  /** parts of files that could not be read */
  readonly unread: number;
  readonly result: Result;
}

/**
 * The figures, and what they come to: a refusal is certain and comes first; then what is not known or not read. A repository that
 * was read whole and names no image has nothing to refuse.
 */
export function tallyReferences({ found, judged }: ReferencesReport): ReferencesTally {
  const count = (result: Result) => judged.filter((one) => one.result === result).length;
  const [admitted, refused, undecided] = [count('admitted'), count('refused'), count('undecided')];
  const unread = found.unread.length;
  const result = refused > 0 ? 'refused' : undecided + unread > 0 ? 'undecided' : 'admitted';
  return { admitted, refused, undecided, unread, result };
}
