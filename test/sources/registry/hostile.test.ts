import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { MEDIA } from '../../../src/model/media-type.ts';
import { findCredentials } from '../../../src/sources/registry/credentials.ts';
import { pushBlob } from '../../../src/sources/registry/push.ts';
import { issueChain } from '../../support/certificate.ts';
import type { Recorded, Reply, ScriptedServer } from '../../support/scripted-server.ts';
import {
  behindPassword,
  behindToken,
  collect,
  faultOf,
  listed,
  logins,
  manifestReply,
  open,
  piece,
  secretsSent,
  serverStarter,
  serving,
  testImage,
  testOptions,
  writeTemporary,
} from './fixtures.ts';

// The numbers are those of the security cases that the client was designed by; each names its advisory.
const start = serverStarter();
const PASSWORD = ['hunter', '2', '-and-more'].join('');
const TOKEN = ['good', 'token', 'value'].join('-');

/** Another name for the same machine: a foreign host to the client. */
const abroad = (server: ScriptedServer, path = '/') => `http://localhost:${server.port}${path}`;

/** A registry behind a password whose blobs are elsewhere. */
async function redirecting(
  location: (request: Recorded) => string,
  status = 307,
  headers: Record<string, string> = {},
) {
  const image = testImage('the layer');
  const script = serving(image);
  const registry = await start(
    behindPassword('alice', PASSWORD, (request) => {
      if (!request.path.includes('/blobs/')) return script(request);
      return { status, headers: { location: location(request), ...headers } };
    }),
  );
  const env = logins({ [registry.host]: ['alice', PASSWORD] });
  return { image, registry, source: open(registry.host, { env }) };
}

/** Reads the layer and says what became of it. */
async function layerOf({ image, source }: Awaited<ReturnType<typeof redirecting>>): Promise<string> {
  return (await collect(source.blob(image.layer.descriptor))).toString();
}

/** A body that goes on until somebody stops reading. */
async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield Buffer.alloc(65_536, 0x20);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('1. a redirect to another host', () => {
  for (const status of [301, 302, 303, 307, 308]) {
    test(`by ${status} is followed without Authorization and Cookie (GHSA-whvf-jp7m-59f3)`, async () => {
      const store = await start(() => ({ body: 'the layer' }));
      const hostile = await redirecting(() => abroad(store, '/blob'), status, { 'set-cookie': 'session=1' });
      expect(await layerOf(hostile)).toBe('the layer');
      expect(store.requests).toHaveLength(1);
      expect(secretsSent(store.requests)).toEqual([]);
      expect(secretsSent(hostile.registry.requests).length).toBeGreaterThan(0);
    });
  }

  test('to another port of the same host gets no credentials either, nor any header but harmless ones', async () => {
    const store = await start(() => ({ body: 'the layer' }));
    const hostile = await redirecting(() => `${store.url}/blob`);
    expect(await layerOf(hostile)).toBe('the layer');
    const harmless = ['accept-encoding', 'connection', 'host', 'user-agent'];
    expect(Object.keys(store.requests[0]?.headers ?? {}).sort()).toEqual(harmless);
  });

  test('and back home does not bring the credentials back', async () => {
    const store = await start();
    const hostile = await redirecting(() => abroad(store, '/hop'));
    store.script = () => ({
      status: 307,
      headers: { location: `${hostile.registry.url}/v2/acme/app/tags/list` },
    });
    const fault = await faultOf(layerOf(hostile));
    expect(fault.code).toBe('UNAUTHORIZED');
    const last = hostile.registry.requests.at(-1);
    expect(last?.path).toBe('/v2/acme/app/tags/list');
    expect(last?.headers.authorization).toBeUndefined();
  });

  test('within the registry keeps the credentials, and a chain of redirects has an end', async () => {
    const hostile = await redirecting(({ path }) => path);
    const fault = await faultOf(layerOf(hostile));
    expect(fault.code).toBe('REDIRECT_REFUSED');
    expect(hostile.registry.requests.length).toBeLessThan(10);
  });

  test('that names a user, or is no http, is refused', async () => {
    for (const location of [
      'http://user:pw@localhost:1/',
      'file:///etc/passwd',
      'ftp://localhost/',
      'http://',
      '',
    ]) {
      const hostile = await redirecting(() => location);
      expect((await faultOf(layerOf(hostile))).code).toBe('REDIRECT_REFUSED');
    }
  });
});

