import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { RegistryOptions } from '../../src/sources/registry/registry-options.ts';
import { openWebFolder, type WebFolder } from '../../src/sources/web-folder.ts';
import { issueChain } from '../support/certificate.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';

let server: ScriptedServer;
let folder: WebFolder;
beforeEach(async () => {
  server = await startScriptedServer();
  folder = open(`${server.url}/tuf`);
});
afterEach(async () => {
  await folder.close();
  await server.close();
});

function open(url: string, more: Partial<RegistryOptions> = {}): WebFolder {
  return openWebFolder(url, {
    env: {},
    limits: { ...DEFAULT_LIMITS, stallSeconds: 1 },
    now: Date.now,
    warn: () => {},
    ...more,
  });
}

async function* endless() {
  for (;;) yield Buffer.alloc(1024, 'a');
}

async function* drops() {
  for (;;) {
    yield Buffer.from('a');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a folder on a web server', () => {
  test('gives a file below its URL, and sends nothing that says who asks', async () => {
    server.script = ({ path }) => (path === '/tuf/targets/a.json' ? { body: 'text' } : undefined);
    expect(String(await folder.get('targets/a.json', 4))).toBe('text');
    expect(Object.keys(server.requests[0]?.headers ?? {}).sort()).toEqual([
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  test.each([403, 404])('says that there is none where the server answers %d', async (status) => {
    server.script = () => ({ status, body: '<html>' });
    expect(await folder.get('a.json', 10)).toBeUndefined();
  });

  test.each([
    [500, 'REGISTRY_ERROR'],
    [401, 'REGISTRY_ERROR'],
    [204, 'REGISTRY_ERROR'],
    [206, 'REGISTRY_ERROR'],
    [429, 'RATE_LIMITED'],
  ])('never takes %d for a missing file', async (status, code) => {
    server.script = () => ({ status });
    await expect(folder.get('a.json', 10)).rejects.toMatchObject({ code });
  });

  test.each([301, 302, 307, 308])('follows no redirect (%d) to another host', async (status) => {
    const other = await startScriptedServer(() => ({ body: 'theirs' }));
    server.script = () => ({ status, headers: { location: `${other.url}/tuf/a.json` } });
    await expect(folder.get('a.json', 10)).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' });
    expect(other.requests).toEqual([]);
    await other.close();
  });

  test('reads no byte more than it was told', async () => {
    server.script = () => ({ body: '12345' });
    expect((await folder.get('a.json', 5))?.length).toBe(5);
    await expect(folder.get('a.json', 4)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('ends an answer without end', async () => {
    server.script = () => ({ body: endless() });
    await expect(folder.get('a.json', 100_000)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('ends an answer that drips', async () => {
    server.script = () => ({ body: drops() });
    await expect(folder.get('a.json', 100_000)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('ends with its signal, also within an answer', async () => {
    const over = new AbortController();
    const watched = open(server.url, { signal: over.signal });
    server.script = () => {
      setTimeout(() => over.abort(), 20);
      return { body: drops() };
    };
    await expect(watched.get('a.json', 100_000)).rejects.toMatchObject({
      code: expect.stringMatching(/NETWORK|TIMEOUT/),
    });
    await watched.close();
  });

  test.each(['before', 'within'])(
    'says of a mirror that it is too slow, where time ends %s an answer',
    async (when) => {
      const watched = open(server.url, { signal: AbortSignal.timeout(200) });
      server.script = () => (when === 'within' ? { body: drops() } : new Promise<never>(() => {}));
      await expect(watched.get('a.json', 100_000)).rejects.toMatchObject({
        code: 'TIMEOUT',
        message: expect.stringContaining('the mirror takes too long to answer'),
      });
      await watched.close();
    },
  );

  test('does not wait for a proxy that never answers', async () => {
    const proxy = createServer((socket) => void socket.on('error', () => {}));
    await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const watched = open('https://tuf.example', {
      signal: AbortSignal.timeout(200),
      env: { HTTPS_PROXY: `http://user:password@127.0.0.1:${port}` },
      limits: { ...DEFAULT_LIMITS, stallSeconds: 3600 },
    });
    const failed = await watched.get('a.json', 10).catch((thrown: Error) => thrown);
    expect(failed).toMatchObject({ code: 'TIMEOUT' });
    expect(String((failed as Error).message)).not.toContain('password');
    await expect(watched.get('b.json', 10)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await watched.close();
    proxy.close();
  });

  test('takes no answer that is encoded, or cut', async () => {
    server.script = () => ({ headers: { 'content-encoding': 'gzip' }, body: 'text' });
    await expect(folder.get('a.json', 10)).rejects.toMatchObject({ code: 'REGISTRY_ERROR' });
    server.script = () => ({ body: '12345', cutAfter: 2 });
    await expect(folder.get('a.json', 10)).rejects.toMatchObject({ code: 'NETWORK' });
  });

  test('speaks of a mirror where nobody answers', async () => {
    await server.close();
    await expect(folder.get('a.json', 10)).rejects.toThrow('the mirror cannot be reached');
    server = await startScriptedServer();
  });

  test('is believed over https if its authority is named, and else not', async () => {
    const chain = issueChain(['127.0.0.1']);
    const secure = await startScriptedServer(() => ({ body: 'text' }), chain.server);
    const caFile = join(mkdtempSync(join(tmpdir(), 'pratique-test-')), 'ca.pem');
    writeFileSync(caFile, chain.authority.pem);
    const named = open(secure.url, { caFile });
    expect(String(await named.get('a.json', 4))).toBe('text');
    const unknown = open(secure.url);
    await expect(unknown.get('a.json', 4)).rejects.toMatchObject({
      code: 'TLS',
      problem: { what: 'no trusted connection to the mirror' },
    });
    await Promise.all([named.close(), unknown.close(), secure.close()]);
    rmSync(dirname(caFile), { recursive: true });
  });
});
