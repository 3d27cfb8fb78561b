import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildIndex, toContent } from '../../src/demo/image-builder.ts';
import type { RegistryAuth } from '../../src/demo/registry-auth.ts';
import { createGate } from '../../src/gate.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { parseReference } from '../../src/model/reference.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { readContentTree } from '../../src/promote/content-tree.ts';
import { type PromotionOptions, promoteImage } from '../../src/promote/promote-image.ts';
import { referrerManifest } from '../../src/sources/documents/referrer-manifest.ts';
import { faultOf, logins } from '../sources/registry/fixtures.ts';
import { type Docks, fullIndex, missingOf, pushSigned, setDocks, signatureTag } from '../support/docks.ts';
import type { GateChanges } from '../support/promotion-gate.ts';
import { promotionGate, requestOf } from '../support/promotion-gate.ts';
import { type Recorded, startScriptedServer } from '../support/scripted-server.ts';
import { cleanImage, cleanIndex, signWithTag } from '../support/stage.ts';
import { forward } from '../support/watched-registry.ts';

let docks: Docks;
beforeAll(async () => {
  docks = await setDocks();
});
afterEach(() => {
  docks.harbour.script = () => undefined;
  docks.stage.registry.script = () => undefined;
});
afterAll(() => docks.close());

const WRITES = /^(?:POST|PUT|PATCH|DELETE) /;
const at = (repository: string) => docks.harbour.store.repository(repository);

async function promote(
  name: string,
  repository: string,
  options: PromotionOptions = {},
  changes: GateChanges = {},
) {
  const gate = await promotionGate(docks, changes);
  return promoteImage(gate, requestOf(docks, name, repository, '1'), options);
}

const isTag =
  (repository: string, tag = '1') =>
  ({ method, path }: Recorded) =>
    method === 'PUT' && path === `/v2/${repository}/manifests/${tag}`;

describe('what is copied is what was judged', () => {
  test('since the name is looked up once, and everything after that goes by digest', async () => {
    const { name } = await pushSigned(docks.stage, 'acme/signed:once');
    docks.stage.registry.seen();
    await promote(name, 'acme/once');
    const asked = docks.stage.registry.seen().filter((line) => /\/manifests\/(?!sha256)/.test(line));
    expect(asked).toEqual(['GET /v2/acme/signed/manifests/once']);
  });

  test('also where the tag of the source moves after the judgement', async () => {
    const [judged, other] = [await cleanIndex(), await cleanImage('s390x')];
    const name = docks.stage.push('acme/shop:1', judged);
    const { state } = await promote(
      name,
      'acme/moved',
      {},
      { afterCheck: () => docks.stage.push('acme/shop:1', other) },
    );
    expect(state).toBe('promoted');
    expect(at('acme/moved').tags.get('1')).toBe(judged.root.descriptor.digest);
    expect(at('acme/moved').manifests.has(other.root.descriptor.digest)).toBe(false);
  });

  test('a source that gives other bytes for a layer ends it, and the target has nothing of them', async () => {
    const image = await cleanImage();
    const name = docks.stage.push('acme/shop:other', image);
    const layer = image.layers[0]?.descriptor.digest ?? '';
    const fault = await faultOf(
      promote(
        name,
        'acme/other',
        {},
        {
          afterCheck: () => {
            docks.stage.registry.script = ({ path, method }) =>
              method === 'GET' && path.endsWith(layer)
                ? { body: Buffer.alloc(image.layers[0]?.bytes.length ?? 0, 'x') }
                : undefined;
          },
        },
      ),
    );
    expect(fault.code).toBe('DIGEST_MISMATCH');
    expect(at('acme/other').blobs.has(layer)).toBe(false);
    expect(at('acme/other').tags.size).toBe(0);
  });

  test('a source that gives another manifest under the digest ends it', async () => {
    const [image, other] = [await cleanImage(), await cleanImage('s390x')];
    const name = docks.stage.push('acme/shop:swapped', image);
    const fault = await faultOf(
      promote(
        name,
        'acme/swapped',
        {},
        {
          afterCheck: () => {
            docks.stage.registry.script = ({ path }) =>
              path.endsWith(image.root.descriptor.digest)
                ? { headers: { 'content-type': MEDIA.ociManifest }, body: other.root.bytes }
                : undefined;
          },
        },
      ),
    );
    expect(fault.code).toMatch(/DIGEST_MISMATCH|SIZE_MISMATCH/);
    expect(docks.harbour.store.has('acme/swapped')).toBe(false);
  });

  test.each([MEDIA.dockerLayerForeignGzip, `${MEDIA.ociLayerNondistributable}+gzip`])(
    'layers that may not be passed on end it, whatever the registry holds: %s',
    async (mediaType) => {
      const image = await cleanImage();
      const root = toContent(MEDIA.ociManifest, {
        schemaVersion: 2,
        mediaType: MEDIA.ociManifest,
        config: image.config.descriptor,
        layers: [{ ...image.layers[0]?.descriptor, mediaType, urls: ['https://example.invalid/layer'] }],
      });
      const source = { manifest: async () => root.bytes };
      const fault = await faultOf(readContentTree(source, root.descriptor, DEFAULT_LIMITS));
      expect(fault.code).toBe('NOT_SUPPORTED');
      expect(fault.message).toContain('not to be passed on');
    },
  );
});

