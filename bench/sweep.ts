// What a queue costs, and what workers bring. Needs docker-registry and redis-server; npm run bench:sweep [-- IMAGES [ROUNDS]]
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
const [images, rounds] = [Number(process.argv[2] ?? 2000), Number(process.argv[3] ?? 3)];
const folder = await mkdtemp(join(tmpdir(), 'pratique-bench-'));
const redis = await startRedis(folder);
const registry = await startDockerRegistry();
const children = new Set<ChildProcess>();
const processors = watchProcessors(PROGRAMS);
try {
  await overhead();
  await writeFile(join(folder, '.git'), '');
  await pushFleet(registry.host, images);
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    // One after the other, as the machine may have others to serve, now more and now less.
    const [one, three] = [await withWorkers(1, round), await withWorkers(3, round)];
    ratios.push(three / one);
    console.log(`three workers judge ${(three / one).toFixed(2)} times as fast as one (wanted: ${WANTED})`);
  }
  const middle = ratios.toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
  console.log(`in the middle of ${rounds} rounds: ${middle.toFixed(2)}`);
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

/** Images a second from the first verdict to the last: what starting the programs takes is left out. */
async function withWorkers(count: number, round: number): Promise<number> {
  const stamps: number[] = [];
  // Another policy: what was judged under the one before would count, and what its layers hold would be known.
  const bytes = 4194304 + 10 * round + count;
  const policy = fleetPolicy(registry.host).replace('expanded-bytes: 4194304', `expanded-bytes: ${bytes}`);
  await writeFile(join(folder, 'pratique.yaml'), policy);
  const workers = Array.from({ length: count }, () => start(['worker', '--queue', redis.url, '-j', '1']));
  let used: Used | undefined;
  for (const { stdout } of workers)
    stdout?.on('data', (text: Buffer) => {
      for (const _ of text.toString().matchAll(/"judged"/g)) stamps.push(performance.now());
      if (stamps.length > 0) used ??= processors.used();
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
  const seconds = ((stamps.at(-1) ?? 0) - (stamps[0] ?? 0)) / 1000;
  console.log(
    `${count} worker(s): ${stamps.length} images in ${seconds.toFixed(1)} s; ${used && told(processors.used(), used, stamps.length)}`,
  );
  for (const worker of workers) worker.kill('SIGKILL');
  return (stamps.length - 1) / seconds;
}

/** Milliseconds of processors for each image, by program. */
function told(now: Used, before: Used, judged: number): string {
  const per = (seconds: number) => ((seconds * 1000) / judged).toFixed(1);
  const programs = [...now.programs].map(
    ([name, seconds]) => `${name} ${per(seconds - (before.programs.get(name) ?? 0))}`,
  );
  const ours = [...now.programs].reduce(
    (sum, [name, all]) => sum + all - (before.programs.get(name) ?? 0),
    0,
  );
  return `ms of a processor for each: ${per(ours)} (${programs.join(', ')}), others ${per(now.machine - before.machine - ours)}`;
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
