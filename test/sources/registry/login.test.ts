import { describe, expect, test } from 'vitest';
import type { Reply } from '../../support/scripted-server.ts';
import {
  basic,
  behindPassword,
  behindToken,
  collect,
  faultOf,
  logins,
  open,
  secretsSent,
  serverStarter,
  serving,
  testImage,
} from './fixtures.ts';

const start = serverStarter();
const PASSWORD = ['hunter', '2', '-and-more'].join('');
const image = testImage('the layer');
const token = (value: string, more: object = {}): Reply => ({
  body: JSON.stringify({ token: value, ...more }),
});

/** A registry and its token server on another port of this machine. */
async function withTokens(reply: Reply | (() => Reply) = token('good-token')) {
  const realm = await start(() => (typeof reply === 'function' ? reply() : reply));
  const registry = await start();
  registry.script = behindToken(`${realm.url}/token`, serving(image));
  return { realm, registry };
}

describe('a registry behind a password', () => {
  test('is given it after it asked, and with every request from then on', async () => {
    const registry = await start(behindPassword('alice', PASSWORD, serving(image)));
    const source = open(registry.host, { env: logins({ [registry.host]: ['alice', PASSWORD] }) });
    await source.resolve();
    await collect(source.blob(image.layer.descriptor));
    const [first, ...rest] = registry.requests;
    expect(first?.headers.authorization).toBeUndefined();
    expect(rest).toHaveLength(3);
    expect(new Set(rest.map(({ headers }) => headers.authorization))).toEqual(
      new Set([basic('alice', PASSWORD)]),
    );
  });

  test('that refuses it is UNAUTHORIZED, after one try', async () => {
    const registry = await start(behindPassword('alice', PASSWORD, serving(image)));
    const fault = await faultOf(
      open(registry.host, { env: logins({ [registry.host]: ['alice', 'wrong'] }) }).resolve(),
    );
    expect(fault.code).toBe('UNAUTHORIZED');
    expect(registry.requests).toHaveLength(2);
  });

  test('is UNAUTHORIZED without a login, and never asked twice', async () => {
    const registry = await start(behindPassword('alice', PASSWORD, serving(image)));
    expect((await faultOf(open(registry.host).resolve())).code).toBe('UNAUTHORIZED');
    expect(registry.requests).toHaveLength(1);
  });

  test('that asks in an unknown way only is UNAUTHORIZED, and gets nothing', async () => {
    const registry = await start(() => ({
      status: 401,
      headers: { 'www-authenticate': 'Negotiate, Digest realm="x"' },
    }));
    const fault = await faultOf(
      open(registry.host, { env: logins({ [registry.host]: ['alice', PASSWORD] }) }).resolve(),
    );
    expect(fault.code).toBe('UNAUTHORIZED');
    expect(fault.message).toContain('negotiate');
    expect(secretsSent(registry.requests)).toEqual([]);
  });

  test('may offer Negotiate first', async () => {
    const registry = await start((request) =>
      request.headers.authorization === basic('alice', PASSWORD)
        ? serving(image)(request)
        : { status: 401, headers: { 'www-authenticate': ['Negotiate', 'Basic realm="a, b"'] } },
    );
    await open(registry.host, { env: logins({ [registry.host]: ['alice', PASSWORD] }) }).resolve();
  });
});

