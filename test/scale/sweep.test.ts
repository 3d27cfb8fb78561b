import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SweptImage } from '../../src/model/sweep.ts';
import { readRecord } from '../../src/sweep/ledger-line.ts';
import { buildProgram } from '../support/built-program.ts';
import { type DockerRegistry, startDockerRegistry, whyNoDockerRegistry } from '../support/docker-registry.ts';
import { fleetPolicy, POISONED, pushFleet, type Ship } from '../support/fleet.ts';
import { PROGRAMS, type ProcessorWatch, watchProcessors } from '../support/processor-seconds.ts';
import { type RedisServer, startRedis, whyNoRedis } from '../support/redis-server.ts';

/** Images; npm run test:scale has few of them, PRATIQUE_SCALE=2000 makes it the whole proof. */
const SIZE = Number(process.env['PRATIQUE_SCALE'] ?? 200);
const WORKERS = 3;
/** milliseconds after which a sweep without a server is killed, the first time; a little later each time */
const FIRST_KILL = 4000;
/** Milliseconds between two kills of workers, one at random. A worker needs a second or two until it judges, on two processors that three share. */
const KILL_EVERY = Number(process.env['PRATIQUE_KILL_EVERY'] ?? 2000);
/** with which kill Redis crashes as well */
const CRASH_AT = 2;
const reason = whyNoDockerRegistry() ?? whyNoRedis();
if (reason !== undefined) process.stderr.write(`skip: sweeps at scale: ${reason}\n`);

