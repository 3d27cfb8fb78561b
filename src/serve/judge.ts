import { PratiqueError, toPratiqueError } from '../errors.ts';
import { withinDeadline } from '../io/deadline.ts';
import type { Digest } from '../model/digest.ts';
import { parseReference } from '../model/reference.ts';
import type { Result } from '../model/verdict.ts';
import { makeSlots, type Slots } from './slots.ts';

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

/** What happens while images are judged, for whoever counts it. */
export type JudgeEvent =
  /** `new`: it has to be judged; `running`: it is being judged for somebody else; `kept`: it was; `full`: too many wait */
  | { readonly kind: 'asked'; readonly from: 'new' | 'running' | 'kept' | 'full' }
  /** its turn has come */
  | { readonly kind: 'began' }
  | { readonly kind: 'ended'; readonly result: Result; readonly seconds: number }
  /** who asked had no more time */
  | { readonly kind: 'late' };

export interface JudgeOptions {
  /** Judges one image; may throw. The signal says that nobody waits for it any more: then it is over for everybody. */
  readonly decide: (text: string, unwanted: AbortSignal) => Promise<Judgement>;
  /** goes on where nobody waits any more, since another try will come: the signal never says anything */
  readonly goesOn: boolean;
  /** how long what was found counts for an image that is named by its digest, in seconds */
  readonly keepSeconds: number;
  /** milliseconds */
  readonly now: () => number;
  /** images that are judged at the same time; others wait */
  readonly atOnce?: number;
  readonly onEvent?: (event: JudgeEvent) => void;
}

const AT_ONCE = 16;
/** images of one registry that are judged at the same time: one that hangs must not keep the others waiting */
const AT_ONCE_OF_ONE = 8;
/** seconds; a pod often comes before its verdict is attached, and is tried again */
const REFUSALS_KEPT = 5;
/** seconds; what a tag stands for can change, but a rollout asks about it a hundred times in the same moment */
const TAGS_KEPT = 1;
/** judgements that are kept */
const KEPT = 10_000;
/** images that wait for a judgement; each is somebody's request that will have timed out by then */
const WAITING = 1_000;
/** of one registry */
const WAITING_OF_ONE = 500;
/** milliseconds after the last of those who asked has been told that time is over */
const GRACE = 50;
const LATER = 'try again: it is still being judged, and the answer may be there then';
const HANGS = 'try again; see whether the registry answers, and whether --timeout leaves it the time';

/** An image that is being judged, or waits for its turn. */
interface Job {
  readonly answer: Promise<Judgement>;
  readonly unwanted: AbortController;
  /** milliseconds of `performance.now()`; until then somebody waits for it */
  until: number;
  timer?: NodeJS.Timeout;
}

/**
 * Makes a judge out of what decides. The same name that is asked for again while it is judged is not judged twice. An answer about a
 * digest is kept for a while, a refusal for seconds, what a tag stands for hardly at all; what could not be found out is never
 * kept. All of it is of one policy: a server has one from its beginning to its end.
 */
export function makeJudge(options: JudgeOptions): Judge {
  const { decide, goesOn, keepSeconds, now, atOnce = AT_ONCE, onEvent = () => {} } = options;
  const running = new Map<string, Job>();
  const kept = new Map<string, { readonly judgement: Judgement; readonly until: number }>();
  const slots = makeSlots(atOnce);
  const byRegistry = new Map<string, { readonly slots: Slots; count: number }>();

  async function inTurn(text: string, unwanted: AbortSignal): Promise<Judgement> {
    const registry = registryOf(text);
    const share = byRegistry.get(registry) ?? { slots: makeSlots(AT_ONCE_OF_ONE), count: 0 };
    byRegistry.set(registry, share);
    share.count += 1;
    try {
      return await share.slots(() => slots(() => judged(text, unwanted)));
    } finally {
      share.count -= 1;
      if (share.count === 0) byRegistry.delete(registry);
    }
  }

  async function judged(text: string, unwanted: AbortSignal): Promise<Judgement> {
    const began = performance.now();
    onEvent({ kind: 'began' });
    const judgement = await orUnwanted(() => decide(text, unwanted), unwanted).catch(undecided);
    const seconds = (performance.now() - began) / 1000;
    onEvent({ kind: 'ended', result: judgement.result, seconds });
    return judgement;
  }

  function isFull(text: string): boolean {
    return running.size >= WAITING || (byRegistry.get(registryOf(text))?.count ?? 0) >= WAITING_OF_ONE;
  }

  function start(text: string): Job {
    const unwanted = new AbortController();
    const answer = inTurn(text, unwanted.signal).then((judgement) => {
      clearTimeout(job.timer);
      if (running.get(text) === job) running.delete(text);
      if (judgement.result !== 'undecided') keep(text, judgement);
      return judgement;
    });
    const job: Job = { answer, unwanted, until: 0 };
    running.set(text, job);
    return job;
  }

  /** Somebody waits for it so long. */
  function want(job: Job, seconds: number): void {
    const until = performance.now() + seconds * 1000 + GRACE;
    if (goesOn || until <= job.until) return;
    job.until = until;
    clearTimeout(job.timer);
    job.timer = setTimeout(() => job.unwanted.abort(), seconds * 1000 + GRACE);
    job.timer.unref();
  }

  function keep(text: string, judgement: Judgement): void {
    const most = judgement.result === 'admitted' ? keepSeconds : REFUSALS_KEPT;
    const seconds = Math.min(isByDigest(text) ? most : TAGS_KEPT, keepSeconds);
    const [oldest] = kept.keys();
    if (kept.size >= KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(text, { judgement, until: now() + seconds * 1000 });
  }

  return async (text, seconds) => {
    const known = kept.get(text);
    if (known !== undefined && known.until > now()) {
      onEvent({ kind: 'asked', from: 'kept' });
      return known.judgement;
    }
    kept.delete(text);
    const found = running.get(text);
    const joined = found?.unwanted.signal.aborted === false ? found : undefined;
    if (joined === undefined && isFull(text)) {
      onEvent({ kind: 'asked', from: 'full' });
      return { result: 'undecided', why: 'too many images are waiting to be judged; try again' };
    }
    onEvent({ kind: 'asked', from: joined === undefined ? 'new' : 'running' });
    const job = joined ?? start(text);
    want(job, seconds);
    return withinDeadline(() => job.answer, seconds, goesOn ? LATER : HANGS).catch((thrown) => {
      onEvent({ kind: 'late' });
      return undecided(thrown);
    });
  };
}

/** Work that ends at once where nobody waits for it any more, whether it listens or not: it holds a slot. */
async function orUnwanted<T>(work: () => Promise<T>, unwanted: AbortSignal): Promise<T> {
  let stop = () => {};
  const over = new Promise<never>((_resolve, reject) => {
    stop = () =>
      reject(
        new PratiqueError('TIMEOUT', { what: 'nobody waits for the judgement any more', next: 'try again' }),
      );
    unwanted.addEventListener('abort', stop, { once: true });
  });
  if (unwanted.aborted) stop();
  try {
    return await (unwanted.aborted ? over : Promise.race([work(), over]));
  } finally {
    unwanted.removeEventListener('abort', stop);
  }
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
