import { setTimeout } from 'node:timers/promises';
import type { Job, Queue, Worker } from 'bullmq';
import type { SweepItem } from '../../model/sweep.ts';
import { MOST_PAUSES, PauseCount } from '../host-pauses.ts';
import type { JudgedItem } from '../judge-messages.ts';
import { readItem } from '../judged-item-schema.ts';
import { pauseAskedBy } from '../swept-name.ts';
import { answerOf, jobOf } from './judge-by-queue.ts';
import type { QueueConnection } from './queue-connection.ts';
import { seal, unseal } from './sealed.ts';
import { PREFIX, type Told, type WaitingSweep, waitingSweeps } from './waiting-sweeps.ts';

/** Judges for one sweep, whichever of its registries an image is in. */
export interface SweepJudge {
  judge(item: SweepItem): Promise<JudgedItem>;
  /** Ends it, whatever it does. */
  end(): void;
}

export interface WorkOptions {
  readonly connection: QueueConnection;
  /** images of one queue that are judged at the same time */
  readonly atOnce: number;
  readonly secret?: string;
  /**
   * Makes what judges for a sweep.
   * @returns `undefined` where this worker sees another policy or other rules than the sweep: others will have to do it
   */
  readonly judgeFor: (sweep: WaitingSweep) => Promise<SweepJudge | undefined>;
  readonly now: () => number;
  readonly onEvent: (event: WorkEvent) => void;
}

/** Why a worker leaves a sweep to others. */
export type PassedOver = 'terms' | 'seal' | 'unfit';

/** What happens to a worker, for whoever watches. */
export type WorkEvent =
  | { readonly kind: 'joined'; readonly sweep: WaitingSweep }
  | { readonly kind: 'passed over'; readonly told: Told; readonly why: PassedOver }
  | { readonly kind: 'left'; readonly sweep: WaitingSweep }
  | { readonly kind: 'judged'; readonly image: JudgedItem }
  | { readonly kind: 'paused'; readonly registry: string; readonly seconds: number }
  | { readonly kind: 'failed'; readonly why: unknown };

/** milliseconds between two looks for sweeps */
const LOOK_EVERY = 1_000;
/** milliseconds after which a sweep that was passed over is looked at again: a policy comes to machines one after the other */
const LOOK_AGAIN = 60_000;
/** milliseconds that a job is this worker's without a sign of life; another takes it then */
const LOCK = 10_000;
/** Times that an image may be taken over from workers that are gone; the default of one fails the healthy ones of a bad night. */
const MOST_TAKEN_OVER = 100;
/** Without any rate a queue takes no pause either: it looks at one only where there is a bound, and this is none. */
const NO_RATE = { max: 1_000_000, duration: 1_000 };
/** milliseconds in which images that are under way have to be handed back */
const STOPPING_MS = 5_000;

/** Takes images out of queues and judges them, until it is told to stop; what is under way is then handed back. */
export interface Working {
  stop(): Promise<void>;
}

interface Joined {
  readonly sweep: WaitingSweep;
  readonly worker: Worker;
  readonly queue: Queue;
}

