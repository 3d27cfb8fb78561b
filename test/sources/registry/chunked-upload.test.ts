import { describe, expect, test } from 'vitest';
import { startRegistry } from '../../../src/demo/registry-server.ts';
import { PratiqueError } from '../../../src/errors.ts';
import { interrupted, mayPass } from '../../../src/sources/registry/fault.ts';
import { digestOf } from '../../../src/sources/registry/manifests.ts';
import { pushBlob } from '../../../src/sources/registry/push.ts';
import { startCutter } from '../../support/cutter.ts';
import type { Recorded, Reply } from '../../support/scripted-server.ts';
import { faultOf, open, piece, serverStarter } from './fixtures.ts';

const start = serverStarter();
const CHUNK = 1_000; // bytes
const blob = piece('application/octet-stream', Buffer.alloc(9_500, 'the content of a large blob, '));
const { digest } = blob.descriptor;

/** The blob in uneven pieces, from its start each time; `begun` counts how often. */
function content(bytes: Uint8Array = blob.bytes) {
  const told = { begun: 0 };
  async function* stream() {
    told.begun += 1;
    for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
  }
  return { told, stream };
}

const push = (host: string, stream: () => AsyncIterable<Uint8Array>) =>
  pushBlob(open(host, { chunkBytes: CHUNK }).session, blob.descriptor, stream);

