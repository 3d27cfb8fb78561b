import { describe, expect, test, vi } from 'vitest';
import { referrersTagOf } from '../../../src/model/digest.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import { attach } from '../../../src/sources/registry/attach.ts';
import { digestOf } from '../../../src/sources/registry/manifests.ts';
import { mountBlob, pushBlob, pushManifest } from '../../../src/sources/registry/push.ts';
import type { Recorded, Reply, ScriptedServer } from '../../support/scripted-server.ts';
import {
  basic,
  faultOf,
  listed,
  logins,
  open,
  piece,
  serverStarter,
  testImage,
  testOptions,
} from './fixtures.ts';

const start = serverStarter();
const blob = piece('application/octet-stream', 'the content');

/** A small registry that takes what is pushed; `before` may answer in its place. */
async function startStore(
  options: {
    api?: boolean;
    subjectHeader?: boolean;
    before?: (request: Recorded) => Reply | undefined | Promise<Reply | undefined>;
  } = {},
) {
  const { api = false, subjectHeader = api, before } = options;
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, { type: string; bytes: Buffer }>();
  const server: ScriptedServer = await start(async (request) => (await before?.(request)) ?? take(request));

  function take({ method, path, query, headers, body }: Recorded): Reply | undefined {
    const [, kind = '', name = ''] = /^\/v2\/acme\/app\/([a-z]+)\/(.*)$/.exec(path) ?? [];
    if (kind === 'blobs' && name === 'uploads/')
      return { status: 202, headers: { location: `${path}1?_state=a%2Bb%3D` } };
    if (kind === 'blobs' && method === 'PUT') {
      const digest = query.get('digest') ?? '';
      if (digest !== digestOf(body)) return { status: 400 };
      blobs.set(digest, body);
      return { status: 201, headers: { 'docker-content-digest': digest } };
    }
    if (kind === 'blobs') return blobs.has(name) ? { body: blobs.get(name) ?? '' } : undefined;
    if (kind === 'manifests' && method === 'PUT') return store(name, headers['content-type'] ?? '', body);
    if (kind === 'manifests') {
      const found = manifests.get(name);
      return found && { headers: { 'content-type': found.type }, body: found.bytes };
    }
    if (kind === 'referrers' && api)
      return { headers: { 'content-type': MEDIA.ociIndex }, body: '{"schemaVersion":2}' };
    return undefined;
  }

  function store(name: string, type: string, bytes: Buffer): Reply {
    manifests.set(name, { type, bytes }).set(digestOf(bytes), { type, bytes });
    const subject = (JSON.parse(bytes.toString()) as { subject?: { digest?: string } }).subject?.digest;
    const said = subject !== undefined && subjectHeader ? { 'oci-subject': subject } : {};
    return { status: 201, headers: { 'docker-content-digest': digestOf(bytes), ...said } };
  }

  return { server, blobs, manifests };
}

