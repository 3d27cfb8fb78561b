import type { Hit } from './rule.ts';

/** What makes two hits in the same bytes one, however these were read: the value, or that there is a miner. */
export function identityOf({ check, rule, fingerprint }: Hit): string {
  return check === 'miners' ? check : `${rule} ${fingerprint}`;
}
