import type { Job, Worker } from 'bullmq';
import type { SweepItem } from '../../model/sweep.ts';
import { MOST_PAUSES } from '../host-pauses.ts';
import type { JudgedItem } from '../judge-messages.ts';
import { readItem } from '../judged-item-schema.ts';
import { pauseAskedBy } from '../swept-name.ts';
import type { QueueConnection } from './queue-connection.ts';
import { seal, unseal } from './sealed.ts';
import { PREFIX, type WaitingSweep, waitingSweeps } from './waiting-sweeps.ts';

export interface WorkOptions {
  readonly connection: QueueConnection;
  /** images that are judged at the same time */
  readonly atOnce: number;
  readonly secret?: string;
  /**
   * Makes what judges for a sweep.
   * @returns `undefined` where this worker sees another policy or other rules than the sweep: others will have to do it
   */
  readonly judgeFor: (sweep: WaitingSweep) => Promise<((item: SweepItem) => Promise<JudgedItem>) | undefined>;
  readonly now: () => number;
  readonly onEvent: (event: WorkEvent) => void;
}

/** What happens to a worker, for whoever watches. */
export type WorkEvent =
  | { readonly kind: 'joined'; readonly sweep: WaitingSweep }
  /** its key is not ours */
  | { readonly kind: 'passed over'; readonly sweep: WaitingSweep }
  | { readonly kind: 'judged'; readonly image: JudgedItem }
  | { readonly kind: 'paused'; readonly registry: string; readonly seconds: number }
  | { readonly kind: 'failed'; readonly why: unknown };

/** milliseconds between two looks for sweeps */
const LOOK_EVERY = 1_000;
/** milliseconds that a job is this worker's without a sign of life; another takes it then */
const LOCK = 10_000;
/** Times that an image may be taken over from workers that are gone; the default of one fails the healthy ones of a bad night. */
const MOST_TAKEN_OVER = 100;

/** Takes images out of queues and judges them, until it is told to stop; what is under way is then finished by somebody else. */
export interface Working {
  stop(): Promise<void>;
}

/** Begins to work. */
export function startWork(options: WorkOptions): Working {
  const { connection, now, onEvent } = options;
  const joined = new Map<string, Worker>();
  const passedOver = new Set<string>();
  let isStopped = false;

  async function look(): Promise<void> {
    const waiting = await waitingSweeps(connection.redis, now());
    for (const sweep of waiting) {
      if (isStopped || joined.has(sweep.queue) || passedOver.has(sweep.queue)) continue;
      const judge = await options.judgeFor(sweep);
      if (judge === undefined) {
        passedOver.add(sweep.queue);
        onEvent({ kind: 'passed over', sweep });
      } else {
        joined.set(sweep.queue, join(sweep, judge));
        onEvent({ kind: 'joined', sweep });
      }
    }
    for (const [queue, worker] of joined)
      if (!waiting.some((sweep) => sweep.queue === queue)) {
        joined.delete(queue);
        void worker.close().catch(() => {});
      }
  }

  function join(sweep: WaitingSweep, judge: (item: SweepItem) => Promise<JudgedItem>): Worker {
    const { Worker, Queue } = connection.bullmq;
    const queue = new Queue(sweep.queue, { connection: connection.redis, prefix: PREFIX });
    queue.on('error', () => {});
    const worker = new Worker(
      sweep.queue,
      async (job: Job) => {
        const id = job.id ?? '';
        const item = readItem(unseal(job.data, id, options.secret));
        if (item === undefined) throw new TypeError('the job is not sealed with our key, or of another form');
        const image = await judge(item);
        const pause = pauseAskedBy(image);
        if (pause !== undefined && job.attemptsStarted <= MOST_PAUSES) {
          onEvent({ kind: 'paused', registry: sweep.registry, seconds: pause });
          await queue.rateLimit(pause * 1000);
          throw Worker.RateLimitError();
        }
        onEvent({ kind: 'judged', image });
        return seal(image, id, options.secret);
      },
      {
        connection: connection.another(),
        prefix: PREFIX,
        concurrency: options.atOnce,
        lockDuration: LOCK,
        stalledInterval: LOCK / 2,
        maxStalledCount: MOST_TAKEN_OVER,
        ...(sweep.rate && { limiter: { max: sweep.rate.max, duration: sweep.rate.duration } }),
      },
    );
    worker.on('error', () => {}); // its server comes back, or the next look tells
    worker.on('failed', (_job, why) => onEvent({ kind: 'failed', why }));
    return worker;
  }

  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking
      .then(() => (isStopped ? undefined : look()))
      .catch((why) => onEvent({ kind: 'failed', why }));
  }, LOOK_EVERY);

  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await looking;
      await Promise.all([...joined.values()].map((worker) => worker.close(true)));
    },
  };
}
