import { PratiqueError } from '../../errors.ts';
import type { Digest } from '../../model/digest.ts';
import { hexOf } from '../../model/digest.ts';
import { formatImagePattern, type ImagePattern } from '../../model/image-pattern.ts';
import { quoted } from '../../model/printable.ts';
import type { Signer } from '../../model/trusted.ts';
import type { Policy } from '../../policy/policy.ts';
import { ADMITTED_LEVEL, DEFAULT_VERIFIER } from '../vsa.ts';

/** What one rule of `admit` demands of a summary, with nothing left to be worked out: other tools know no policy of ours. */
export interface AdmissionDemand {
  readonly verifierId: string;
  readonly policyDigests: 'any' | readonly Digest[];
  /** for each level that is demanded those that hold it */
  readonly levels: readonly (readonly string[])[];
  readonly maxAgeSeconds: number;
}

/** One signer with all that counts of what it says; to fit one of the demands is enough. */
export interface SignerDemands {
  readonly signer: Signer;
  readonly demands: readonly AdmissionDemand[];
}

/** the highest level that a track of SLSA has; see SLSA v1.2, tracks */
const HIGHEST = 4;
const SLSA_LEVEL = /^(SLSA_[A-Z]{1,20}_LEVEL_)(\d{1,2})$/;

/**
 * What `admit` of a policy demands, by signer.
 * @param only the signer that is asked for; absent: all
 * @throws {PratiqueError} `USAGE` where there is none
 */
export function demandsOf(
  { admit, stamp, attest }: Policy,
  only: string | undefined,
): readonly SignerDemands[] {
  const rules = admit.filter(({ signer }) => only === undefined || signer.name === only);
  if (rules.length === 0) {
    throw new PratiqueError('USAGE', {
      what:
        only === undefined
          ? 'the policy does not say whose verdicts count'
          : `admit names no signer ${quoted(only)}`,
      next: 'name the gate under admit: in the policy',
    });
  }
  return [...Map.groupBy(rules, ({ signer }) => signer).entries()].map(([signer, all]) => ({
    signer,
    demands: all.map(({ verifier, policyDigests, levels, maxAgeSeconds }) => ({
      verifierId: verifier ?? DEFAULT_VERIFIER,
      policyDigests: policyDigests ?? [stamp.digest],
      levels: (levels ?? [ADMITTED_LEVEL]).map(holdersOf),
      maxAgeSeconds: maxAgeSeconds ?? attest.validForSeconds,
    })),
  }));
}

/** Hex digits of the policies that count; absent where any does. */
export function policyHexes({ policyDigests }: AdmissionDemand): readonly string[] | undefined {
  return policyDigests === 'any' ? undefined : policyDigests.map(hexOf);
}

/** Lets only repositories pass, which is what other tools can be told of images. @throws {PratiqueError} `USAGE` */
export function requireRepositories(pattern: ImagePattern): void {
  if (pattern.tag === undefined && pattern.digest === undefined && !/[*[]/.test(pattern.host ?? '')) return;
  throw new PratiqueError('USAGE', {
    what: `--images ${quoted(formatImagePattern(pattern))} cannot be said to other tools`,
    why: 'a host with a star or brackets, a tag or a digest means something else there',
    next: 'name repositories, as ghcr.io/acme/**',
  });
}

/** Whom a certificate has to name, as other tools take it: the text itself, or an expression where it has stars. */
export function subjectOf(
  identity: string,
): { readonly subject: string } | { readonly subjectRegExp: string } {
  if (!identity.includes('*')) return { subject: identity };
  const parts = identity.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return { subjectRegExp: `^${parts.join('[^/@]*')}$` };
}

/** The sentence that refuses what a tool cannot be told: said less strictly it would let more in. */
export function cannotSay(tool: string, what: string, next: string): PratiqueError {
  return new PratiqueError('NOT_SUPPORTED', {
    what: `${tool} cannot be told what the policy demands`,
    why: what,
    next,
  });
}

/** A level holds itself and, on the tracks of SLSA, all below it. */
function holdersOf(level: string): readonly string[] {
  const [, track, height] = SLSA_LEVEL.exec(level) ?? [];
  if (track === undefined) return [level];
  const least = Number(height);
  return Array.from({ length: Math.max(HIGHEST - least, 0) + 1 }, (_, more) => `${track}${least + more}`);
}
