import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reference } from '../../src/model/reference.ts';
import { makeGateMetrics } from '../../src/serve/gate-metrics.ts';
import type { Judge } from '../../src/serve/judge.ts';
import { type Handle, type RunningServer, type ServerOptions, startServer } from '../../src/serve/server.ts';
import { readTlsFiles } from '../../src/serve/tls-files.ts';
import { makeWebhooks } from '../../src/serve/webhooks.ts';
import { reviewOf } from '../support/admission-reviews.ts';
import { issueCertificate, issueChain } from '../support/certificate.ts';

const { authority, server: shown } = issueChain(['127.0.0.1', 'localhost']);
const TOKEN = 'a token of the registry';
const judge: Judge = async (text) =>
  text.startsWith('good') ? { result: 'admitted' } : { result: 'refused', why: 'it is not signed' };

interface Answer {
  readonly status: number;
  readonly body: string;
}

let server: RunningServer;
let folder: string;
let ready = true;
const accepted: Reference[] = [];
const logged: Readonly<Record<string, unknown>>[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  const handle = makeWebhooks({
    judge,
    pin: false,
    needsDigest: false,
    metrics: makeGateMetrics(),
    now: Date.now,
    log: (entry) => logged.push(entry),
    isReady: () => ready,
    events: { registry: 'registry.test', token: TOKEN, accept: (one) => accepted.push(one) > 0 },
  });
  server = await startServer({
    tls: { cert: shown.pem, key: shown.keyPem },
    host: '127.0.0.1',
    port: 0,
    handle,
    closingMs: 25_000,
  });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function send(path: string, body: string | undefined, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port: server.port,
        path,
        method: body === undefined ? 'GET' : 'POST',
        ca: authority.pem,
        agent: false,
        ...options,
        headers: { 'content-type': 'application/json', ...options.headers },
      },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const pod = (image: string) => JSON.stringify(reviewOf({ spec: { containers: [{ name: 'app', image }] } }));

describe('the server', () => {
  test('answers reviews over TLS', async () => {
    const { status, body } = await send('/validate?timeout=5s', pod('good:1'));
    expect(status).toBe(200);
    expect(JSON.parse(body).response).toEqual({ uid: '705ab4f5-6393-11e8-b7cc-42010a800002', allowed: true });
    expect(JSON.parse((await send('/validate', pod('bad:1'))).body).response).toMatchObject({
      allowed: false,
      status: { code: 403, message: expect.stringContaining('it is not signed') },
    });
    expect(logged.at(-1)).toMatchObject({
      event: 'admission',
      kind: 'Pod',
      namespace: 'acme',
      allowed: false,
    });
  });

  test('tells nothing of a request as it came', async () => {
    const strange = { kind: { kind: `Pod\u009b2J\u202e${'x'.repeat(500)}` }, operation: 'CREATE\u009b2J' };
    await send('/validate', JSON.stringify(reviewOf({}, strange)));
    const line = JSON.stringify(logged.at(-1));
    expect(line).not.toMatch(/[\u009b\u202e]/);
    expect(line).not.toContain('x'.repeat(300));
  });

  test('speaks nothing but TLS', async () => {
    const said = await new Promise<string>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () =>
        socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'),
      );
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(text));
    });
    expect(said).not.toContain('ok');
  });

  test('is healthy, and ready when it is', async () => {
    expect(await send('/healthz', undefined)).toEqual({ status: 200, body: 'ok\n' });
    expect((await send('/readyz', undefined)).status).toBe(200);
    ready = false;
    expect((await send('/readyz', undefined)).status).toBe(503);
    expect((await send('/healthz', undefined)).status).toBe(200);
    ready = true;
  });

  test('counts what it decided, without a name of an image', async () => {
    await send('/validate', pod('bad:secret-name'));
    const { body } = await send('/metrics', undefined);
    expect(body).toMatch(/^pratique_admission_requests_total\{allowed="false"\} [1-9]/m);
    expect(body).toMatch(/^pratique_admission_seconds_bucket\{le="\+Inf"\} [1-9]/m);
    expect(body).not.toContain('secret-name');
  });

  test.each([
    ['another path', '/other', pod('good:1'), {}, 404],
    ['the path of a webhook that is not served', '/mutate', pod('good:1'), {}, 404],
    ['a review that is read and not sent', '/validate', undefined, {}, 405],
    [
      'a review of another type',
      '/validate',
      pod('good:1'),
      { headers: { 'content-type': 'text/plain' } },
      415,
    ],
    ['a body that is no JSON', '/validate', '{', {}, 400],
    ['a body without a request', '/validate', '{}', {}, 400],
    ['a body that is too large', '/validate', ' '.repeat(8 * 1024 * 1024 + 1), {}, 413],
  ])('refuses %s', async (_name, path, body, options, status) => {
    expect((await send(path, body, options)).status).toBe(status);
  });

  test('lets a nest of brackets cost nothing', async () => {
    expect((await send('/validate', '['.repeat(1_000_000))).status).toBe(400);
  });

  test('takes news of a registry that knows the token, and answers at once', async () => {
    const event = {
      type: 'PUSH_ARTIFACT',
      event_data: {
        resources: [{ digest: `sha256:${'a'.repeat(64)}`, tag: '1' }],
        repository: { repo_full_name: 'acme/app' },
      },
    };
    const authorization = `Bearer ${TOKEN}`;
    expect((await send('/events', JSON.stringify(event))).status).toBe(401);
    expect(
      (await send('/events', JSON.stringify(event), { headers: { authorization: 'Bearer x' } })).status,
    ).toBe(401);
    expect(accepted).toEqual([]);
    expect((await send('/events', JSON.stringify(event), { headers: { authorization } })).status).toBe(202);
    expect(accepted).toMatchObject([{ registry: 'registry.test', repository: 'acme/app', tag: '1' }]);
    const strange = JSON.stringify(event).replace('acme/app', 'Acme App');
    expect((await send('/events', strange, { headers: { authorization } })).status).toBe(400);
  });

  test('shows another certificate once it has one', async () => {
    const next = issueChain(['127.0.0.1']);
    server.renew({ cert: next.server.pem, key: next.server.keyPem });
    await expect(send('/healthz', undefined)).rejects.toThrow();
    expect((await send('/healthz', undefined, { ca: next.authority.pem })).status).toBe(200);
    server.renew({ cert: shown.pem, key: shown.keyPem });
  });

  test('lets nobody in without the certificate that it asks for', async () => {
    const clients = issueCertificate('clients', { authority: true });
    const client = issueCertificate('apiserver', { issuer: clients });
    const strict = await startServer({
      tls: { cert: shown.pem, key: shown.keyPem, ca: clients.pem },
      host: '127.0.0.1',
      port: 0,
      handle: async () => ({ status: 200, body: 'in' }),
      closingMs: 25_000,
    });
    const { port } = strict;
    await expect(send('/', undefined, { port })).rejects.toThrow();
    const stranger = issueCertificate('stranger', {
      issuer: issueCertificate('others', { authority: true }),
    });
    await expect(send('/', undefined, { port, cert: stranger.pem, key: stranger.keyPem })).rejects.toThrow();
    expect((await send('/', undefined, { port, cert: client.pem, key: client.keyPem })).body).toBe('in');
    await strict.close();
  });
});