test('2. a host that was redirected to and wants a login gets none (go-containerregistry #2349)', async () => {
  const realm = await start(() => ({ body: JSON.stringify({ token: TOKEN }) }));
  const store = await start(behindToken(`${realm.url}/token`, () => ({ body: 'the layer' }), TOKEN));
  const hostile = await redirecting(() => abroad(store, '/blob'));
  // once while signing in, and once with the login that stands from then on
  for (const _turn of [1, 2]) {
    const fault = await faultOf(layerOf(hostile));
    expect(fault.code).toBe('UNAUTHORIZED');
    expect(fault.message).toContain('localhost');
  }
  const anonymous = await start(() => ({ status: 307, headers: { location: abroad(store, '/blob') } }));
  const { layer } = testImage('the layer');
  expect((await faultOf(collect(open(anonymous.host).blob(layer.descriptor)))).code).toBe('UNAUTHORIZED');
  expect(realm.requests).toEqual([]);
  expect(store.requests).toHaveLength(3);
  expect(secretsSent(store.requests)).toEqual([]);
});

describe('3. from https to http', () => {
  const chain = issueChain(['127.0.0.1', 'localhost']);

  test('a redirect is refused, and nothing is sent there (regclient 39de02d)', async () => {
    const plain = await start(() => ({ body: 'the layer' }));
    const image = testImage('the layer');
    const registry = await start(
      ({ path }) =>
        path.includes('/blobs/') ? { status: 307, headers: { location: `${plain.url}/` } } : undefined,
      chain.server,
    );
    const caFile = await writeTemporary('ca.pem', chain.authority.pem);
    const source = open(registry.host, { insecure: [], caFile });
    expect((await faultOf(collect(source.blob(image.layer.descriptor)))).code).toBe('REDIRECT_REFUSED');
    expect(registry.requests).toHaveLength(1);
    expect(plain.requests).toEqual([]);
  });

  test('a realm is refused, anonymous or not (CVE-2019-10214)', async () => {
    const realm = await start(() => ({ body: JSON.stringify({ token: TOKEN }) }));
    const registry = await start(
      behindToken(`${realm.url}/token`, serving(testImage()), TOKEN),
      chain.server,
    );
    const caFile = await writeTemporary('ca.pem', chain.authority.pem);
    for (const env of [{}, logins({ [registry.host]: ['alice', PASSWORD] })]) {
      const fault = await faultOf(open(registry.host, { insecure: [], caFile, env }).resolve());
      expect(fault.code).toBe('REALM_REFUSED');
    }
    expect(realm.requests).toEqual([]);
  });
});

describe('4. a token server of another host', () => {
  async function foreign() {
    const realm = await start(() => ({ body: JSON.stringify({ token: TOKEN }) }));
    const registry = await start();
    registry.script = behindToken(abroad(realm, '/token'), serving(testImage()), TOKEN);
    return { realm, registry, env: logins({ [registry.host]: ['alice', PASSWORD] }) };
  }

  test('is not given the password', async () => {
    const { realm, registry, env } = await foreign();
    const fault = await faultOf(open(registry.host, { env }).resolve());
    expect(fault.code).toBe('REALM_REFUSED');
    expect(realm.requests).toEqual([]);
    expect(secretsSent(registry.requests)).toEqual([]);
  });

  test('is not given a refresh token', async () => {
    const { realm, registry } = await foreign();
    const auths = { [registry.host]: { identitytoken: PASSWORD } };
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
    expect((await faultOf(open(registry.host, { env }).resolve())).code).toBe('REALM_REFUSED');
    expect(realm.requests).toEqual([]);
  });

  test('may be allowed by name, and by its whole name only', async () => {
    const { realm, registry, env } = await foreign();
    for (const name of [`x.localhost:${realm.port}`, `localhost:${realm.port}0`, 'ocalhost', 'localhost.']) {
      expect((await faultOf(open(registry.host, { env, allowRealms: [name] }).resolve())).code).toBe(
        'REALM_REFUSED',
      );
    }
    expect(realm.requests).toEqual([]);
    await open(registry.host, { env, allowRealms: [`localhost:${realm.port}`] }).resolve();
    expect(secretsSent(realm.requests)).toHaveLength(1);
  });

  test('is asked anonymously where there is no login', async () => {
    const { realm, registry } = await foreign();
    await open(registry.host).resolve();
    expect(realm.requests).toHaveLength(1);
    expect(secretsSent(realm.requests)).toEqual([]);
  });

  test('may not hold a user name, nor redirect', async () => {
    const realm = await start(() => ({ status: 307, headers: { location: '/elsewhere' } }));
    const registry = await start();
    const env = logins({ [registry.host]: ['alice', PASSWORD] });
    registry.script = behindToken(`http://bob@127.0.0.1:${realm.port}/token`, serving(testImage()));
    expect((await faultOf(open(registry.host, { env }).resolve())).code).toBe('REALM_REFUSED');
    expect(realm.requests).toEqual([]);
    registry.script = behindToken(`${realm.url}/token`, serving(testImage()));
    expect((await faultOf(open(registry.host, { env }).resolve())).code).toBe('REALM_REFUSED');
    expect(realm.requests.map(({ path }) => path)).toEqual(['/token']);
  });
});

