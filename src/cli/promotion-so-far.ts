import type { Digest } from '../model/digest.ts';
import type { PromotionEvent } from '../model/promotion.ts';
import type { Result } from '../model/verdict.ts';
import { foreign } from '../report/foreign.ts';

/** What a promotion has done and what it has not, for whoever breaks it off or meets its fault. */
export interface PromotionSoFar {
  tell(event: PromotionEvent): void;
  /** whether something may have been written */
  hasBegun(): boolean;
  /** clauses, without a full stop */
  words(): string;
}

/**
 * Keeps what the events of a promotion say.
 * @param place the repository that is written to
 */
export function promotionSoFar(
  place: string,
  tags: readonly string[],
  { dryRun }: { readonly dryRun: boolean },
): PromotionSoFar {
  let result: Result | undefined;
  let pieces: { done: number; readonly all: number } | undefined;
  let isVerified = false;
  let isAttested = false;
  let moving: { readonly tag: string; readonly previous?: Digest } | undefined;
  const moved: string[] = [];
  const settled = new Set<string>();

  function content(): string {
    if (pieces === undefined) return 'nothing was copied';
    if (pieces.done < pieces.all)
      return `${pieces.done} of ${pieces.all} pieces are in ${foreign(place)}, under their digests alone`;
    const proven = isVerified ? ' and verified there' : '';
    return `all of it is in ${foreign(place)}${proven}, under its digest${isAttested ? ', and attested' : ''}`;
  }

  function tagged(): string {
    if (moving === undefined && moved.length === 0) return 'no tag was moved';
    const open = tags.filter((tag) => !settled.has(tag) && tag !== moving?.tag);
    return [
      ...(moved.length > 0 ? [`moved: ${moved.map((tag) => foreign(tag)).join(', ')}`] : []),
      ...(moving === undefined
        ? []
        : [
            `${foreign(moving.tag)} was being moved, and stands for ${moving.previous ?? 'nothing'} as before, or for the image`,
          ]),
      ...(open.length > 0 ? [`not moved: ${open.map((tag) => foreign(tag)).join(', ')}`] : []),
    ].join('; ');
  }

  return {
    tell(event) {
      if (event.kind === 'judged') result = event.result;
      else if (event.kind === 'planned') pieces = { done: 0, all: event.pieces };
      else if (event.kind === 'piece' && pieces !== undefined) pieces.done += 1;
      else if (event.kind === 'verified') isVerified = true;
      else if (event.kind === 'attested') isAttested = true;
      else if (event.kind === 'moving') moving = event;
      else if (event.kind === 'moved' || event.kind === 'kept') {
        settled.add(event.tag);
        if (event.kind === 'moved') moved.push(event.tag);
        moving = undefined;
      }
    },
    hasBegun: () => pieces !== undefined && !dryRun,
    words() {
      if (result === undefined) return 'no verdict was reached, and nothing was written';
      if (result !== 'admitted') return `the image is ${result}, and nothing was written`;
      if (dryRun) return 'the image is admitted; nothing was written, since this is a dry run';
      return `the image is admitted; ${content()}; ${tagged()}`;
    },
  };
}
