import { toPratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import type { Descriptor } from '../model/descriptor.ts';
import { algorithmOf, type Digest, hexOf, isDigest } from '../model/digest.ts';
import type { Resolved } from '../model/image.ts';
import type { ImageSource } from '../model/image-source.ts';
import { printable, quoted } from '../model/printable.ts';
import type { Reference } from '../model/reference.ts';
import { PREDICATE, STATEMENT_TYPE, type Statement } from '../model/statement.ts';
import type { Evidence, Signer, VerifiedEvidence } from '../model/trusted.ts';
import { collectEvidence } from '../trust/collect-evidence.ts';
import type { Admission, Grant, Refusal, RefusalReason } from './admission.ts';
import { type ReadVsa, readVsa } from './read-vsa.ts';
import { resourceUri } from './resource-uri.ts';
import { ADMITTED_LEVEL, DEFAULT_VERIFIER } from './vsa.ts';

export interface AdmitOptions {
  /** whose summaries count; each of them speaks for `verifierId` */
  readonly signers: ReadonlyMap<string, Signer>;
  /** where the image is to come from: the place that the summary must name */
  readonly reference: Reference;
  /** URI; `DEFAULT_VERIFIER` where absent */
  readonly verifierId?: string;
  /** the exact policy it must have passed; any of that verifier's where absent */
  readonly policyDigest?: Digest;
  /** seconds since the verdict, at most */
  readonly maxAgeSeconds: number;
  readonly now: Date;
  readonly platforms?: readonly string[];
  readonly limits: Limits;
}

/** how far ahead of ours the clock of a gate may run */
const CLOCK_SKEW_SECONDS = 300;

/**
 * Decides on a signed verification summary alone, without reading the image: it must be about the index or
 * manifest that the name stands for (or, where there is none about the index, about every image in it). Of several
 * good ones the newest decides, so that a later FAILED is not outvoted by an older PASSED.
 * Never throws for what an image or its registry does: that is undecided.
 * @throws {PratiqueError} `KEY_INVALID`, the caller's own mistake
 * @see SLSA v1.2, verification_summary.md, "How to verify", steps 1 to 7
 */
export async function admitImage(source: ImageSource, options: AdmitOptions): Promise<Admission> {
  let resolved: Resolved | undefined;
  try {
    resolved = await source.resolve(options.platforms === undefined ? {} : { platforms: options.platforms });
    return await admitResolved(source, resolved, options);
  } catch (thrown) {
    const error = toPratiqueError(thrown);
    if (error.code === 'KEY_INVALID') throw error;
    const subject = resolved?.subject;
    return { result: 'undecided', ...(subject && { subject }), grants: [], refusals: [], error };
  }
}

/**
 * `admitImage` for a name that is already looked up, so that what is decided about is what is used.
 * @throws {PratiqueError} `KEY_INVALID`, `LIMIT_EXCEEDED`, or a fault of the source
 */
export async function admitResolved(
  source: ImageSource,
  { subject, images }: Resolved,
  options: AdmitOptions,
): Promise<Admission> {
  const whole = await decideOn(source, subject, options);
  if (whole.grant !== undefined) return { result: 'admitted', subject, grants: [whole.grant], refusals: [] };
  const parts = images.map(({ manifest }) => manifest).filter(({ digest }) => digest !== subject.digest);
  const grants: Grant[] = [];
  const refusals: Refusal[] = [...whole.refusals];
  for (const part of refusals.some(isFinal) ? [] : parts) {
    const { grant, refusals: more } = await decideOn(source, part, options);
    if (grant !== undefined) grants.push(grant);
    refusals.push(...more);
  }
  const complete = parts.length > 0 && grants.length === parts.length;
  return { result: complete ? 'admitted' : 'refused', subject, grants: complete ? grants : [], refusals };
}

type Decision = { readonly grant?: Grant; readonly refusals: readonly Refusal[] };

async function decideOn(source: ImageSource, about: Descriptor, options: AdmitOptions): Promise<Decision> {
  const evidence = await collectEvidence(source, [about], options.signers, options.limits, {
    now: options.now,
  });
  if (evidence.length === 0) {
    return { refusals: [{ reason: 'none-found', detail: 'no attestation is attached', about }] };
  }
  const judged = evidence.map((one) => judge(one, about, options));
  const refusals = judged.flatMap((one) => ('reason' in one ? [one] : []));
  const sound = judged.flatMap((one) => ('reason' in one ? [] : [one]));
  const [newest] = sound.toSorted(newestFirst);
  if (newest === undefined) return { refusals };
  const { grant, vsa } = newest;
  if (!vsa.passed) {
    return {
      refusals: [refuse(grant, 'failed', `the image was refused at ${vsa.timeVerified.toISOString()}`)],
    };
  }
  if (!vsa.levels.includes(ADMITTED_LEVEL)) {
    return { refusals: [refuse(grant, 'other-level', `it does not say ${ADMITTED_LEVEL}`)] };
  }
  return { grant, refusals: [] };
}

type Sound = { readonly grant: Grant; readonly vsa: ReadVsa };

/** One piece of evidence: good enough to listen to, or the first reason why not. */
function judge(evidence: Evidence, about: Descriptor, options: AdmitOptions): Sound | Refusal {
  const { from } = evidence;
  if (evidence.state === 'rejected') {
    return refuse({ about, from }, 'not-verified', `${evidence.reason}: ${evidence.detail}`);
  }
  const { statement } = evidence;
  if (statement?.predicateType !== PREDICATE.vsa || statement._type !== STATEMENT_TYPE) {
    const what = statement === undefined ? 'a signature' : quoted(statement.predicateType);
    return refuse({ about, from }, 'other-statement', `it is ${what}, not a verification summary`);
  }
  try {
    const vsa = readVsa(statement);
    const { timeVerified } = vsa;
    const unfit = whyUnfit(evidence, vsa, options);
    if (unfit !== undefined) return refuse({ about, from }, ...unfit);
    return { grant: { about, signer: evidence.signer, timeVerified, from }, vsa };
  } catch (thrown) {
    return refuse({ about, from }, 'malformed', toPratiqueError(thrown).message);
  }
}

function whyUnfit(
  { statement }: VerifiedEvidence,
  vsa: ReadVsa,
  options: AdmitOptions,
): [RefusalReason, string] | undefined {
  const verifier = options.verifierId ?? DEFAULT_VERIFIER;
  if (vsa.verifierId !== verifier) return ['other-verifier', `its verifier is ${quoted(vsa.verifierId)}`];
  if (statement === undefined || !isForPlace(statement, vsa.resourceUri, options.reference)) {
    return ['other-resource', `it is for ${quoted(vsa.resourceUri)}`];
  }
  const { policyDigest } = options;
  if (policyDigest !== undefined && vsa.policyDigest.get(algorithmOf(policyDigest)) !== hexOf(policyDigest)) {
    return ['other-policy', `it was not judged by the policy ${policyDigest}`];
  }
  const ageSeconds = (options.now.getTime() - vsa.timeVerified.getTime()) / 1000;
  if (ageSeconds < -CLOCK_SKEW_SECONDS) {
    return ['from-the-future', `it was made ${Math.ceil(-ageSeconds)} s ahead of now`];
  }
  // Written so that an age or a limit that is not a number refuses too.
  if (!(ageSeconds <= options.maxAgeSeconds)) {
    const age = `it was made ${Math.floor(ageSeconds)} s ago`;
    return ['too-old', `${age}; at most ${options.maxAgeSeconds} s are accepted`];
  }
  return undefined;
}

/** Whether the summary is for this repository: its URI is the one we would make for one of its own subjects. */
function isForPlace(statement: Statement, uri: string, reference: Reference): boolean {
  return statement.subject
    .flatMap(({ digest }) => Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`))
    .some((digest) => isDigest(digest) && resourceUri(reference, digest) === uri);
}

/** Newest first; of the same moment the failed one. */
function newestFirst(a: Sound, b: Sound): number {
  const later = b.vsa.timeVerified.getTime() - a.vsa.timeVerified.getTime();
  return later !== 0 ? later : Number(a.vsa.passed) - Number(b.vsa.passed);
}

/** A refusal of the whole that no summary of the parts mends. */
function isFinal({ reason }: Refusal): boolean {
  return reason === 'failed';
}

function refuse(
  { about, from }: { about: Descriptor; from: Descriptor },
  reason: RefusalReason,
  detail: string,
): Refusal {
  return { reason, detail: printable(detail), about, from };
}
