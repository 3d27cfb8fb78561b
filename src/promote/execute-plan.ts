import type { Limits } from '../io/limits.ts';
import { severalAtOnce } from '../io/several-at-once.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { Digest } from '../model/digest.ts';
import type { ImageSource } from '../model/image-source.ts';
import type { ImageTarget } from '../model/image-target.ts';
import type { Piece, PieceState, PromotionEvent } from '../model/promotion.ts';
import type { Reference } from '../model/reference.ts';
import { companionState } from './companion.ts';
import type { Stage, Step } from './plan.ts';

/** The two sides of a promotion. */
export interface Copying {
  readonly source: ImageSource;
  readonly target: ImageTarget;
  /** the repository that the registry may take blobs over from; absent for a folder or archive */
  readonly from?: Reference;
  readonly limits: Limits;
  /** steps that are under way at the same time, of all kinds together */
  readonly jobs: number;
  readonly onEvent: (event: PromotionEvent) => void;
}

/**
 * Brings everything of a plan to the target, stage by stage. Each step looks whether its piece is there before it
 * writes, and goes by digest: a run that was cut short is finished by another one, and a second run writes nothing.
 * That a manifest is there says nothing of what it lists, so that every piece is asked for itself.
 * @throws {PratiqueError} a fault of either side; what was written till then is no part of any tag
 */
export async function executePlan(plan: readonly Stage[], copying: Copying): Promise<readonly Piece[]> {
  const lists = new Map<Digest, Promise<ReadonlySet<Digest>>>();
  const pieces: Piece[] = [];
  for (const stage of plan) {
    const done = await severalAtOnce(stage, copying.jobs, async (step): Promise<Piece> => {
      const { kind, what } = step;
      const state = await perform(step, copying, lists);
      const piece = { kind, what, state, ...(kind === 'companion' ? { tag: step.tag } : {}) };
      copying.onEvent({ kind: 'piece', piece });
      return piece;
    });
    pieces.push(...done);
  }
  return pieces;
}

type Lists = Map<Digest, Promise<ReadonlySet<Digest>>>;

function perform(step: Step, copying: Copying, lists: Lists): Promise<PieceState> {
  if (step.kind === 'blob') return copyBlob(step.what, copying);
  if (step.kind === 'manifest') return copyManifest(step.what, copying);
  if (step.kind === 'companion') return copyCompanion(step, copying);
  return copyReferrer(step, copying, lists);
}

async function copyBlob(what: Descriptor, { source, target, from, onEvent }: Copying): Promise<PieceState> {
  if (await target.hasBlob(what)) return 'there';
  if (from !== undefined && (await target.mount(what, from))) return 'mounted';
  await target.upload(what, async function* () {
    onEvent({ kind: 'sending', what });
    for await (const chunk of source.blob(what)) {
      onEvent({ kind: 'sent', what, bytes: chunk.length });
      yield chunk;
    }
  });
  return 'copied';
}

async function copyManifest(what: Descriptor, { source, target }: Copying): Promise<PieceState> {
  if (await target.hasManifest(what)) return 'there';
  await target.putManifest(what, await source.manifest(what));
  return 'copied';
}

async function copyReferrer(
  { what, about }: Extract<Step, { kind: 'referrer' }>,
  { source, target }: Copying,
  lists: Lists,
): Promise<PieceState> {
  const listed = lists.get(about.digest) ?? readList(target, about);
  lists.set(about.digest, listed);
  // On the list under the fallback tag stands also what was deleted since.
  if ((await listed).has(what.digest) && (await target.hasManifest(what))) return 'there';
  await target.putReferrer(about, what, await source.manifest(what));
  return 'copied';
}

async function copyCompanion(
  step: Extract<Step, { kind: 'companion' }>,
  { source, target, limits }: Copying,
): Promise<PieceState> {
  if ((await companionState(source, target, step, limits)) === 'holds') return 'there';
  await target.putTag(step.tag, step.what, await source.manifest(step.what));
  return 'copied';
}

/** What the target lists beside a manifest. */
export async function readList(target: ImageTarget, about: Descriptor): Promise<ReadonlySet<Digest>> {
  const digests = new Set<Digest>();
  for await (const { digest } of target.referrers(about)) digests.add(digest);
  return digests;
}