describe('copies that are under way at the same time', () => {
  test.each([1, 3])('are never more than --jobs says: %i', async (jobs) => {
    const { name } = await pushSigned(docks.stage, `acme/signed:jobs${jobs}`);
    const gate = await promotionGate(docks);
    let [now, most] = [0, 0];
    docks.harbour.script = async (request) => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      const reply = await forward(docks.harbour.behind, request);
      now -= 1;
      return reply;
    };
    const onEvent = (event: { kind: string }) => {
      if (event.kind === 'judged') [now, most] = [0, 0];
    };
    const request = requestOf(docks, name, `acme/jobs${jobs}`, '1');
    expect((await promoteImage(gate, request, { jobs, onEvent })).state).toBe('promoted');
    expect(most).toBe(jobs);
  });
});

test('what the source had not when the image was judged is not copied when it has it after that', async () => {
  const { built } = await fullIndex();
  const name = docks.stage.push('acme/shop:absent', built);
  const document = built.blobs.at(-1)?.descriptor.digest ?? '';
  docks.stage.registry.script = ({ path }) => (path.endsWith(document) ? { status: 404 } : undefined);
  const afterCheck = () => {
    docks.stage.registry.script = () => undefined;
  };
  const fault = await faultOf(promote(name, 'acme/absent', {}, { afterCheck }));
  expect(fault.code).toBe('NOT_FOUND');
  expect(fault.message).toContain('not there to be judged');
  expect(docks.harbour.store.has('acme/absent')).toBe(false);
});

describe('what speaks of something else', () => {
  test('is not laid beside another image of the target by lying in the index', async () => {
    const [image, other] = [await cleanImage(), await cleanImage('s390x')];
    docks.harbour.store.push('acme/planted', 'theirs', other);
    const { manifest, blobs } = referrerManifest(other.root.descriptor, {
      artifactType: 'application/spdx+json',
      mediaType: 'application/spdx+json',
      content: Buffer.from('{"spdxVersion":"SPDX-2.3"}'),
      annotations: {},
    });
    const planted = { root: manifest, blobs, manifests: [] };
    const index = buildIndex([
      { built: image, platform: image.platform },
      { built: planted, platform: { os: 'unknown', architecture: 'unknown' } },
    ]);
    const name = docks.stage.push('acme/shop:planted', index);
    docks.harbour.seen();
    const fault = await faultOf(promote(name, 'acme/planted'));
    expect(fault.code).toBe('NOT_SUPPORTED');
    expect(fault.message).toContain('speaks of');
    expect(docks.harbour.seen().filter((line) => WRITES.test(line))).toEqual([]);
  });

  test('may lie in the index where it speaks of an image of the same index', async () => {
    const image = await cleanImage();
    const { manifest, blobs } = referrerManifest(image.root.descriptor, {
      artifactType: 'application/spdx+json',
      mediaType: 'application/spdx+json',
      content: Buffer.from('{"spdxVersion":"SPDX-2.3"}'),
      annotations: {},
    });
    const own = { root: manifest, blobs, manifests: [] };
    const index = buildIndex([
      { built: own, platform: { os: 'unknown', architecture: 'unknown' } },
      { built: image, platform: image.platform },
    ]);
    expect((await promote(docks.stage.push('acme/shop:own', index), 'acme/ownsbom')).state).toBe('promoted');
  });
});

