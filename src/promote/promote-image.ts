import { requireAttestable } from '../attest/attest-verdict.ts';
import type { Seal } from '../attest/seal.ts';
import { makeWithoutSecrets } from '../checks/without-secrets.ts';
import { PratiqueError } from '../errors.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { Digest } from '../model/digest.ts';
import type { ImageSource } from '../model/image-source.ts';
import type { ImageTarget } from '../model/image-target.ts';
import { quoted } from '../model/printable.ts';
import type { Promotion, PromotionEvent } from '../model/promotion.ts';
import { formatReference, type Reference } from '../model/reference.ts';
import type { Target } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { customRulesOf } from '../scan/custom/custom-rules.ts';
import type { CollectEvidence } from '../trust/collect-once.ts';
import { type Attesting, attachAll, requireListed, signFor } from './attest-target.ts';
import { findBeside } from './beside.ts';
import { readContentTree, requireOwnSubjects } from './content-tree.ts';
import { dryTarget } from './dry-target.ts';
import { type Copying, executePlan } from './execute-plan.ts';
import { judgeAtTarget } from './judge-at-target.ts';
import { moveTags, readTags, type TagBefore } from './move-tags.ts';
import { planPromotion } from './plan.ts';
import { verifyTarget } from './verify-target.ts';

/** The gate that an image has to pass, and its ways to registries; `createGate` makes one. */
export interface PromotionGate {
  readonly policy: Policy;
  check(target: Target): Promise<Verdict>;
  open(target: Target, warn?: (text: string) => void): ImageSource;
  collector(source: ImageSource, warn?: (text: string) => void): CollectEvidence;
  openTarget(reference: Reference, warn?: (text: string) => void): ImageTarget;
}

export interface PromotionRequest {
  readonly source: Target;
  /** the repository to write to; its tag and digest are not looked at */
  readonly target: Reference;
  /** at least one, each once */
  readonly tags: readonly string[];
}

export interface PromotionOptions {
  /** signs the verdict for the target; absent: nothing is attested */
  readonly seal?: Seal;
  /** also signatures and documents that nobody has verified */
  readonly copyUnverified?: boolean;
  /** takes a tag also where somebody else has moved it meanwhile */
  readonly force?: boolean;
  /** moves no tag that stands for another image */
  readonly keepTags?: boolean;
  /** looks and tells, and writes nothing */
  readonly dryRun?: boolean;
  /** copies and questions that are under way at the same time, of all kinds together; `DEFAULT_JOBS` where absent */
  readonly jobs?: number;
  readonly now?: () => Date;
  readonly warn?: (text: string) => void;
  readonly onEvent?: (event: PromotionEvent) => void;
}

/** To one registry; go-containerregistry takes as many. */
const DEFAULT_JOBS = 4;

/**
 * Lets an image through the gate into another repository. The name is looked up once, by the gate; what it judged is
 * copied by digest, byte for byte, all platforms, with what the policy's signers say about it; and only when all of
 * it is proven to be there, the tags are moved. Before that nobody who asks by tag sees anything of it.
 * @throws {PratiqueError} whatever kept it from being done. What was written stays, under digests alone, and another
 * run goes on from there
 */
export async function promoteImage(
  gate: PromotionGate,
  request: PromotionRequest,
  options: PromotionOptions = {},
): Promise<Promotion> {
  requireManifests(request.source);
  const target = gate.openTarget(request.target, options.warn);
  try {
    const before = await readTags(target, request.tags); // 1. what to go back to
    const verdict = await gate.check(request.source); // 2. the only time that its name is looked up
    options.onEvent?.({ kind: 'judged', result: verdict.result });
    if (verdict.result !== 'admitted') return nothing(verdict, request, before);
    const subject = requireWhole(verdict);
    if (options.keepTags === true) requireFree(target, before, subject);
    const source = gate.open(byDigest(request.source, subject), options.warn);
    try {
      return await carry({ gate, request, options, target, source, verdict, subject, before });
    } finally {
      await source.close();
    }
  } finally {
    await target.close();
  }
}

interface Carrying {
  readonly gate: PromotionGate;
  readonly request: PromotionRequest;
  readonly options: PromotionOptions;
  readonly target: ImageTarget;
  /** by digest */
  readonly source: ImageSource;
  readonly verdict: Verdict;
  readonly subject: Descriptor;
  readonly before: readonly TagBefore[];
}

async function carry(all: Carrying): Promise<Promotion> {
  const { request, options, target, source, verdict, subject, before } = all;
  const { dryRun = false, onEvent = () => {} } = options;
  const { plan, leftBehind } = await planFor(all); // 3. what has to be there, and in which order
  const attesting = attestingOf(all);
  if (attesting) requireAttestable(verdict, attesting.reference); // what cannot be attested costs nothing yet
  const copying = copyingOf(all);
  const pieces = await executePlan(plan, copying); // 4. under digests alone
  const result = { verdict, target: placeOf(request), pieces, leftBehind };
  if (dryRun) {
    const tags = before.map((one) => ({ ...one, state: stateOf(one, subject) }));
    return { ...result, state: 'planned', tags, attested: attesting ? 'planned' : 'not asked for' };
  }
  await verifyTarget(plan, copying); // 5. what a registry said is not what it has
  onEvent({ kind: 'verified' });
  const attested = attesting ? await attest(all, attesting) : 'not asked for'; // 6. still unseen
  if (attesting) onEvent({ kind: 'attested' });
  const bytes = await source.manifest(subject);
  const force = options.force === true && options.keepTags !== true;
  const tags = await moveTags(target, subject, bytes, before, { force, onEvent }); // 7. seen by everybody
  return { ...result, state: 'promoted', tags, attested };
}