describe('5. addresses inside the network of the gate (go-containerregistry #2243, #2285)', () => {
  const INSIDE = [
    '169.254.169.254',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.100.100.200',
    '0.0.0.0',
    '[::]',
    '[::ffff:169.254.169.254]',
    '[::ffff:a00:1]',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[64:ff9b::a9fe:a9fe]',
    '2852039166', // 169.254.169.254 as one number
  ];

  for (const address of INSIDE) {
    test(`a redirect to ${address} is refused`, async () => {
      const hostile = await redirecting(() => `http://${address}/latest/meta-data`);
      expect((await faultOf(layerOf(hostile))).code).toBe('REDIRECT_REFUSED');
    });
  }

  test('a realm at such an address is refused', async () => {
    for (const address of INSIDE.slice(0, 12)) {
      const registry = await start();
      registry.script = behindToken(`http://${address}/token`, serving(testImage()));
      expect((await faultOf(open(registry.host).resolve())).code).toBe('REALM_REFUSED');
    }
  });

  test('a name that resolves to one is refused, with any public address beside it', async () => {
    const lookup: NonNullable<Parameters<typeof open>[1]>['lookup'] = (_name, _options, done) =>
      done(null, [
        { address: '93.184.216.34', family: 4 },
        { address: '169.254.169.254', family: 4 },
      ]);
    const image = testImage('the layer');
    const registry = await start(({ path }) => {
      if (path.includes('/blobs/')) return { status: 307, headers: { location: 'http://cdn.example/' } };
      return serving(image)({ path });
    });
    const source = open(registry.host, { lookup });
    const fault = await faultOf(collect(source.blob(image.layer.descriptor)));
    expect(fault.code).toBe('REDIRECT_REFUSED');
    expect(fault.message).toContain('169.254.169.254');
  });

  test('a registry elsewhere cannot reach this machine', async () => {
    const inside = await start(() => ({ body: 'the layer' }));
    const image = testImage('the layer');
    // Reached through a proxy, so that its own address is not of this machine.
    const proxy = await start(() => ({ status: 307, headers: { location: `${inside.url}/` } }));
    const env = { HTTP_PROXY: proxy.url };
    const source = open('registry.example', { env });
    const spellings = [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '0x7f.1',
      '017700000001',
      '2130706433',
      '[::ffff:127.0.0.1]',
    ];
    for (const location of spellings.map((host) => `http://${host}:${inside.port}/`)) {
      proxy.script = () => ({ status: 307, headers: { location } });
      expect((await faultOf(collect(source.blob(image.layer.descriptor)))).code).toBe('REDIRECT_REFUSED');
    }
    expect(proxy.requests.length).toBe(7);
    expect(inside.requests).toEqual([]);
  });
});

test('a request with our login can only be made to the registry itself', async () => {
  const other = await start();
  const registry = await start();
  const { session } = open(registry.host);
  const scope = { repository: 'acme/app', actions: 'pull' } as const;
  for (const at of [`${other.url}/v2/`, `//${other.host}/v2/`, new URL(other.url)])
    await expect(session.ask({ method: 'GET', at, scope, expect: [200, 404] })).rejects.toThrow('must stay');
  expect(other.requests).toEqual([]);
});

test('6. an upload location at another host gets neither login nor bytes', async () => {
  const thief = await start(() => ({ status: 201 }));
  const registry = await start();
  registry.script = behindPassword('alice', PASSWORD, ({ method }) => {
    if (method === 'POST') return { status: 202, headers: { location: `${abroad(thief, '/upload')}?x=1` } };
    return { status: 404 };
  });
  const source = open(registry.host, { env: logins({ [registry.host]: ['alice', PASSWORD] }) });
  const blob = piece('application/octet-stream', 'the content');
  const fault = await faultOf(pushBlob(source.session, blob.descriptor, blob.bytes));
  expect(fault.code).toBe('REDIRECT_REFUSED');
  expect(thief.requests).toEqual([]);
});