describe('a blob', () => {
  test('that is there is not sent', async () => {
    const image = await cleanImage();
    const name = docks.stage.push('acme/shop:there', image);
    for (const { descriptor, bytes } of image.blobs)
      docks.harbour.store.putBlob('acme/there', descriptor.digest, bytes);
    docks.harbour.seen();
    const { pieces } = await promote(name, 'acme/there');
    expect(pieces.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'blob there',
      'blob there',
      'manifest copied',
    ]);
    expect(docks.harbour.seen().filter((line) => line.includes('/uploads/'))).toEqual([]);
  });

  test('in the same registry is taken over without its bytes', async () => {
    const image = await cleanImage();
    docks.harbour.store.push('acme/from', '1', image);
    const { pieces } = await promote(`${docks.harbour.host}/acme/from:1`, 'acme/over');
    expect(pieces.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'blob mounted',
      'blob mounted',
      'manifest copied',
    ]);
    expect(missingOf(at('acme/over'), image.root.descriptor.digest)).toEqual([]);
  });

  test.each([
    ['rather has the bytes', 202],
    ['wants another login for', 401],
    ['forbids to take over', 403],
    ['does not find', 404],
    ['cannot take over', 500],
  ])('that the registry %s is sent', async (_what, status) => {
    const image = await cleanImage();
    docks.harbour.store.push('acme/from', '1', image);
    docks.harbour.script = ({ query }) => {
      if (!query.has('mount')) return undefined;
      const location = `/v2/acme/sent${status}/blobs/uploads/${docks.harbour.store.startUpload(`acme/sent${status}`)}`;
      return { status, headers: { location } };
    };
    const { pieces } = await promote(`${docks.harbour.host}/acme/from:1`, `acme/sent${status}`);
    expect(pieces.map(({ state }) => state)).toEqual(['copied', 'copied', 'copied']);
    expect(missingOf(at(`acme/sent${status}`), image.root.descriptor.digest)).toEqual([]);
  });

  test('of another registry is never asked for by mounting: its name is not told', async () => {
    const name = docks.stage.push('acme/secret-project:1', await cleanImage());
    const from = docks.harbour.requests.length;
    await promote(name, 'acme/plain');
    const told = docks.harbour.requests
      .slice(from)
      .map(({ target, body }) => `${target} ${body.toString('latin1')}`);
    expect(told.length).toBeGreaterThan(5);
    expect(told.filter((text) => text.includes('secret-project'))).toEqual([]);
  });

  test('is not sent to another host that the registry names for the upload', async () => {
    const image = await cleanImage();
    const name = docks.stage.push('acme/shop:elsewhere', image);
    const elsewhere = await startScriptedServer();
    docks.harbour.script = ({ method, path }) =>
      method === 'POST' && path.includes('/uploads/')
        ? { status: 202, headers: { location: `${elsewhere.url}/v2/acme/elsewhere/blobs/uploads/1` } }
        : undefined;
    const env = logins({ [docks.harbour.host]: ['gate', 'harbour-password'] });
    const fault = await faultOf(promote(name, 'acme/elsewhere', {}, { env }));
    await elsewhere.close();
    expect(fault.code).toBe('REDIRECT_REFUSED');
    expect(elsewhere.requests).toEqual([]);
    expect(at('acme/elsewhere').tags.size).toBe(0);
  });

  test('that the registry has under the digest with another length ends it', async () => {
    const image = await cleanImage();
    const name = docks.stage.push('acme/shop:short', image);
    at('acme/short').blobs.set(image.layers[0]?.descriptor.digest ?? '', Buffer.from('cut'));
    expect((await faultOf(promote(name, 'acme/short'))).code).toBe('SIZE_MISMATCH');
    expect(at('acme/short').tags.size).toBe(0);
  });
});

