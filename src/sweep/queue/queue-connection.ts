import type { Queue, QueueEvents, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { PratiqueError } from '../../errors.ts';
import { printable, quoted } from '../../model/printable.ts';

/** A Redis or Valkey, and the programs that make queues in it. */
export interface QueueConnection {
  readonly redis: Redis;
  readonly bullmq: {
    readonly Queue: typeof Queue;
    readonly QueueEvents: typeof QueueEvents;
    readonly Worker: typeof Worker;
    readonly WaitingError: typeof WaitingError;
  };
  close(): Promise<void>;
}

export interface QueueConnectionOptions {
  /** `redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]`, `rediss://` with TLS; may hold a password and is never told */
  readonly url: string;
  /** also where a crash of it loses what it was told */
  readonly allowVolatile?: boolean;
  /** milliseconds to wait for its first answer; 10,000 where absent */
  readonly reachMs?: number;
  readonly warn: (text: string) => void;
}

const CONNECT_MS = 10_000;
const DENIALS = /NOAUTH|WRONGPASS|NOPERM/;
const LONGEST_RETRY_MS = 5_000;

/**
 * Connects to the server of a queue, and sees that it keeps what it is told: without an append-only file a crash loses jobs, and the
 * queue then says that all are done.
 * @throws {PratiqueError} `USAGE` where the packages are not installed or the address is none, `NETWORK`, `DENIED`, `NOT_SUPPORTED` where the
 *   server forgets
 */
export async function connectToQueue(options: QueueConnectionOptions): Promise<QueueConnection> {
  const place = placeOf(options.url);
  const [bullmq, { Redis }] = await loadPackages();
  // It waits for ever for its server to come back: what is not done is in the ledger, and in the append-only file.
  const redis = new Redis(options.url, {
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_MS,
    retryStrategy: (times) => Math.min(100 * 2 ** times, LONGEST_RETRY_MS),
  });
  redis.on('error', () => {}); // told by whoever waits for it; its own words can hold the address
  try {
    await reach(redis, place, options.reachMs ?? CONNECT_MS);
    await requireMemory(redis, place, options);
  } catch (thrown) {
    redis.disconnect();
    throw thrown;
  }
  let isEnding = false;
  let isGone = false;
  redis.on('close', () => {
    if (!isGone && !isEnding) options.warn(`the server of the queue is gone (${place}): waiting for it`);
    isGone = true;
  });
  redis.on('ready', () => {
    if (isGone) options.warn(`the server of the queue is there again (${place})`);
    isGone = false;
  });
  return {
    redis,
    bullmq,
    async close() {
      isEnding = true;
      redis.disconnect();
    },
  };
}

/** The server as people may see it: without user and password. @throws {PratiqueError} `USAGE` */
function placeOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (
    parsed !== undefined &&
    /^rediss?:$/.test(parsed.protocol) &&
    parsed.hostname !== '' &&
    parsed.search === ''
  )
    return printable(`${parsed.protocol}//${parsed.host}`);
  throw new PratiqueError('USAGE', {
    what: 'the address of the queue is none',
    next: 'write redis://HOST[:PORT], or rediss:// for TLS; with a password in PRATIQUE_QUEUE, not on the command line',
  });
}

async function loadPackages() {
  try {
    return await Promise.all([import('bullmq'), import('ioredis')]);
  } catch (cause) {
    const problem = {
      what: 'a queue needs two packages that are not installed',
      next: 'npm install bullmq ioredis beside pratique',
    };
    throw new PratiqueError('USAGE', problem, { cause });
  }
}

async function reach(redis: Redis, place: string, within: number): Promise<void> {
  let why = 'no answer';
  const timer = new Promise<never>((_resolve, reject) => {
    redis.on('error', (error: Error & { code?: string }) => {
      why = error.code ?? error.message.slice(0, 100);
      if (DENIALS.test(why)) reject(error); // the next try would say the same
    });
    setTimeout(() => reject(new Error(why)), within).unref();
  });
  timer.catch(() => {});
  try {
    // Whatever else answers there is no Redis, and BullMQ would trip over it later.
    if ((await Promise.race([redis.ping(), timer])) !== 'PONG') throw new Error('it is no Redis');
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message : why;
    const isDenied = DENIALS.test(`${said} ${why}`);
    throw new PratiqueError(isDenied ? 'DENIED' : 'NETWORK', {
      what: isDenied
        ? 'the server of the queue lets nobody in without the right password'
        : 'the server of the queue cannot be reached',
      where: place,
      why: printable(isDenied ? 'it wants a login' : said, 200),
      next: isDenied
        ? 'put the address with the password into PRATIQUE_QUEUE'
        : 'start it, or see that the address is right',
    });
  }
}

async function requireMemory(
  redis: Redis,
  place: string,
  { allowVolatile, warn }: QueueConnectionOptions,
): Promise<void> {
  const info = await redis.info();
  const keeps = /^aof_enabled:1\r?$/m.test(info);
  const evicts = /^maxmemory_policy:(?!noeviction)(\S+)/m.exec(info)?.[1];
  const why = [
    ...(keeps ? [] : ['it has no append-only file (appendonly no)']),
    ...(evicts === undefined
      ? []
      : [`it throws keys away when it is full (maxmemory-policy ${quoted(evicts)})`]),
  ].join(', and ');
  if (why === '') return;
  if (allowVolatile === true) {
    warn(`the server of the queue may lose jobs: ${why}`);
    return;
  }
  throw new PratiqueError('NOT_SUPPORTED', {
    what: 'the server of the queue may lose jobs without a word',
    where: place,
    why,
    next: 'set appendonly yes and maxmemory-policy noeviction, or say --allow-volatile-queue: the ledger then finds what was lost, later',
  });
}