describe('7. the list of referrers', () => {
  const { manifest } = testImage();
  const subject = manifest.descriptor;
  const page = (link: string): Reply => ({
    headers: { 'content-type': MEDIA.ociIndex, link },
    body: JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [] }),
  });

  test('that goes on at another host is not followed (GHSA-h7vf-4x9w-h99v)', async () => {
    const thief = await start(() => page(''));
    const registry = await start();
    registry.script = behindPassword('alice', PASSWORD, () => page(`<${abroad(thief, '/v2/')}>; rel="next"`));
    const source = open(registry.host, { env: logins({ [registry.host]: ['alice', PASSWORD] }) });
    expect((await faultOf(listed(source.referrers(subject)))).code).toBe('REDIRECT_REFUSED');
    expect(thief.requests).toEqual([]);
  });

  test('that goes on at another path of the registry is not followed', async () => {
    for (const path of [
      '/v2/other/app/referrers/x',
      '/token',
      `//127.0.0.1:1/v2/acme/app/referrers/${subject.digest}`,
    ]) {
      const registry = await start(() => page(`<${path}>; rel="next"`));
      expect((await faultOf(listed(open(registry.host).referrers(subject)))).code).toBe('REDIRECT_REFUSED');
      expect(registry.requests).toHaveLength(1);
    }
  });

  test('that goes round in a circle ends (GHSA-298f-872v-2rcx)', async () => {
    const registry = await start(({ query }) =>
      page(`<?page=${query.get('page') === '1' ? 2 : 1}>; rel="next"`),
    );
    expect((await faultOf(listed(open(registry.host).referrers(subject)))).code).toBe('LIMIT_EXCEEDED');
    expect(registry.requests).toHaveLength(3);
  });

  test('that always has one more page ends', async () => {
    const registry = await start(({ query }) => page(`<?page=${Number(query.get('page')) + 1}>; rel="next"`));
    expect((await faultOf(listed(open(registry.host).referrers(subject)))).code).toBe('LIMIT_EXCEEDED');
    expect(registry.requests.length).toBeLessThanOrEqual(100);
  });
});

test('8. addresses of foreign layers are never asked (CVE-2020-15157)', async () => {
  const elsewhere = await start(() => ({ body: 'the layer' }));
  const layer = piece(MEDIA.ociLayer, 'the layer').descriptor;
  const image = testImage('the layer', { layers: [{ ...layer, urls: [`${elsewhere.url}/layer`] }] });
  const registry = await start(serving(image));
  const source = open(registry.host);
  const { images } = await source.resolve();
  expect(images[0]?.layers.map(({ blob }) => blob)).toEqual([layer]);
  const withUrls = { ...layer, urls: [`${elsewhere.url}/layer`] };
  expect((await collect(source.blob(withUrls))).toString()).toBe('the layer');
  expect(elsewhere.requests).toEqual([]);
});

describe('9. a manifest that is two things (CVE-2021-41190)', () => {
  async function faultFor(reply: Reply) {
    const registry = await start(({ path }) => (path.includes('/manifests/') ? reply : undefined));
    return (await faultOf(open(registry.host).resolve())).code;
  }

  test('by its fields is refused', async () => {
    const both = testImage('x', { manifests: [] }).manifest;
    expect(await faultFor(manifestReply(both))).toBe('MANIFEST_INVALID');
    const index = { ...JSON.parse(both.bytes.toString()), mediaType: MEDIA.ociIndex };
    expect(await faultFor(manifestReply(piece(MEDIA.ociIndex, index)))).toBe('MANIFEST_INVALID');
  });

  test('by header and body is refused', async () => {
    const { bytes } = testImage().manifest;
    for (const type of [MEDIA.ociIndex, MEDIA.dockerManifest])
      expect(await faultFor({ headers: { 'content-type': type }, body: bytes })).toBe('MANIFEST_INVALID');
  });

  test('by its line in an index and the header is refused', async () => {
    const { manifest } = testImage();
    const index = piece(MEDIA.ociIndex, {
      schemaVersion: 2,
      manifests: [{ ...manifest.descriptor, platform: { os: 'linux', architecture: 'amd64' } }],
    });
    const registry = await start(({ path }) =>
      path.endsWith('/manifests/1')
        ? manifestReply(index)
        : { headers: { 'content-type': MEDIA.ociIndex }, body: manifest.bytes },
    );
    expect((await faultOf(open(registry.host).resolve())).code).toBe('MANIFEST_INVALID');
  });
});

test('10. what is no digest never becomes part of a URL (CVE-2024-3727)', async () => {
  for (const digest of [
    'sha256:../../../../secret',
    'sha256:',
    `sha256:${'A'.repeat(64)}`,
    `md5:${'a'.repeat(32)}`,
    '',
  ]) {
    const image = testImage('x', { layers: [{ mediaType: MEDIA.ociLayer, size: 1, digest }] });
    const registry = await start(serving(image));
    expect((await faultOf(open(registry.host).resolve())).code).toBe('DIGEST_INVALID');
    expect(registry.requests).toHaveLength(1);
  }
});

