import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Job, Queue, QueueEvents } from 'bullmq';
import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';
import type { SweepItem } from '../../model/sweep.ts';
import { hostOf } from '../host-pauses.ts';
import type { JudgedItem } from '../judge-messages.ts';
import { readJudged } from '../judged-item-schema.ts';
import { NOBODY, type SweepWatch } from '../sweep-watch.ts';
import type { QueueConnection } from './queue-connection.ts';
import { seal, unseal } from './sealed.ts';
import {
  forget,
  KEPT,
  PREFIX,
  pastSweeps,
  queueNameOf,
  tellOf,
  type WaitingSweep,
} from './waiting-sweeps.ts';

export interface QueueJudgeOptions {
  readonly connection: QueueConnection;
  readonly key: string;
  /** when the sweep began, RFC 3339 */
  readonly began: string;
  /** what workers share with us; answers that are not sealed with it count for nothing */
  readonly secret?: string;
  /** of a registry */
  readonly rateOf: (registry: string) => WaitingSweep['rate'];
  readonly now: () => number;
  readonly watch?: SweepWatch;
  /** takes what people may want to do something about */
  readonly warn?: (text: string) => void;
}

/** Judges images through queues, one for each registry, wherever workers are. */
export interface QueueJudge {
  judge(item: SweepItem): Promise<JudgedItem>;
  /** Ends what waits, and removes the queues. */
  close(): Promise<void>;
}

/** milliseconds between two looks after images that nobody has told anything of */
const LOOK_EVERY = 3_000;
/** Milliseconds without any answer after which people are told: a sweep waits for workers for as long as there are none. */
const SILENCE = 60_000;
/** Times that an answer that counts for nothing is asked for anew. */
const MOST_TRIES = 3;
/** Times that the server may refuse an image, a look after the other; it may be busy with its disk, or change places with another. */
const MOST_REFUSALS = 20;
/**
 * Answers that the server keeps of a queue, and events that tell of them: more than wait for their answers, and few enough that a million
 * images do not fill its memory. The ledger has those that are gone.
 */
const KEPT_ANSWERS = 5_000;
/** milliseconds that the end may take; a server that is gone answers nothing */
const CLOSING_MS = 5_000;

interface Open {
  readonly item: SweepItem;
  readonly queue: OpenQueue;
  tries: number;
  refusals: number;
  isLookedAt: boolean;
  readonly resolve: (image: JudgedItem) => void;
  readonly reject: (thrown: unknown) => void;
}

interface OpenQueue {
  readonly queue: Queue;
  readonly events: QueueEvents;
  readonly sweep: WaitingSweep;
}

/**
 * Makes one. What a queue says is told twice is taken once; what it has lost is given to it again: the one who waits knows what is
 * missing, not the queue.
 */
