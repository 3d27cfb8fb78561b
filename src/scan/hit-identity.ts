import { JUDGEMENTS } from './miners/judgements.ts';
import type { Hit } from './rule.ts';

/**
 * What is told of a packed program by its own bytes, and no more once they are unpacked: that nobody can see into it, and
 * what shows of its words. That it lies in a hidden folder as well is still told.
 */
export const ANSWERED_BY_CONTENT: readonly string[] = [JUDGEMENTS.packed.rule, JUDGEMENTS.suspect.rule];

/**
 * What makes two hits in the same bytes one, however these were read: the value, or that there is a miner. A hint of one
 * is another thing, or words of a rule file around an archive would hide the miner in it.
 */
export function identityOf({ check, rule, confidence, fingerprint }: Hit): string {
  if (check !== 'miners') return `${rule} ${fingerprint}`;
  return confidence === 'low' ? rule : check;
}
