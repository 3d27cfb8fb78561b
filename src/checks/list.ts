import type { Check } from './check.ts';
import { freshnessMaxAge } from './freshness/max-age.ts';
import { hygieneAdminPorts } from './hygiene/admin-ports.ts';
import { hygieneRootUser } from './hygiene/root-user.ts';
import { miners } from './miners.ts';
import { nameAllowed } from './name/allowed.ts';
import { nameLookalike } from './name/lookalike.ts';
import { secrets } from './secrets.ts';
import { signature } from './signature.ts';

/** Every check, in the order in which they run; `policy/check-names.ts` has the same ids. */
export const CHECKS: readonly Check[] = [
  nameAllowed,
  nameLookalike,
  signature,
  hygieneRootUser,
  hygieneAdminPorts,
  freshnessMaxAge,
  secrets,
  miners,
];