describe.skipIf(reason !== undefined)(`a sweep over ${SIZE} images in docker-registry`, () => {
  let folder = '';
  let registry: DockerRegistry;
  let fleet: readonly Ship[];
  const running = new Set<ChildProcess>();
  let processors: ProcessorWatch;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-sweep-'));
    processors = watchProcessors(PROGRAMS);
    registry = await startDockerRegistry();
    await buildProgram(join(folder, 'program'));
    await writeFile(join(folder, '.git'), '');
    await writeFile(join(folder, 'pratique.yaml'), fleetPolicy(registry.host));
    fleet = await pushFleet(registry.host, SIZE);
  }, 600_000);
  afterAll(async () => {
    processors?.stop();
    for (const child of running) child.kill('SIGKILL');
    await registry?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function start(argv: readonly string[], env: Record<string, string> = {}) {
    const child = spawn(process.execPath, [join(folder, 'program/bin/pratique.js'), ...argv], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, NODE_OPTIONS: POISONED, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const told = { out: '', err: '' };
    child.stdout.on('data', (bytes) => {
      told.out += bytes;
    });
    child.stderr.on('data', (bytes) => {
      told.err += bytes;
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
    void ended.then(() => running.delete(child));
    return { child, ended, told };
  }

  const sweep = (ledger: string, ...more: readonly string[]) =>
    start(['sweep', `${registry.host}/**`, '--ledger', ledger, '-o', `jsonl=${ledger}.jsonl`, ...more]);

  /** Each image has exactly one verdict, the right one, for the right reason; and the ledger knows of nothing else. */
  async function expectWhole(ledger: string): Promise<void> {
    const lines = (await readFile(join(folder, `${ledger}.jsonl`), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const images = lines.filter(({ kind }) => kind === 'image') as SweptImage[];
    const rows = images.flatMap(({ names }) => names.map((one) => [one.name, one] as const));
    const told = new Map(rows);
    expect(rows).toHaveLength(told.size);
    const wrong = fleet.flatMap(({ name, result, reason: why }) => {
      const row = told.get(`${registry.host}/${name}`);
      const isRight = row?.result === result && (why === undefined || JSON.stringify(row).includes(why));
      return isRight ? [] : [{ name, wanted: result, why, row }];
    });
    expect(wrong).toEqual([]);
    expect(told.size).toBe(fleet.length);
    const records = (await readFile(join(folder, ledger), 'utf8')).trimEnd().split('\n').map(readRecord);
    const expected = new Set(records.flatMap((one) => (one?.kind === 'expected' ? [one.digest] : [])));
    const judged = records.flatMap((one) => (one?.kind === 'verdict' ? [one.image.digest] : []));
    expect(new Set(judged)).toEqual(expected);
    expect(judged).toHaveLength(expected.size);
  }

  /** Tells in the log what it took. */
  function measure(): (what: string) => void {
    const [began, before] = [performance.now(), processors.used()];
    return (what) => {
      const seconds = (performance.now() - began) / 1000;
      const now = processors.used();
      const used = [...now.programs].flatMap(([name, all]) => {
        const own = all - (before.programs.get(name) ?? 0);
        return own > 0 ? [`${name} ${own.toFixed(1)}`] : [];
      });
      process.stderr.write(
        `measured: ${SIZE} images ${what} in ${seconds.toFixed(0)} s; seconds of a processor: ${used.join(', ')}\n`,
      );
    };
  }

  /** Times that images were begun, beyond once for each. */
  async function begunAgain(ledger: string): Promise<number> {
    const records = (await readFile(join(folder, ledger), 'utf8')).trimEnd().split('\n').map(readRecord);
    const digests = records.flatMap((one) => (one?.kind === 'attempt' ? [one.digest] : []));
    return digests.length - new Set(digests).size;
  }

  test('without a server: every image has its verdict, and one that kills its process takes no other down', async () => {
    const tell = measure();
    const { ended, told } = sweep('embedded', '-j', '2');
    expect(await ended, told.err).toBe(1);
    tell('without a server');
    await expectWhole('embedded');
  }, 900_000);

  test('killed again and again, it goes on where it stopped', async () => {
    const tell = measure();
    let kills = 0;
    for (;;) {
      const { child, ended, told } = sweep('killed', '-j', '2');
      const timer = setTimeout(() => child.kill('SIGKILL'), FIRST_KILL + 2000 * kills);
      const code = await ended;
      clearTimeout(timer);
      if (code !== null) {
        expect(code, told.err).toBe(1);
        break;
      }
      kills += 1;
    }
    expect(kills).toBeGreaterThan(0);
    tell(`killed ${kills} times, ${await begunAgain('killed')} begun again,`);
    await expectWhole('killed');
  }, 900_000);

  test(`by ${WORKERS} workers of which one is killed every few seconds, through a Redis that crashes`, async () => {
    const data = await mkdtemp(join(tmpdir(), 'pratique-redis-'));
    const redis: RedisServer = await startRedis(data);
    const worker = () => start(['worker', '--queue', redis.url, '-j', '1']);
    const workers = Array.from({ length: WORKERS }, worker);
    const tell = measure();
    let kills = 0;
    const timer = setInterval(() => {
      const at = Math.floor(Math.random() * WORKERS);
      workers[at]?.child.kill('SIGKILL');
      workers[at] = worker();
      kills += 1;
      if (kills === CRASH_AT) void redis.crash();
    }, KILL_EVERY);
    try {
      const { ended, told } = sweep('queued', '--queue', redis.url);
      expect(await ended, told.err).toBe(1);
      expect(kills).toBeGreaterThanOrEqual(CRASH_AT);
      tell(`by ${WORKERS} workers, ${kills} killed, Redis once,`);
      await expectWhole('queued');
    } finally {
      clearInterval(timer);
      for (const { child } of workers) child.kill('SIGKILL');
      await redis.stop();
      await rm(data, { recursive: true, force: true });
    }
  }, 1_800_000);

  test('a server that may lose jobs is refused', async () => {
    const data = await mkdtemp(join(tmpdir(), 'pratique-redis-'));
    const redis = await startRedis(data, ['--appendonly', 'no']);
    try {
      const { ended, told } = sweep('volatile', '--queue', redis.url);
      expect(await ended).toBe(3);
      expect(told.err).toContain('appendonly');
      expect(told.err).toContain('--allow-volatile-queue');
    } finally {
      await redis.stop();
      await rm(data, { recursive: true, force: true });
    }
  }, 60_000);
});