describe('a target', () => {
  test('that stored a blob though its answer was lost is not sent it twice', async () => {
    const image = await cleanImage();
    const name = docks.stage.push('acme/shop:sent', image);
    let sent = 0;
    docks.harbour.script = async (request) => {
      if (request.method !== 'PUT' || !request.path.includes('/uploads/')) return undefined;
      sent += 1;
      await forward(docks.harbour.behind, request);
      return { raw: (socket) => socket.destroy() };
    };
    expect((await promote(name, 'acme/sent')).state).toBe('promoted');
    expect(sent).toBe(image.blobs.length);
  });

  test.each([
    ['the first look at the tag', 'GET', /\/manifests\/1$/],
    ['the question for a blob', 'HEAD', /\/blobs\/sha256:/],
    ['the question for a manifest', 'HEAD', /\/manifests\/sha256:/],
    ['the reading at the end', 'GET', /\/manifests\/sha256:/],
  ])('that answers %s with a fault is not taken for one that has nothing', async (_what, method, path) => {
    const name = docks.stage.push('acme/shop:unclear', await cleanImage());
    for (const status of [403, 500, 503]) {
      docks.harbour.script = (request) =>
        request.method === method && path.test(request.path) ? { status } : undefined;
      const fault = await faultOf(promote(name, 'acme/unclear'));
      expect(fault.code).toMatch(/DENIED|REGISTRY_ERROR/);
      expect(at('acme/unclear').tags.size).toBe(0);
    }
  });

  test('that asks to wait does not hold what is over already', async () => {
    const policy = await loadPolicy({ cwd: docks.stage.folder, env: {}, now: new Date() });
    const gate = createGate({ policy, env: {} }); // this one really waits
    const asked = new Promise<void>((resolve) => {
      docks.harbour.script = () => {
        resolve();
        return { status: 429, headers: { 'retry-after': '50' } };
      };
    });
    const target = gate.openTarget(parseReference(`${docks.harbour.host}/acme/held`));
    const waiting = faultOf(target.lookUp('1'));
    await asked;
    await new Promise((resolve) => setTimeout(resolve, 500)); // until the answer is here, and the waiting has begun
    await target.close();
    expect((await waiting).code).toBe('NETWORK');
  });

  test('that says it stored something else ends it', async () => {
    const name = docks.stage.push('acme/shop:lying', await cleanImage());
    docks.harbour.script = ({ method, path }) =>
      method === 'PUT' && path.includes('/manifests/sha256:')
        ? { status: 201, headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } }
        : undefined;
    expect((await faultOf(promote(name, 'acme/lying'))).code).toBe('DIGEST_MISMATCH');
    expect(at('acme/lying').tags.size).toBe(0);
  });

  test.each([
    ['a blob', 'HEAD', /\/blobs\/sha256:/],
    ['a manifest', 'GET', /\/manifests\/sha256:/],
  ])('that takes %s and does not have it is found out before the tag', async (_what, method, path) => {
    const name = docks.stage.push('acme/shop:losing', await cleanImage());
    docks.harbour.script = (request) =>
      request.method === method && path.test(request.path) ? { status: 404 } : undefined;
    const fault = await faultOf(promote(name, 'acme/losing'));
    expect(fault.code).toBe('NOT_FOUND');
    expect(at('acme/losing').tags.size).toBe(0);
  });

  test('that has the index and lost something below it gets that again', async () => {
    const index = await cleanIndex();
    const name = docks.stage.push('acme/shop:holes', index);
    await promote(name, 'acme/holes');
    const lost = [index.blobs[0]?.descriptor.digest ?? '', index.manifests[1]?.descriptor.digest ?? ''];
    at('acme/holes').blobs.delete(lost[0] ?? '');
    at('acme/holes').manifests.delete(lost[1] ?? '');
    const { pieces, tags } = await promote(name, 'acme/holes');
    expect(pieces.filter(({ state }) => state === 'copied').map(({ what }) => what.digest)).toEqual(lost);
    expect(tags).toEqual([{ tag: '1', state: 'kept', previous: index.root.descriptor.digest }]);
    expect(missingOf(at('acme/holes'), index.root.descriptor.digest)).toEqual([]);
  });
});