describe('11. bytes that are not those of the digest', () => {
  const image = testImage('the layer');

  test('of a manifest by tag, where the registry says another digest', async () => {
    const lie = testImage('other').manifest.descriptor.digest;
    const headers = { 'content-type': MEDIA.ociManifest, 'docker-content-digest': lie };
    const registry = await start(() => ({ headers, body: image.manifest.bytes }));
    expect((await faultOf(open(registry.host).resolve())).code).toBe('DIGEST_MISMATCH');
  });

  test('of a manifest by tag, where the registry says what is no digest, or two', async () => {
    const own = image.manifest.descriptor.digest;
    for (const said of ['sha256:../x', [own, own]]) {
      const headers = { 'content-type': MEDIA.ociManifest, 'docker-content-digest': said };
      const registry = await start(() => ({ headers, body: image.manifest.bytes }));
      expect((await faultOf(open(registry.host).resolve())).code).toBe('DIGEST_INVALID');
    }
  });

  test('of a manifest by digest, with the header telling the truth or lying', async () => {
    const other = testImage('other').manifest;
    const name = `acme/app@${image.manifest.descriptor.digest}`;
    for (const said of [other.descriptor.digest, image.manifest.descriptor.digest]) {
      const headers = { 'content-type': MEDIA.ociManifest, 'docker-content-digest': said };
      const registry = await start(() => ({ headers, body: other.bytes }));
      expect((await faultOf(open(registry.host, {}, name).resolve())).code).toBe('DIGEST_MISMATCH');
    }
    const registry = await start(() => manifestReply(other));
    const same = { ...image.manifest.descriptor, size: other.bytes.length };
    expect((await faultOf(open(registry.host).manifest(same))).code).toBe('DIGEST_MISMATCH');
  });

  test('of a manifest that is right, where the registry says another digest', async () => {
    const said = testImage('other').manifest.descriptor.digest;
    const headers = { 'content-type': MEDIA.ociManifest, 'docker-content-digest': said };
    const registry = await start(() => ({ headers, body: image.manifest.bytes }));
    const { digest } = image.manifest.descriptor;
    expect((await faultOf(open(registry.host, {}, `acme/app@${digest}`).resolve())).code).toBe(
      'DIGEST_MISMATCH',
    );
    expect((await faultOf(open(registry.host).manifest(image.manifest.descriptor))).code).toBe(
      'DIGEST_MISMATCH',
    );
  });

  test('of a manifest of another size', async () => {
    const registry = await start(serving(image));
    const what = { ...image.manifest.descriptor, size: image.manifest.bytes.length + 1 };
    expect((await faultOf(open(registry.host).manifest(what))).code).toBe('SIZE_MISMATCH');
  });

  test('of a blob: other, short, long, and with a length that is announced wrong', async () => {
    async function* chunks(text: string) {
      yield Buffer.from(text);
    }
    const cases: readonly (readonly [Reply, string])[] = [
      [{ body: 'the lay3r' }, 'DIGEST_MISMATCH'],
      [{ body: chunks('the lay3r') }, 'DIGEST_MISMATCH'],
      [{ body: chunks('the lay') }, 'SIZE_MISMATCH'],
      [{ body: chunks('the layer and more') }, 'LIMIT_EXCEEDED'],
      [{ body: 'the lay' }, 'SIZE_MISMATCH'],
      [{ body: 'the layer and more' }, 'SIZE_MISMATCH'],
      [{ status: 206, headers: { 'content-range': 'bytes 0-8/9' }, body: 'the layer' }, 'REGISTRY_ERROR'],
    ];
    for (const [reply, code] of cases) {
      const registry = await start(() => reply);
      expect((await faultOf(collect(open(registry.host).blob(image.layer.descriptor)))).code).toBe(code);
    }
  });

  test('are never handed on whole: the last chunk is withheld', async () => {
    const registry = await start(() => ({ body: 'the lay3r' }));
    const seen: Uint8Array[] = [];
    await faultOf(
      (async () => {
        for await (const chunk of open(registry.host).blob(image.layer.descriptor)) seen.push(chunk);
      })(),
    );
    expect(Buffer.concat(seen).length).toBeLessThan(9);
  });
});

