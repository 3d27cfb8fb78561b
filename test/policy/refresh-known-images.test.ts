import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refreshKnownImages } from '../../testdata/refresh-known-images.ts';
import { type Reply, type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';

const HEAD = '# image\tlists that name it\tday\tremark';
const ROWS = [
  'docker.io/grafana/grafana\tawesome-compose,daocloud\t2026-01-01',
  'docker.io/library/alpine\tofficial,shortnames\t2026-01-01',
  'docker.io/library/nginx\tofficial\t2026-01-01',
  'docker.io/prom/gone\tdaocloud\t2026-01-01',
  'docker.io/prom/late\tdaocloud\t2025-01-01\tno list names it since 2025-06-01',
];
const BEFORE = `${[HEAD, ...ROWS].join('\n')}\n`;

let server: ScriptedServer;
const answers = new Map<string, () => Reply>();
beforeAll(async () => {
  server = await startScriptedServer(({ path }) => answers.get(path)?.());
});
afterAll(() => server.close());

const OFFICIAL = '/repos/docker-library/official-images/contents/library';
const DAOCLOUD = '/DaoCloud/public-image-mirror/main/allows.txt';
const slept: number[] = [];

function files(...names: readonly string[]): string {
  return JSON.stringify([...names.map((name) => ({ type: 'file', name })), { type: 'dir', name: 'x' }]);
}

/** @param change what is answered in another way than it is by default */
function refresh(change: Readonly<Record<string, () => Reply>> = {}) {
  const allowed = ['docker.io/*', 'docker.io/grafana/grafana', 'docker.io/acme/app:1'];
  const wrong = ['docker.io/grafanaa/grafana', 'docker.io/enable/nessus'];
  answers.clear();
  answers.set(OFFICIAL, () => ({ body: files('alpine', 'nginx', 'redis', 'MAINTAINERS') }));
  answers.set(DAOCLOUD, () => ({ body: [...allowed, ...wrong, ''].join('\n') }));
  answers.set('/containers/shortnames/main/shortnames.conf', () => ({
    body: '[aliases]\n  # docker\n  "alpine" = "docker.io/library/alpine"\n',
  }));
  for (const [path, reply] of Object.entries(change)) answers.set(path, reply);
  slept.length = 0;
  return refreshKnownImages(BEFORE, {
    origins: { api: server.url, raw: server.url },
    now: new Date('2026-11-21T12:00:00Z'),
    sleep: async (milliseconds) => void slept.push(milliseconds),
  });
}

describe('the refresh of the known images', () => {
  test('dates what the lists name, adds what is new, and keeps what is gone with a remark', async () => {
    const { text, changes } = await refresh();
    expect(text.split('\n')).toEqual([
      HEAD,
      'docker.io/acme/app\tdaocloud\t2026-11-21',
      'docker.io/grafana/grafana\tawesome-compose,daocloud\t2026-11-21',
      'docker.io/library/alpine\tofficial,shortnames\t2026-11-21',
      'docker.io/library/nginx\tofficial\t2026-11-21',
      'docker.io/library/redis\tofficial\t2026-11-21',
      'docker.io/prom/gone\tdaocloud\t2026-01-01\tno list names it since 2026-11-21',
      'docker.io/prom/late\tdaocloud\t2025-01-01\tno list names it since 2025-06-01',
      '',
    ]);
    expect(changes).toEqual([
      '+ docker.io/library/redis (official)',
      '+ docker.io/acme/app (daocloud)',
      '- docker.io/prom/gone (no list names it since 2026-11-21)',
      expect.stringMatching(
        /^! docker\.io\/grafanaa\/grafana .*could be taken for docker\.io\/grafana\/grafana: not added/,
      ),
    ]);
  });

  test('waits as long as a busy server asks for, and no longer than a minute', async () => {
    let asked = 0;
    const busy = () => {
      asked += 1;
      return asked === 1
        ? { status: 429, headers: { 'retry-after': '7' } }
        : { body: files('alpine', 'nginx') };
    };
    await refresh({ [OFFICIAL]: busy });
    expect(slept).toEqual([7000]);
    const reset = String(Math.ceil(Date.now() / 1000) + 3000);
    const spent = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    await expect(refresh({ [OFFICIAL]: () => ({ status: 403, headers: spent }) })).rejects.toThrow(
      /answered 403, and wants to be asked again in \d{4} s/,
    );
    expect(slept).toEqual([]);
  });

  test.each<[string, () => Reply, RegExp]>([
    ['a list that is not there', () => ({ status: 404 }), /answered 404$/],
    ['a server that stays down', () => ({ status: 503 }), /answered 503/],
    ['a redirect', () => ({ status: 302, headers: { location: '/x' } }), /fetch failed|redirect/],
    ['an answer that is too long', () => ({ body: 'a\n'.repeat(3_000_000) }), /more than 4194304 bytes/],
    ['a list cut short', () => ({ body: '' }), /daocloud names 0 images and named 2: it is not whole/],
    ['what is no text', () => ({ body: new Uint8Array([0xff, 0xfe]) }), /not valid/],
  ])('gives up for %s', async (_what, reply, expected) => {
    await expect(refresh({ [DAOCLOUD]: reply })).rejects.toThrow(expected);
  });

  test.each([
    ['no JSON', 'x', /JSON/],
    ['no list', '{"message": "x"}', /no list of files/],
    [
      'as long as one answer can be',
      files(...Array.from({ length: 1000 }, (_, index) => `a${index}`)),
      /more files than/,
    ],
  ])('gives up for a folder that is %s', async (_what, body, expected) => {
    await expect(refresh({ [OFFICIAL]: () => ({ body }) })).rejects.toThrow(expected);
  });
});