describe('the tag', () => {
  test('is written last of all, after everything was read again', async () => {
    const { name } = await pushSigned(docks.stage, 'acme/signed:last');
    docks.harbour.seen();
    await promote(name, 'acme/last');
    const seen = docks.harbour.seen();
    const tagged = seen.indexOf('PUT /v2/acme/last/manifests/1');
    expect(seen.slice(tagged + 1)).toEqual(['GET /v2/acme/last/manifests/1']);
    expect(seen[tagged - 1]).toBe('GET /v2/acme/last/manifests/1');
    const written = seen.slice(0, tagged).findLastIndex((line) => WRITES.test(line));
    const reread = seen.slice(written, tagged).filter((line) => /^GET .*\/manifests\/sha256:/.test(line));
    expect(reread.length).toBeGreaterThanOrEqual(6); // the index, three manifests, two bundles
  });

  test('that somebody else moves meanwhile stays theirs; --force takes it', async () => {
    const [image, theirs] = [await cleanIndex(), await cleanImage('s390x')];
    const name = docks.stage.push('acme/shop:raced', image);
    const race = () => {
      docks.harbour.script = ({ method, path }) => {
        if (method === 'PUT' && path.includes('/manifests/sha256:'))
          docks.harbour.store.push('acme/raced', '1', theirs);
        return undefined;
      };
    };
    race();
    const fault = await faultOf(promote(name, 'acme/raced'));
    expect(fault.code).toBe('TAG_MOVED');
    expect(fault.message).toContain(theirs.root.descriptor.digest);
    expect(at('acme/raced').tags.get('1')).toBe(theirs.root.descriptor.digest);
    at('acme/raced').manifests.delete(image.root.descriptor.digest);
    at('acme/raced').tags.clear();
    const kept = await faultOf(promote(name, 'acme/raced', { force: true, keepTags: true }));
    expect(kept.code).toBe('TAG_MOVED');
    at('acme/raced').tags.clear();
    at('acme/raced').manifests.delete(image.root.descriptor.digest);
    const { tags } = await promote(name, 'acme/raced', { force: true });
    expect(tags).toEqual([{ tag: '1', state: 'moved', previous: theirs.root.descriptor.digest }]);
  });

  test('that gives something else right after the write is told', async () => {
    const [image, theirs] = [await cleanImage(), await cleanImage('s390x')];
    const name = docks.stage.push('acme/shop:after', image);
    docks.harbour.script = async (request) => {
      if (!isTag('acme/after')(request)) return undefined;
      const answer = await forward(docks.harbour.behind, request);
      docks.harbour.store.push('acme/after', '1', theirs);
      return answer;
    };
    const fault = await faultOf(promote(name, 'acme/after'));
    expect(fault.code).toBe('TAG_MOVED');
    expect(fault.message).toContain('stands for something else now');
  });

  test.each([
    [400, 'TAG_INVALID', 'the tag exists and cannot be overwritten because the repository is immutable'],
    [403, 'DENIED', 'tag is locked'],
    [409, 'CONFLICT', 'immutable'],
    [412, 'PRECONDITION', 'configured as immutable'],
  ])('that is immutable, as registries say it with %i, is told as such', async (status, code, message) => {
    const [old, next] = [await cleanImage(), await cleanImage('s390x')];
    docks.harbour.store.push('acme/fixed', '1', old);
    const name = docks.stage.push('acme/shop:fixed', next);
    docks.harbour.script = (request) =>
      isTag('acme/fixed')(request)
        ? { status, body: JSON.stringify({ errors: [{ code, message }] }) }
        : undefined;
    const fault = await faultOf(promote(name, 'acme/fixed'));
    expect(fault.code).toBe('TAG_NOT_MOVED');
    expect(fault.message).toContain(message);
    expect(fault.message).toContain('immutable');
    expect(at('acme/fixed').tags.get('1')).toBe(old.root.descriptor.digest);
  });

  test('that was written though the answer was lost is moved', async () => {
    const image = await cleanImage();
    const name = docks.stage.push('acme/shop:lost', image);
    docks.harbour.script = async (request) => {
      if (!isTag('acme/lost')(request)) return undefined;
      await forward(docks.harbour.behind, request);
      return { raw: (socket) => socket.destroy() };
    };
    const { tags } = await promote(name, 'acme/lost');
    expect(tags).toEqual([{ tag: '1', state: 'moved' }]);
    expect(at('acme/lost').tags.get('1')).toBe(image.root.descriptor.digest);
  });

  test('that stands for another image is kept with --no-clobber, and nothing is copied', async () => {
    const [old, next] = [await cleanImage(), await cleanImage('s390x')];
    docks.harbour.store.push('acme/kept', '1', old);
    docks.harbour.seen();
    const fault = await faultOf(
      promote(docks.stage.push('acme/shop:kept', next), 'acme/kept', { keepTags: true }),
    );
    expect(fault.code).toBe('TAG_TAKEN');
    expect(docks.harbour.seen().filter((line) => WRITES.test(line))).toEqual([]);
    const same = await promote(docks.stage.push('acme/shop:same', old), 'acme/kept', { keepTags: true });
    expect(same.tags[0]?.state).toBe('kept');
  });

  test('that cannot be moved says which others were', async () => {
    const name = docks.stage.push('acme/shop:some', await cleanImage());
    docks.harbour.script = (request) => (isTag('acme/some', '2')(request) ? { status: 403 } : undefined);
    const gate = await promotionGate(docks);
    const fault = await faultOf(promoteImage(gate, requestOf(docks, name, 'acme/some', '1', '2', '3')));
    expect(fault.code).toBe('TAG_NOT_MOVED');
    expect(fault.message).toContain('moved before that: 1');
    expect([...at('acme/some').tags.keys()]).toEqual(['1']);
  });
});