describe('a blob', () => {
  test('is pushed by POST and PUT, and the query of the upload stays as it is', async () => {
    const { server, blobs } = await startStore();
    expect(await pushBlob(open(server.host).session, blob.descriptor, blob.bytes)).toBe(true);
    expect(blobs.get(blob.descriptor.digest)?.toString()).toBe('the content');
    const put = server.requests.at(-1);
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'POST', 'PUT']);
    expect(put?.target).toContain('?_state=a%2Bb%3D&digest=sha256%3A');
    expect(put?.headers['content-length']).toBe('11');
  });

  test('is pushed as a stream too', async () => {
    const { server, blobs } = await startStore();
    async function* chunks() {
      yield Buffer.from('the ');
      yield Buffer.from('content');
    }
    await pushBlob(open(server.host).session, blob.descriptor, chunks);
    expect(blobs.get(blob.descriptor.digest)?.toString()).toBe('the content');
  });

  test('that is there is not sent', async () => {
    const { server, blobs } = await startStore();
    blobs.set(blob.descriptor.digest, blob.bytes);
    expect(await pushBlob(open(server.host).session, blob.descriptor, blob.bytes)).toBe(false);
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD']);
  });

  test('is sent anew, from the start of an upload, where the registry stumbles', async () => {
    const stumbles: Reply[] = [{ status: 503 }, { raw: (socket) => socket.destroy() }];
    const { server, blobs } = await startStore({
      before: ({ method }) => (method === 'PUT' ? stumbles.shift() : undefined),
    });
    async function* content() {
      yield blob.bytes;
    }
    expect(await pushBlob(open(server.host).session, blob.descriptor, content)).toBe(true);
    expect(blobs.size).toBe(1);
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(3);
  });

  test('is given up after three uploads', async () => {
    const { server } = await startStore({
      before: ({ method }) => (method === 'PUT' ? { status: 500 } : undefined),
    });
    const fault = await faultOf(pushBlob(open(server.host).session, blob.descriptor, blob.bytes));
    expect(fault.code).toBe('REGISTRY_ERROR');
    expect(server.requests.filter(({ method }) => method === 'PUT')).toHaveLength(3);
  });

  test('that the registry stored otherwise is DIGEST_MISMATCH', async () => {
    const other = piece('x', 'other').descriptor.digest;
    const { server } = await startStore({
      before: ({ method }) =>
        method === 'PUT' ? { status: 201, headers: { 'docker-content-digest': other } } : undefined,
    });
    expect((await faultOf(pushBlob(open(server.host).session, blob.descriptor, blob.bytes))).code).toBe(
      'DIGEST_MISMATCH',
    );
  });

  test('is not pushed where the check whether it is there fails', async () => {
    const { server } = await startStore({
      before: ({ method }) => (method === 'HEAD' ? { status: 403 } : undefined),
    });
    expect((await faultOf(pushBlob(open(server.host).session, blob.descriptor, blob.bytes))).code).toBe(
      'DENIED',
    );
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD']);
  });

  test('is not sent after a redirect', async () => {
    const elsewhere = await start();
    const { server } = await startStore({
      before: ({ method }) =>
        method === 'PUT' ? { status: 307, headers: { location: elsewhere.url } } : undefined,
    });
    expect((await faultOf(pushBlob(open(server.host).session, blob.descriptor, blob.bytes))).code).toBe(
      'REDIRECT_REFUSED',
    );
    expect(elsewhere.requests).toEqual([]);
  });
});

describe('a blob of another repository', () => {
  test('is mounted', async () => {
    const { server } = await startStore({
      before: ({ query }) => (query.has('mount') ? { status: 201, headers: { location: '/x' } } : undefined),
    });
    expect(await mountBlob(open(server.host).session, blob.descriptor, 'acme/base')).toBe(true);
    expect(server.requests[0]?.query.get('mount')).toBe(blob.descriptor.digest);
    expect(server.requests[0]?.query.get('from')).toBe('acme/base');
  });

  test('is not, where the registry would rather have it; the upload it began is ended', async () => {
    const { server } = await startStore();
    expect(await mountBlob(open(server.host).session, blob.descriptor, 'acme/base')).toBe(false);
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
  });

  test('needs leave to read there', async () => {
    const realm = await start(() => ({ body: '{"token":"good-token"}' }));
    const { server } = await startStore({
      before: ({ headers }) => {
        if (headers.authorization !== undefined) return { status: 201 };
        return { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm.url}/token"` } };
      },
    });
    await mountBlob(open(server.host).session, blob.descriptor, 'acme/base');
    expect(realm.requests[0]?.query.getAll('scope')).toEqual([
      'repository:acme/app:pull,push',
      'repository:acme/base:pull',
    ]);
  });
});

