import { EMPTY_DRAFT } from './draft.ts';
import type { Policy } from './policy.ts';
import { settle } from './settle.ts';

/**
 * The policy that applies where there is no file: names are held against the popular images that ship with pratique, contents
 * and configuration are judged at the levels of `check-names.ts`; any source may be used, and signatures are looked
 * at, not demanded.
 * @throws {PratiqueError} `POLICY_NOT_FOUND` where the installation lacks the list of known images
 */
export function defaultPolicy(): Policy {
  return settle({ ...EMPTY_DRAFT, name: 'default' }, 'built-in');
}
