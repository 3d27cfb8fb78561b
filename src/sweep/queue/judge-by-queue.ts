import { createHash } from 'node:crypto';
import type { Job, Queue, QueueEvents } from 'bullmq';
import { PratiqueError } from '../../errors.ts';
import type { SweepItem } from '../../model/sweep.ts';
import { hostOf } from '../host-pauses.ts';
import type { JudgedItem } from '../judge-messages.ts';
import { readJudged } from '../judged-item-schema.ts';
import type { QueueConnection } from './queue-connection.ts';
import { seal, unseal } from './sealed.ts';
import { forget, PREFIX, queueNameOf, tellOf, type WaitingSweep } from './waiting-sweeps.ts';

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
}

/** Judges images through queues, one for each registry, wherever workers are. */
export interface QueueJudge {
  judge(item: SweepItem): Promise<JudgedItem>;
  /** Ends what waits, and takes the queues off the list; what is in them is left for the next run. */
  close(): Promise<void>;
}

/** milliseconds between two looks after images that nobody has told anything of */
const LOOK_EVERY = 3_000;
/** seconds that answers are kept for a sweep that was killed and goes on */
const KEPT = 48 * 3600;
/** Times that an answer that counts for nothing is asked for anew. */
const MOST_TRIES = 3;

interface Open {
  readonly item: SweepItem;
  readonly queue: OpenQueue;
  tries: number;
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
  const { connection, key, secret, now } = options;
  const { Queue, QueueEvents } = connection.bullmq;
  const queues = new Map<string, Promise<OpenQueue>>();
  const open = new Map<string, Open>();
  const timer = setInterval(() => void lookAfter().catch(() => {}), LOOK_EVERY);

  function queueOf(registry: string): Promise<OpenQueue> {
    const known = queues.get(registry) ?? openQueue(registry);
    queues.set(registry, known);
    return known;
  }

  async function openQueue(registry: string): Promise<OpenQueue> {
    const name = queueNameOf(key, registry);
    const rate = options.rateOf(registry);
    const sweep = { queue: name, key, began: options.began, registry, ...(rate && { rate }), toldAt: now() };
    const queue = new Queue(name, { connection: connection.another(), prefix: PREFIX });
    const events = new QueueEvents(name, { connection: connection.another(), prefix: PREFIX });
    queue.on('error', () => {}); // it comes back, or the one who waits ends
    events.on('error', () => {});
    events.on('completed', ({ jobId }) => void settle(jobId).catch(() => {}));
    events.on('failed', ({ jobId }) => void settle(jobId).catch(() => {}));
    await events.waitUntilReady();
    await tellOf(connection.redis, sweep);
    return { queue, events, sweep };
  }

  async function put({ item, queue: { queue } }: Open, id: string): Promise<void> {
    await queue.add('image', seal(item, id, secret), {
      jobId: id,
      removeOnComplete: { age: KEPT },
      removeOnFail: { age: KEPT },
    });
  }

  /** Looks what became of an image; what is not there any more is put in again. */
  async function settle(id: string): Promise<void> {
    const waiting = open.get(id);
    if (waiting === undefined) return;
    const job = (await waiting.queue.queue.getJob(id)) as Job | undefined;
    if (job === undefined) return put(waiting, id);
    const state = await job.getState();
    if (state === 'completed') {
      const image = readJudged(unseal(job.returnvalue, id, secret), waiting.item);
      if (image !== undefined) return answer(id, image);
    } else if (state !== 'failed') return;
    waiting.tries += 1;
    if (waiting.tries >= MOST_TRIES) return refuse(id, notByUs(job));
    await job.remove().catch(() => {});
    await put(waiting, id);
  }

  function answer(id: string, image: JudgedItem): void {
    open.get(id)?.resolve(image);
    open.delete(id);
  }

  function refuse(id: string, thrown: unknown): void {
    open.get(id)?.reject(thrown);
    open.delete(id);
  }

  async function lookAfter(): Promise<void> {
    for (const { sweep } of await Promise.all(queues.values()))
      await tellOf(connection.redis, { ...sweep, toldAt: now() });
    for (const id of [...open.keys()]) await settle(id);
  }

  return {
    async judge(item) {
      const queue = await queueOf(hostOf(item));
      const id = idOf(item);
      return await new Promise<JudgedItem>((resolve, reject) => {
        const waiting = { item, queue, tries: 0, resolve, reject };
        open.set(id, waiting);
        // It may be answered already: a sweep that was killed had asked.
        put(waiting, id).then(() => settle(id), reject);
      });
    },
    async close() {
      clearInterval(timer);
      for (const id of [...open.keys()]) refuse(id, endedMeanwhile());
      for (const { queue, events, sweep } of await Promise.all(queues.values())) {
        await forget(connection.redis, sweep.queue).catch(() => {});
        await events.close().catch(() => {});
        await queue.close().catch(() => {});
      }
    },
  };
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