describe('a manifest', () => {
  const { manifest } = testImage();

  test('is pushed under a tag or its digest', async () => {
    const { server, manifests } = await startStore();
    const { session } = open(server.host);
    for (const name of ['2.0', manifest.descriptor.digest]) {
      const { descriptor } = await pushManifest(session, manifest.bytes, MEDIA.ociManifest, name);
      expect(descriptor).toEqual(manifest.descriptor);
      expect(manifests.get(name)?.type).toBe(MEDIA.ociManifest);
    }
  });

  test('is not sent under the digest of another', async () => {
    const { server } = await startStore();
    const push = pushManifest(
      open(server.host).session,
      manifest.bytes,
      MEDIA.ociManifest,
      blob.descriptor.digest,
    );
    expect((await faultOf(push)).code).toBe('DIGEST_MISMATCH');
    expect(server.requests).toEqual([]);
  });

  test('that the registry stored otherwise is DIGEST_MISMATCH', async () => {
    const { server } = await startStore({
      before: () => ({ status: 201, headers: { 'docker-content-digest': blob.descriptor.digest } }),
    });
    const push = pushManifest(open(server.host).session, manifest.bytes, MEDIA.ociManifest, '1');
    expect((await faultOf(push)).code).toBe('DIGEST_MISMATCH');
  });

  test('is pushed with the login, and anew after a 503', async () => {
    const stumbles: Reply[] = [{ status: 503 }];
    const { server, manifests } = await startStore({
      before: ({ headers }) => {
        if (headers.authorization === basic('alice', 'secret')) return stumbles.shift();
        return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
      },
    });
    const { session } = open(server.host, { env: logins({ [server.host]: ['alice', 'secret'] }) });
    await pushManifest(session, manifest.bytes, MEDIA.ociManifest, '1');
    expect(manifests.get('1')?.bytes).toEqual(manifest.bytes);
  });
});

