import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { buildImage, buildIndex, buildLayer, toContent } from '../../src/demo/image-builder.ts';
import {
  type RegistryServer,
  type RegistryServerOptions,
  startRegistry,
} from '../../src/demo/registry-server.ts';
import { MEDIA } from '../../src/model/media-type.ts';

let server: RegistryServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Sends one request, by way of the paths that the specification names. */
async function start(options: RegistryServerOptions = {}) {
  const running = await startRegistry(options);
  server = running;
  const ask = (method: string, path: string, init: RequestInit = {}) =>
    fetch(`http://${running.host}${path}`, { method, ...init });
  return { ask, store: running.store, host: running.host };
}

interface Json {
  readonly manifests?: readonly unknown[];
  readonly token?: string;
  readonly access_token?: string;
}

async function jsonOf(answer: Response): Promise<Json> {
  return (await answer.json()) as Json;
}

const image = buildImage({ layers: [await buildLayer([{ path: 'a', content: 'x' }])] });
const { root, config } = image;
const bytes = Buffer.from('some bytes');
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const referrer = (artifactType: string) =>
  toContent(MEDIA.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    artifactType,
    config: config.descriptor,
    layers: [],
    subject: root.descriptor,
    annotations: { note: artifactType },
  });

describe('the demo registry', () => {
  test('listens to this machine only, and answers /v2/', async () => {
    const { ask, host } = await start();
    expect(host).toMatch(/^127\.0\.0\.1:\d+$/);
    expect((await ask('GET', '/v2/')).status).toBe(200);
    expect((await ask('GET', '/v2/../etc/passwd')).status).toBe(404);
  });

  test('takes a blob in one request, in two, in chunks, and from another repository', async () => {
    const { ask } = await start();
    const one = await ask('POST', `/v2/a/blobs/uploads/?digest=${digest}`, { body: bytes });
    expect([one.status, one.headers.get('docker-content-digest')]).toEqual([201, digest]);

    const begun = await ask('POST', '/v2/b/blobs/uploads/');
    expect(begun.status).toBe(202);
    const place = begun.headers.get('location') ?? '';
    expect((await ask('PUT', `${place}?digest=${digest}`, { body: bytes })).status).toBe(201);

    const chunked = (await ask('POST', '/v2/c/blobs/uploads/')).headers.get('location') ?? '';
    const first = await ask('PATCH', chunked, {
      body: bytes.subarray(0, 4),
      headers: { 'content-range': '0-3' },
    });
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-3']);
    const gap = await ask('PATCH', chunked, { body: bytes.subarray(5), headers: { 'content-range': '5-9' } });
    expect(gap.status).toBe(416);
    expect((await ask('GET', chunked)).headers.get('range')).toBe('0-3');
    await ask('PATCH', chunked, { body: bytes.subarray(4), headers: { 'content-range': '4-9' } });
    expect((await ask('PUT', `${chunked}?digest=${digest}`)).status).toBe(201);

    expect((await ask('POST', `/v2/d/blobs/uploads/?mount=${digest}&from=a`)).status).toBe(201);
    expect((await ask('POST', `/v2/e/blobs/uploads/?mount=${digest}&from=nowhere`)).status).toBe(202);
    for (const name of ['a', 'b', 'c', 'd'])
      expect(await (await ask('GET', `/v2/${name}/blobs/${digest}`)).text()).toBe('some bytes');
    expect((await ask('HEAD', `/v2/e/blobs/${digest}`)).status).toBe(404);
  });

  test('refuses a blob that is not what its digest says', async () => {
    const { ask } = await start();
    const answer = await ask('POST', `/v2/a/blobs/uploads/?digest=${digest}`, { body: 'other' });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { errors: [{ code: 'DIGEST_INVALID' }] },
    ]);
    expect((await ask('HEAD', `/v2/a/blobs/${digest}`)).status).toBe(404);
  });

  test('gives a part of a blob, and refuses a part that there is not', async () => {
    const { ask, store } = await start();
    store.putBlob('a', digest, bytes);
    const part = await ask('GET', `/v2/a/blobs/${digest}`, { headers: { range: 'bytes=5-' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 5-9/10']);
    expect(await part.text()).toBe('bytes');
    const beyond = await ask('GET', `/v2/a/blobs/${digest}`, { headers: { range: 'bytes=10-' } });
    expect(beyond.status).toBe(416);
    const head = await ask('HEAD', `/v2/a/blobs/${digest}`);
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['10', '']);
  });

  test('takes a manifest by tag and by digest once its blobs are there', async () => {
    const { ask, store } = await start();
    const put = (reference: string, body = root.bytes, type = MEDIA.ociManifest as string) =>
      ask('PUT', `/v2/a/manifests/${reference}`, {
        body: Buffer.from(body),
        headers: { 'content-type': type },
      });
    expect((await put('v1')).status).toBe(400);
    for (const blob of image.blobs) store.putBlob('a', blob.descriptor.digest, blob.bytes);
    const made = await put('v1');
    expect([made.status, made.headers.get('docker-content-digest')]).toEqual([201, root.descriptor.digest]);
    expect((await put(root.descriptor.digest)).status).toBe(201);
    expect((await put(digest)).status).toBe(400);
    expect((await put('v2', root.bytes, MEDIA.dockerManifest)).status).toBe(400);
    expect((await put('v2', root.bytes, 'text/plain')).status).toBe(415);
    expect((await put('v2', Buffer.from('[]'))).status).toBe(400);
    const index = buildIndex([{ built: image }]);
    expect((await put('all', index.root.bytes, MEDIA.ociIndex)).status).toBe(201);

    const got = await ask('GET', '/v2/a/manifests/v1');
    expect(got.headers.get('content-type')).toBe(MEDIA.ociManifest);
    expect(Buffer.from(await got.arrayBuffer())).toEqual(Buffer.from(root.bytes));
    expect((await ask('HEAD', `/v2/a/manifests/${root.descriptor.digest}`)).status).toBe(200);
    expect((await ask('GET', '/v2/b/manifests/v1')).status).toBe(404);
  });

  test('lists tags in pages, and forgets what is deleted', async () => {
    const { ask, store } = await start();
    for (const tag of ['c', 'a', 'b']) store.push('n', tag, image);
    expect(await (await ask('GET', '/v2/n/tags/list')).json()).toEqual({ name: 'n', tags: ['a', 'b', 'c'] });
    const page = await ask('GET', '/v2/n/tags/list?n=2');
    expect(page.headers.get('link')).toBe('</v2/n/tags/list?n=2&last=b>; rel="next"');
    expect(await (await ask('GET', '/v2/n/tags/list?n=2&last=b')).json()).toMatchObject({ tags: ['c'] });
    expect((await ask('GET', '/v2/nothing/tags/list')).status).toBe(404);
    expect((await ask('DELETE', '/v2/n/manifests/a')).status).toBe(202);
    expect(await (await ask('GET', '/v2/n/tags/list')).json()).toMatchObject({ tags: ['b', 'c'] });
    expect((await ask('DELETE', `/v2/n/manifests/${root.descriptor.digest}`)).status).toBe(202);
    expect((await ask('GET', '/v2/n/manifests/b')).status).toBe(404);
  });

  test('lists referrers, filtered where it was asked to', async () => {
    const { ask, store } = await start();
    store.push('n', 'v1', image);
    for (const type of ['application/a', 'application/b']) {
      const made = await ask('PUT', `/v2/n/manifests/${referrer(type).descriptor.digest}`, {
        body: Buffer.from(referrer(type).bytes),
        headers: { 'content-type': MEDIA.ociManifest },
      });
      expect(made.headers.get('oci-subject')).toBe(root.descriptor.digest);
    }
    const all = await ask('GET', `/v2/n/referrers/${root.descriptor.digest}`);
    expect(all.headers.get('content-type')).toBe(MEDIA.ociIndex);
    expect(all.headers.get('oci-filters-applied')).toBeNull();
    expect((await jsonOf(all)).manifests).toHaveLength(2);
    const one = await ask('GET', `/v2/n/referrers/${root.descriptor.digest}?artifactType=application%2Fb`);
    expect(one.headers.get('oci-filters-applied')).toBe('artifactType');
    expect((await jsonOf(one)).manifests).toEqual([
      {
        ...referrer('application/b').descriptor,
        artifactType: 'application/b',
        annotations: { note: 'application/b' },
      },
    ]);
    const none = await ask('GET', `/v2/n/referrers/${digest}`);
    expect([none.status, (await jsonOf(none)).manifests]).toEqual([200, []]);
  });

  test('without the referrers API says so, and does not say OCI-Subject', async () => {
    const { ask, store } = await start({ referrers: false });
    store.push('n', 'v1', image);
    expect((await ask('GET', `/v2/n/referrers/${root.descriptor.digest}`)).status).toBe(404);
    const made = await ask('PUT', '/v2/n/manifests/x', {
      body: Buffer.from(referrer('application/a').bytes),
      headers: { 'content-type': MEDIA.ociManifest },
    });
    expect([made.status, made.headers.get('oci-subject')]).toEqual([201, null]);
  });

  test('asks for user and password', async () => {
    const { ask } = await start({ auth: { kind: 'basic', user: 'u', password: 'p:w' } });
    const login = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const answer = await ask('GET', '/v2/');
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="pratique demo"',
    ]);
    expect((await ask('GET', '/v2/', { headers: login('u:wrong') })).status).toBe(401);
    expect((await ask('GET', '/v2/', { headers: login('u:p:w') })).status).toBe(200);
  });

  test('asks for a token, which counts for what it was given for', async () => {
    const { ask, store, host } = await start({ auth: { kind: 'token', user: 'u', password: 'pw' } });
    store.push('n', 'v1', image);
    store.push('other', 'v1', image);
    const challenge = (await ask('GET', '/v2/n/manifests/v1')).headers.get('www-authenticate');
    expect(challenge).toBe(`Bearer realm="http://${host}/token",service="${host}",scope="repository:n:pull"`);
    expect((await ask('GET', '/token?scope=repository:n:pull')).status).toBe(401);
    const login = { authorization: `Basic ${Buffer.from('u:pw').toString('base64')}` };
    const given = await ask('GET', '/token?scope=repository:n:pull', { headers: login });
    const headers = { authorization: `Bearer ${(await jsonOf(given)).token}` };
    expect((await ask('GET', '/v2/n/manifests/v1', { headers })).status).toBe(200);
    expect((await ask('GET', '/v2/other/manifests/v1', { headers })).status).toBe(401);
    expect((await ask('POST', '/v2/n/blobs/uploads/', { headers })).status).toBe(401);
    const body = new URLSearchParams({ username: 'u', password: 'pw', scope: 'repository:n:pull,push' });
    const pushing = await ask('POST', '/token', { body });
    const more = { authorization: `Bearer ${(await jsonOf(pushing)).access_token}` };
    expect((await ask('POST', '/v2/n/blobs/uploads/', { headers: more })).status).toBe(202);
  });

  test('can be closed while somebody is connected', async () => {
    const { ask } = await start();
    await ask('GET', '/v2/');
    await server?.close();
    await expect(ask('GET', '/v2/')).rejects.toThrow();
  });
});