/** Begins to work. */
export function startWork(options: WorkOptions): Working {
  const { connection, now, onEvent, secret } = options;
  const joined = new Map<string, Joined>();
  const judges = new Map<string, SweepJudge>();
  /** queues that others have to work on, and until when, in milliseconds */
  const passedOver = new Map<string, number>();
  let isStopped = false;

  async function look(): Promise<void> {
    const waiting = await waitingSweeps(connection.redis, now(), secret);
    for (const told of waiting) {
      if (isStopped || joined.has(told.queue) || (passedOver.get(told.queue) ?? 0) > now()) continue;
      await consider(told).catch((why) => {
        passOver(told, 'unfit');
        onEvent({ kind: 'failed', why });
      });
    }
    const names = new Set(waiting.map(({ queue }) => queue));
    for (const name of joined.keys()) if (!names.has(name)) leave(name);
    for (const name of passedOver.keys()) if (!names.has(name)) passedOver.delete(name);
  }

  async function consider(told: Told): Promise<void> {
    const { sweep } = told;
    if (sweep === undefined) return passOver(told, 'seal');
    const judge = judges.get(sweep.key) ?? (await options.judgeFor(sweep));
    if (judge === undefined) return passOver(told, 'terms');
    judges.set(sweep.key, judge);
    passedOver.delete(sweep.queue);
    joined.set(sweep.queue, join(sweep, judge));
    onEvent({ kind: 'joined', sweep });
  }

  /** It is told of once, and looked at again now and then. */
  function passOver(told: Told, why: PassedOver): void {
    if (!passedOver.has(told.queue)) onEvent({ kind: 'passed over', told, why });
    passedOver.set(told.queue, now() + LOOK_AGAIN);
  }

  function leave(name: string): void {
    const one = joined.get(name);
    if (one === undefined) return;
    joined.delete(name);
    onEvent({ kind: 'left', sweep: one.sweep });
    const { key } = one.sweep;
    if (![...joined.values()].some(({ sweep }) => sweep.key === key)) {
      judges.get(key)?.end(); // its processes hold memory, and the next sweep has its own
      judges.delete(key);
    }
    void close(one);
  }

  function join(sweep: WaitingSweep, judge: SweepJudge): Joined {
    const { Worker, Queue, WaitingError } = connection.bullmq;
    const queue = new Queue(sweep.queue, {
      connection: connection.redis,
      prefix: PREFIX,
      skipMetasUpdate: true, // what is set of it is the sweep's to set
    });
    queue.on('error', () => {});
    const count = new PauseCount();
    const work = async (job: Job, token?: string) => {
      const id = job.id ?? '';
      const item = readItem(unseal(job.data, jobOf(sweep.key, id), secret));
      if (item === undefined) throw new TypeError('the job is not sealed with our key, or of another form');
      const image = await judge.judge(item).catch(async (why) => {
        // Nothing is wrong with the image: a worker that cannot judge leaves it to those that can.
        if (joined.has(sweep.queue) && !isStopped) {
          onEvent({ kind: 'failed', why });
          passOver({ queue: sweep.queue, sweep }, 'unfit');
          leave(sweep.queue);
        }
        await job.moveToWait(token);
        throw new WaitingError();
      });
      const pause = pauseAskedBy(image);
      if (pause === undefined) count.answered();
      if (pause !== undefined && job.attemptsStarted <= MOST_PAUSES && !count.isTooMany) {
        count.paused(now(), now() + pause * 1000);
        onEvent({ kind: 'paused', registry: sweep.registry, seconds: pause });
        await queue.rateLimit(pause * 1000);
        throw Worker.RateLimitError();
      }
      onEvent({ kind: 'judged', image });
      return seal(image, answerOf(sweep.key, id), secret);
    };
    const worker = new Worker(sweep.queue, work, {
      connection: connection.redis,
      prefix: PREFIX,
      concurrency: options.atOnce,
      lockDuration: LOCK,
      stalledInterval: LOCK / 2,
      maxStalledCount: MOST_TAKEN_OVER,
      limiter: sweep.rate ?? NO_RATE,
    });
    worker.on('error', () => {}); // its server comes back, or the next look tells
    worker.on('failed', (_job, why) => onEvent({ kind: 'failed', why }));
    return { sweep, worker, queue };
  }

  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= (isStopped ? Promise.resolve() : look())
      .catch((why) => onEvent({ kind: 'failed', why }))
      .finally(() => {
        looking = undefined;
      });
  }, LOOK_EVERY);

  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      for (const judge of judges.values()) judge.end();
      const closing = Promise.all([looking, ...[...joined.values()].map(close)]);
      await Promise.race([closing, setTimeout(STOPPING_MS, undefined, { ref: false })]);
    },
  };
}

async function close({ worker, queue }: Joined): Promise<void> {
  await worker.close().catch(() => {});
  await queue.close().catch(() => {});
}