describe('a registry behind a token server', () => {
  test('is read anonymously where there is no login', async () => {
    const { realm, registry } = await withTokens();
    await open(registry.host).resolve();
    expect(realm.requests).toHaveLength(1);
    const [asked] = realm.requests;
    expect(asked?.method).toBe('GET');
    expect(asked?.query.get('service')).toBe('reg.test');
    expect(asked?.query.getAll('scope')).toEqual(['repository:acme/app:pull']);
    expect(asked?.headers.authorization).toBeUndefined();
  });

  test('keeps the query of its realm', async () => {
    const { realm, registry } = await withTokens();
    registry.script = behindToken(`${realm.url}/token?account=x&y=1`, serving(image));
    await open(registry.host).resolve();
    expect(realm.requests[0]?.query.get('y')).toBe('1');
  });

  test('is given the password at the token server only', async () => {
    const { realm, registry } = await withTokens();
    await open(registry.host, { env: logins({ [registry.host]: ['alice', PASSWORD] }) }).resolve();
    expect(secretsSent(realm.requests)).toEqual([basic('alice', PASSWORD)]);
    expect(new Set(secretsSent(registry.requests))).toEqual(new Set(['Bearer good-token']));
  });

  test('is asked for one token, however many requests wait for it', async () => {
    const { realm, registry } = await withTokens();
    const source = open(registry.host);
    await Promise.all([
      collect(source.blob(image.layer.descriptor)),
      collect(source.blob(image.config.descriptor)),
      source.manifest(image.manifest.descriptor),
    ]);
    expect(realm.requests).toHaveLength(1);
  });

  test('is asked again when the token has run out, and not before', async () => {
    let now = 1_800_000_000_000;
    const { realm, registry } = await withTokens(token('good-token', { expires_in: 300 }));
    const source = open(registry.host, { now: () => now });
    await source.resolve();
    now += 290_000;
    await collect(source.blob(image.layer.descriptor));
    expect(realm.requests).toHaveLength(1);
    now += 10_000;
    await collect(source.blob(image.layer.descriptor));
    expect(realm.requests).toHaveLength(2);
  });

  test('may refuse a token in the middle, and gets a new one', async () => {
    let valid = 'first-token';
    const { realm, registry } = await withTokens(() => token(valid));
    registry.script = (request) => behindToken(`${realm.url}/token`, serving(image), valid)(request);
    const source = open(registry.host);
    await source.resolve();
    valid = 'second-token';
    expect((await collect(source.blob(image.layer.descriptor))).toString()).toBe('the layer');
    expect(realm.requests).toHaveLength(2);
  });

  test('that refuses its own token is UNAUTHORIZED, not an endless conversation', async () => {
    const { realm, registry } = await withTokens(token('bad-token'));
    expect((await faultOf(open(registry.host).resolve())).code).toBe('UNAUTHORIZED');
    expect(realm.requests).toHaveLength(1);
    expect(registry.requests).toHaveLength(2);
  });

  test('may call the token access_token', async () => {
    const { registry } = await withTokens({
      body: JSON.stringify({ access_token: 'good-token', token: '' }),
    });
    await open(registry.host).resolve();
  });

  test('that refuses the login is UNAUTHORIZED, and says which login', async () => {
    const { registry } = await withTokens({
      status: 401,
      body: '{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}',
    });
    const fault = await faultOf(
      open(registry.host, { env: logins({ [registry.host]: ['alice', PASSWORD] }) }).resolve(),
    );
    expect(fault.code).toBe('UNAUTHORIZED');
    expect(fault.message).toMatch(/^the token server answered 401/);
    expect(fault.message).toContain('DOCKER_AUTH_CONFIG');
  });

  test('that has nothing at its realm is a fault of the registry, not "no such image"', async () => {
    const { registry } = await withTokens({ status: 404 });
    expect((await faultOf(open(registry.host).resolve())).code).toBe('REGISTRY_ERROR');
  });

  test('that is out of order is tried as often as the registry would be, not squared', async () => {
    const { realm, registry } = await withTokens({ raw: (socket) => socket.destroy() });
    expect((await faultOf(open(registry.host).resolve())).code).toBe('NETWORK');
    expect(realm.requests).toHaveLength(5);
  });

  test('that gives what could forge a header, or nothing, is a fault', async () => {
    for (const body of [
      '{"token":"a\\r\\nX: y"}',
      '{"token":""}',
      '{}',
      '{"token":5}',
      '[]',
      'x',
      '{"token":"a","token":"b"}',
    ]) {
      const { registry } = await withTokens({ body });
      const fault = await faultOf(open(registry.host).resolve());
      expect(['REGISTRY_ERROR', 'JSON_INVALID']).toContain(fault.code);
      expect(registry.requests).toHaveLength(1);
    }
  });

  test('is asked for each repository on its own', async () => {
    const { realm, registry } = await withTokens();
    await open(registry.host).resolve();
    await faultOf(open(registry.host, {}, 'acme/other:1').resolve());
    expect(realm.requests.map(({ query }) => query.get('scope'))).toEqual([
      'repository:acme/app:pull',
      'repository:acme/other:pull',
    ]);
  });
});

describe('a login by refresh token', () => {
  const identity = (host: string, more: object = {}) => ({
    DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [host]: { identitytoken: 'refresh-me', ...more } } }),
  });

  test('is exchanged by OAuth2 POST', async () => {
    const { realm, registry } = await withTokens({ body: JSON.stringify({ access_token: 'good-token' }) });
    await open(registry.host, { env: identity(registry.host) }).resolve();
    const [asked] = realm.requests;
    expect(asked?.method).toBe('POST');
    expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(asked?.headers.authorization).toBeUndefined();
    expect(asked?.target).toBe('/token');
    expect(Object.fromEntries(new URLSearchParams(asked?.body.toString()))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'pratique',
      refresh_token: 'refresh-me',
      service: 'reg.test',
      scope: 'repository:acme/app:pull',
    });
  });

  test('falls back to GET where the token server has no POST', async () => {
    for (const status of [404, 405]) {
      const { realm, registry } = await withTokens();
      realm.script = ({ method }) => (method === 'POST' ? { status } : token('good-token'));
      const auth = Buffer.from('robot:ignored').toString('base64');
      await open(registry.host, { env: identity(registry.host, { auth }) }).resolve();
      expect(realm.requests.map(({ method }) => method)).toEqual(['POST', 'GET']);
      expect(secretsSent(realm.requests)).toEqual([basic('robot', 'refresh-me')]);
    }
  });

  test('that has expired is UNAUTHORIZED', async () => {
    const { registry } = await withTokens({ status: 400, body: '{"error":"invalid_grant"}' });
    expect((await faultOf(open(registry.host, { env: identity(registry.host) }).resolve())).code).toBe(
      'UNAUTHORIZED',
    );
  });

  test('goes to no registry that asks for a password', async () => {
    const registry = await start(behindPassword('alice', PASSWORD, serving(image)));
    expect((await faultOf(open(registry.host, { env: identity(registry.host) }).resolve())).code).toBe(
      'UNAUTHORIZED',
    );
    expect(secretsSent(registry.requests)).toEqual([]);
  });
});

test('a registry token is given to the registry itself', async () => {
  const { realm, registry } = await withTokens();
  const auths = { [registry.host]: { registrytoken: 'good-token' } };
  await open(registry.host, { env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) } }).resolve();
  expect(realm.requests).toEqual([]);
});