describe('12. answers without end', () => {
  test('a manifest is cut off at its limit', async () => {
    const registry = await start(() => ({ headers: { 'content-type': MEDIA.ociManifest }, body: endless() }));
    expect((await faultOf(open(registry.host).resolve())).code).toBe('LIMIT_EXCEEDED');
  });

  test('a token is cut off at its limit', async () => {
    const realm = await start(() => ({ body: endless() }));
    const registry = await start(behindToken(`${realm.url}/token`, serving(testImage())));
    expect((await faultOf(open(registry.host).resolve())).code).toBe('LIMIT_EXCEEDED');
  });

  test('of an error only the beginning is read', async () => {
    const registry = await start(() => ({ status: 403, body: endless() }));
    expect((await faultOf(open(registry.host).resolve())).code).toBe('DENIED');
  });

  test('a list of referrers is cut off at its limits, of bytes and of entries', async () => {
    const headers = { 'content-type': MEDIA.ociIndex };
    const { descriptor } = testImage().manifest;
    const registry = await start(() => ({ headers, body: endless() }));
    expect((await faultOf(listed(open(registry.host).referrers(descriptor)))).code).toBe('LIMIT_EXCEEDED');
    const manifests = Array.from(
      { length: 1001 },
      (_, index) => piece(MEDIA.ociManifest, `${index}`).descriptor,
    );
    registry.script = () => ({ headers, body: JSON.stringify({ schemaVersion: 2, manifests }) });
    expect((await faultOf(listed(open(registry.host).referrers(descriptor)))).code).toBe('LIMIT_EXCEEDED');
  });

  test('what comes packed is not unpacked (CVE-2020-1702)', async () => {
    const image = testImage('the layer');
    const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));
    const headers = { 'content-type': MEDIA.ociManifest, 'content-encoding': 'gzip' };
    const registry = await start(() => ({ headers, body: bomb }));
    expect((await faultOf(open(registry.host).resolve())).code).toBe('REGISTRY_ERROR');
    expect((await faultOf(collect(open(registry.host).blob(image.layer.descriptor)))).code).toBe(
      'REGISTRY_ERROR',
    );
    const realm = await start(() => ({
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync('{"token":"x"}'),
    }));
    registry.script = behindToken(`${realm.url}/token`, serving(image));
    expect((await faultOf(open(registry.host).resolve())).code).toBe('REGISTRY_ERROR');
  });
});

describe('13. a login for another registry', () => {
  const env = logins({
    'ghcr.io': ['alice', PASSWORD],
    'registry.example:5000': ['bob', PASSWORD],
    'https://old.example/v1/': ['carol', PASSWORD],
  });
  const names = [
    'cr.io',
    'xghcr.io',
    'ghcr.io.evil.example',
    'ghcr.io:443',
    'registry.example',
    'registry.example:50',
  ];

  for (const name of [
    ...names,
    'gistry.example:5000',
    'old.example:443',
    'd.example',
    '__proto__',
    'constructor',
  ]) {
    test(`is not used for ${name}`, async () => {
      expect(await findCredentials(name, 'acme/app', testOptions({ env }))).toBeUndefined();
    });
  }

  test('is used for its own, port included', async () => {
    for (const name of ['ghcr.io', 'registry.example:5000', 'old.example'])
      expect(await findCredentials(name, 'acme/app', testOptions({ env }))).toMatchObject({
        password: PASSWORD,
      });
  });

  test('on another port of one machine is not sent', async () => {
    const registry = await start(behindPassword('alice', PASSWORD, serving(testImage())));
    const other = logins({ '127.0.0.1:1': ['alice', PASSWORD], '127.0.0.1': ['alice', PASSWORD] });
    expect((await faultOf(open(registry.host, { env: other }).resolve())).code).toBe('UNAUTHORIZED');
    expect(secretsSent(registry.requests)).toEqual([]);
  });

  test('GITHUB_TOKEN is for ghcr.io and nothing that looks like it', async () => {
    const github = { GITHUB_TOKEN: TOKEN };
    expect(await findCredentials('ghcr.io', 'a/b', testOptions({ env: github }))).toMatchObject({
      password: TOKEN,
    });
    for (const name of ['docker.pkg.github.com', 'ghcr.io:443', 'x.ghcr.io', 'cr.io', 'ghcr.io.example'])
      expect(await findCredentials(name, 'a/b', testOptions({ env: github }))).toBeUndefined();
  });
});

test('14. a tag that moves after it was looked up changes nothing (enduragent #890)', async () => {
  const [good, evil] = [testImage('good'), testImage('evil')];
  let lookUps = 0;
  const registry = await start((request) => {
    if (!request.path.endsWith('/manifests/1')) return serving(good)(request) ?? serving(evil)(request);
    lookUps += 1;
    return manifestReply(lookUps === 1 ? good.manifest : evil.manifest);
  });
  const source = open(registry.host);
  const { subject, images } = await source.resolve();
  expect(await source.manifest(subject)).toEqual(good.manifest.bytes);
  const [layer] = images[0]?.layers ?? [];
  expect((await collect(source.blob(layer?.blob ?? evil.layer.descriptor))).toString()).toBe('good');
  expect(lookUps).toBe(1);
});