export function makeQueueJudge(options: QueueJudgeOptions): QueueJudge {
  const { connection, key, secret, now, watch = NOBODY, warn = () => {} } = options;
  const { Queue, QueueEvents } = connection.bullmq;
  const queues = new Map<string, Promise<OpenQueue>>();
  const open = new Map<string, Open>();
  const past = forgetPast(options).catch(() => {}); // the next sweep does it
  let answeredAt = now();
  let isSilent = false;
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= lookAfter()
      .catch(() => {})
      .finally(() => {
        looking = undefined;
      });
  }, LOOK_EVERY);

  function queueOf(registry: string): Promise<OpenQueue> {
    const known = queues.get(registry) ?? openQueue(registry);
    queues.set(registry, known);
    return known;
  }

  async function openQueue(registry: string): Promise<OpenQueue> {
    const name = queueNameOf(key, registry);
    const rate = options.rateOf(registry);
    const sweep = { queue: name, key, began: options.began, registry, ...(rate && { rate }), toldAt: now() };
    const queue = new Queue(name, {
      connection: connection.redis,
      prefix: PREFIX,
      streams: { events: { maxLen: KEPT_ANSWERS } },
    });
    const events = new QueueEvents(name, { connection: connection.redis, prefix: PREFIX });
    queue.on('error', () => {}); // it comes back, or the one who waits ends
    events.on('error', () => {});
    events.on('completed', ({ jobId }) => void settle(jobId));
    events.on('failed', ({ jobId }) => void settle(jobId));
    try {
      await events.waitUntilReady();
      await tellOf(connection.redis, sweep, secret);
      return { queue, events, sweep };
    } catch (thrown) {
      for (const one of [events, queue]) void one.close().catch(() => {}); // their connections would hold the process
      throw thrown;
    }
  }

  async function put(waiting: Open, id: string): Promise<void> {
    try {
      await waiting.queue.queue.add('image', seal(waiting.item, jobOf(key, id), secret), {
        jobId: id,
        removeOnComplete: { age: KEPT, count: KEPT_ANSWERS },
        removeOnFail: { age: KEPT, count: KEPT_ANSWERS },
      });
      waiting.refusals = 0;
    } catch (cause) {
      waiting.refusals += 1;
      watch.queueFailed();
      if (waiting.refusals >= MOST_REFUSALS) refuse(id, notTaken(cause));
    }
  }

  /**
   * Looks what became of an image; what is not there any more is put in again.
   * @param isFirst what is there is of an earlier run: it counts if it is an answer that lasts
   */
  async function settle(id: string, isFirst = false): Promise<void> {
    const waiting = open.get(id);
    if (waiting === undefined || waiting.isLookedAt) return;
    waiting.isLookedAt = true;
    try {
      await lookAt(waiting, id, isFirst);
    } catch {
      // the next look tells
    } finally {
      waiting.isLookedAt = false;
    }
  }

  async function lookAt(waiting: Open, id: string, isFirst: boolean): Promise<void> {
    const { queue } = waiting.queue;
    const state = await queue.getJobState(id);
    if (state !== 'completed' && state !== 'failed' && state !== 'unknown') return;
    // Not before its state: a job that ends between the two would be one that has ended without an answer.
    const job = (await queue.getJob(id)) as Job | undefined;
    if (job === undefined) {
      watch.queueFailed();
      return put(waiting, id);
    }
    const image =
      state === 'completed'
        ? readJudged(unseal(job.returnvalue, answerOf(key, id), secret), waiting.item)
        : undefined;
    if (image !== undefined && !(isFirst && image.passing === true)) return answer(id, image);
    if (!isFirst) {
      waiting.tries += 1;
      watch.queueFailed();
    }
    if (waiting.tries >= MOST_TRIES) return refuse(id, notByUs(job));
    await job.remove();
    await put(waiting, id);
  }

  function answer(id: string, image: JudgedItem): void {
    answeredAt = now();
    isSilent = false;
    open.get(id)?.resolve(image);
    open.delete(id);
  }

  function refuse(id: string, thrown: unknown): void {
    open.get(id)?.reject(thrown);
    open.delete(id);
  }

  async function lookAfter(): Promise<void> {
    for (const { sweep } of await Promise.all(queues.values()))
      await tellOf(connection.redis, { ...sweep, toldAt: now() }, secret);
    for (const id of [...open.keys()]) await settle(id);
    if (isSilent || open.size === 0 || now() - answeredAt < SILENCE) return;
    isSilent = true;
    warn(
      'no worker has answered for a minute: see that pratique worker runs somewhere with this queue, the same policy, version and PRATIQUE_QUEUE_KEY',
    );
  }

  /** What was answered is in the ledger; what was not would be judged for nobody, and stay in the server for ever. */
  async function clear(): Promise<void> {
    await looking; // it tells of the queues once more
    await past;
    for (const opened of await Promise.allSettled(queues.values())) {
      if (opened.status === 'rejected') continue;
      const { queue, events, sweep } = opened.value;
      await forget(connection.redis, sweep.queue);
      await queue.obliterate({ force: true }).catch(() => {});
      await events.close();
      await queue.close();
    }
  }

  return {
    async judge(item) {
      const queue = await queueOf(hostOf(item));
      const id = idOf(item);
      return await new Promise<JudgedItem>((resolve, reject) => {
        const waiting = { item, queue, tries: 0, refusals: 0, isLookedAt: false, resolve, reject };
        open.set(id, waiting);
        // It may be answered already: a sweep that was killed had asked.
        void put(waiting, id).then(() => settle(id, true));
      });
    },
    async close() {
      clearInterval(timer);
      for (const id of [...open.keys()]) refuse(id, endedMeanwhile());
      await Promise.race([clear().catch(() => {}), setTimeout(CLOSING_MS, undefined, { ref: false })]);
    },
  };
}

/** What it is about that is sealed: the image of one sweep to judge, or the answer to that. */
export function jobOf(key: string, id: string): string {
  return `job ${key} ${id}`;
}

/** @see jobOf */
export function answerOf(key: string, id: string): string {
  return `answer ${key} ${id}`;
}

/** A sweep that was killed and never went on has left its queues; the server has no room for all of them. */
async function forgetPast({ connection, now, secret }: QueueJudgeOptions): Promise<void> {
  for (const { queue: name } of await pastSweeps(connection.redis, now(), secret)) {
    const queue = new connection.bullmq.Queue(name, { connection: connection.redis, prefix: PREFIX });
    await queue.obliterate({ force: true });
    await queue.close();
    await forget(connection.redis, name);
  }
}

/** The same image by the same names is the same job, however often it is put in. */
function idOf({ digest, names }: SweepItem): string {
  return createHash('sha256')
    .update(JSON.stringify([digest, names]))
    .digest('hex');
}

function endedMeanwhile(): PratiqueError {
  return new PratiqueError('TIMEOUT', { what: 'the sweep ended before the image was judged' });
}

function notByUs(job: Job): PratiqueError {
  const said = typeof job.failedReason === 'string' && job.failedReason !== '';
  return new PratiqueError('DENIED', {
    what: 'the queue gives answers that count for nothing',
    why: said
      ? 'its workers fail'
      : 'they are not sealed with the key that this sweep has (PRATIQUE_QUEUE_KEY), or not of the form that workers of this version give',
    next: 'give all workers the same PRATIQUE_QUEUE_KEY and the same version of pratique',
  });
}

function notTaken(cause: unknown): PratiqueError {
  const why = cause instanceof Error ? printable(cause.message, 200) : 'unknown reason';
  return new PratiqueError(
    'NETWORK',
    {
      what: 'the server of the queue takes no more images',
      why,
      next: 'see that it has memory and room on its disk; what was decided is in the ledger',
    },
    { cause },
  );
}
