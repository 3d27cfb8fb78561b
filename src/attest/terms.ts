import { algorithmOf, type Digest, hexOf, isDigest } from '../model/digest.ts';
import { quoted } from '../model/printable.ts';
import type { Reference } from '../model/reference.ts';
import type { Statement } from '../model/statement.ts';
import type { ReadVsa } from '../trust/predicates/vsa.ts';
import type { RefusalReason } from './admission.ts';
import { resourceUri } from './resource-uri.ts';
import { ADMITTED_LEVEL, DEFAULT_VERIFIER } from './vsa.ts';

/** What a verification summary must say for an image to enter on it. */
export interface Terms {
  /** URI; `DEFAULT_VERIFIER` where absent */
  readonly verifierId?: string;
  /** it must have been judged by one of these policies; by any of that verifier's where absent */
  readonly policyDigests?: readonly Digest[];
  /** all of them must be verified; `ADMITTED_LEVEL` where absent */
  readonly levels?: readonly string[];
  /** seconds since the verdict, at most */
  readonly maxAgeSeconds: number;
}

/** how far ahead of ours the clock of a gate may run */
export const CLOCK_SKEW_SECONDS = 300;
const SLSA_LEVEL = /^SLSA_([A-Z]{1,20})_LEVEL_(\d{1,2})$/;

/**
 * Why a summary counts for nothing under these terms, whatever its result is; absent where it counts.
 * @see SLSA v1.2, verification_summary.md, "How to verify", steps 4 to 6
 */
export function whyUnfit(
  statement: Statement,
  vsa: ReadVsa,
  { verifierId = DEFAULT_VERIFIER, policyDigests, maxAgeSeconds }: Terms,
  { reference, now }: { readonly reference: Reference; readonly now: Date },
): [RefusalReason, string] | undefined {
  if (vsa.verifierId !== verifierId) return ['other-verifier', `its verifier is ${quoted(vsa.verifierId)}`];
  if (!isForPlace(statement, vsa.resourceUri, reference, verifierId))
    return ['other-resource', `it is for ${quoted(vsa.resourceUri)}`];
  if (policyDigests !== undefined && !policyDigests.some((digest) => isBy(vsa, digest)))
    return ['other-policy', `it was not judged by the policy ${policyDigests.join(' or ')}`];
  const ageSeconds = (now.getTime() - vsa.timeVerified.getTime()) / 1000;
  // A FAILED counts at once: by a clock that runs ahead, an older PASSED would outvote it until then.
  if (vsa.passed && ageSeconds < -CLOCK_SKEW_SECONDS)
    return ['from-the-future', `it was made ${Math.ceil(-ageSeconds)} s ahead of now`];
  // Written so that an age or a limit that is not a number refuses too.
  if (!(ageSeconds <= maxAgeSeconds)) {
    const age = `it was made ${Math.floor(ageSeconds)} s ago`;
    return ['too-old', `${age}; at most ${maxAgeSeconds} s are accepted`];
  }
  return undefined;
}

/** The first level of the terms that a summary does not hold; absent where it holds all. `dependencyLevels` count for nothing. */
export function missingLevel(
  { levels: found }: ReadVsa,
  { levels = [ADMITTED_LEVEL] }: Terms,
): string | undefined {
  // It says PASSED and FAILED in one: what its verifier meant cannot be told.
  const believed = found.includes('FAILED') ? [] : found;
  return levels.find((wanted) => !believed.some((level) => holds(level, wanted)));
}

/** A level holds itself and, on the tracks of SLSA, all below it. See SLSA v1.2, verification_summary.md, `verifiedLevels`. */
function holds(level: string, wanted: string): boolean {
  if (level === wanted) return true;
  const [, track, height] = SLSA_LEVEL.exec(level) ?? [];
  const [, wantedTrack, wantedHeight] = SLSA_LEVEL.exec(wanted) ?? [];
  return track !== undefined && track === wantedTrack && Number(height) >= Number(wantedHeight);
}

function isBy({ policyDigest }: ReadVsa, digest: Digest): boolean {
  return policyDigest.get(algorithmOf(digest)) === hexOf(digest);
}

/** Whether the summary is for this repository: its URI is the one that its verifier makes of one of its own subjects. */
function isForPlace(statement: Statement, uri: string, reference: Reference, verifierId: string): boolean {
  return statement.subject
    .flatMap(({ digest }) => Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`))
    .some((digest) => isDigest(digest) && urisOf(reference, digest, verifierId).includes(uri));
}

/** Ours has one form. Other verifiers write places in several; each is compared whole. */
function urisOf(reference: Reference, digest: Digest, verifierId: string): readonly string[] {
  const own = resourceUri(reference, digest);
  if (verifierId === DEFAULT_VERIFIER) return [own];
  const place = `${reference.registry}/${reference.repository}`;
  const bound = `${place}@${digest}`;
  return [own, own.replace('%3A', ':'), bound, `oci://${bound}`, place, `oci://${place}`];
}
