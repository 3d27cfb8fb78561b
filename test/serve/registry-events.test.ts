import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { formatReference } from '../../src/model/reference.ts';
import { readRegistryEvents } from '../../src/serve/registry-events.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** What distribution sends of one push. */
function pushed(target: Readonly<Record<string, unknown>> = {}, action = 'push') {
  return {
    id: '320678d8-ca14-430f-8bb6-4ca139cd83f7',
    timestamp: '2026-11-21T16:00:00Z',
    action,
    target: {
      mediaType: MANIFEST,
      size: 708,
      digest: DIGEST,
      length: 708,
      repository: 'acme/app',
      url: 'http://evil.test/v2/',
      tag: '1',
      ...target,
    },
    request: {
      id: '6df24a34',
      addr: '192.168.64.11:42961',
      host: 'evil.test',
      method: 'PUT',
      useragent: 'curl',
    },
    actor: {},
    source: { addr: 'registry', instanceID: 'a53db899' },
  };
}

/** What Harbor sends. */
function harbor(change: Readonly<Record<string, unknown>> = {}) {
  return {
    type: 'PUSH_ARTIFACT',
    occur_at: 1_680_501_893,
    operator: 'harbor-jobservice',
    event_data: {
      resources: [{ digest: DIGEST, tag: '1', resource_url: 'evil.test/acme/app:1' }],
      repository: {
        date_created: 1_680_501_430,
        name: 'app',
        namespace: 'acme',
        repo_full_name: 'acme/app',
        repo_type: 'private',
      },
    },
    ...change,
  };
}

const read = (message: unknown) =>
  readRegistryEvents(Buffer.from(JSON.stringify(message)), 'registry.test').map(formatReference);

describe('what a registry tells of', () => {
  test('are images with a tag, by name and digest, at the host that we know', () => {
    expect(read({ events: [pushed()] })).toEqual([`registry.test/acme/app:1@${DIGEST}`]);
    expect(read(harbor())).toEqual([`registry.test/acme/app:1@${DIGEST}`]);
  });

  test('are read from Harbor in the form of CloudEvents, too', () => {
    const { event_data: data } = harbor();
    const said = { specversion: '1.0', source: '/projects/1/webhook/policies/1', data };
    expect(read({ ...said, type: 'harbor.artifact.pushed' })).toEqual([`registry.test/acme/app:1@${DIGEST}`]);
    expect(read({ ...said, type: 'harbor.artifact.pulled' })).toEqual([]);
  });

  test('are judged once where they are told of twice', () => {
    expect(read({ events: [pushed(), pushed(), pushed({ tag: '2' })] })).toHaveLength(2);
  });

  test.each([
    ['a pull', pushed({}, 'pull')],
    ['a layer', pushed({ mediaType: 'application/octet-stream', tag: undefined })],
    ['a manifest without a tag, as a referrer or a part of an index is', pushed({ tag: undefined })],
    ['a signature of cosign', pushed({ tag: `sha256-${'b'.repeat(64)}.sig` })],
    [
      'a fallback index of referrers, which a gate writes itself',
      pushed({ tag: `sha256-${'b'.repeat(64)}` }),
    ],
    ['something whose digest is none', pushed({ digest: 'sha256:x' })],
  ])('leave %s alone', (_name, event) => {
    expect(read({ events: [event] })).toEqual([]);
  });

  test('leave other news of Harbor alone', () => {
    expect(read(harbor({ type: 'PULL_ARTIFACT' }))).toEqual([]);
  });

  test.each([
    ['nothing that is known', {}],
    ['events that are no list', { events: 'push' }],
    ['a target without a repository', { events: [pushed({ repository: undefined })] }],
    ['a push without data', { type: 'PUSH_ARTIFACT' }],
  ])('cannot be read from %s', (_name, message) => {
    expect(() => read(message)).toThrowError(expect.objectContaining({ code: 'JSON_INVALID' }));
  });

  test('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          try {
            readRegistryEvents(bytes, 'registry.test');
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(PratiqueError);
          }
        },
      ),
    );
  });
});
