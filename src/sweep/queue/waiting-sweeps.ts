import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { seal, unseal } from './sealed.ts';

/** Before all that we put into the server. */
export const PREFIX = 'pratique';
const LIST = `${PREFIX}:sweeps`;
/** seconds after which a sweep that nobody has told of again is forgotten, and so is what it has put in */
export const KEPT = 48 * 3600;

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
export async function tellOf(redis: Redis, sweep: WaitingSweep, secret: string | undefined): Promise<void> {
  await redis.hset(LIST, sweep.queue, JSON.stringify(seal(sweep, aboutOf(sweep.queue), secret)));
}

/** A queue that somebody told of; without `sweep` where it is not sealed with our key, or of another form. */
export interface Told {
  readonly queue: string;
  readonly sweep?: WaitingSweep;
}

/** All queues that somebody told of. */
async function allTold(redis: Redis, secret: string | undefined): Promise<readonly Told[]> {
  return Object.entries(await redis.hgetall(LIST)).map(([queue, text]) => {
    const sweep = readSweep(text, queue, secret);
    return sweep?.queue === queue ? { queue, sweep } : { queue };
  });
}

/** The queues that workers are told of; what is long past is left out. */
export async function waitingSweeps(
  redis: Redis,
  now: number,
  secret: string | undefined,
): Promise<readonly Told[]> {
  return (await allTold(redis, secret)).filter(({ sweep }) => sweep === undefined || !isPast(sweep, now));
}

/** What sweeps left behind that were killed and never went on. */
export async function pastSweeps(
  redis: Redis,
  now: number,
  secret: string | undefined,
): Promise<readonly WaitingSweep[]> {
  return (await allTold(redis, secret)).flatMap(({ sweep }) =>
    sweep !== undefined && isPast(sweep, now) ? [sweep] : [],
  );
}

/** Takes a queue off the list. */
export async function forget(redis: Redis, queue: string): Promise<void> {
  await redis.hdel(LIST, queue);
}

function isPast({ toldAt }: WaitingSweep, now: number): boolean {
  return now - toldAt > KEPT * 1000;
}

function aboutOf(queue: string): string {
  return `sweep ${queue}`;
}

function readSweep(text: string, queue: string, secret: string | undefined): WaitingSweep | undefined {
  try {
    return schema.safeParse(unseal(JSON.parse(text), aboutOf(queue), secret)).data;
  } catch {
    return undefined;
  }
}
