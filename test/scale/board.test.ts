import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openBoard, readBoard } from '../../src/cli/queue-board.ts';
import type { SmallServer } from '../../src/cli/small-server.ts';
import { parseDigest } from '../../src/model/digest.ts';
import { makeQueueJudge, type QueueJudge } from '../../src/sweep/queue/judge-by-queue.ts';
import { connectToQueue, type QueueConnection } from '../../src/sweep/queue/queue-connection.ts';
import { startBrowser, whyNoBrowser } from '../support/browser.ts';
import { type RedisServer, startRedis, whyNoRedis } from '../support/redis-server.ts';

const SECRET = 'sixteen characters at least';
const reason = whyNoRedis();
if (reason !== undefined) process.stderr.write(`skip: a board of queues: ${reason}\n`);
const noBrowser = whyNoBrowser();
if (noBrowser !== undefined) process.stderr.write(`skip: a board in a browser: ${noBrowser}\n`);

describe('the address of a board', () => {
  test.each(['0.0.0.0:3000', 'queue.acme.dev:3000', '[::]:3000', '10.0.0.1:3000'])(
    'is none that others can reach: %s',
    (board) =>
      expect(() => readBoard({ board, queue: 'redis://127.0.0.1' }, { env: {} })).toThrow(
        /is no address of this machine alone.*ssh -L/s,
      ),
  );

  test.each(['3000', ':3000', 'localhost:99999'])('is none: %s', (board) =>
    expect(() => readBoard({ board, queue: 'redis://127.0.0.1' }, { env: {} })).toThrow(
      /--board .* is no address/,
    ),
  );

  test.each(['127.0.0.1:0', 'localhost:3000', '[::1]:3000'])('is one of this machine: %s', (board) =>
    expect(readBoard({ board, queue: 'redis://127.0.0.1' }, { env: {} })).toBe(board),
  );
});

describe.skipIf(reason !== undefined)('a board of queues', () => {
  let folder: string;
  let redis: RedisServer;
  let connection: QueueConnection;
  let queue: QueueJudge;
  let board: SmallServer;
  let asked: Promise<unknown>;
  const item = { digest: parseDigest(`sha256:${'1'.repeat(64)}`), names: ['r.test/acme/shop:1'] };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-board-'));
    redis = await startRedis(folder);
    connection = await connectToQueue({ url: redis.url, warn: () => {} });
    board = await openBoard('127.0.0.1:0', connection, SECRET);
    queue = makeQueueJudge({
      connection,
      key: 'k',
      began: new Date().toISOString(),
      secret: SECRET,
      rateOf: () => undefined,
      now: Date.now,
    });
    asked = queue.judge(item).catch(() => {});
    await vi.waitFor(async () => expect((await queues())[0]?.counts['waiting']).toBe(1), 10_000);
  });
  afterAll(async () => {
    await queue?.close();
    await asked;
    await board?.close();
    await connection?.close();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  interface Shown {
    readonly name: string;
    readonly displayName: string;
    readonly readOnlyMode: boolean;
    readonly counts: Readonly<Record<string, number>>;
    readonly jobs: readonly unknown[];
  }

  async function queues(more = ''): Promise<readonly Shown[]> {
    return (JSON.parse((await get(`/api/queues${more}`)).text) as { queues: readonly Shown[] }).queues;
  }

  function get(path: string, { method = 'GET', host = '127.0.0.1' } = {}) {
    return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
      (resolve, reject) => {
        const options = { port: board.port, host: '127.0.0.1', path, method, headers: { host } };
        request(options, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (more) => (text += more));
          response.on('end', () => {
            const { statusCode: status = 0, headers } = response;
            resolve({ status, headers, text });
          });
        })
          .on('error', reject)
          .end();
      },
    );
  }

  test('shows the queue of a sweep by its registry, and what waits in it, for reading alone', async () => {
    const [shown] = await queues();
    expect(shown).toMatchObject({ displayName: 'r.test', readOnlyMode: true, counts: { waiting: 1 } });
    const [whole] = await queues(`?activeQueue=${shown?.name}&status=waiting&page=1`);
    expect(JSON.stringify(whole?.jobs)).toContain('r.test/acme/shop:1');
  });

  test('is a page of its own files, which asks nobody else', async () => {
    const { status, text, headers } = await get('/');
    expect(status).toBe(200);
    expect(text).not.toMatch(/<%|(?:href|src)="https?:/);
    expect(headers['content-security-policy']).toMatch(/^default-src 'self';.*frame-ancestors 'none'$/);
    const files = [...text.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => `/${path}`);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) expect((await get(file)).status, file).toBe(200);
  });

  test.skipIf(noBrowser !== undefined)(
    'shows a person in a browser the registry, under its policy',
    async () => {
      const browser = await startBrowser();
      try {
        const page = await browser.newPage();
        const told: string[] = [];
        page.on('pageerror', ({ message }) => told.push(message));
        page.on('request', (one) => new URL(one.url()).port === String(board.port) || told.push(one.url()));
        await page.goto(`http://127.0.0.1:${board.port}/`);
        await page.getByText('r.test').first().waitFor({ timeout: 10_000 });
        expect(told).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    30_000,
  );

  test('takes nothing: neither does anything change, nor does a file leave that is not its own', async () => {
    const [{ name } = { name: '' }] = await queues();
    for (const [method, path] of [
      ['PUT', `/api/queues/${name}/obliterate`],
      ['PUT', `/api/queues/${name}/empty`],
      ['POST', `/api/queues/${name}/add`],
      ['PUT', '/api/queues/pause'],
      ['DELETE', '/'],
    ] as const)
      expect((await get(path, { method })).status, path).toBe(405);
    for (const path of [
      `/api/queues/${name}/obliterate`,
      `/api/queues/${name}/empty`,
      '/static/../../package.json',
      '/static/%2e%2e/%2e%2e/package.json',
      '/api/queues/%/x',
      '//x.test/',
      '/api/nothing',
    ])
      expect([404, 405], path).toContain((await get(path)).status);
    expect((await queues())[0]?.counts['waiting']).toBe(1);
  });

  test('is shown to no page under another name', async () => {
    expect((await get('/api/queues', { host: 'evil.test' })).status).toBe(403);
    expect((await get('/api/queues', { host: `localhost:${board.port}` })).status).toBe(200);
  });

  test('shows no queue that somebody without the key has told of', async () => {
    await connection.redis.hset('pratique:sweeps', 'forged', '{"body":"{}","code":""}');
    expect(await queues()).toHaveLength(1);
  });
});
