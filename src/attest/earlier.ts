import { isDeepStrictEqual } from 'node:util';
import { algorithmOf, type Digest, hexOf } from '../model/digest.ts';
import type { Resolved } from '../model/image.ts';
import type { ImageSource } from '../model/image-source.ts';
import { printable, quoted } from '../model/printable.ts';
import type { Reference } from '../model/reference.ts';
import { PREDICATE, STATEMENT_TYPE } from '../model/statement.ts';
import type { Evidence, Signer } from '../model/trusted.ts';
import type { EarlierVerdict } from '../model/verdict.ts';
import { exceptionsFor } from '../policy/exceptions.ts';
import type { Policy } from '../policy/policy.ts';
import { ruleFor } from '../policy/settings.ts';
import { type CollectEvidence, makeCollector } from '../trust/collect-once.ts';
import type { Grant } from './admission.ts';
import { admitResolved } from './admit.ts';
import { type ReadImage, type ReadVerdict, readResult, readVerdict } from './read-verdict.ts';
import type { Terms } from './terms.ts';

export interface EarlierOptions {
  /** whose verdicts one may rest on */
  readonly signers: ReadonlyMap<string, Signer>;
  /** what they must say, by the signer's name; of this program, by this policy */
  readonly terms: ReadonlyMap<string, Terms>;
  /** how much of its time a verdict may be rested on; from 0 to 1 */
  readonly share: number;
  /** the name that the image is judged by now */
  readonly reference: Reference;
  readonly policy: Policy;
  /** digest of all content rules together */
  readonly ruleSet: Digest;
  /** of this program */
  readonly version: string;
  readonly now: Date;
}

/** What a verdict may rest on: by the digest of each image what was found in it. */
export interface Earlier {
  readonly verdict: EarlierVerdict;
  readonly images: ReadonlyMap<Digest, ReadImage>;
}

/** Why a verdict cannot rest on an earlier one; printable. */
export interface NoneEarlier {
  readonly why: string;
}

type Detail = { readonly read: ReadVerdict; readonly from: Digest };
type Bounded = Detail & { readonly until: Date; readonly grant: Grant };

/**
 * Finds a verdict by a trusted signer that says what the files of these very images hold: the image would be admitted on its summary,
 * its detailed half was made in the same moment, and a full check would read the same bytes with the same rules under the same
 * demands. What hangs on the clock or on the world around is judged anew by whoever asks; see docs/attestations.md.
 * @throws {PratiqueError} a fault of the source, and whatever cannot be read: then there is none
 */
export async function findEarlier(
  source: ImageSource,
  resolved: Resolved,
  options: EarlierOptions,
): Promise<Earlier | NoneEarlier> {
  const { signers, terms, policy, now, reference } = options;
  const collect = makeCollector(source, async () => signers, policy.limits, { now });
  const { result, grants, refusals } = await admitResolved(source, resolved, {
    signers,
    terms: new Map([...terms].map(([name, one]) => [name, [one]])),
    reference,
    now,
    maxAgeSeconds: policy.attest.validForSeconds,
    limits: policy.limits,
    collect,
  });
  if (result !== 'admitted') return { why: refusals[0]?.detail ?? 'no attestation is attached' };
  const found: Bounded[] = [];
  for (const grant of grants) {
    const detail = await detailOf(grant, collect);
    if ('why' in detail) return detail;
    const why = objectionTo(detail.read, resolved, options);
    if (why !== undefined) return { why };
    const until = endOf(grant, detail.read, options);
    if (!(now < until)) return { why: `its time ended at ${until.toISOString()}` };
    found.push({ ...detail, until, grant });
  }
  return together(found, resolved);
}

/** What several verdicts say, each of its image; the one whose time ends first gives its name to all. */
function together(found: readonly Bounded[], { images }: Resolved): Earlier | NoneEarlier {
  const [first] = found.toSorted((a, b) => a.until.getTime() - b.until.getTime());
  if (first === undefined) return { why: 'no attestation is attached' };
  const { read, until, from, grant } = first;
  const parts = images.flatMap(({ manifest: { digest } }) => {
    const { read } = found.find((one) => one.grant.about.digest === digest) ?? first;
    const image = read.images.find((one) => isDigest(one.digest, digest));
    return image === undefined ? [] : [[digest, image] as const];
  });
  return {
    verdict: {
      signer: grant.signer,
      decidedAt: read.decidedAt.toISOString(),
      validUntil: until.toISOString(),
      attestation: from,
    },
    images: new Map(parts),
  };
}