describe('15. an answer that is neither yes nor no (GHSA-2v5f-5r6w-p67r)', () => {
  const { manifest, layer } = testImage();
  const EXPECTED = [
    [401, 'UNAUTHORIZED'],
    [403, 'DENIED'],
    [429, 'RATE_LIMITED'],
    [500, 'REGISTRY_ERROR'],
    [502, 'REGISTRY_ERROR'],
    [503, 'REGISTRY_ERROR'],
    [522, 'REGISTRY_ERROR'],
    [204, 'REGISTRY_ERROR'],
    [418, 'REGISTRY_ERROR'],
  ] as const;

  for (const [status, code] of EXPECTED) {
    test(`${status} is ${code} for everything that is asked, and never "there is none"`, async () => {
      const registry = await start(() => ({ status }));
      const source = open(registry.host);
      expect((await faultOf(source.resolve())).code).toBe(code);
      expect((await faultOf(source.companion(manifest.descriptor, 'sig'))).code).toBe(code);
      expect((await faultOf(listed(source.referrers(manifest.descriptor)))).code).toBe(code);
      expect((await faultOf(source.manifest(manifest.descriptor))).code).toBe(code);
      const fault = await faultOf(collect(source.blob(layer.descriptor)));
      expect(fault.code).toBe(code);
      expect(fault.message).toMatch(new RegExp(`^the registry answered ${status}`));
    });
  }

  test('a referrers API that works and a fallback that does not is a fault', async () => {
    const registry = await start(({ path }) => ({ status: path.includes('/referrers/') ? 404 : 503 }));
    expect((await faultOf(listed(open(registry.host).referrers(manifest.descriptor)))).code).toBe(
      'REGISTRY_ERROR',
    );
  });

  test('a connection that is cut is a fault', async () => {
    const registry = await start(() => ({ raw: (socket) => socket.destroy() }));
    expect((await faultOf(open(registry.host).resolve())).code).toBe('NETWORK');
    expect((await faultOf(listed(open(registry.host).referrers(manifest.descriptor)))).code).toBe('NETWORK');
  });
});

