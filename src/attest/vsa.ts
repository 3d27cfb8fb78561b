import type { Verdict } from '../model/verdict.ts';
import { type DigestSet, digestSetOf } from './statement.ts';

/** The verifier that we are, where nobody gave their own; consumers pair it with the key they trust. */
export const DEFAULT_VERIFIER = 'https://pratique.dev/gate/v1';
/** The level that an admitted image has: ours, so it does not begin with `SLSA_`. */
export const ADMITTED_LEVEL = 'PRATIQUE_ADMITTED';

/**
 * The predicate of a verification summary, with the specification's fields and no others.
 * @see SLSA v1.2, verification_summary.md, "Schema"
 */
export interface Vsa {
  readonly verifier: { readonly id: string; readonly version: Readonly<Record<string, string>> };
  /** RFC 3339, UTC */
  readonly timeVerified: string;
  readonly resourceUri: string;
  readonly policy: { readonly uri: string; readonly digest: DigestSet };
  /** all attestations that were used, or absent: a part of them would say that there were no others */
  readonly inputAttestations?: readonly { readonly uri?: string; readonly digest: DigestSet }[];
  readonly verificationResult: 'PASSED' | 'FAILED';
  readonly verifiedLevels: readonly string[];
  readonly slsaVersion: string;
}

export interface VsaOptions {
  readonly verifierId: string;
  readonly policyUri: string;
  readonly resourceUri: string;
  readonly inputAttestations?: Vsa['inputAttestations'];
}

/**
 * Sums a decided verdict up for SLSA consumers. No SLSA level is claimed: which one holds is not what was judged.
 * @param verdict decided; see `requireAttestable`
 */
export function summarize(verdict: Verdict, options: VsaOptions): Vsa {
  const passed = verdict.result === 'admitted';
  const { inputAttestations } = options;
  return {
    verifier: { id: options.verifierId, version: { pratique: verdict.pratique } },
    timeVerified: verdict.at,
    resourceUri: options.resourceUri,
    policy: { uri: options.policyUri, digest: digestSetOf(verdict.policy.digest) },
    ...(inputAttestations === undefined ? {} : { inputAttestations }),
    verificationResult: passed ? 'PASSED' : 'FAILED',
    verifiedLevels: [passed ? ADMITTED_LEVEL : 'FAILED'],
    slsaVersion: '1.2',
  };
}
