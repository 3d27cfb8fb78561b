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
/** images of one registry that are judged at the same time: one that hangs must not keep the others waiting */
const AT_ONCE_OF_ONE = 8;
/** seconds; a pod often comes before its verdict is attached, and is tried again */
const REFUSALS_KEPT = 30;
/** judgements that are kept */
const KEPT = 10_000;
/** images that wait for a judgement; each is somebody's request that will have timed out by then */
const WAITING = 1_000;
/** of one registry */
const WAITING_OF_ONE = 500;
const LATER = 'try again: it is still being judged, and the answer may be there then';

/**
 * Makes a judge out of what decides. The same name that is asked for again while it is judged is not judged twice, and goes on being
 * judged when the one who asked has no more time: the next try finds the answer. An answer about a digest is kept for
 * a while, a refusal for half a minute; what a tag stands for is looked up each time, and what could not be found out is never kept.
 */
export function makeJudge({ decide, keepSeconds, now, atOnce = AT_ONCE }: JudgeOptions): Judge {
  const running = new Map<string, Promise<Judgement>>();
  const kept = new Map<string, { readonly judgement: Judgement; readonly until: number }>();
  const slots = makeSlots(atOnce);
  const byRegistry = new Map<string, { readonly slots: Slots; count: number }>();

  async function inTurn(text: string): Promise<Judgement> {
    const registry = registryOf(text);
    const share = byRegistry.get(registry) ?? { slots: makeSlots(AT_ONCE_OF_ONE), count: 0 };
    byRegistry.set(registry, share);
    share.count += 1;
    try {
      return await share.slots(() => slots(() => decide(text)));
    } finally {
      share.count -= 1;
      if (share.count === 0) byRegistry.delete(registry);
    }
  }

  function isFull(text: string): boolean {
    return running.size >= WAITING || (byRegistry.get(registryOf(text))?.count ?? 0) >= WAITING_OF_ONE;
  }

  function start(text: string): Promise<Judgement> {
    const work = inTurn(text)
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
    const seconds = judgement.result === 'admitted' ? keepSeconds : Math.min(keepSeconds, REFUSALS_KEPT);
    kept.set(text, { judgement, until: now() + seconds * 1000 });
  }

  return async (text, seconds) => {
    const known = kept.get(text);
    if (known !== undefined && known.until > now()) return known.judgement;
    kept.delete(text);
    if (!running.has(text) && isFull(text))
      return { result: 'undecided', why: 'too many images are waiting to be judged; try again' };
    return withinDeadline(() => running.get(text) ?? start(text), seconds, LATER).catch(undecided);
  };
}

function undecided(thrown: unknown): Judgement {
  return { result: 'undecided', why: toPratiqueError(thrown).message };
}

/** Whether a name of Kubernetes says which content it means; one that cannot be read does not. */
export function isByDigest(text: string): boolean {
  try {
    return parseReference(text).digest !== undefined;
  } catch {
    return false;
  }
}

/** The names that cannot be read share one place, and go nowhere. */
function registryOf(text: string): string {
  try {
    return parseReference(text).registry;
  } catch {
    return '';
  }
}

type Slots = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets so many works run at once; the others start in their order. */
function makeSlots(most: number): Slots {
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
