import { PratiqueError, toPratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { Digest } from '../model/digest.ts';
import type { Resolved } from '../model/image.ts';
import type { ImageSource } from '../model/image-source.ts';
import { printable, quoted } from '../model/printable.ts';
import type { Reference } from '../model/reference.ts';
import { isAbout, PREDICATE, STATEMENT_TYPE, type Statement } from '../model/statement.ts';
import type { Evidence, Signer, Verified } from '../model/trusted.ts';
import { collectEvidence } from '../trust/collect-evidence.ts';
import type { CollectEvidence } from '../trust/collect-once.ts';
import { predicateFields } from '../trust/predicates/predicate-fields.ts';
import { type ReadVsa, readVsa } from '../trust/predicates/vsa.ts';
import type { Admission, Grant, Refusal, RefusalReason } from './admission.ts';
import { missingLevel, type Terms, whyUnfit } from './terms.ts';

export interface AdmitOptions {
  /** whose summaries count; each of them speaks for `verifierId`, unless `terms` say otherwise */
  readonly signers: ReadonlyMap<string, Signer>;
  /** where the image is to come from: the place that the summary must name */
  readonly reference: Reference;
  /** URI; `DEFAULT_VERIFIER` where absent */
  readonly verifierId?: string;
  /** the exact policy it must have passed; any of that verifier's where absent */
  readonly policyDigest?: Digest;
  /** seconds since the verdict, at most */
  readonly maxAgeSeconds: number;
  /**
   * What the summaries of each signer must say, by the signer's name: to fit any one is enough. Where absent, the three above are
   * demanded of all signers; where a signer has none, its summaries count for nothing.
   */
  readonly terms?: ReadonlyMap<string, readonly Terms[]>;
  readonly now: Date;
  readonly platforms?: readonly string[];
  readonly limits: Limits;
  /** finds the evidence of these signers beside digests; absent: looks each time */
  readonly collect?: CollectEvidence;
}

/**
 * Decides on a signed verification summary alone, without reading the image: it must be about the index or
 * manifest that the name stands for (or, where there is none about the index, about every image in it). Of several
 * good ones by one verifier the newest decides, so that a later FAILED is not outvoted by an older PASSED; and what one
 * verifier failed is not let in by another. An index that passed is not let in either where one of its images failed: the
 * image is what runs.
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
 * @throws {PratiqueError} `KEY_INVALID`, `LIMIT_EXCEEDED`, or a fault of the source; `JSON_INVALID` where it would be admitted, and
 *   what may be a later FAILED by one of the signers cannot be read
 */
export async function admitResolved(
  source: ImageSource,
  { subject, images }: Resolved,
  options: AdmitOptions,
): Promise<Admission> {
  const whole = await decideOn(source, subject, options);
  const parts = images.map(({ manifest }) => manifest).filter(({ digest }) => digest !== subject.digest);
  if (whole.refusals.some(isFinal)) return refused(subject, whole.refusals);
  const decided = await Promise.all(parts.map((part) => decideOn(source, part, options, whole.sound)));
  const failed = decided.flatMap(({ refusals }) => refusals).filter(isFinal);
  if (failed.length > 0) return refused(subject, [...whole.refusals, ...failed]);
  const granted = decided.flatMap(({ grant }) => grant ?? []);
  const complete = parts.length > 0 && granted.length === parts.length;
  if (whole.grant === undefined && !complete)
    return refused(
      subject,
      [whole, ...decided].flatMap(({ refusals }) => refusals),
    );
  const unread = [whole, ...decided].find((one) => one.unread !== undefined)?.unread;
  if (unread !== undefined) throw unread;
  return { result: 'admitted', subject, grants: whole.grant ? [whole.grant] : granted, refusals: [] };
}

function refused(subject: Descriptor, refusals: readonly Refusal[]): Admission {
  return { result: 'refused', subject, grants: [], refusals };
}

interface Decision {
  readonly grant?: Grant;
  readonly refusals: readonly Refusal[];
  readonly sound: readonly Sound[];
  /** what was not read and may be a later FAILED */
  readonly unread?: PratiqueError;
}

/** @param above what counts of the index: a newer PASSED of it that names this image, too, takes an older FAILED back */
async function decideOn(
  source: ImageSource,
  about: Descriptor,
  options: AdmitOptions,
  above: readonly Sound[] = [],
): Promise<Decision> {
  const { signers, limits, now, collect } = options;
  const evidence = await (collect?.([about]) ?? collectEvidence(source, [about], signers, limits, { now }));
  if (evidence.length === 0) {
    return { refusals: [{ reason: 'none-found', detail: 'no attestation is attached', about }], sound: [] };
  }
  const unread = unreadFault(evidence, options);
  const rest = { ...(unread && { unread }) };
  const judged = evidence.map((one) => judge(one, about, options));
  const refusals = judged.flatMap((one) => ('reason' in one ? [one] : []));
  const sound = judged.flatMap((one) => ('reason' in one ? [] : [one]));
  const shared = above.filter(({ statement }) => isAbout(statement, about.digest));
  const sorted = [...sound, ...shared].toSorted(newestFirst);
  const decisions = [...Map.groupBy(sorted, ({ vsa }) => vsa.verifierId).values()].flatMap(decideByNewest);
  const noes = decisions.flatMap((one) => ('reason' in one ? [one] : []));
  const failed = [...noes, ...refusals].filter(isFinal);
  if (failed.length > 0) return { ...rest, refusals: failed, sound };
  const [grant] = decisions.flatMap((one) => ('reason' in one ? [] : [one]));
  if (grant !== undefined) return { ...rest, grant, refusals: [], sound };
  return { ...rest, refusals: noes.length > 0 ? noes : refusals, sound };
}

/**
 * Why a pass cannot be decided on: beside it lies what may be a later FAILED, and was not read. A signer whose word counts made it,
 * and it is no statement; or it is too big, whoever made it.
 */
function unreadFault(evidence: readonly Evidence[], options: AdmitOptions): PratiqueError | undefined {
  const unread = evidence
    .filter((one) => one.state === 'rejected')
    .filter(({ form }) => form === 'sigstore-bundle' || form === 'cosign-attestation')
    .filter(({ label }) => label === undefined || label === PREDICATE.vsa)
    .find(
      ({ reason, signers = [] }) =>
        reason === 'too-big' || signers.some((name) => termsOf(name, options).length > 0),
    );
  if (unread === undefined) return undefined;
  return new PratiqueError(unread.reason === 'too-big' ? 'LIMIT_EXCEEDED' : 'JSON_INVALID', {
    what: 'an attestation that may be a later verdict cannot be read',
    where: unread.from.digest,
    why: unread.detail,
    next: 'remove it from the registry, or raise the limit in the policy if that is what stopped it',
  });
}

/** What one verifier says. @param sound newest first */
function decideByNewest(sound: readonly Sound[]): readonly (Grant | Refusal)[] {
  return sound.slice(0, 1).map(({ grant, vsa, terms }) => {
    if (!vsa.passed)
      return refuse(grant, 'failed', `the image was refused at ${vsa.timeVerified.toISOString()}`);
    const missing = terms.map((one) => missingLevel(vsa, one));
    const [first] = missing;
    if (first === undefined || missing.includes(undefined)) return grant;
    return refuse(grant, 'other-level', `it does not say ${quoted(first)}`);
  });
}

/** With those of the terms that it fits; at least one. */
interface Sound {
  readonly grant: Grant;
  readonly statement: Verified<Statement>;
  readonly vsa: ReadVsa;
  readonly terms: readonly Terms[];
}

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
  const { signer } = evidence;
  try {
    const said = readVsa(statement);
    const vsa = noYoungerThanSigned(said, evidence.signedAt);
    const tried = termsOf(signer, options).map((terms) => ({
      terms,
      unfit: whyUnfit(statement, vsa, terms, options),
    }));
    const terms = tried.flatMap((one) => (one.unfit === undefined ? [one.terms] : []));
    if (terms.length > 0) {
      const times = { timeVerified: vsa.timeVerified, saidAt: said.timeVerified };
      return { grant: { about, signer, ...times, from }, statement, vsa, terms };
    }
    return refuse({ about, from }, ...nearest(tried.flatMap(({ unfit }) => (unfit ? [unfit] : []))));
  } catch (thrown) {
    const reason = hasFailed(statement, signer, options) ? 'failed' : 'malformed';
    return refuse({ about, from }, reason, toPratiqueError(thrown).message);
  }
}

