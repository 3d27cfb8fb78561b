import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDigest, referrersTagOf } from '../../../src/model/digest.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import { nextLink } from '../../../src/sources/registry/pages.ts';
import type { Reply } from '../../support/scripted-server.ts';
import { faultOf, listed, manifestReply, open, piece, serverStarter, testImage } from './fixtures.ts';

const start = serverStarter();
const subject = testImage().manifest.descriptor;
const tag = referrersTagOf(subject.digest);
const API = `/v2/acme/app/referrers/${subject.digest}`;
const entry = (name: string) => ({
  ...piece(MEDIA.ociManifest, name).descriptor,
  artifactType: 'application/x',
  annotations: { name },
});

function indexReply(names: readonly string[], headers: Record<string, string> = {}): Reply {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: names.map(entry) });
  return { headers: { 'content-type': MEDIA.ociIndex, ...headers }, body };
}

const namesOf = async (host: string) =>
  (await listed(open(host).referrers(subject))).map(({ annotations }) => annotations?.get('name'));

describe('the referrers of an image', () => {
  test('are listed by the API, in its order, with type and annotations', async () => {
    const registry = await start(({ path }) => (path === API ? indexReply(['b', 'a']) : undefined));
    expect(await namesOf(registry.host)).toEqual(['b', 'a']);
    const [first] = await listed(open(registry.host).referrers(subject));
    expect(first).toEqual({ ...entry('b'), annotations: new Map([['name', 'b']]) });
    expect(registry.requests[0]?.headers.accept).toBe(MEDIA.ociIndex);
  });

  test('are none where the API says so; the fallback is not asked', async () => {
    const registry = await start(({ path }) => (path === API ? indexReply([]) : { status: 500 }));
    expect(await namesOf(registry.host)).toEqual([]);
    expect(registry.requests).toHaveLength(1);
  });

  test('are listed page by page', async () => {
    const registry = await start(({ query }) => {
      const page = Number(query.get('page') ?? 0);
      return indexReply(
        [`${page}a`, `${page}b`],
        page < 2 ? { link: `<${API}?page=${page + 1}>; rel="next"` } : {},
      );
    });
    expect(await namesOf(registry.host)).toEqual(['0a', '0b', '1a', '1b', '2a', '2b']);
  });

  test('are listed once each', async () => {
    const registry = await start(() => indexReply(['a', 'b', 'a']));
    expect(await namesOf(registry.host)).toEqual(['a', 'b']);
  });

  test('that break off between two pages are a fault', async () => {
    const registry = await start(({ query }) =>
      query.has('page') ? { status: 404 } : indexReply(['a'], { link: '<?page=1>; rel="next"' }),
    );
    expect((await faultOf(listed(open(registry.host).referrers(subject)))).code).toBe('REGISTRY_ERROR');
  });

  for (const status of [400, 404, 405, 406]) {
    test(`are under the fallback tag where the API answers ${status}`, async () => {
      const registry = await start(({ path }) =>
        path === `/v2/acme/app/manifests/${tag}`
          ? indexReply(['a'])
          : { status: path === API ? status : 404 },
      );
      expect(await namesOf(registry.host)).toEqual(['a']);
    });
  }

  test('are under the fallback tag where the API answers 200 with something else', async () => {
    const registry = await start(({ path }) =>
      path === `/v2/acme/app/manifests/${tag}`
        ? indexReply(['a'])
        : { headers: { 'content-type': 'text/html' }, body: '<h1>Welcome</h1>' },
    );
    expect(await namesOf(registry.host)).toEqual(['a']);
  });

  test('are none where there is neither API nor tag', async () => {
    const registry = await start(() => ({ status: 404 }));
    expect(await namesOf(registry.host)).toEqual([]);
    expect(registry.requests.map(({ path }) => path)).toEqual([API, `/v2/acme/app/manifests/${tag}`]);
  });

  test('are a fault where something else than an index is under the fallback tag', async () => {
    const image = testImage().manifest;
    const registry = await start(({ path }) =>
      path.includes('/manifests/') ? manifestReply(image) : undefined,
    );
    expect((await faultOf(listed(open(registry.host).referrers(subject)))).code).toBe('MANIFEST_INVALID');
  });

  test('are a fault where the list is no index, or holds what is no descriptor', async () => {
    const bodies = [
      '',
      '[]',
      '{}',
      '{"schemaVersion":2,"manifests":[{"digest":"sha256:x"}]}',
      '{"schemaVersion":2,"manifests":{}}',
    ];
    for (const body of bodies) {
      const registry = await start(() => ({ headers: { 'content-type': MEDIA.ociIndex }, body }));
      const { code } = await faultOf(listed(open(registry.host).referrers(subject)));
      expect(['JSON_INVALID', 'MANIFEST_INVALID', 'DIGEST_INVALID']).toContain(code);
    }
  });
});

test('the fallback tag has 64 digits at most', () => {
  expect(referrersTagOf(parseDigest(`sha256:${'a'.repeat(64)}`))).toBe(`sha256-${'a'.repeat(64)}`);
  const long = createHash('sha512').update('x').digest('hex');
  expect(referrersTagOf(parseDigest(`sha512:${long}`))).toBe(`sha512-${long.slice(0, 64)}`);
});

describe('a Link header', () => {
  test('names the next page', () => {
    expect(nextLink('</v2/x?n=1>; rel="next"')).toBe('/v2/x?n=1');
    expect(nextLink('<a>; rel=prev, <b>; title="x, y"; rel=next')).toBe('b');
    expect(nextLink('<a>;rel=next;n=1')).toBe('a');
    for (const header of [
      '',
      '<a>',
      '<a>; rel="prev"',
      'a; rel="next"',
      '<a>; title="rel=next"',
      '<a>; rel="nextest"',
    ])
      expect(nextLink(header)).toBeUndefined();
  });

  test('of any text is read without a fault', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'<>;,="rel nxt') }), (text) => void nextLink(text)),
    );
  });
});
