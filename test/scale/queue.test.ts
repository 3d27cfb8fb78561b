import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseDigest } from '../../src/model/digest.ts';
import type { SweepItem } from '../../src/model/sweep.ts';
import type { JudgedItem } from '../../src/sweep/judge-messages.ts';
import { makeQueueJudge, type QueueJudge } from '../../src/sweep/queue/judge-by-queue.ts';
import { connectToQueue, type QueueConnection } from '../../src/sweep/queue/queue-connection.ts';
import { queueNameOf, tellOf } from '../../src/sweep/queue/waiting-sweeps.ts';
import { startWork, type WorkEvent, type Working } from '../../src/sweep/queue/work.ts';
import { type RedisServer, startRedis, whyNoRedis } from '../support/redis-server.ts';

const SECRET = 'sixteen characters at least';
const reason = whyNoRedis();
if (reason !== undefined) process.stderr.write(`skip: a queue under attack: ${reason}\n`);

function itemOf(n: number): SweepItem {
  return { digest: parseDigest(`sha256:${n.toString(16).padStart(64, '0')}`), names: [`r.test/a:${n}`] };
}

function answerTo({ digest, names }: SweepItem, more: Partial<JudgedItem> = {}): JudgedItem {
  const { result = 'admitted' } = more;
  const blank = { result, checks: [], findings: [], more: 0, faults: [] };
  return { digest, result, names: names.map((name) => ({ ...blank, name })), at: '', seconds: 0, ...more };
}

const limited = (item: SweepItem): JudgedItem => {
  const faults = [{ code: 'RATE_LIMITED', text: 'too many', afterSeconds: 2 }];
  const names = item.names.map((name) => ({
    ...answerTo(item, { result: 'undecided' }).names[0],
    name,
    faults,
  }));
  return { ...answerTo(item), result: 'undecided', names: names as JudgedItem['names'], passing: true };
};