/** A registry that takes chunks; `before` may answer in its place, or spoil what it has taken. */
async function startTaker(
  before: (request: Recorded, taken: { bytes: Buffer }) => Reply | undefined = () => undefined,
  leastChunk?: number,
) {
  const blobs = new Map<string, Buffer>();
  const upload = { bytes: Buffer.alloc(0), count: 0 };
  const where = (status: number): Reply => ({
    status,
    headers: {
      location: `/v2/acme/app/blobs/uploads/${upload.count}?at=${upload.bytes.length}`,
      range: `0-${Math.max(upload.bytes.length - 1, 0)}`,
      ...(leastChunk === undefined ? {} : { 'oci-chunk-min-length': String(leastChunk) }),
    },
  });
  const server = await start((request) => before(request, upload) ?? take(request));

  function take({ method, path, query, headers, body }: Recorded): Reply | undefined {
    if (method === 'POST') {
      upload.bytes = Buffer.alloc(0);
      upload.count += 1;
      return where(202);
    }
    if (method === 'HEAD') return blobs.has(path.split('/').at(-1) ?? '') ? {} : undefined;
    if (method === 'DELETE') return { status: 204 };
    if (!path.endsWith(`/uploads/${upload.count}`)) return { status: 404 };
    if (method === 'GET') return where(204);
    if (method === 'PATCH') {
      const [, first, last] = /^(\d+)-(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
      const fits = Number(first) === upload.bytes.length && Number(last) === Number(first) + body.length - 1;
      if (!fits) return { status: 416 };
    }
    upload.bytes = Buffer.concat([upload.bytes, body]);
    if (method === 'PATCH') return where(202);
    if (query.get('digest') !== digestOf(upload.bytes)) return { status: 400 };
    blobs.set(digestOf(upload.bytes), upload.bytes);
    return { status: 201, headers: { 'docker-content-digest': digestOf(upload.bytes) } };
  }

  const of = (method: string) => server.requests.filter((request) => request.method === method);
  return { server, blobs, of, ranges: () => of('PATCH').map(({ headers }) => headers['content-range']) };
}

describe('a large blob', () => {
  test('is sent in chunks that follow each other, and ended by its digest', async () => {
    const { server, blobs, of, ranges } = await startTaker();
    const { told, stream } = content();
    expect(await push(server.host, stream)).toBe(true);
    expect(blobs.get(digest)).toEqual(blob.bytes);
    expect(ranges().slice(0, 2)).toEqual(['0-999', '1000-1999']);
    expect(ranges().at(-1)).toBe('9000-9499');
    expect(of('PATCH')).toHaveLength(10);
    expect(of('PATCH').every(({ headers, body }) => Number(headers['content-length']) === body.length)).toBe(
      true,
    );
    expect(of('PUT')[0]?.target).toContain('?at=9500&digest=sha256%3A');
    expect(told.begun).toBe(1);
  });

  test('is sent in chunks as long as the registry wants them at least', async () => {
    const { server, blobs, ranges } = await startTaker(undefined, 4_000);
    await push(server.host, content().stream);
    expect(ranges()).toEqual(['0-3999', '4000-7999', '8000-9499']);
    expect(blobs.has(digest)).toBe(true);
  });

  test('is sent in one piece where the registry wants chunks that nobody should hold in memory', async () => {
    const { server, blobs, of } = await startTaker(undefined, 2 ** 40);
    await push(server.host, content().stream);
    expect([of('PATCH').length, blobs.has(digest)]).toEqual([0, true]);
  });

  test('that is small is sent in one piece', async () => {
    const { server, of } = await startTaker();
    const small = piece('application/octet-stream', Buffer.alloc(7_999, 'x'));
    async function* stream() {
      yield small.bytes;
    }
    await pushBlob(open(server.host, { chunkBytes: CHUNK }).session, small.descriptor, stream);
    expect([of('PATCH').length, of('PUT').length]).toEqual([0, 1]);
  });

  test.each([400, 403, 404, 405, 411, 413, 415, 416, 501])(
    'is sent in one piece where the registry answers %i to a chunk, and the next one at once',
    async (status) => {
      const { server, blobs, of } = await startTaker(({ method }) =>
        method === 'PATCH' ? { status } : undefined,
      );
      const { session } = open(server.host, { chunkBytes: CHUNK });
      expect(await pushBlob(session, blob.descriptor, content().stream)).toBe(true);
      expect([of('PATCH').length, of('PUT').length, blobs.has(digest)]).toEqual([1, 1, true]);
      blobs.clear();
      await pushBlob(session, blob.descriptor, content().stream);
      expect([of('PATCH').length, of('PUT').length]).toEqual([1, 2]);
    },
  );

  test('is sent in one piece where the registry does not end an upload of chunks', async () => {
    const { server, blobs } = await startTaker(({ method, body }) =>
      method === 'PUT' && body.length === 0 ? { status: 400 } : undefined,
    );
    expect(await push(server.host, content().stream)).toBe(true);
    expect(blobs.has(digest)).toBe(true);
  });

  test('goes on where a cut chunk ended: the registry is asked how much of it has come', async () => {
    let cuts = 0;
    const { server, blobs, of, ranges } = await startTaker((request, taken) => {
      if (request.method !== 'PATCH' || taken.bytes.length !== 3_000 || cuts > 0) return undefined;
      cuts += 1;
      taken.bytes = Buffer.concat([taken.bytes, request.body.subarray(0, 400)]);
      return { raw: (socket) => socket.destroy() };
    });
    const { told, stream } = content();
    expect(await push(server.host, stream)).toBe(true);
    expect(blobs.get(digest)).toEqual(blob.bytes);
    expect(ranges().slice(3, 6)).toEqual(['3000-3999', '3400-3999', '4000-4999']);
    expect([of('POST').length, of('GET').length, told.begun]).toEqual([1, 1, 1]);
  });

  test('is not sent twice where only the answer to a chunk was lost', async () => {
    let cuts = 0;
    const { server, ranges } = await startTaker((request, taken) => {
      if (request.method !== 'PATCH' || taken.bytes.length !== 3_000 || cuts > 0) return undefined;
      cuts += 1;
      taken.bytes = Buffer.concat([taken.bytes, request.body]);
      return { raw: (socket) => socket.destroy() };
    });
    await push(server.host, content().stream);
    expect(ranges().slice(3, 5)).toEqual(['3000-3999', '4000-4999']);
  });

  test('is begun anew where the registry has forgotten the upload, and sent in one piece in the end', async () => {
    const { server, blobs, of } = await startTaker(({ method }, taken) =>
      method === 'GET' || (method === 'PATCH' && taken.bytes.length >= 2_000)
        ? { status: method === 'GET' ? 404 : 503 }
        : undefined,
    );
    const { told, stream } = content();
    expect(await push(server.host, stream)).toBe(true);
    expect([of('POST').length, told.begun, blobs.has(digest)]).toEqual([3, 3, true]);
  });

  test('whose registry stays where it is ends after some tries', async () => {
    const { server, of } = await startTaker((request, taken) => {
      if (request.method === 'PUT') return { status: 500 };
      return request.method === 'PATCH' && taken.bytes.length >= 1_000 ? { status: 502 } : undefined;
    });
    const fault = await faultOf(push(server.host, content().stream));
    expect(fault.message).toContain('500');
    expect(of('PATCH').length).toBeLessThan(10);
  });

  test('is not sent for ever to a registry that takes a byte of each chunk', async () => {
    const { server, of } = await startTaker((request, taken) => {
      if (request.method === 'PUT') return { status: 500 };
      if (request.method !== 'PATCH') return undefined;
      taken.bytes = Buffer.concat([taken.bytes, request.body.subarray(0, 1)]);
      const range = `0-${taken.bytes.length - 1}`;
      return { status: 202, headers: { location: '/v2/acme/app/blobs/uploads/1', range } };
    });
    expect((await faultOf(push(server.host, content().stream))).message).toContain('500');
    expect(of('PATCH').length).toBeLessThan(50);
  });

  test.each([
    ['that were never sent', '0-99999'],
    ['that are fewer than it had', '0-1499'],
    ['in another way', 'bytes 2000-2999/*'],
  ])('is begun anew where the registry counts bytes %s', async (_how, range) => {
    let lies = 0;
    const { server, blobs, of, ranges } = await startTaker(({ method }, taken) => {
      if (method !== 'PATCH' || taken.bytes.length !== 2_000 || lies > 0) return undefined;
      lies += 1;
      return { status: 202, headers: { location: '/v2/acme/app/blobs/uploads/1', range } };
    });
    expect(await push(server.host, content().stream)).toBe(true);
    expect(blobs.get(digest)).toEqual(blob.bytes);
    expect(ranges()).toEqual(['0-999', '1000-1999', '2000-2999']);
    expect([of('POST').length, of('DELETE').length, of('PUT').length]).toEqual([2, 1, 1]);
  });

  test('is sent from its first byte where a cut left nothing of it: registries write 0-0 for none', async () => {
    let cuts = 0;
    const { server, blobs, of, ranges } = await startTaker(({ method }) => {
      if (method !== 'PATCH' || cuts > 0) return undefined;
      cuts += 1;
      return { raw: (socket) => socket.destroy() };
    });
    expect(await push(server.host, content().stream)).toBe(true);
    expect(blobs.get(digest)).toEqual(blob.bytes);
    expect([ranges().slice(0, 3), of('POST').length]).toEqual([['0-999', '0-999', '1000-1999'], 1]);
  });

  test('goes on with a new token where the old one ends in the middle of it', async () => {
    let tokens = 0;
    let used = 0;
    const { server, blobs, of, ranges } = await startTaker(({ method, path, headers }) => {
      if (path === '/token') {
        tokens += 1;
        used = 0;
        return { body: JSON.stringify({ token: `token-${tokens}` }) };
      }
      if (method === 'PATCH') used += 1;
      if (headers.authorization === `Bearer token-${tokens}` && used <= 3) return undefined;
      const challenge = `Bearer realm="http://${headers.host}/token",service="x"`;
      return { status: 401, headers: { 'www-authenticate': challenge } };
    });
    expect(await push(server.host, content().stream)).toBe(true);
    expect(blobs.get(digest)).toEqual(blob.bytes);
    expect([of('POST').length, tokens]).toEqual([1, 4]);
    expect(ranges().filter((range) => range === '3000-3999')).toHaveLength(2);
  });

  test('goes to no other host that an answer to a chunk names', async () => {
    const elsewhere = await start();
    const { server } = await startTaker(({ method }) =>
      method === 'PATCH' ? { status: 202, headers: { location: `${elsewhere.url}/x` } } : undefined,
    );
    expect((await faultOf(push(server.host, content().stream))).code).toBe('REDIRECT_REFUSED');
    expect(elsewhere.requests).toEqual([]);
  });

  test('that the registry stored otherwise is DIGEST_MISMATCH, and not sent once more', async () => {
    const other = piece('x', 'other').descriptor.digest;
    const { server, of } = await startTaker(({ method }) =>
      method === 'PUT' ? { status: 201, headers: { 'docker-content-digest': other } } : undefined,
    );
    expect((await faultOf(push(server.host, content().stream))).code).toBe('DIGEST_MISMATCH');
    expect(of('POST')).toHaveLength(1);
  });

  test('whose source breaks is given up, and the upload is ended', async () => {
    const { server, blobs, of } = await startTaker();
    async function* broken() {
      yield blob.bytes.subarray(0, 2_500);
      throw new PratiqueError('DIGEST_MISMATCH', { what: 'these are other bytes' });
    }
    expect((await faultOf(push(server.host, broken))).code).toBe('DIGEST_MISMATCH');
    expect([of('DELETE').length, of('PUT').length, blobs.size]).toEqual([1, 0, 0]);
  });
});

describe('a connection that is cut while a blob is on its way', () => {
  const large = piece('application/octet-stream', Buffer.alloc(400_000, 'content, '));
  async function* stream() {
    for (let at = 0; at < 400_000; at += 10_000) yield large.bytes.subarray(at, at + 10_000);
  }

  test.each([
    ['in chunks', 20_000],
    ['in one piece', 1_000_000],
  ])('is made good for, %s', async (_how, chunkBytes) => {
    const registry = await startRegistry();
    const cutter = await startCutter(registry.host, 150_000, 2);
    const { session } = open(cutter.host, { chunkBytes });
    expect(await pushBlob(session, large.descriptor, stream)).toBe(true);
    expect(cutter.cuts()).toBe(2);
    const held = registry.store.repository('acme/app').blobs.get(large.descriptor.digest);
    expect(Buffer.from(held ?? []).equals(large.bytes)).toBe(true);
    await session.close();
    cutter.close();
    await registry.close();
  });

  test('again and again ends it within bounds', async () => {
    const registry = await startRegistry();
    const cutter = await startCutter(registry.host, 30_000, Number.POSITIVE_INFINITY);
    const { session } = open(cutter.host, { chunkBytes: 50_000 });
    expect((await faultOf(pushBlob(session, large.descriptor, stream))).code).toBe('NETWORK');
    expect(cutter.cuts()).toBeLessThan(30);
    await session.close();
    cutter.close();
    await registry.close();
  });

  test('by a registry that never answers ends it after some of its time', async () => {
    const server = await start(({ method, path }) => {
      if (method === 'HEAD') return { status: 404 };
      if (method !== 'POST') return new Promise<Reply>(() => {});
      return { status: 202, headers: { location: `${path}1` } };
    });
    const { session } = open(server.host, { chunkBytes: 20_000, stallSeconds: 0.1 });
    expect((await faultOf(pushBlob(session, large.descriptor, stream))).code).toBe('TIMEOUT');
    const mute = server.requests.filter(({ method }) => method !== 'HEAD' && method !== 'POST');
    expect(mute.map(({ method }) => method)).toEqual(['PATCH', 'GET', 'PATCH', 'GET', 'PUT']);
    await session.close();
  });
});

test('a fault that comes of an interruption is none that passes by itself', () => {
  expect(mayPass(interrupted('PUT https://registry.test/v2/'))).toBe(false);
});
