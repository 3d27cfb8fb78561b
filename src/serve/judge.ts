import { toPratiqueError } from '../errors.ts';
import { withinDeadline } from '../io/deadline.ts';
import type { Digest } from '../model/digest.ts';
import { parseReference } from '../model/reference.ts';
import type { Result } from '../model/verdict.ts';

/** What became of one image. */
export interface Judgement {
  readonly result: Result;
  /** what its name stood for when it was judged */
  readonly digest?: Digest;
  /** printable; there where it is not admitted */
  readonly why?: string;
}

/** Judges an image by its name as Kubernetes has it. Never throws; what takes longer than `seconds` is undecided. */
export type Judge = (text: string, seconds: number) => Promise<Judgement>;

export interface JudgeOptions {
  /** Judges one image; may throw */
  readonly decide: (text: string) => Promise<Judgement>;
  /** how long what was found counts for an image that is named by its digest, in seconds */
  readonly keepSeconds: number;
  readonly now: () => number;
  /** images that are judged at the same time; others wait */
  readonly atOnce?: number;
}

const AT_ONCE = 16;
/** judgements that are kept */
const KEPT = 10_000;
/** images that wait for a judgement; each is somebody's request that will have timed out by then */
const WAITING = 1_000;
const LATER = 'try again: it is still being judged, and the answer may be there then';

/**
 * Makes a judge out of what decides. The same name that is asked for again while it is judged is not judged twice, and goes on being
 * judged when the one who asked has no more time: the next try finds the answer. An answer about a digest is kept for
 * a while; what a tag stands for is looked up each time, and what could not be found out is never kept.
 */
export function makeJudge({ decide, keepSeconds, now, atOnce = AT_ONCE }: JudgeOptions): Judge {
  const running = new Map<string, Promise<Judgement>>();
  const kept = new Map<string, { readonly judgement: Judgement; readonly until: number }>();
  const slots = makeSlots(atOnce);

  function start(text: string): Promise<Judgement> {
    const work = slots(() => decide(text))
      .catch(undecided)
      .then((judgement) => {
        running.delete(text);
        if (judgement.result !== 'undecided' && isByDigest(text)) keep(text, judgement);
        return judgement;
      });
    running.set(text, work);
    return work;
  }

  function keep(text: string, judgement: Judgement): void {
    const [oldest] = kept.keys();
    if (kept.size >= KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(text, { judgement, until: now() + keepSeconds * 1000 });
  }

  return async (text, seconds) => {
    const known = kept.get(text);
    if (known !== undefined && known.until > now()) return known.judgement;
    kept.delete(text);
    if (!running.has(text) && running.size >= WAITING)
      return { result: 'undecided', why: `${WAITING} images are waiting to be judged; try again` };
    return withinDeadline(() => running.get(text) ?? start(text), seconds, LATER).catch(undecided);
  };
}

function undecided(thrown: unknown): Judgement {
  return { result: 'undecided', why: toPratiqueError(thrown).message };
}

function isByDigest(text: string): boolean {
  try {
    return parseReference(text).digest !== undefined;
  } catch {
    return false;
  }
}

/** Lets so many works run at once; the others start in their order. */
function makeSlots(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