async function planFor({ gate, request, options, source, subject }: Carrying) {
  const { limits, rules } = gate.policy;
  const image = await readContentTree(source, subject, limits);
  const copyUnverified = options.copyUnverified === true;
  if (!copyUnverified && !isSameRepository(request)) requireOwnSubjects(image);
  const { travels, leftBehind } =
    isSameRepository(request) || request.source.kind === 'docker-daemon'
      ? { travels: [], leftBehind: [] } // what lies beside it lies there, or the engine keeps nothing of the kind
      : await findBeside(source, image, {
          collect: gate.collector(source, options.warn),
          limits,
          copyUnverified,
          jobs: options.jobs ?? DEFAULT_JOBS,
        });
  const plan = planPromotion(image, travels);
  const steps = plan.flat();
  const bytes = steps.reduce((sum, { kind, what }) => sum + (kind === 'blob' ? what.size : 0), 0);
  options.onEvent?.({ kind: 'planned', pieces: steps.length, bytes });
  const clean = makeWithoutSecrets(customRulesOf(rules));
  return { plan, leftBehind: leftBehind.map((one) => ({ ...one, why: clean(one.why) })) };
}

function copyingOf({ gate, request, options, source, target }: Carrying): Copying {
  const from = sourceReference(request);
  return {
    source,
    target: options.dryRun === true ? dryTarget(target, from?.registry === request.target.registry) : target,
    limits: gate.policy.limits,
    jobs: options.jobs ?? DEFAULT_JOBS,
    onEvent: options.onEvent ?? (() => {}),
    ...(from && { from }),
  };
}

function attestingOf({ gate, request, options: { seal }, subject }: Carrying): Attesting | undefined {
  const reference = { ...placeOf(request), digest: subject.digest };
  return seal && { seal, policy: gate.policy, reference };
}

function placeOf({ target: { registry, repository } }: PromotionRequest): Reference {
  return { registry, repository };
}

function sourceReference({ source }: PromotionRequest): Reference | undefined {
  return source.kind === 'registry' ? source.reference : undefined;
}

function isSameRepository(request: PromotionRequest): boolean {
  const from = sourceReference(request);
  return from?.registry === request.target.registry && from.repository === request.target.repository;
}

function stateOf({ previous }: TagBefore, { digest }: Descriptor): 'kept' | 'planned' {
  return previous === digest ? 'kept' : 'planned';
}

/** Before the tag, so that nobody pulls by tag what is not attested; a fault here leaves the tag where it was. */
async function attest(
  { gate, options, request, target, subject }: Carrying,
  attesting: Attesting,
): Promise<'pushed' | 'there'> {
  const { reference } = attesting;
  const there = gate.open({ kind: 'registry', text: formatReference(reference), reference }, options.warn);
  try {
    const verdict = await judgeAtTarget((one) => gate.check(one), reference, request.tags, subject);
    const bundles = await signFor(there, verdict, attesting, (options.now ?? (() => new Date()))());
    await requireListed(target, await attachAll(there, bundles));
    return bundles.length > 0 ? 'pushed' : 'there';
  } finally {
    await there.close();
  }
}

function nothing(verdict: Verdict, { target }: PromotionRequest, before: readonly TagBefore[]): Promotion {
  return {
    state: verdict.result === 'refused' ? 'refused' : 'undecided',
    verdict,
    target,
    pieces: [],
    leftBehind: [],
    tags: before.map((one) => ({ ...one, state: 'kept' })),
    attested: 'not asked for',
  };
}

function byDigest(source: Target, { digest }: Descriptor): Target {
  return source.kind === 'registry' ? { ...source, reference: { ...source.reference, digest } } : source;
}

/** @throws {PratiqueError} `NOT_SUPPORTED` for an archive of `docker save`, in which the manifest is lost */
function requireManifests({ kind, text }: Target): void {
  if (kind !== 'docker-archive') return;
  throw new PratiqueError('NOT_SUPPORTED', {
    what: `${quoted(text)} holds no manifest that could be copied`,
    why: 'docker save leaves it out, and one made anew would have another digest than the image',
    next: 'push the image to a registry, and promote it from there',
  });
}

/** Whoever pulls the digest can get any of its platforms: everything that is copied must have been judged. */
function requireWhole({ subject, leftOut, faults, absent = [] }: Verdict): Descriptor {
  if (absent.length > 0) throw notLookedAt(absent);
  if (subject !== undefined && leftOut.length === 0 && faults.length === 0) return subject;
  throw new PratiqueError('NOT_SUPPORTED', {
    what: 'an image of which only a part was judged is not promoted',
    why:
      leftOut.length === 0
        ? 'its digest or a check is open'
        : `left out: ${leftOut.map((one) => quoted(one)).join(', ')}`,
    next: 'judge all platforms; a part of an index has another digest than the index',
  });
}

/** A source that has it now and had not when the image was judged would have it copied unseen. */
function notLookedAt(absent: readonly Digest[]): PratiqueError {
  return new PratiqueError('NOT_FOUND', {
    what: 'a part of an attestation in the index was not there to be judged',
    where: absent.slice(0, 3).join(', '),
    next: 'push the image again, with all of its index',
  });
}

function requireFree(target: ImageTarget, before: readonly TagBefore[], { digest }: Descriptor): void {
  const taken = before.find(({ previous }) => previous !== undefined && previous !== digest);
  if (taken === undefined) return;
  throw new PratiqueError('TAG_TAKEN', {
    what: 'the tag stands for another image already, and --no-clobber keeps it there',
    where: `${target.name}:${taken.tag}`,
    why: `it gives ${taken.previous}`,
    next: 'choose another tag',
  });
}
