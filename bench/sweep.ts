// What a queue costs, and what workers bring. Needs docker-registry and redis-server; npm run bench:sweep [-- IMAGES [ROUNDS [KIB]]]
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDigest } from '../src/model/digest.ts';
import { makeQueueJudge } from '../src/sweep/queue/judge-by-queue.ts';
import { connectToQueue } from '../src/sweep/queue/queue-connection.ts';
import { startWork } from '../src/sweep/queue/work.ts';
import { startDockerRegistry } from '../test/support/docker-registry.ts';
import { fleetPolicy, POISONED, pushFleet } from '../test/support/fleet.ts';
import { PROGRAMS, type Used, watchProcessors } from '../test/support/processor-seconds.ts';
import { startRedis } from '../test/support/redis-server.ts';

const JOBS = 10_000;
const WANTED = 1.6;
/** Processors that others may have had, the kernel's own work for our sockets with them; beyond that a round says nothing of workers. */
const MOST_OTHERS = 0.3;
const MOST_ROUNDS = 12;

interface Rate {
  /** images a second */
  readonly rate: number;
  /** processors that others had */
  readonly others: number;
}
const [images = 600, rounds = 3, kib = 1024] = process.argv.slice(2).map(Number);
/** Images that a worker has judged before it is measured. */
const FIRST = images / 10;
const folder = await mkdtemp(join(tmpdir(), 'pratique-bench-'));
const redis = await startRedis(folder);
const registry = await startDockerRegistry();
const children = new Set<ChildProcess>();
const processors = watchProcessors(PROGRAMS);
try {
  await overhead();
  await writeFile(join(folder, '.git'), '');
  await pushFleet(registry.host, images, kib);
  const ratios: number[] = [];
  for (let round = 1; ratios.length < rounds && round <= MOST_ROUNDS; round++) {
    await untilQuiet();
    const [one, three] = [await withWorkers(1, round), await withWorkers(3, round)];
    const others = Math.max(one.others, three.others);
    if (others <= MOST_OTHERS) ratios.push(three.rate / one.rate);
    const counts = others <= MOST_OTHERS ? '' : '; it does not count, as others were busy';
    console.log(`three workers judge ${(three.rate / one.rate).toFixed(2)} times as fast as one${counts}`);
  }
  const sorted = ratios.toSorted((a, b) => a - b);
  console.log(
    `in the middle of ${ratios.length} rounds that count: ${sorted[sorted.length >> 1]?.toFixed(2)} (wanted: ${WANTED})`,
  );
} finally {
  processors.stop();
  for (const child of children) child.kill('SIGKILL');
  await registry.stop();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Jobs that ask for nothing: what is left is the queue, its seals and the looking after. */
async function overhead(): Promise<void> {
  const connection = await connectToQueue({ url: redis.url, warn: console.error });
  const judged = { result: 'admitted' as const, at: '', seconds: 0 };
  const blank = { result: 'admitted' as const, checks: [], findings: [], more: 0, faults: [] };
  const work = startWork({
    connection,
    atOnce: 50,
    secret: 'a key that is long enough',
    judgeFor: async () => ({
      judge: async ({ digest, names }) => ({
        ...judged,
        digest,
        names: names.map((name) => ({ ...blank, name })),
      }),
      end() {},
    }),
    now: Date.now,
    onEvent: () => {},
  });
  const queue = makeQueueJudge({
    connection,
    key: 'bench',
    began: new Date().toISOString(),
    secret: 'a key that is long enough',
    rateOf: () => undefined,
    now: Date.now,
  });
  const itemOf = (n: number) => ({
    digest: parseDigest(`sha256:${n.toString(16).padStart(64, '0')}`),
    names: [`r.test/a:${n}`],
  });
  await queue.judge(itemOf(JOBS)); // until the worker has joined
  const began = performance.now();
  let next = 0;
  const judge = async () => {
    while (next < JOBS) await queue.judge(itemOf(next++));
  };
  await Promise.all(Array.from({ length: 1000 }, judge));
  const ms = (performance.now() - began) / JOBS;
  console.log(`queue: ${ms.toFixed(2)} ms for each of ${JOBS} jobs that ask for nothing (wanted: at most 2)`);
  await work.stop();
  await queue.close();
  await connection.close();
}

/**
 * Images a second, from the time when every worker has judged a few to the last verdict: left out is what it takes to start programs, and
 * until Node has compiled what runs often. It takes as long for each of three as for one, and nothing of it in a sweep of thousands.
 */
async function withWorkers(count: number, round: number): Promise<Rate> {
  const stamps: number[] = [];
  // Another policy: what was judged under the one before would count, and what its layers hold would be known.
  const bytes = Math.max(4194304, 2048 * kib) + 10 * round + count;
  const policy = fleetPolicy(registry.host).replace('expanded-bytes: 4194304', `expanded-bytes: ${bytes}`);
  await writeFile(join(folder, 'pratique.yaml'), policy);
  const workers = Array.from({ length: count }, () => start(['worker', '--queue', redis.url, '-j', '1']));
  const judged = new Map(workers.map((worker) => [worker, 0]));
  let steady: { readonly used: Used; readonly at: number } | undefined;
  for (const worker of workers)
    worker.stdout?.on('data', (text: Buffer) => {
      const more = text.toString().match(/"event":"judged"/g)?.length ?? 0;
      judged.set(worker, (judged.get(worker) ?? 0) + more);
      for (let n = 0; n < more; n++) stamps.push(performance.now());
      if (steady === undefined && Math.min(...judged.values()) >= FIRST)
        steady = { used: processors.used(), at: stamps.length };
    });
  const ledger = join(folder, `ledger-${round}-${count}`);
  const sweep = start([
    'sweep',
    `${registry.host}/acme/ship*`,
    '--ledger',
    ledger,
    '--queue',
    redis.url,
    '-q',
  ]);
  sweep.stdout?.resume();
  await new Promise((resolve) => sweep.once('close', resolve));
  const now = processors.used();
  for (const worker of workers) worker.kill('SIGKILL');
  if (steady === undefined) throw new Error(`not every worker has judged ${FIRST} images`);
  const measured = stamps.length - steady.at;
  const seconds = ((stamps.at(-1) ?? 0) - (stamps[steady.at - 1] ?? 0)) / 1000;
  const others = (now.machine - steady.used.machine - sumOf(now) + sumOf(steady.used)) / seconds;
  console.log(
    `${count} worker(s): ${measured} images in ${seconds.toFixed(1)} s, ${told(now, steady.used, measured, seconds)}, of others ${others.toFixed(2)}`,
  );
  return { rate: measured / seconds, others };
}

function sumOf({ programs }: Used): number {
  return [...programs.values()].reduce((sum, one) => sum + one, 0);
}

/** Waits until nobody else has much to do, for some minutes at most. */
async function untilQuiet(): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const before = processors.used().machine;
    await new Promise((resolve) => setTimeout(resolve, 3000));
    if ((processors.used().machine - before) / 3 <= MOST_OTHERS) return;
  }
}

/** Milliseconds of processors for each image, by program. */
function told(now: Used, before: Used, judged: number, seconds: number): string {
  const ms = (used: number) => ((used * 1000) / judged).toFixed(1);
  const each = [...now.programs].map(
    ([name, all]) => `${name} ${ms(all - (before.programs.get(name) ?? 0))}`,
  );
  const ours = sumOf(now) - sumOf(before);
  return `ms of a processor for each ${ms(ours)} (${each.join(', ')}); processors busy ${(ours / seconds).toFixed(2)}`;
}

function start(argv: readonly string[]): ChildProcess {
  const door = fileURLToPath(new URL('../bin/pratique.js', import.meta.url));
  const child = spawn(process.execPath, [door, ...argv], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, NODE_OPTIONS: POISONED },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  return child;
}
