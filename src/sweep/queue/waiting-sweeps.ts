import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** Before all that we put into the server. */
export const PREFIX = 'pratique';
const LIST = `${PREFIX}:sweeps`;
/** seconds after which a sweep that nobody has told of again is forgotten */
const FORGOTTEN = 7 * 24 * 3600;

/** A queue with images of one registry for one sweep. Holds no credentials: workers have their own. */
export interface WaitingSweep {
  readonly queue: string;
  /** of the sweep; a worker that sees another policy or other rules has another */
  readonly key: string;
  /** when it began, RFC 3339 */
  readonly began: string;
  readonly registry: string;
  /** images of this registry that may be begun in so many milliseconds, by all workers together; absent: as many as they can */
  readonly rate?: { readonly max: number; readonly duration: number };
  /** when it was last told of, in milliseconds since 1970 */
  readonly toldAt: number;
}

const schema = z.strictObject({
  queue: z.string().max(200),
  key: z.string().max(200),
  began: z.iso.datetime(),
  registry: z.string().max(300),
  rate: z.strictObject({ max: z.int().min(1), duration: z.int().min(1) }).exactOptional(),
  toldAt: z.number(),
});

/** The name of the queue; BullMQ takes no colon in it. */
export function queueNameOf(key: string, registry: string): string {
  return `${key}-${createHash('sha256').update(registry).digest('hex').slice(0, 16)}`;
}

/** Tells workers of a queue. */
export async function tellOf(redis: Redis, sweep: WaitingSweep): Promise<void> {
  await redis.hset(LIST, sweep.queue, JSON.stringify(sweep));
}

/** The queues that workers are told of; what cannot be read, and what is long past, is left out. */
export async function waitingSweeps(redis: Redis, now: number): Promise<readonly WaitingSweep[]> {
  const all = await redis.hgetall(LIST);
  return Object.entries(all).flatMap(([queue, text]) => {
    const sweep = readSweep(text);
    return sweep === undefined || sweep.queue !== queue || now - sweep.toldAt > FORGOTTEN * 1000
      ? []
      : [sweep];
  });
}

/** Takes a queue off the list. */
export async function forget(redis: Redis, queue: string): Promise<void> {
  await redis.hdel(LIST, queue);
}

function readSweep(text: string): WaitingSweep | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
