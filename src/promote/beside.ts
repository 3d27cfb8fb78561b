import { PratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import { severalAtOnce } from '../io/several-at-once.ts';
import type { Descriptor } from '../model/descriptor.ts';
import { algorithmOf, type Digest, hexOf } from '../model/digest.ts';
import type { ImageSource } from '../model/image-source.ts';
import { isIndex } from '../model/media-type.ts';
import type { LeftBehind } from '../model/promotion.ts';
import type { Evidence, EvidenceForm } from '../model/trusted.ts';
import { readIndex } from '../sources/documents/index-document.ts';
import { readManifest } from '../sources/documents/manifest.ts';
import type { CollectEvidence } from '../trust/collect-once.ts';
import { type ContentTree, manifestsOf, readContentTree } from './content-tree.ts';

/** A manifest that lies beside another one and travels with it. */
export interface Beside {
  /** what it speaks of */
  readonly about: Descriptor;
  /** the manifest; of a referrer with the type and annotations that lists of referrers repeat */
  readonly what: Descriptor;
  readonly content: ContentTree;
  /** cosign's tag; absent for a referrer */
  readonly tag?: string;
}

export interface BesideOptions {
  /** has what lies beside a digest verified: what a signer of the policy made travels */
  readonly collect: CollectEvidence;
  readonly limits: Limits;
  /** also what nobody has verified: SBOMs, strangers' signatures */
  readonly copyUnverified: boolean;
  /** subjects that are looked at, at the same time */
  readonly jobs: number;
}

export interface FoundBeside {
  readonly travels: readonly Beside[];
  readonly leftBehind: readonly LeftBehind[];
}

type Suffix = Parameters<ImageSource['companion']>[1];

const SUFFIXES: readonly Suffix[] = ['sig', 'att', 'sbom'];
const SUFFIX_OF: Partial<Record<EvidenceForm, Suffix>> = { 'cosign-tag': 'sig', 'cosign-attestation': 'att' };
const UNVERIFIABLE = 'it is no signature or attestation that can be verified';

/**
 * Finds what lies beside an image, its index and everything in that, and decides what of it travels: what a signer of
 * the policy has made. An unverified one at the target would look as if the gate had stood behind it.
 * @param image the index or manifest with all below it
 * @throws {PratiqueError} `NOT_SUPPORTED` for signatures in one manifest of which only some are verified;
 * `LIMIT_EXCEEDED`; any fault of the source, or of a server that tells of revocations: what could not be read must not look like nothing
 */
export async function findBeside(
  source: ImageSource,
  image: ContentTree,
  options: BesideOptions,
): Promise<FoundBeside> {
  const find = options.copyUnverified ? findAll : findVerified;
  const found = await severalAtOnce(manifestsOf(image), options.jobs, (about) =>
    find(source, about, options),
  );
  const travels = found.flatMap((one) => one.travels);
  if (travels.length > options.limits.referrers) throw tooMany(image.root, options.limits);
  return { travels, leftBehind: found.flatMap((one) => one.leftBehind) };
}

async function findVerified(
  source: ImageSource,
  about: Descriptor,
  { collect, limits }: BesideOptions,
): Promise<FoundBeside> {
  const travels: Beside[] = [];
  const leftBehind: LeftBehind[] = [];
  const judged = new Map<Digest, Evidence[]>();
  for (const evidence of await collect([about])) {
    const known = judged.get(evidence.from.digest) ?? [];
    judged.set(evidence.from.digest, [...known, evidence]);
  }
  for (const evidence of judged.values()) {
    const [first] = evidence;
    if (first === undefined) continue;
    const open = evidence.find((one) => one.state === 'rejected' && one.unsettled !== undefined);
    if (open?.state === 'rejected' && open.unsettled) throw open.unsettled.fault; // it may hold: it is not left behind unseen
    const rejected = evidence.find((one) => one.state === 'rejected');
    if (rejected === undefined)
      travels.push(await readBeside(source, about, first.from, limits, SUFFIX_OF[first.form]));
    else if (evidence.some((one) => one.state === 'verified'))
      throw mixed(about, first.from, rejected.detail);
    else
      leftBehind.push({
        what: first.from,
        about: about.digest,
        why: `${rejected.reason}: ${rejected.detail}`,
      });
  }
  for (const what of await unjudged(source, about, judged))
    leftBehind.push({ what, about: about.digest, why: UNVERIFIABLE });
  return { travels, leftBehind };
}

/** What lies beside and is no evidence of any kind: SBOMs, charts, whatever anybody attached. */
async function unjudged(
  source: ImageSource,
  about: Descriptor,
  judged: ReadonlyMap<Digest, unknown>,
): Promise<readonly Descriptor[]> {
  const others: Descriptor[] = [];
  const sbom = await source.companion(about, 'sbom');
  if (sbom !== undefined) others.push(sbom);
  for await (const referrer of source.referrers(about))
    if (!judged.has(referrer.digest)) others.push(referrer);
  return others;
}

/** Everything, and everything beside that; each once. */
async function findAll(
  source: ImageSource,
  root: Descriptor,
  { limits }: BesideOptions,
): Promise<FoundBeside> {
  const travels: Beside[] = [];
  const seen = new Set<Digest>([root.digest]);
  const waiting: Descriptor[] = [root];
  for (let about = waiting.shift(); about !== undefined; about = waiting.shift()) {
    for (const suffix of SUFFIXES) {
      const what = await source.companion(about, suffix);
      if (what !== undefined) travels.push(await readBeside(source, about, what, limits, suffix));
    }
    for await (const what of source.referrers(about)) {
      if (seen.has(what.digest)) continue; // referrers in a circle (GHSA-298f-872v-2rcx)
      seen.add(what.digest);
      if (seen.size > limits.referrers) throw tooMany(root, limits);
      travels.push(await readBeside(source, about, what, limits));
      waiting.push({ mediaType: what.mediaType, digest: what.digest, size: what.size });
    }
  }
  return { travels, leftBehind: [] };
}

async function readBeside(
  source: ImageSource,
  about: Descriptor,
  found: Descriptor,
  limits: Limits,
  suffix?: Suffix,
): Promise<Beside> {
  const { mediaType, digest, size } = found;
  const bare = { mediaType, digest, size };
  const content = await readContentTree(source, bare, limits);
  const big = content.blobs.find((blob) => blob.size > limits.attestationBytes);
  if (big !== undefined) throw tooBig(about, big, limits);
  if (suffix === undefined) return { about, what: await readReferrer(source, about, bare, limits), content };
  return { about, what: bare, content, tag: `${algorithmOf(about.digest)}-${hexOf(about.digest)}.${suffix}` };
}

/** The type and annotations come from the manifest itself: a list under the fallback tag is anybody's. */
async function readReferrer(
  source: ImageSource,
  about: Descriptor,
  what: Descriptor,
  limits: Limits,
): Promise<Descriptor> {
  const bytes = await source.manifest(what);
  const head = isIndex(what.mediaType) ? readIndex(bytes, what, limits) : readManifest(bytes, what, limits);
  if (head.subject?.digest !== about.digest) throw otherSubject(about, what);
  const artifactType = head.artifactType ?? ('config' in head ? head.config.mediaType : undefined);
  return { ...what, ...(artifactType === undefined ? {} : { artifactType }), annotations: head.annotations };
}

function mixed(about: Descriptor, from: Descriptor, detail: string): PratiqueError {
  return new PratiqueError('NOT_SUPPORTED', {
    what: 'signatures that verify and others that do not lie in one manifest, and cannot be copied apart',
    where: `${from.digest}, beside ${about.digest}`,
    why: detail,
    next: 'remove the others, name their signer in the policy, or copy everything with --all-attachments',
  });
}

function otherSubject(about: Descriptor, what: Descriptor): PratiqueError {
  return new PratiqueError('MANIFEST_INVALID', {
    what: `what is listed beside ${about.digest} speaks of something else`,
    where: what.digest,
    next: 'remove it from the list of referrers',
  });
}

/** Anybody who may push can lay something beside an image; it must not cost more than the image. */
function tooBig(
  about: Descriptor,
  { digest, size }: Descriptor,
  { attestationBytes }: Limits,
): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `what lies beside the image has a blob of ${size} bytes, more than ${attestationBytes}`,
    where: `${digest}, beside ${about.digest}`,
    next: 'remove it, or raise limits.attestation-bytes in the policy',
  });
}

function tooMany({ digest }: Descriptor, { referrers }: Limits): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `more than ${referrers} manifests lie beside the image`,
    where: digest,
    next: 'remove those that are not needed, or raise limits.referrers in the policy',
  });
}