describe('an attachment', () => {
  const subject = testImage().manifest.descriptor;
  const tag = referrersTagOf(subject.digest);
  const attachment = (content: string) => ({
    artifactType: 'application/vnd.example',
    mediaType: MEDIA.sigstoreBundle,
    content: Buffer.from(content),
    annotations: { 'org.example': content },
  });
  const entries = (manifests: ReadonlyMap<string, { bytes: Buffer }>) =>
    (JSON.parse(manifests.get(tag)?.bytes.toString() ?? '{}') as { manifests: { digest: string }[] })
      .manifests;

  test('becomes a manifest with empty config and subject, listed under the fallback tag', async () => {
    const { server, blobs, manifests } = await startStore();
    const source = open(server.host);
    const descriptor = await source.attach(subject, attachment('one'));
    expect(blobs.size).toBe(2);
    const manifest = JSON.parse(manifests.get(descriptor.digest)?.bytes.toString() ?? '');
    expect(manifest).toMatchObject({
      artifactType: 'application/vnd.example',
      subject,
      config: { mediaType: MEDIA.ociEmpty },
    });
    expect(entries(manifests)).toEqual([
      { ...descriptor, annotations: { 'org.example': 'one' }, artifactType: 'application/vnd.example' },
    ]);
    expect(await listed(source.referrers(subject))).toEqual([descriptor]);
  });

  test('twice is there once', async () => {
    const { server, manifests } = await startStore();
    const first = await open(server.host).attach(subject, attachment('one'));
    const puts = () =>
      server.requests.filter(({ method, path }) => method === 'PUT' && path.endsWith(tag)).length;
    expect(puts()).toBe(1);
    expect(await open(server.host).attach(subject, attachment('one'))).toEqual(first);
    expect(entries(manifests)).toHaveLength(1);
    expect(puts()).toBe(1);
  });

  test('joins what others attached, and keeps what it does not know of it', async () => {
    const { server, manifests } = await startStore();
    const other = {
      ...piece(MEDIA.ociManifest, 'other').descriptor,
      platform: { os: 'x', architecture: 'y' },
      data: 'AA==',
    };
    const index = {
      schemaVersion: 2,
      mediaType: MEDIA.ociIndex,
      manifests: [other],
      annotations: { kept: 'yes' },
    };
    manifests.set(tag, { type: MEDIA.ociIndex, bytes: Buffer.from(JSON.stringify(index)) });
    await open(server.host).attach(subject, attachment('one'));
    const after = JSON.parse(manifests.get(tag)?.bytes.toString() ?? '');
    expect(after.manifests).toHaveLength(2);
    expect(after.manifests[0]).toEqual(other);
    expect(after.annotations).toEqual({ kept: 'yes' });
  });

  test('many at once, from one process, are all there', async () => {
    const { server, manifests } = await startStore();
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        open(server.host).attach(subject, attachment(`content ${index}`)),
      ),
    );
    expect(entries(manifests)).toHaveLength(8);
    // one after the other: none had to be put back
    expect(server.requests.filter(({ method, path }) => method === 'PUT' && path.endsWith(tag))).toHaveLength(
      8,
    );
  });

  test('of a dozen processes that write at the same moment is there, and so are the others', async () => {
    // A list that takes a while to come: all of them read it before the first has written.
    let early = 12;
    const waiting: (() => void)[] = [];
    const { server, manifests } = await startStore({
      before: async ({ method, path }) => {
        if (method !== 'GET' || !path.endsWith(tag) || early === 0) return undefined;
        early -= 1;
        if (early === 0) for (const go of waiting) go();
        else await new Promise<void>((resolve) => waiting.push(resolve));
        return undefined;
      },
    });
    const sleep = (milliseconds: number) => new Promise<void>((wake) => setTimeout(wake, milliseconds));
    const processes: (typeof attach)[] = [];
    while (processes.length < 12) {
      vi.resetModules(); // each has locks of its own
      processes.push((await import('../../../src/sources/registry/attach.ts')).attach);
    }
    const written = await Promise.all(
      processes.map((own, index) =>
        own(open(server.host, { sleep }).session, subject, attachment(`content ${index}`)),
      ),
    );
    expect(new Set(entries(manifests).map(({ digest }) => digest))).toEqual(
      new Set(written.map(({ digest }) => digest)),
    );
    const puts = server.requests.filter(({ method, path }) => method === 'PUT' && path.endsWith(tag));
    expect(puts.length).toBeGreaterThan(12); // some had been lost, and were put back
  });

  test('whose entry another client overwrites is put back', async () => {
    const { server, manifests } = await startStore();
    const others = ['a', 'b'].map((name) => piece(MEDIA.ociManifest, name).descriptor);
    const rivals = [...others];
    const options = testOptions({
      insecure: [server.host],
      // while we wait, a rival that had read the list before us writes it without our entry
      sleep: async () => {
        const rival = rivals.shift();
        if (rival === undefined) return;
        const index = {
          schemaVersion: 2,
          mediaType: MEDIA.ociIndex,
          manifests: others.slice(0, 2 - rivals.length),
        };
        manifests.set(tag, { type: MEDIA.ociIndex, bytes: Buffer.from(JSON.stringify(index)) });
      },
    });
    const descriptor = await open(server.host, options).attach(subject, attachment('one'));
    const digests = entries(manifests).map(({ digest }) => digest);
    expect(digests).toEqual([...others.map(({ digest }) => digest), descriptor.digest]);
  });

  test('whose entry is always overwritten is ATTACH_FAILED, and not "done"', async () => {
    const { server, manifests } = await startStore();
    const options = testOptions({ insecure: [server.host], sleep: async () => void manifests.delete(tag) });
    expect((await faultOf(open(server.host, options).attach(subject, attachment('one')))).code).toBe(
      'ATTACH_FAILED',
    );
  });

  test('is not listed by us where the registry does it', async () => {
    const { server, manifests } = await startStore({ api: true });
    await open(server.host).attach(subject, attachment('one'));
    expect(manifests.has(tag)).toBe(false);
  });

  test('is listed by us where the registry says OCI-Subject and has no API, as ECR does', async () => {
    const { server, manifests } = await startStore({ subjectHeader: true });
    await open(server.host).attach(subject, attachment('one'));
    expect(entries(manifests)).toHaveLength(1);
  });

  test('is not written where the list cannot be read', async () => {
    const { server, manifests } = await startStore({
      before: ({ method, path }) => (method === 'GET' && path.endsWith(tag) ? { status: 500 } : undefined),
    });
    expect((await faultOf(open(server.host).attach(subject, attachment('one')))).code).toBe('REGISTRY_ERROR');
    expect(manifests.has(tag)).toBe(false);
  });

  test('is not put into a list that is full', async () => {
    const { server, manifests } = await startStore();
    const session = open(server.host, { limits: { ...testOptions().limits, referrers: 1 } }).session;
    await attach(session, subject, attachment('one'));
    expect((await faultOf(attach(session, subject, attachment('two')))).code).toBe('LIMIT_EXCEEDED');
    expect(entries(manifests)).toHaveLength(1);
  });
});