describe('of several tags the first of which is moved', () => {
  test.each([
    ['before the second is written', 1],
    ['after the second was written', 2],
  ])('a registry that does not answer %s does not keep that secret', async (_what, reading) => {
    const [old, next] = [await cleanImage(), await cleanImage('s390x')];
    const repository = `acme/half${reading}`;
    docks.harbour.store.push(repository, '2', old);
    docks.harbour.store.push(repository, '1', old);
    const name = docks.stage.push('acme/shop:half', next);
    let isFirstMoved = false;
    let readings = 0;
    docks.harbour.script = (request) => {
      if (isTag(repository, '1')(request)) isFirstMoved = true;
      const isReading = request.method === 'GET' && request.path.endsWith('/manifests/2');
      if (!isFirstMoved || !isReading) return undefined;
      readings += 1;
      return readings >= reading ? { status: 403 } : undefined;
    };
    const gate = await promotionGate(docks);
    const fault = await faultOf(promoteImage(gate, requestOf(docks, name, repository, '1', '2')));
    expect(fault.code).toBe('TAG_NOT_MOVED');
    expect(fault.message).toContain('moved before that: 1');
    expect(fault.message).toContain('403');
  });
});

describe('what lies beside the image', () => {
  test.each([
    ['the list of referrers', /\/referrers\//],
    ['a tag of cosign', /\.sig$/],
  ])('ends it where %s cannot be read at the source', async (_what, path) => {
    const { name } = await pushSigned(docks.stage, 'acme/signed:unread');
    docks.harbour.seen();
    const fault = await faultOf(
      promote(
        name,
        'acme/unread',
        {},
        {
          afterCheck: () => {
            docks.stage.registry.script = (request) =>
              path.test(request.path) ? { status: 503 } : undefined;
          },
        },
      ),
    );
    expect(fault.code).toBe('REGISTRY_ERROR');
    expect(docks.harbour.seen().filter((line) => WRITES.test(line))).toEqual([]);
  });

  test('is listed under the fallback tag where the target has no referrers API', async () => {
    const plain = await setDocks({ referrers: false });
    try {
      const { name, about, verified } = await pushSigned(plain.stage, 'acme/signed:1');
      const gate = await promotionGate(plain);
      await promoteImage(gate, requestOf(plain, name, 'acme/listed', '1'));
      const { tags, manifests } = plain.harbour.store.repository('acme/listed');
      const list = manifests.get(tags.get(about.digest.replace(':', '-')) ?? '');
      const { manifests: entries } = JSON.parse(Buffer.from(list?.bytes ?? []).toString()) as {
        manifests: { digest: string; artifactType: string; annotations: object }[];
      };
      expect(entries).toHaveLength(1);
      expect(verified).toContain(entries[0]?.digest);
      expect(entries[0]).toMatchObject({ artifactType: MEDIA.sigstoreBundle });
      expect(Object.keys(entries[0]?.annotations ?? {})).toContain('dev.sigstore.bundle.predicateType');
      plain.harbour.seen();
      await promoteImage(gate, requestOf(plain, name, 'acme/listed', '1'));
      expect(plain.harbour.seen().filter((line) => WRITES.test(line))).toEqual([]);
    } finally {
      await plain.close();
    }
  });

  test('keeps signatures that were made at the target, and never overwrites them', async () => {
    const { name, about } = await pushSigned(docks.stage, 'acme/signed:own');
    await promote(name, 'acme/own');
    const tag = signatureTag(about.digest);
    const there = at('acme/own');
    const ours = JSON.parse(
      Buffer.from(there.manifests.get(there.tags.get(tag) ?? '')?.bytes ?? []).toString(),
    );
    const [layer] = ours.layers;
    const signed = (layers: unknown[]) => {
      const root = toContent(MEDIA.ociManifest, { ...ours, layers });
      docks.harbour.store.push('acme/own', tag, { root, blobs: [], manifests: [] });
      return root.descriptor.digest;
    };
    const theirs = { ...layer, annotations: { 'dev.cosignproject.cosign/signature': 'bWFkZSB0aGVyZQ==' } };
    const both = signed([layer, theirs]);
    expect((await promote(name, 'acme/own')).state).toBe('promoted');
    expect(there.tags.get(tag)).toBe(both);
    const only = signed([theirs]);
    const fault = await faultOf(promote(name, 'acme/own'));
    expect(fault.code).toBe('NOT_SUPPORTED');
    expect(fault.message).toContain('signatures of its own');
    expect(there.tags.get(tag)).toBe(only);
  });

  test('ends it where verified and other signatures lie in one manifest', async () => {
    const { name, about } = await pushSigned(docks.stage, 'acme/signed:mixed');
    const source = docks.stage.registry.store.repository('acme/signed');
    const tag = signatureTag(about.digest);
    const read = () =>
      JSON.parse(Buffer.from(source.manifests.get(source.tags.get(tag) ?? '')?.bytes ?? []).toString());
    const ours = read();
    signWithTag(docks.stage, 'acme/signed', about, docks.stage.keys.stranger);
    const root = toContent(MEDIA.ociManifest, { ...ours, layers: [...ours.layers, ...read().layers] });
    docks.stage.registry.store.push('acme/signed', tag, { root, blobs: [], manifests: [] });
    const fault = await faultOf(promote(name, 'acme/mixed'));
    expect(fault.message).toContain('cannot be copied apart');
    expect(docks.harbour.store.has('acme/mixed')).toBe(false);
    expect((await promote(name, 'acme/mixed', { copyUnverified: true })).state).toBe('promoted');
  });

  test('ends it where it is larger than a document may be', async () => {
    const { name, about } = await pushSigned(docks.stage, 'acme/signed:large');
    const { manifest, blobs } = referrerManifest(about, {
      artifactType: 'application/x-large',
      mediaType: 'application/x-large',
      content: Buffer.alloc(2000),
      annotations: {},
    });
    docks.stage.registry.store.push('acme/signed', 'large-one', { root: manifest, blobs, manifests: [] });
    const gate = await promotionGate(docks);
    const policy = { ...gate.policy, limits: { ...gate.policy.limits, attestationBytes: 1000 } };
    const request = requestOf(docks, name, 'acme/large', '1');
    const fault = await faultOf(promoteImage({ ...gate, policy }, request, { copyUnverified: true }));
    expect(fault.code).toBe('LIMIT_EXCEEDED');
    expect(docks.harbour.store.has('acme/large')).toBe(false);
  });

  test('GHSA-298f-872v-2rcx: a list that leads in a circle ends it', async () => {
    const { name, about } = await pushSigned(docks.stage, 'acme/signed:circle');
    docks.stage.registry.script = async (request) => {
      if (!request.path.includes('/referrers/')) return undefined;
      // whatever is asked about is referred to by the index, which refers to nothing
      const entry = { mediaType: about.mediaType, digest: about.digest, size: about.size };
      const body = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [entry] });
      return { headers: { 'content-type': MEDIA.ociIndex }, body };
    };
    const verdict = await (await promotionGate(docks)).check(requestOf(docks, name, 'x', '1').source);
    const done = promote(
      name,
      'acme/circle',
      { copyUnverified: true },
      { verdict: { ...verdict, result: 'admitted', faults: [] } },
    );
    // the manifests in the index are told to be its subjects too, and it names none
    expect((await faultOf(done)).code).toBe('MANIFEST_INVALID');
  });
});