describe('a server that is leaned on', () => {
  const held = () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    return { release, released };
  };
  const start = (
    handle: Handle,
    limits: Partial<Pick<ServerOptions, 'bytesAtOnce' | 'headersMs' | 'closingMs'>> = {},
  ) =>
    startServer({
      tls: { cert: shown.pem, key: shown.keyPem },
      host: '127.0.0.1',
      port: 0,
      handle,
      closingMs: 25_000,
      ...limits,
    });

  test('holds no more bytes of requests than it may, and answers again once some are done', async () => {
    const { release, released } = held();
    const answered = released.then(() => ({ status: 200, body: 'in' }));
    let began = () => {};
    const beginning = new Promise<void>((resolve) => {
      began = resolve;
    });
    const leaned = await start(
      () => {
        began();
        return answered;
      },
      { bytesAtOnce: 1_000 },
    );
    const { port } = leaned;
    const first = send('/', 'x'.repeat(700), { port });
    await beginning;
    expect((await send('/', 'x'.repeat(700), { port })).status).toBe(503);
    release();
    expect((await first).status).toBe(200);
    expect((await send('/', 'x'.repeat(700), { port })).status).toBe(200);
    await leaned.close();
  });

  test('answers others where a few send much, and slowly: whoever holds most and has not ended gives way', async () => {
    const leaned = await start(async () => ({ status: 200, body: 'in' }), {
      bytesAtOnce: 1_000,
      closingMs: 50,
    });
    const { port } = leaned;
    const ended: boolean[] = [];
    const slow = async () => {
      const socket = tlsConnect({ host: '127.0.0.1', port, ca: authority.pem });
      socket.on('error', () => {}).on('close', () => ended.push(true));
      await new Promise<void>((resolve) =>
        socket.once('secureConnect', () =>
          socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 800\r\n\r\n${'x'.repeat(450)}`, () =>
            resolve(),
          ),
        ),
      );
    };
    await slow();
    await slow();
    const other = async () => {
      expect((await send('/', 'x'.repeat(300), { port })).status).toBe(200);
      return ended.length;
    };
    await expect.poll(other).toBeGreaterThan(0); // what is slow may come late
    await leaned.close();
  });

  test('lets go of who connects and says nothing', async () => {
    const leaned = await start(async () => ({ status: 200, body: '' }), { headersMs: 50 });
    await new Promise<void>((resolve) => {
      const socket = connect(leaned.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
    await leaned.close();
  });

  test('ends also where somebody never finishes a request', async () => {
    const leaned = await start(async () => ({ status: 200, body: '' }), { closingMs: 50 });
    const { port } = leaned;
    const begun = new Promise<void>((resolve) => {
      const socket = tlsConnect({ host: '127.0.0.1', port, ca: authority.pem }, () =>
        socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1', () => resolve()),
      );
      socket.on('error', () => {});
    });
    await begun;
    await leaned.close();
    await expect(send('/', undefined, { port })).rejects.toThrow();
  });

  test('ends a connection with its last answer while it closes', async () => {
    const { release, released } = held();
    let began = () => {};
    const beginning = new Promise<void>((resolve) => {
      began = resolve;
    });
    const leaned = await start(async () => {
      began();
      await released;
      return { status: 200, body: 'in' };
    });
    const agent = new Agent({ keepAlive: true });
    const told = new Promise<string | undefined>((resolve, reject) => {
      const request = httpsRequest(
        { host: '127.0.0.1', port: leaned.port, ca: authority.pem, agent },
        (response) => {
          response.resume();
          resolve(response.headers.connection);
        },
      );
      request.on('error', reject);
      request.end();
    });
    await beginning;
    const closed = leaned.close();
    release();
    expect(await told).toBe('close');
    await closed;
    agent.destroy();
  });
});

describe('the files of a server', () => {
  async function put(name: string, text: string): Promise<string> {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  }

  test('go together', async () => {
    const files = { certificate: await put('tls.crt', shown.pem), key: await put('tls.key', shown.keyPem) };
    expect(await readTlsFiles(files)).toEqual({ cert: shown.pem, key: shown.keyPem });
  });

  test.each([
    ['a key of another certificate', issueChain(['127.0.0.1']).server.keyPem],
    ['a key that is none', 'hello, this is a text that is far from being a key of anybody'],
  ])('are refused with %s, and what is in them is not told', async (_name, keyPem) => {
    const files = { certificate: await put('tls.crt', shown.pem), key: await put('tls.key', keyPem) };
    const met = await readTlsFiles(files).catch((thrown: Error) => thrown);
    expect(met).toMatchObject({ code: 'KEY_INVALID' });
    expect(String(met)).not.toContain(keyPem.slice(30, 60));
  });

  test('that are not there are named', async () => {
    const files = { certificate: join(folder, 'none.crt'), key: join(folder, 'none.key') };
    await expect(readTlsFiles(files)).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringContaining('ENOENT'),
    });
  });
});
