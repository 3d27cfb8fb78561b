import type { Verdict } from '../../model/verdict.ts';
import type { Card } from './card.ts';

/** What every part of a verdict's card is drawn with. */
export interface Drawing {
  readonly card: Card;
  readonly verdict: Verdict;
  readonly verbose: boolean;
  /** cells of the terminal */
  readonly width: number;
}

/** The first twelve digits: enough to compare by eye, too few to pull by. */
export function shortDigest(digest: string): string {
  return digest.replace(/^(sha\d+:[0-9a-f]{12})[0-9a-f]+$/, '$1…');
}