describe('logins', () => {
  const AUTH: RegistryAuth = { kind: 'token', user: 'gate', password: ['harbour', 'password'].join('-') };

  test('go to the registry that they are for, and a mount asks for both repositories', async () => {
    const locked = await setDocks({ auth: AUTH });
    try {
      const image = await cleanImage();
      const name = locked.stage.push('acme/shop:1', image);
      const env = logins({
        [locked.harbour.host]: [AUTH.user, AUTH.password],
        [locked.stage.registry.host]: ['source', 'source-password'],
      });
      const gate = await promotionGate(locked, { env });
      await promoteImage(gate, requestOf(locked, name, 'acme/first', '1'));
      const onward = requestOf(locked, `${locked.harbour.host}/acme/first:1`, 'acme/second', '1');
      const { pieces } = await promoteImage(gate, onward);
      expect(pieces.map(({ state }) => state)).toEqual(['mounted', 'mounted', 'copied']);
      const asked = locked.harbour.requests
        .filter(({ path }) => path === '/token')
        .map(({ query }) => query.getAll('scope'));
      expect(asked).toContainEqual(['repository:acme/first:pull', 'repository:acme/second:pull,push']);
      const sent = (requests: readonly Recorded[]) =>
        requests.map(({ headers }) =>
          Buffer.from((headers.authorization ?? '').split(' ')[1] ?? '', 'base64').toString(),
        );
      expect(sent(locked.stage.registry.requests).filter((text) => text.includes('password'))).toEqual([]);
      expect(sent(locked.harbour.requests).filter((text) => text.includes('source'))).toEqual([]);
      expect(sent(locked.harbour.requests).some((text) => text.includes(AUTH.password))).toBe(true);
    } finally {
      await locked.close();
    }
  });

  test('of the target is asked to write from the first request on, before anything is judged', async () => {
    const locked = await setDocks({ auth: AUTH });
    try {
      const name = locked.stage.push('acme/shop:1', await cleanImage());
      // Docker Hub lets even the owner not *pull* from a repository that is still to be made.
      locked.harbour.script = ({ path, query }) =>
        path === '/token' &&
        query.getAll('scope').includes('repository:acme/fresh:pull') &&
        !locked.harbour.store.has('acme/fresh')
          ? { status: 403 }
          : undefined;
      const env = logins({ [locked.harbour.host]: [AUTH.user, AUTH.password] });
      const gate = await promotionGate(locked, { env });
      const { state } = await promoteImage(gate, requestOf(locked, name, 'acme/fresh', '1'));
      expect(state).toBe('promoted');
    } finally {
      await locked.close();
    }
  });

  test.each([
    ['none', {}],
    ['a wrong one', { password: 'not-that-one' }],
  ])(
    'of the target: %s ends it before the image is judged',
    async (_what, { password }: { password?: string }) => {
      const locked = await setDocks({ auth: AUTH });
      try {
        const name = locked.stage.push('acme/shop:1', await cleanImage());
        const env = password === undefined ? {} : logins({ [locked.harbour.host]: [AUTH.user, password] });
        locked.stage.registry.seen();
        const gate = await promotionGate(locked, { env });
        const fault = await faultOf(promoteImage(gate, requestOf(locked, name, 'acme/shop', '1')));
        expect(fault.code).toMatch(/UNAUTHORIZED|CREDENTIALS|DENIED/);
        expect(fault.message).not.toContain('not-that-one');
        expect(locked.stage.registry.seen()).toEqual([]);
      } finally {
        await locked.close();
      }
    },
  );
});
