import { DEFAULT_LIMITS } from '../io/limits.ts';
import type { Draft, Protected } from './draft.ts';
import { knownImages } from './known-images.ts';
import type { Policy } from './policy.ts';
import { digestOf } from './policy-digest.ts';
import { settleYara } from './yara/yara-draft.ts';

const DAY = 86_400; // seconds

/** What counts where no file says otherwise. */
export const DEFAULTS = {
  maxDistance: 1,
  /** an attestation is as good as the rules of its day */
  validForSeconds: 7 * DAY,
  requireDigest: 'never',
  baseFindings: 'fail',
} as const;

/** Makes a policy of what was read: what is not said gets its default, and everything together its digest. */
export function settle(draft: Draft, origin: string): Policy {
  const protect: Protected = draft.protect ?? { references: knownImages(), namespaces: [] };
  const policy: Omit<Policy, 'stamp'> = {
    ...(draft.sources === undefined
      ? {}
      : {
          sources: { ...draft.sources, requireDigest: draft.sources.requireDigest ?? DEFAULTS.requireDigest },
        }),
    lookalikes: {
      protect: protect.references,
      namespaces: protect.namespaces,
      maxDistance: draft.maxDistance ?? DEFAULTS.maxDistance,
    },
    signers: draft.signers,
    admit: draft.admit,
    images: draft.images,
    checks: draft.checks,
    exceptions: draft.exceptions,
    rules: draft.rules,
    ...(draft.yara && { yara: settleYara(draft.yara) }),
    remarks: draft.remarks,
    ownPackages: draft.ownPackages,
    bases: draft.bases,
    baseFindings: draft.baseFindings ?? DEFAULTS.baseFindings,
    limits: { ...DEFAULT_LIMITS, ...draft.limits },
    attest: { validForSeconds: DEFAULTS.validForSeconds, ...draft.attest },
  };
  const name = draft.name ?? origin;
  return { stamp: { name, digest: digestOf(policy), origin }, ...policy };
}