/**
 * The detailed half of the verdict that a grant rests on: by the same signer, of the same moment. None where what may be a later
 * verdict cannot be read, or any signer that counts has refused the image since.
 */
async function detailOf(grant: Grant, collect: CollectEvidence): Promise<Detail | NoneEarlier> {
  const evidence = await collect([grant.about]);
  if (evidence.some(isUnreadVerdict)) return { why: 'a verdict beside it cannot be read' };
  const verdicts = evidence.flatMap((one) => verdictsOf(one));
  const since = verdicts.filter(({ said }) => !(said.decidedAt < grant.saidAt));
  if (since.some(({ said }) => said.result !== 'admitted')) return { why: 'the image was refused since' };
  const same = since.filter(
    ({ said, signer }) => signer === grant.signer && said.decidedAt.getTime() === grant.saidAt.getTime(),
  );
  const [first] = same;
  if (first === undefined) return { why: 'its detailed half is not attached' };
  if (!same.every(({ statement }) => isDeepStrictEqual(statement, first.statement)))
    return { why: 'two verdicts of the same moment differ' };
  return { read: readVerdict(first.statement), from: first.from };
}

function verdictsOf(evidence: Evidence) {
  if (evidence.state !== 'verified') return [];
  const { statement, signer, from } = evidence;
  if (statement?.predicateType !== PREDICATE.verdict || statement._type !== STATEMENT_TYPE) return [];
  return [{ statement, signer, from: from.digest, said: readResult(statement) }];
}

function isUnreadVerdict(evidence: Evidence): boolean {
  if (evidence.state !== 'rejected') return false;
  const { label, reason, signers = [] } = evidence;
  if (label !== undefined && label !== PREDICATE.verdict) return false;
  return reason === 'too-big' || signers.length > 0;
}

/** Why the files of these images might look otherwise to a full check, here and now; absent where they cannot. */
function objectionTo(
  verdict: ReadVerdict,
  { subject, images, leftOut }: Resolved,
  { policy, ruleSet, version, reference, now }: EarlierOptions,
): string | undefined {
  if (verdict.result !== 'admitted') return 'the image was refused';
  if (verdict.version !== version) return `it is by pratique ${quoted(verdict.version)}`;
  if (!isDigest(verdict.ruleSet, ruleSet)) return 'it was made by other rules';
  if (!isDigest(verdict.policy, policy.stamp.digest)) return 'it was made by another policy';
  if (!isDigest(verdict.subject, subject.digest)) return 'it is about another index';
  if (!isDeepStrictEqual(verdict.leftOut.toSorted(), leftOut.map((one) => printable(one)).toSorted()))
    return 'it is about other platforms';
  const isWhole = images.every(({ manifest }) =>
    verdict.images.some((one) => isDigest(one.digest, manifest.digest)),
  );
  if (!isWhole || verdict.images.length !== images.length) return 'it is about other images';
  if (verdict.absent > 0) return 'attestations in the index were not looked at';
  if (!isMeasuredAlike(policy, verdict.reference, reference))
    return 'the policy demands other things of the name that it was judged by';
  return lapsed(policy, reference, verdict.decidedAt, now);
}

/** Whether a policy demands the same of the contents of both names: by its rules for images, and with its exceptions. */
function isMeasuredAlike(policy: Policy, one: Reference, other: Reference): boolean {
  const [first, second] = [one, other].map((name) => exceptionsFor(policy.exceptions, name));
  return ruleFor(policy, one) === ruleFor(policy, other) && isDeepStrictEqual(first, second);
}

/** An exception that was in force then and is no more: what it covered counts again. */
function lapsed({ exceptions }: Policy, reference: Reference, then: Date, now: Date): string | undefined {
  const [before, today] = [then, now].map((time) => time.toISOString().slice(0, 10)) as [string, string];
  const over = exceptionsFor(exceptions, reference).find(({ until }) => before <= until && until < today);
  return over && `the exception from ${printable(over.rule)} has run out since, on ${over.until}`;
}

/** The first moment at which nobody may rest on it any more. */
function endOf({ signer, saidAt, timeVerified }: Grant, verdict: ReadVerdict, options: EarlierOptions): Date {
  const { maxAgeSeconds = 0 } = options.terms.get(signer) ?? {};
  const begin = Math.min(saidAt.getTime(), timeVerified.getTime());
  const end = Math.min(verdict.validUntil.getTime(), begin + maxAgeSeconds * 1000);
  return new Date(begin + (end - begin) * options.share);
}

function isDigest(digests: ReadonlyMap<string, string>, digest: Digest): boolean {
  return digests.get(algorithmOf(digest)) === hexOf(digest);
}