/**
 * Whether a summary that cannot be read says FAILED, and would count. The specification lets `timeVerified` out, and without it no
 * PASSED can be shown to be newer.
 */
function hasFailed(statement: Verified<Statement>, signer: string, options: AdmitOptions): boolean {
  try {
    const fields = predicateFields(statement, 'verification summary');
    const vsa: ReadVsa = {
      verifierId: fields.object('verifier').string('id'),
      timeVerified: options.now,
      resourceUri: fields.string('resourceUri'),
      policyDigest: fields.object('policy').stringMap('digest'),
      passed: false,
      levels: [],
    };
    const says = fields.string('verificationResult');
    const counts = termsOf(signer, options).some((terms) => !whyUnfit(statement, vsa, terms, options));
    return says === 'FAILED' && counts;
  } catch {
    return false;
  }
}

/** A time that a log or an authority proves caps the one that is only told: what is dated ahead would count for longer. */
function noYoungerThanSigned(vsa: ReadVsa, signedAt: Date | undefined): ReadVsa {
  return signedAt !== undefined && signedAt < vsa.timeVerified ? { ...vsa, timeVerified: signedAt } : vsa;
}

/** The reason that says most: what terms for another verifier say of a summary says nothing. */
function nearest(reasons: readonly [RefusalReason, string][]): [RefusalReason, string] {
  const [first] = reasons;
  const other = reasons.find(([reason]) => reason !== 'other-verifier');
  return other ?? first ?? ['other-verifier', 'nothing that this signer says counts'];
}

function termsOf(signer: string, options: AdmitOptions): readonly Terms[] {
  if (options.terms !== undefined) return options.terms.get(signer) ?? [];
  const { verifierId, policyDigest, maxAgeSeconds } = options;
  return [
    {
      maxAgeSeconds,
      ...(verifierId === undefined ? {} : { verifierId }),
      ...(policyDigest === undefined ? {} : { policyDigests: [policyDigest] }),
    },
  ];
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