describe('16. what is said of a failure', () => {
  const SIGNATURE = ['presigned', 'secret', 'signature'].join('-');

  async function everything(fault: Promise<unknown>): Promise<string> {
    const { inspect } = await import('node:util');
    return inspect(await faultOf(fault), { depth: 10, showHidden: true });
  }

  test('holds no query of a presigned URL (GHSA-5jhf-2qmf-m8c5)', async () => {
    const store = await start(() => ({ status: 403, body: '<Error/>' }));
    const hostile = await redirecting(() => abroad(store, `/x/blob?X-Amz-Signature=${SIGNATURE}`));
    const text = await everything(layerOf(hostile));
    expect(text).toContain('DENIED');
    expect(text).not.toContain(SIGNATURE);
    store.script = () => ({ raw: (socket) => socket.destroy() });
    expect(await everything(layerOf(hostile))).not.toContain(SIGNATURE);
  });

  test('holds no path of a store, which may be as secret as a query', async () => {
    const store = await start(() => ({ status: 403 }));
    const hostile = await redirecting(() => abroad(store, `/${SIGNATURE}/blob`));
    const text = await everything(layerOf(hostile));
    expect(text).toContain(`localhost:${store.port}`);
    expect(text).not.toContain(SIGNATURE);
  });

  test('holds nothing of an answer that is no HTTP and echoes what it was sent', async () => {
    const registry = await start();
    registry.script = behindPassword('alice', PASSWORD, ({ headers }) => ({
      raw: (socket) => socket.end(`you sent ${headers.authorization}\r\n`),
    }));
    const env = logins({ [registry.host]: ['alice', PASSWORD] });
    const text = await everything(open(registry.host, { env }).resolve());
    expect(text).toContain('not proper HTTP');
    expect(text).not.toContain(Buffer.from(`alice:${PASSWORD}`).toString('base64'));
  });

  test('holds no password or token that the server echoes', async () => {
    const echo = ({ headers, target }: Recorded): Reply => {
      const message = `bad ${headers.authorization}; see http://x.example/?sig=${SIGNATURE} ${target}`;
      return { status: 400, body: JSON.stringify({ errors: [{ code: 'BAD', message }] }) };
    };
    const registry = await start(behindPassword('alice', PASSWORD, echo));
    const env = logins({ [registry.host]: ['alice', PASSWORD] });
    const text = await everything(open(registry.host, { env }).resolve());
    expect(text).toContain('BAD');
    expect(text).not.toContain(Buffer.from(`alice:${PASSWORD}`).toString('base64'));
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain(SIGNATURE);

    const realm = await start(() => ({ body: JSON.stringify({ token: TOKEN }) }));
    registry.script = behindToken(`${realm.url}/token`, echo, TOKEN);
    expect(await everything(open(registry.host, { env }).resolve())).not.toContain(TOKEN);
    realm.script = echo;
    const refused = await everything(open(registry.host, { env }).resolve());
    expect(refused).toContain('the token server answered 400');
    expect(refused).not.toContain(PASSWORD);
    expect(refused).not.toContain(Buffer.from(`alice:${PASSWORD}`).toString('base64'));
  });

  test('holds nothing that moves a cursor or starts a line', async () => {
    const message = 'x\u001b[2J\r\n::error::forged\u202e';
    const registry = await start(() => ({
      status: 400,
      body: JSON.stringify({ errors: [{ code: 'A', message }] }),
    }));
    const { message: text } = await faultOf(open(registry.host).resolve());
    expect(text).toContain('forged');
    expect(text).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  test('holds nothing of a broken file with logins', async () => {
    const env = { DOCKER_AUTH_CONFIG: `{"auths": {"x": {"auth": "${SIGNATURE}"` };
    const text = await everything(findCredentials('x', 'y', testOptions({ env })));
    expect(text).toContain('CREDENTIALS');
    expect(text).not.toContain(SIGNATURE);
  });
});

test('17. nothing is written to disk: the client has no way to write a file (GHSA-m37j-52j7-pjw7)', async () => {
  const folder = new URL('../../../src/sources/registry/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts'));
  expect(names.length).toBeGreaterThan(10);
  const used = new Set<string>();
  for (const name of names) {
    const text = await readFile(new URL(name, folder), 'utf8');
    for (const [, list = ''] of text.matchAll(/import\s+([^;]*?)\s+from 'node:fs(?:\/promises)?'/g))
      used.add(list);
    expect(text).not.toMatch(/process\.binding|createRequire|import\(/);
  }
  expect([...used].sort()).toEqual(['{ access }', '{ constants }', '{ readFile, stat }', '{ readFileSync }']);
});

test('18. the name of a credential helper is a name and not a command', async () => {
  const names = [
    '../../bin/x',
    'x;touch pwned',
    'x y',
    '-x',
    '$(id)',
    'a/b',
    '',
    '.x',
    'x\n',
    `${'x'.repeat(65)}`,
  ];
  for (const name of names.filter((text) => text !== '')) {
    for (const config of [{ credHelpers: { 'registry.example': name } }, { credsStore: name }]) {
      const env = { DOCKER_AUTH_CONFIG: JSON.stringify(config), PATH: '/bin:/usr/bin' };
      const fault = await faultOf(findCredentials('registry.example', 'acme/app', testOptions({ env })));
      expect(fault.code).toBe('CREDENTIALS');
      expect(fault.problem.why).toContain('cannot be the name');
    }
  }
});

describe('19. a server that is slow on purpose', () => {
  test('with its headers', async () => {
    const registry = await start(() => ({ raw: (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nX-Padding: ') }));
    expect((await faultOf(open(registry.host, { stallSeconds: 0.2 }).resolve())).code).toBe('TIMEOUT');
  });

  test('with the bytes of a manifest', async () => {
    const head = `HTTP/1.1 200 OK\r\nContent-Type: ${MEDIA.ociManifest}\r\nContent-Length: 1000000\r\n\r\n`;
    const registry = await start(() => ({
      raw: (socket) => {
        socket.write(head);
        drip(socket, '');
      },
    }));
    expect((await faultOf(open(registry.host, { stallSeconds: 0.2 }).resolve())).code).toBe('TIMEOUT');
  });

  test('with the bytes of a blob, which then counts as broken off', async () => {
    const blob = piece('application/octet-stream', Buffer.alloc(100_000));
    async function* silent() {
      yield blob.bytes.subarray(0, 1000);
      await new Promise(() => {});
    }
    const registry = await start(() => ({ body: silent() }));
    const source = open(registry.host, { stallSeconds: 0.2 });
    expect((await faultOf(collect(source.blob(blob.descriptor)))).code).toBe('TIMEOUT');
    expect(registry.requests.length).toBeLessThan(6);
  });

  test('with the answer of its token server', async () => {
    const realm = await start(() => ({ raw: (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nX-Padding: ') }));
    const registry = await start(behindToken(`${realm.url}/token`, serving(testImage())));
    expect((await faultOf(open(registry.host, { stallSeconds: 0.2 }).resolve())).code).toBe('TIMEOUT');
  });
});

function drip(socket: import('node:stream').Duplex, head: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write('x'), 20);
  socket.on('close', () => clearInterval(timer));
  socket.on('error', () => clearInterval(timer));
}