describe.skipIf(reason !== undefined)('a queue', () => {
  let folder: string;
  let redis: RedisServer;
  const open: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-queue-'));
    redis = await startRedis(folder);
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
    const connection = await connectToQueue({ url: redis.url, warn: () => {} });
    await connection.redis.flushall();
    await connection.close();
  });
  afterAll(async () => {
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function connection(): Promise<QueueConnection> {
    const made = await connectToQueue({ url: redis.url, warn: () => {} });
    open.push(made);
    return made;
  }

  async function sweep(key = 'k', secret = SECRET): Promise<QueueJudge> {
    const made = makeQueueJudge({
      connection: await connection(),
      key,
      began: new Date().toISOString(),
      secret,
      rateOf: () => undefined,
      now: Date.now,
    });
    open.push(made);
    return made;
  }

  async function worker(
    judge: (item: SweepItem) => Promise<JudgedItem>,
    { secret = SECRET, atOnce = 1 } = {},
  ): Promise<{ work: Working; events: WorkEvent[]; ended: () => number }> {
    const events: WorkEvent[] = [];
    let ended = 0;
    const work = startWork({
      connection: await connection(),
      atOnce,
      secret,
      judgeFor: async () => ({
        judge,
        end() {
          ended += 1;
        },
      }),
      now: Date.now,
      onEvent: (event) => events.push(event),
    });
    open.push({ close: work.stop });
    return { work, events, ended: () => ended };
  }

  const kinds = (events: readonly WorkEvent[]) => events.map(({ kind }) => kind);

  test('an answer of another sweep is none of this, whoever puts it there', async () => {
    const yesterday = await sweep('yesterday');
    const lax = await worker(async (item) => answerTo(item));
    await yesterday.judge(itemOf(1));
    const { redis: raw, bullmq } = await connection();
    const old = new bullmq.Queue(queueNameOf('yesterday', 'r.test'), { connection: raw, prefix: 'pratique' });
    const [told] = await old.getJobs(['completed']);
    await old.close();
    await lax.work.stop();
    const today = await sweep('today');
    const asked = today.judge(itemOf(1));
    const queue = new bullmq.Queue(queueNameOf('today', 'r.test'), { connection: raw, prefix: 'pratique' });
    await expect.poll(async () => (await queue.getJobs(['waiting'])).length).toBe(1);
    const forger = new bullmq.Worker(queue.name, async () => told?.returnvalue, {
      connection: raw,
      prefix: 'pratique',
    });
    open.push({ close: () => forger.close() }, queue);
    await expect(asked).rejects.toThrow(/answers that count for nothing/);
  });

  test('an answer that comes while somebody looks is taken, and the image is not judged again', async () => {
    const slow = await connection();
    const { Queue } = slow.bullmq;
    class SlowQueue extends Queue {
      override async getJob(id: string) {
        const job = await super.getJob(id);
        await expect.poll(() => this.getJobState(id), { timeout: 10_000 }).toBe('completed');
        return job;
      }
    }
    const bullmq = { ...slow.bullmq, Queue: SlowQueue } as typeof slow.bullmq;
    const queue = makeQueueJudge({
      connection: { ...slow, bullmq },
      key: 'k',
      began: new Date().toISOString(),
      secret: SECRET,
      rateOf: () => undefined,
      now: Date.now,
    });
    open.push(queue);
    let times = 0;
    await worker(async (item) => {
      times += 1;
      return answerTo(item);
    });
    expect((await queue.judge(itemOf(1))).result).toBe('admitted');
    expect(times).toBe(1);
  }, 30_000);

  test('what was undecided for a passing reason is asked anew by the next run, and nothing else is', async () => {
    const asked: string[] = [];
    const { work } = await worker(async (item) => {
      asked.push(...item.names);
      return item.names[0]?.endsWith('1')
        ? answerTo(item, { result: 'undecided', passing: true })
        : answerTo(item);
    });
    const killed = await sweep();
    await Promise.all([killed.judge(itemOf(1)), killed.judge(itemOf(2))]);
    const resumed = await sweep();
    await Promise.all([resumed.judge(itemOf(1)), resumed.judge(itemOf(2))]);
    await work.stop();
    expect(asked.toSorted()).toEqual(['r.test/a:1', 'r.test/a:1', 'r.test/a:2']);
  });

  test('a worker with another key leaves the sweep to others, and fails nothing', async () => {
    const wrong = await worker(async (item) => answerTo(item), { secret: 'another key of sixteen' });
    const queue = await sweep();
    const asked = queue.judge(itemOf(1));
    await expect.poll(() => kinds(wrong.events), { timeout: 5000 }).toEqual(['passed over']);
    await worker(async (item) => answerTo(item));
    expect((await asked).result).toBe('admitted');
    expect(kinds(wrong.events)).toEqual(['passed over']);
  });

  test('a worker that cannot judge hands its images back, and ends no sweep', async () => {
    const unfit = await worker(async () => {
      throw new Error('the policy was changed');
    });
    const queue = await sweep();
    const asked = Promise.all([1, 2, 3, 4, 5].map((n) => queue.judge(itemOf(n))));
    await expect.poll(() => kinds(unfit.events), { timeout: 5000 }).toContain('failed');
    await worker(async (item) => answerTo(item));
    expect(await asked).toHaveLength(5);
    expect(kinds(unfit.events)).toEqual(['joined', 'failed', 'passed over', 'left']);
    expect(unfit.ended()).toBe(1);
  });

  test('a worker that is stopped hands back what it has in hand', async () => {
    let refuse = (_why: Error) => {};
    const stopped = await worker(() => new Promise((_resolve, reject) => (refuse = reject)));
    const queue = await sweep();
    const asked = queue.judge(itemOf(1));
    await expect.poll(() => kinds(stopped.events), { timeout: 5000 }).toEqual(['joined']);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const stopping = stopped.work.stop();
    refuse(new Error('the processes are ended'));
    await stopping;
    const began = performance.now();
    await worker(async (item) => answerTo(item));
    expect((await asked).result).toBe('admitted');
    expect(performance.now() - began).toBeLessThan(5000); // and not when its lock runs out
  });

  test('a registry that wants a pause gets it also where no rate was given', async () => {
    const times: number[] = [];
    await worker(async (item) => {
      times.push(performance.now());
      return times.length === 1 ? limited(item) : answerTo(item);
    });
    const queue = await sweep();
    expect((await queue.judge(itemOf(1))).result).toBe('admitted');
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1500);
  });

  test('two sweeps at once that ask for the same both get their answers, whichever ends first', async () => {
    const [one, two] = [await sweep(), await sweep()];
    const both = [one.judge(itemOf(1)), two.judge(itemOf(1)), two.judge(itemOf(2))];
    const { events } = await worker(async (item) => answerTo(item));
    await Promise.all(both);
    await one.close();
    expect((await two.judge(itemOf(3))).result).toBe('admitted');
    expect(kinds(events)).not.toContain('failed');
  }, 30_000);

  test('a sweep that ends leaves nothing in the server, and its workers free', async () => {
    const { ended, events } = await worker(async (item) => answerTo(item));
    const queue = await sweep();
    await Promise.all([1, 2, 3].map((n) => queue.judge(itemOf(n))));
    await queue.close();
    await expect.poll(() => kinds(events), { timeout: 5000 }).toContain('left');
    expect(ended()).toBe(1);
    const { redis: raw } = await connection();
    await expect.poll(() => raw.keys('*'), { timeout: 5000 }).toEqual([]);
  });

  test('what a sweep left behind that never went on is removed by the next', async () => {
    const { redis: raw, bullmq } = await connection();
    const queue = new bullmq.Queue('old', { connection: raw, prefix: 'pratique' });
    await queue.add('image', {});
    await queue.close();
    const past = {
      queue: 'old',
      key: 'o',
      began: '2026-01-01T00:00:00Z',
      registry: 'r.test',
      toldAt: Date.now() - 49 * 3600_000,
    };
    await tellOf(raw, past, SECRET);
    await sweep();
    await expect.poll(() => raw.keys('*'), { timeout: 5000 }).toEqual([]);
  });

  test('the end waits for no server that is gone', async () => {
    const own = await startRedis(await mkdtemp(join(folder, 'own-')));
    const warned: string[] = [];
    const gone = await connectToQueue({ url: own.url, warn: (text) => warned.push(text) });
    const queue = makeQueueJudge({
      connection: gone,
      key: 'k',
      began: new Date().toISOString(),
      rateOf: () => undefined,
      now: Date.now,
    });
    const asked = queue.judge(itemOf(1)).catch((thrown: Error) => thrown.message);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await own.stop();
    await expect
      .poll(() => warned, { timeout: 5000 })
      .toEqual([expect.stringMatching(/is gone .*waiting for it/)]);
    const began = performance.now();
    await queue.close();
    await gone.close();
    expect(performance.now() - began).toBeLessThan(8000);
    expect(await asked).toMatch(/ended before the image was judged/);
  }, 30_000);

  test('a sweep that no worker answers says so, once', async () => {
    const warned: string[] = [];
    let late = 0;
    const queue = makeQueueJudge({
      connection: await connection(),
      key: 'k',
      began: new Date().toISOString(),
      rateOf: () => undefined,
      now: () => Date.now() + late,
      warn: (text) => warned.push(text),
    });
    open.push(queue);
    const asked = queue.judge(itemOf(1)).catch(() => {});
    late = 61_000;
    await expect
      .poll(() => warned, { timeout: 8000 })
      .toEqual([expect.stringMatching(/no worker has answered/)]);
    await new Promise((resolve) => setTimeout(resolve, 3500));
    expect(warned).toHaveLength(1);
    await queue.close();
    await asked;
  }, 20_000);

  test('a server that does not take the sweep is told, and no connection to it is left', async () => {
    const { redis: raw } = await connection();
    const own = await connection();
    const denied = Object.assign(Object.create(own.redis), {
      hset: () => Promise.reject(new Error('NOPERM this user has no permissions')),
    }) as typeof own.redis;
    const connections = async () =>
      String(await raw.client('LIST'))
        .trimEnd()
        .split('\n').length;
    const before = await connections();
    const queue = makeQueueJudge({
      connection: { ...own, redis: denied },
      key: 'k',
      began: new Date().toISOString(),
      rateOf: () => undefined,
      now: Date.now,
    });
    open.push(queue);
    await expect(queue.judge(itemOf(1))).rejects.toThrow(/NOPERM/);
    await expect.poll(connections, { timeout: 5000 }).toBe(before);
  });

  test('whatever answers and is no Redis is told', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) =>
        socket.write('+OK\r\n'.repeat(bytes.toString().match(/^\*/gm)?.length ?? 1)),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const connecting = connectToQueue({ url, allowVolatile: true, reachMs: 3000, warn: () => {} });
      await expect(connecting).rejects.toThrow(/cannot be reached.*it is no Redis/);
    } finally {
      server.close();
    }
  });

  test('a password is in no message, whatever the server says', async () => {
    const own = await startRedis(await mkdtemp(join(folder, 'own-')), [
      '--appendonly',
      'yes',
      '--requirepass',
      'right',
    ]);
    const word = ['hidden', 'word', 'of', 'nobody'].join('-');
    const { port } = new URL(own.url);
    try {
      for (const url of [
        `redis://:${word}@127.0.0.1:${port}`,
        `redis://${word}:${word}@127.0.0.1:${port}`,
        `redis://:${word}@127.0.0.1:1`,
        `rediss://:${word}@127.0.0.1:${port}`,
        `redis://127.0.0.1:${port}?password=${word}`,
        `http://:${word}@127.0.0.1:${port}`,
      ]) {
        const fault = await connectToQueue({ url, reachMs: 500, warn: () => {} }).catch(
          (thrown: Error) => thrown,
        );
        expect(fault).toBeInstanceOf(Error);
        const { message, stack, cause } = fault as Error;
        expect([message, stack, String(cause), (cause as Error | undefined)?.stack].join('\n')).not.toContain(
          word,
        );
      }
    } finally {
      await own.stop();
    }
  }, 60_000);
});
