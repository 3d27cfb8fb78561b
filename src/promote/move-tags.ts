import { PratiqueError, toPratiqueError } from '../errors.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { Digest } from '../model/digest.ts';
import type { ImageTarget } from '../model/image-target.ts';
import type { PromotedTag, PromotionEvent } from '../model/promotion.ts';

/** A tag, and what it stood for when the promotion began. */
export interface TagBefore {
  readonly tag: string;
  readonly previous?: Digest;
}

export interface MoveOptions {
  /** also where somebody else has moved the tag since */
  readonly force: boolean;
  readonly onEvent: (event: PromotionEvent) => void;
}

/**
 * What each tag stands for now; new ones first, since no registry moves several tags at once and whoever stops
 * between two should have published the names that nobody uses yet.
 */
export async function readTags(target: ImageTarget, tags: readonly string[]): Promise<readonly TagBefore[]> {
  const before: TagBefore[] = [];
  for (const tag of tags) {
    const previous = (await target.lookUp(tag))?.digest;
    before.push(previous === undefined ? { tag } : { tag, previous });
  }
  const isNew = ({ previous }: TagBefore) => previous === undefined;
  return [...before.filter(isNew), ...before.filter((one) => !isNew(one))];
}

/**
 * Lets each tag stand for the image: the only writes that anybody sees, the last of all. Registries heed no
 * condition on a write (Docker's ignores `If-Match`), so that the tag is read right before it: this narrows the
 * window in which somebody else's move is lost, and does not close it.
 * @param bytes the manifest or index as it is
 * @throws {PratiqueError} `TAG_MOVED` where a tag is not what it was, or not what it was set to; `TAG_NOT_MOVED`
 */
export async function moveTags(
  target: ImageTarget,
  what: Descriptor,
  bytes: Uint8Array,
  before: readonly TagBefore[],
  { force, onEvent }: MoveOptions,
): Promise<readonly PromotedTag[]> {
  const done: PromotedTag[] = [];
  for (const { tag, previous } of before) {
    const now = await lookUpTold(target, tag, done);
    if (now !== what.digest) {
      if (now !== previous && !force) throw movedBy(target, tag, previous, now, done);
      onEvent({ kind: 'moving', tag, ...(now === undefined ? {} : { previous: now }) });
      await move(target, tag, what, bytes, done);
      onEvent({ kind: 'moved', tag });
    } else onEvent({ kind: 'kept', tag });
    const state = now === what.digest ? 'kept' : 'moved';
    done.push({ tag, state, ...(now === undefined ? {} : { previous: now }) });
  }
  return done;
}

/** What a tag stands for; where that is not to be found out, which tags were moved already is told all the same. */
async function lookUpTold(
  target: ImageTarget,
  tag: string,
  done: readonly PromotedTag[],
): Promise<Digest | undefined> {
  try {
    return (await target.lookUp(tag))?.digest;
  } catch (thrown) {
    const fault = toPratiqueError(thrown);
    throw new PratiqueError(
      'TAG_NOT_MOVED',
      {
        what: 'it cannot be found out what the tag stands for',
        where: `${target.name}:${tag}`,
        why: `${fault.message}${told(done)}`,
        next: 'run the same again; what is there already is not sent twice',
      },
      { cause: fault },
    );
  }
}

async function move(
  target: ImageTarget,
  tag: string,
  what: Descriptor,
  bytes: Uint8Array,
  done: readonly PromotedTag[],
): Promise<void> {
  let refused: PratiqueError | undefined;
  try {
    await target.putTag(tag, what, bytes);
  } catch (thrown) {
    refused = toPratiqueError(thrown);
    if (refused.code === 'DIGEST_MISMATCH') throw notMoved(target, tag, refused, done);
  }
  // Also where the write failed: its answer may have been lost, and the registry alone knows.
  const after =
    refused === undefined
      ? await lookUpTold(target, tag, done)
      : (await target.lookUp(tag).catch(() => undefined))?.digest;
  if (after === what.digest) return;
  if (refused !== undefined) throw notMoved(target, tag, refused, done);
  throw new PratiqueError('TAG_MOVED', {
    what: 'the tag was written, and stands for something else now',
    where: `${target.name}:${tag}`,
    why: `it gives ${after ?? 'nothing'} and not ${what.digest}${told(done)}`,
    next: 'find out who else writes this tag',
  });
}

function movedBy(
  target: ImageTarget,
  tag: string,
  previous: Digest | undefined,
  now: Digest | undefined,
  done: readonly PromotedTag[],
): PratiqueError {
  return new PratiqueError('TAG_MOVED', {
    what: 'somebody else has moved the tag since this began',
    where: `${target.name}:${tag}`,
    why: `it stood for ${previous ?? 'nothing'}, and now for ${now ?? 'nothing'}${told(done)}`,
    next: 'look what was promoted there, then run this again; --force takes the tag all the same',
  });
}

function notMoved(
  target: ImageTarget,
  tag: string,
  refused: PratiqueError,
  done: readonly PromotedTag[],
): PratiqueError {
  return new PratiqueError(
    'TAG_NOT_MOVED',
    {
      what: 'the registry did not take the tag',
      where: `${target.name}:${tag}`,
      why: `${refused.message}${told(done)}`,
      next: 'the image is there by its digest; where tags cannot be moved (immutable), promote it under another one',
    },
    { cause: refused },
  );
}

/** Several tags are never moved as one: whoever stops between them says which are done. */
function told(done: readonly PromotedTag[]): string {
  const names = done.filter(({ state }) => state === 'moved').map(({ tag }) => tag);
  return names.length === 0 ? '' : `; moved before that: ${names.join(', ')}`;
}
