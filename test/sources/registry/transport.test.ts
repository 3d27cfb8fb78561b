import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { faultOfConnection, redacted } from '../../../src/sources/registry/fault.ts';
import { readRetryAfter } from '../../../src/sources/registry/retry.ts';
import { issueCertificate, issueChain } from '../../support/certificate.ts';
import type { Reply } from '../../support/scripted-server.ts';
import {
  behindToken,
  collect,
  faultOf,
  logins,
  open,
  serverStarter,
  serving,
  testImage,
  testOptions,
  writeTemporary,
} from './fixtures.ts';

const start = serverStarter();
const image = testImage('the layer');
const chain = issueChain(['127.0.0.1', 'localhost', 'registry.example']);

describe('a registry with a certificate', () => {
  test('of an authority in the CA file is trusted', async () => {
    const registry = await start(serving(image), chain.server);
    const caFile = await writeTemporary('ca.pem', chain.authority.pem);
    const source = open(registry.host, { insecure: [], caFile });
    expect((await source.resolve()).subject).toEqual(image.manifest.descriptor);
  });

  test('of an unknown authority is a TLS fault, whatever the environment says, and is not tried again', async () => {
    const registry = await start(serving(image), chain.server);
    const options = testOptions({ env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const fault = await faultOf(open(registry.host, { ...options, insecure: [] }).resolve());
      expect(fault.code).toBe('TLS');
      expect(fault.message).toContain('CA file');
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
    expect(options.slept).toEqual([]);
    expect(registry.requests).toEqual([]);
  });

  test('for another name is a TLS fault', async () => {
    const other = issueCertificate('other', { names: ['other.example'], issuer: chain.authority });
    const registry = await start(serving(image), other);
    const caFile = await writeTemporary('ca.pem', chain.authority.pem);
    expect((await faultOf(open(registry.host, { insecure: [], caFile }).resolve())).code).toBe('TLS');
  });

  test('and a token server with one gets the login', async () => {
    const realm = await start(() => ({ body: '{"token":"good-token"}' }), chain.server);
    const registry = await start(behindToken(`${realm.url}/token`, serving(image)), chain.server);
    const caFile = await writeTemporary('ca.pem', chain.authority.pem);
    const env = logins({ [registry.host]: ['alice', 'secret'] });
    await open(registry.host, { insecure: [], caFile, env }).resolve();
    expect(realm.requests[0]?.headers.authorization).toMatch(/^Basic /);
  });

  test('that is spoken to in plain http, because it was named so, is a fault', async () => {
    const registry = await start(serving(image), chain.server);
    expect((await faultOf(open(registry.host).resolve())).code).toBe('NETWORK');
  });

  test('is not reached with a CA file that is missing or holds none', async () => {
    const empty = await writeTemporary('ca.pem', 'nothing');
    for (const caFile of [empty, `${empty}.missing`])
      expect(() => open('registry.example', { caFile })).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('a request that fails', () => {
  async function failing(...replies: Reply[]) {
    const rest = [...replies];
    const registry = await start((request) => rest.shift() ?? serving(image)(request));
    const options = testOptions({ insecure: [registry.host] });
    return { registry, options, source: open(registry.host, options) };
  }

  for (const status of [408, 429, 499, 500, 502, 503, 504, 522]) {
    test(`with ${status} is tried again`, async () => {
      const { source, options } = await failing({ status }, { status });
      await source.resolve();
      expect(options.slept).toEqual([500, 1000]);
    });
  }

  for (const status of [400, 401, 403, 404, 410, 501]) {
    test(`with ${status} is not tried again`, async () => {
      const { registry, source } = await failing({ status });
      await faultOf(source.resolve());
      expect(registry.requests).toHaveLength(1);
    });
  }

  test('by a broken connection is tried again, five times in all', async () => {
    const cut: Reply = { raw: (socket) => socket.destroy() };
    const { source } = await failing(cut, cut, cut, cut);
    await source.resolve();
    const { registry, source: other } = await failing(cut, cut, cut, cut, cut, cut);
    expect((await faultOf(other.resolve())).code).toBe('NETWORK');
    expect(registry.requests).toHaveLength(5);
  });

  test('waits as long as Retry-After asks, in seconds or until a date', async () => {
    const now = 1_800_000_000_000;
    const date = new Date(now + 20_000).toUTCString();
    const { source, options } = await failing(
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 503, headers: { 'retry-after': date } },
      { status: 503, headers: { 'retry-after': '0' } },
    );
    await source.resolve();
    expect(options.slept).toEqual([7000, 20_000, 500]);
  });

  test('says what Retry-After asks where that is longer than anybody waits', async () => {
    const { registry, source, options } = await failing({
      status: 429,
      headers: { 'retry-after': '3600', 'ratelimit-remaining': '0;w=21600' },
    });
    const fault = await faultOf(source.resolve());
    expect(fault.code).toBe('RATE_LIMITED');
    expect(fault.message).toContain('it asks to wait: 3600');
    expect(fault.message).toContain('0;w=21600');
    expect(options.slept).toEqual([]);
    expect(registry.requests).toHaveLength(1);
  });

  test('is given up when the time for all tries is over', async () => {
    let now = 0;
    const registry = await start(() => ({ status: 503, headers: { 'retry-after': '50' } }));
    const source = open(registry.host, {
      now: () => now,
      sleep: async (milliseconds) => {
        now += milliseconds;
      },
    });
    await faultOf(source.resolve());
    expect(registry.requests).toHaveLength(3);
  });

  test('with an answer that is not HTTP says so', async () => {
    const { source } = await failing({ raw: (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n') });
    expect((await faultOf(source.resolve())).code).toBe('REGISTRY_ERROR');
  });

  test("with Docker Hub's 429, whose lines end in bare line feeds, says what it may be (hub-feedback #1907)", async () => {
    const raw = 'HTTP/1.1 429 Too Many Requests\nContent-Type: text/html\n\nYou have reached your limit\n';
    const { source } = await failing({ raw: (socket) => socket.end(raw) });
    const fault = await faultOf(source.resolve());
    expect(fault.code).toBe('REGISTRY_ERROR');
    expect(fault.message).toContain('it limits requests');
  });

  test('because the headers are too large says so; 21 KB, as Google sends, are not', async () => {
    const padded = (size: number) => ({ 'x-padding': 'x'.repeat(size) });
    const { registry, source } = await failing();
    registry.script = (request) => ({
      ...serving(image)(request),
      headers: { ...serving(image)(request)?.headers, ...padded(21_000) },
    });
    await source.resolve();
    registry.script = () => ({ headers: padded(70_000) });
    const fault = await faultOf(collect(source.blob(image.layer.descriptor)));
    expect(fault.code).toBe('REGISTRY_ERROR');
    expect(fault.message).toContain('headers');
  });

  test('because nobody listens is NETWORK; because the name does not exist too, at once', async () => {
    const registry = await start();
    await registry.close();
    expect((await faultOf(open(registry.host).resolve())).code).toBe('NETWORK');
    const options = testOptions({
      lookup: (_name, _options, done) => done(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), []),
    });
    expect((await faultOf(open('no-such.example', { ...options, insecure: [] }).resolve())).code).toBe(
      'NETWORK',
    );
    expect(options.slept).toEqual([]);
  });

  test('because the run was interrupted is not tried again', async () => {
    const controller = new AbortController();
    const registry = await start(() => {
      controller.abort();
      return { status: 503 };
    });
    const options = testOptions({ signal: controller.signal, insecure: [registry.host] });
    const fault = await faultOf(open(registry.host, options).resolve());
    expect(fault.code).toBe('NETWORK');
    expect(fault.message).toContain('interrupted');
    expect(registry.requests).toHaveLength(1);
  });

  test('leaves nothing hanging when the source is closed in the middle', async () => {
    const registry = await start(() => new Promise(() => {}));
    const source = open(registry.host);
    const fault = faultOf(source.resolve());
    while (registry.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await source.close();
    expect((await fault).code).toBe('NETWORK');
    expect((await faultOf(source.resolve())).message).toContain('closed');
    expect(registry.requests).toHaveLength(1);
  });
});

test('Retry-After is seconds or a date', () => {
  expect(readRetryAfter('5', 0)).toBe(5000);
  expect(readRetryAfter('Thu, 01 Jan 1970 00:00:10 GMT', 4000)).toBe(6000);
  expect(readRetryAfter('Thu, 01 Jan 1970 00:00:10 GMT', 20_000)).toBe(0);
  for (const text of ['', '-5', '1.5', 'soon', '99999999999', undefined])
    expect(readRetryAfter(text, 0)).toBeUndefined();
});

test('the words of a server are cleaned of credentials and queries', () => {
  expect(redacted('see https://x.example/a?sig=1#y and http://y/b?c=2, ok')).toBe(
    'see https://x.example/a?… and http://y/b?… ok',
  );
  expect(redacted('Authorization: Bearer abcdefgh1jkl.mn-op')).not.toContain('abcdefgh');
  expect(redacted('basic authentication required')).toBe('basic authentication required');
  expect(redacted('x s3cr3tvalue y', ['s3cr3tvalue'])).toBe('x … y');
});

test('what a connection throws has a code, whatever it is', () => {
  const error = (code: string, name = 'Error') => Object.assign(new Error('it broke'), { code, name });
  const codeOf = (thrown: unknown) => faultOfConnection(thrown, 'GET https://r.example/').code;
  expect(codeOf(error('ECONNRESET'))).toBe('NETWORK');
  expect(codeOf(new AggregateError([error('ECONNREFUSED')]))).toBe('NETWORK');
  expect(codeOf(error('UND_ERR_CONNECT_TIMEOUT'))).toBe('TIMEOUT');
  expect(codeOf(error('CERT_HAS_EXPIRED'))).toBe('TLS');
  expect(codeOf(error('ERR_TLS_CERT_ALTNAME_INVALID'))).toBe('TLS');
  expect(codeOf('a text')).toBe('NETWORK');
});

describe('a proxy', () => {
  const proxies: Server[] = [];
  afterEach(async () => {
    for (const server of proxies.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  /** Forwards and tunnels whatever is asked to one port of this machine; records what it was asked. */
  async function startProxy(port: number, password?: string) {
    const asked: string[] = [];
    const logins: (string | undefined)[] = [];
    const allowed = (header: string | undefined) => {
      logins.push(header);
      return password === undefined || header === `Basic ${Buffer.from(password).toString('base64')}`;
    };
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (!allowed(request.headers['proxy-authorization'])) return response.writeHead(407).end();
      const url = new URL(request.url ?? '');
      fetchFrom(port, `${url.pathname}${url.search}`, request.headers).then(({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type }).end(body);
      });
    });
    server.on('connect', (request, client: Socket) => {
      asked.push(`CONNECT ${request.url}`);
      if (!allowed(request.headers['proxy-authorization'])) return client.end('HTTP/1.1 407 No\r\n\r\n');
      const target = connect(port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(client).pipe(target);
      });
      target.on('error', () => client.destroy());
      client.on('error', () => target.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    proxies.push(server);
    return { asked, logins, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  async function fetchFrom(port: number, path: string, headers: import('node:http').IncomingHttpHeaders) {
    const { request } = await import('undici');
    const { 'proxy-authorization': _, connection: __, ...rest } = headers;
    const answer = await request(`http://127.0.0.1:${port}${path}`, {
      headers: rest as Record<string, string>,
    });
    return {
      status: answer.statusCode,
      type: String(answer.headers['content-type'] ?? ''),
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  }

  test('tunnels https, with the certificate checked end to end', async () => {
    const registry = await start(serving(image), chain.server);
    const proxy = await startProxy(registry.port);
    const caFile = await writeTemporary('ca.pem', chain.authority.pem);
    const env = { HTTPS_PROXY: `http://${proxy.host}` };
    const source = open('registry.example', { insecure: [], caFile, env });
    expect((await collect(source.blob(image.layer.descriptor))).toString()).toBe('the layer');
    expect(proxy.asked).toEqual(['CONNECT registry.example:443']);
    const untrusting = open('registry.example', { insecure: [], env });
    expect((await faultOf(untrusting.resolve())).code).toBe('TLS');
    await source.close();
    await untrusting.close();
  });

  test('forwards http, and is given its own login and no other', async () => {
    const registry = await start(serving(image));
    const proxy = await startProxy(registry.port, 'proxy:pass');
    const source = open('registry.example:5000', { env: { http_proxy: `http://proxy:pass@${proxy.host}` } });
    await source.resolve();
    expect(proxy.asked[0]).toBe('GET http://registry.example:5000/v2/acme/app/manifests/1');
    expect(registry.requests[0]?.headers['proxy-authorization']).toBeUndefined();
    await source.close();
  });

  test('that wants a login is a fault that says so', async () => {
    const registry = await start(serving(image));
    const proxy = await startProxy(registry.port, 'proxy:pass');
    const fault = await faultOf(
      open('registry.example:5000', { env: { http_proxy: `http://${proxy.host}` } }).resolve(),
    );
    expect(fault.code).toBe('NETWORK');
    expect(fault.message).toContain('the proxy wants a login');
    expect(registry.requests).toEqual([]);
  });

  test('is left out where NO_PROXY says so', async () => {
    const registry = await start(serving(image));
    const proxy = await startProxy(registry.port);
    const lookup: NonNullable<Parameters<typeof open>[1]>['lookup'] = (_name, _options, done) =>
      done(null, [{ address: '127.0.0.1', family: 4 }]);
    const env = { HTTP_PROXY: `http://${proxy.host}`, NO_PROXY: '.example' };
    const source = open(`registry.example:${registry.port}`, { env, lookup });
    await source.resolve();
    expect(proxy.asked).toEqual([]);
    await source.close();
  });

  test('that is not there is a fault', async () => {
    const gone = await start();
    await gone.close();
    const env = { HTTPS_PROXY: gone.url };
    expect((await faultOf(open('registry.example', { insecure: [], env }).resolve())).code).toBe('NETWORK');
  });
});
