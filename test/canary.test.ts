import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MEDIA } from '../src/model/media-type.ts';
import { type Canaries, plantCanaries } from './support/canaries.ts';
import { pratique } from './support/child.ts';
import type { Recorded, Reply } from './support/scripted-server.ts';
import { cleanImage, type Stage, setStage } from './support/stage.ts';
import { ALL_VIEWS, leftBy, sentSince, VIEWS } from './support/traces.ts';

/** Every variable that the program reads: those in which a secret may stand, and those that only name or switch. */
const SECRET_VARIABLES = [
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
  'BUILDKITE_AGENT_ACCESS_TOKEN',
  'DOCKER_AUTH_CONFIG',
  'GITHUB_TOKEN',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'PRATIQUE_FINGERPRINT_KEY',
  'PRATIQUE_KEY_PASSPHRASE',
  'PRATIQUE_QUEUE',
  'PRATIQUE_QUEUE_KEY',
  'SIGSTORE_ID_TOKEN',
];
/** Where people put a secret that does not belong there: the content of a file instead of its name. */
const MISTAKEN_VARIABLES = ['PRATIQUE_KEY', 'PRATIQUE_AUTH_FILE', 'REGISTRY_AUTH_FILE', 'DOCKER_CONFIG'];
const OTHER_VARIABLES = [
  'ACTIONS_ID_TOKEN_REQUEST_URL',
  'BUILDKITE_AGENT_ENDPOINT',
  'BUILDKITE_JOB_ID',
  'CI',
  'FORCE_COLOR',
  'GCE_METADATA_HOST',
  'GITHUB_ACTOR',
  'GITHUB_API_URL',
  'GITHUB_EVENT_NAME',
  'GITHUB_EVENT_PATH',
  'GITHUB_OUTPUT',
  'GITHUB_REPOSITORY',
  'GITHUB_SHA',
  'GITHUB_STEP_SUMMARY',
  'GITHUB_WORKFLOW_REF',
  'GITHUB_WORKSPACE',
  'GOOGLE_SERVICE_ACCOUNT_NAME',
  'GIT_CONFIG_COUNT',
  'HOME',
  'NO_COLOR',
  'NO_PROXY',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_SDK_DISABLED',
  'OTEL_TRACES_EXPORTER',
  'PATH',
  'PRATIQUE_ALLOW_REALM',
  'PRATIQUE_CA_FILE',
  'PRATIQUE_DEBUG',
  'PRATIQUE_INSECURE',
  'PRATIQUE_PLATFORM',
  'PRATIQUE_POLICY',
  'RUNNER_TEMP',
  'TERM',
  'USERPROFILE',
  'XDG_CONFIG_HOME',
  'XDG_RUNTIME_DIR',
];

test('every variable that the program reads is planted here, or named as one that holds no secret', () => {
  const root = fileURLToPath(new URL('../src', import.meta.url));
  const sources = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('scan'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
  const read = [
    ...sources.matchAll(/\benv(?:\[|\?\.\[)'([A-Z_]+)'\]/g),
    ...sources.matchAll(/'([A-Z]+_PROXY)'/g),
  ].map(([, name = '']) => name);
  expect([...new Set(read)].sort()).toEqual(
    [...SECRET_VARIABLES, ...MISTAKEN_VARIABLES, ...OTHER_VARIABLES].sort(),
  );
});

let stage: Stage;
let canaries: Canaries;
beforeEach(async () => {
  stage = await setStage();
  canaries = plantCanaries();
});
afterEach(() => stage.close());

/** The gate's private key behind a passphrase. */
function lockedKey(passphrase: string): string {
  return createPrivateKey(stage.keys.gate.privatePem)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
    .toString();
}

const authsFor = (host: string, user: string, password: string) =>
  JSON.stringify({ auths: { [host]: { auth: Buffer.from(`${user}:${password}`).toString('base64') } } });

describe('a secret that the program is given', () => {
  /** A registry behind a password, that says back whatever it was told. */
  function echo(reply: (request: Recorded) => Reply | undefined): void {
    stage.registry.script = (request) => {
      const said = request.headers.authorization;
      if (said === undefined)
        return { status: 401, headers: { 'www-authenticate': 'Basic realm="stage"' }, body: '{}' };
      const given = reply(request);
      if (given === undefined) return undefined;
      const plain = Buffer.from(said.replace(/^Basic /, ''), 'base64').toString();
      const message = `not for ${said} (${plain}) ${JSON.stringify(request.headers)}`;
      return {
        headers: { warning: `299 - "you are ${plain}"`, 'www-authenticate': `Bearer realm="${plain}"` },
        body: JSON.stringify({ errors: [{ code: 'DENIED', message, detail: { said, plain } }] }),
        ...given,
      };
    };
  }

  /** Everything that can be given at once. */
  async function everything(): Promise<Record<string, string>> {
    const { host } = stage.registry;
    const passphrase = canaries.word('PRATIQUE_KEY_PASSPHRASE');
    await stage.write('locked.key', lockedKey(passphrase));
    await mkdir(join(stage.folder, '.docker'));
    await stage.write(
      '.docker/config.json',
      authsFor('other.example', 'bob', canaries.word('.docker/config.json')),
    );
    await mkdir(join(stage.folder, '.config/containers'), { recursive: true });
    await stage.write(
      '.config/containers/auth.json',
      authsFor('more.example', 'eve', canaries.word('auth.json')),
    );
    const proxied = (place: string) =>
      `http://user:${encodeURIComponent(canaries.word(place))}@proxy.example:3128`;
    return {
      HOME: stage.folder,
      PATH: process.env['PATH'] ?? '',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: canaries.word('ACTIONS_ID_TOKEN_REQUEST_TOKEN'),
      BUILDKITE_AGENT_ACCESS_TOKEN: canaries.word('BUILDKITE_AGENT_ACCESS_TOKEN'),
      SIGSTORE_ID_TOKEN: canaries.word('SIGSTORE_ID_TOKEN'),
      DOCKER_AUTH_CONFIG: authsFor(host, 'alice', canaries.word('DOCKER_AUTH_CONFIG')),
      GITHUB_TOKEN: canaries.token('GITHUB_TOKEN'),
      HTTPS_PROXY: proxied('HTTPS_PROXY'),
      HTTP_PROXY: proxied('HTTP_PROXY'),
      PRATIQUE_KEY_PASSPHRASE: passphrase,
      PRATIQUE_QUEUE: `redis://user:${encodeURIComponent(canaries.word('PRATIQUE_QUEUE'))}@queue.example`,
      PRATIQUE_QUEUE_KEY: canaries.word('PRATIQUE_QUEUE_KEY'),
      PRATIQUE_FINGERPRINT_KEY: canaries.word('PRATIQUE_FINGERPRINT_KEY'),
      PRATIQUE_DEBUG: '1',
      AWS_SECRET_ACCESS_KEY: canaries.word('a variable that nobody reads'),
    };
  }

  test('is in nothing that a run leaves that goes well, signs and attaches', async () => {
    const image = stage.push('acme/shop:1', await cleanImage());
    echo(() => undefined);
    const env = await everything();
    for (const { view, draws } of VIEWS) {
      const argv = [
        'check',
        image,
        ...view,
        '--key',
        'locked.key',
        '--attest',
        '--attestation',
        'signed.jsonl',
      ];
      const { code, text } = await leftBy(stage, argv, { env, draws });
      expect([code, canaries.seenIn(text)], view.join(' ')).toEqual([0, []]);
    }
    expect(sentSince(stage, 0).join('')).toContain('pratique');
  });

  const faults: readonly (readonly [string, (request: Recorded) => Reply | undefined])[] = [
    ['refuses', () => ({ status: 403 })],
    ['does not know the password', () => ({ status: 401 })],
    ['fails', () => ({ status: 500, headers: { 'retry-after': '0' } })],
    ['has no such image', () => ({ status: 404 })],
    ['limits', () => ({ status: 429, headers: { 'retry-after': '0' } })],
    [
      'sends elsewhere',
      ({ headers }) => ({ status: 307, headers: { location: `http://x.example/${headers.authorization}` } }),
    ],
    ['answers with no manifest', () => ({ headers: { 'content-type': MEDIA.ociManifest } })],
    [
      'spoils a blob',
      ({ path, headers }) => (path.includes('/blobs/') ? { body: String(headers.authorization) } : undefined),
    ],
    ['takes nothing', ({ method }) => (method === 'GET' || method === 'HEAD' ? undefined : { status: 400 })],
  ];
  test.each(faults)(
    'comes out of no fault, where the registry %s and says all it was told',
    async (name, reply) => {
      const expected = name === 'takes nothing' ? 4 : 3; // what cannot be attached is judged all the same
      const image = stage.push('acme/shop:1', await cleanImage());
      echo(reply);
      const env = await everything();
      for (const { view, draws } of ALL_VIEWS) {
        const argv = [
          'check',
          image,
          ...view,
          '--key',
          'locked.key',
          '--attest',
          '--attestation',
          'signed.jsonl',
        ];
        const { code, text } = await leftBy(stage, argv, { env, draws });
        expect([code, canaries.seenIn(text)], view.join(' ')).toEqual([expected, []]);
      }
      for (const command of [
        ['inspect', image],
        ['admit', image, '--key', 'gate.pub'],
      ])
        expect(canaries.seenIn((await leftBy(stage, command, { env })).text), command[0]).toEqual([]);
    },
  );

  test('comes out of no token server, whatever that answers', async () => {
    const image = stage.push('acme/shop:1', await cleanImage());
    const issued = canaries.word('the token that was issued');
    const answers: readonly ((request: Recorded) => Reply)[] = [
      () => ({ body: JSON.stringify({ token: issued }) }),
      ({ headers }) => ({ status: 401, body: `{"message":"${headers.authorization} ${issued}"}` }),
      ({ headers }) => ({
        status: 500,
        headers: { 'retry-after': '0' },
        body: `${issued} ${JSON.stringify(headers)}`,
      }),
      () => ({ body: `{"token": "${issued}"` }),
      () => ({ body: JSON.stringify({ token: `${issued}\r\nx: y` }) }),
    ];
    const env = await everything();
    for (const [index, answer] of answers.entries()) {
      stage.registry.script = (request) => {
        if (request.path === '/token') return answer(request);
        const realm = `Bearer realm="http://${stage.registry.host}/token",service="s",scope="repository:acme/shop:pull"`;
        const said = request.headers.authorization;
        if (said === `Bearer ${issued}`)
          return { status: 403, body: JSON.stringify({ errors: [{ code: 'DENIED', message: said }] }) };
        return { status: 401, headers: { 'www-authenticate': realm }, body: `{"message": "${said}"}` };
      };
      for (const { view, draws } of ALL_VIEWS) {
        const { code, text } = await leftBy(stage, ['check', image, ...view], { env, draws });
        expect([code, canaries.seenIn(text)], `${index} ${view.join(' ')}`).toEqual([3, []]);
      }
    }
  });

  test('comes out of no file that cannot be read: logins, keys, helpers', async () => {
    const image = stage.push('acme/shop:1', await cleanImage());
    echo(() => undefined);
    await stage.write(
      'logins.json',
      `{"auths": {"${stage.registry.host}": {"auth": "${canaries.word('a torn file of logins')}`,
    );
    await stage.write(
      'odd.json',
      JSON.stringify({ auths: { [stage.registry.host]: { auth: [canaries.word('an odd login')] } } }),
    );
    await stage.write('torn.key', `-----BEGIN ${'PRIVATE KEY'}-----\n${canaries.word('a torn key')}\n`);
    await stage.write('locked.key', lockedKey(canaries.word('the right passphrase')));
    const helper = `#!/bin/sh\necho '${canaries.word('said by a helper')}' >&2; echo '${canaries.word('told by a helper')}'; exit 1\n`;
    await chmod(await stage.write('docker-credential-canary', helper), 0o755);
    await stage.write('helped.json', JSON.stringify({ credsStore: 'canary' }));
    const env = {
      HOME: stage.folder,
      PATH: `${stage.folder}:${process.env['PATH']}`,
      PRATIQUE_DEBUG: '1',
      PRATIQUE_KEY_PASSPHRASE: canaries.word('the wrong passphrase'),
    };
    for (const more of [
      ['--auth-file', 'logins.json'],
      ['--auth-file', 'odd.json'],
      ['--auth-file', 'helped.json'],
      ['--key', 'torn.key', '--attest'],
      ['--key', 'locked.key', '--attest'],
    ]) {
      const { code, text } = await leftBy(stage, ['check', image, ...more], { env });
      expect([code > 1, canaries.seenIn(text)], more.join(' ')).toEqual([true, []]);
    }
  });

  test('comes out of no variable or option that was to name a file and holds its content', async () => {
    const image = stage.push('acme/shop:1', await cleanImage());
    echo(() => undefined);
    const key = `-----BEGIN ${'PRIVATE KEY'}-----\n${canaries.word('a key instead of its file')}\n`;
    const logins = authsFor(stage.registry.host, 'alice', canaries.word('logins instead of their file'));
    const tries: readonly (readonly [Record<string, string>, readonly string[]])[] = [
      [{ PRATIQUE_KEY: key }, ['--attest']],
      [{ PRATIQUE_AUTH_FILE: logins }, []],
      [{ SIGSTORE_ID_TOKEN: canaries.word('a token') }, ['--keyless', '--attest']],
      [{}, ['--keyless', '--attest', '--identity-token', canaries.word('a token instead of its file')]],
      [{}, ['--key', 'gate.key', '--attest', '--passphrase-file', canaries.word('instead of its file')]],
      [{ REGISTRY_AUTH_FILE: logins }, []],
      [{ REGISTRY_AUTH_FILE: logins.padEnd(5000, ' ') }, []],
      [{ DOCKER_CONFIG: logins }, []],
      [{}, ['--key', key, '--attest']],
      [{}, ['--auth-file', logins]],
    ];
    for (const [index, [env, more]] of tries.entries()) {
      const { text, code } = await leftBy(stage, ['check', image, ...more], {
        env: { HOME: stage.folder, ...env },
      });
      expect([code > 1, canaries.seenIn(text)], String(index)).toEqual([true, []]);
    }
  });

  test('comes out of no address of a queue, and of no key for one', async () => {
    const word = canaries.word('PRATIQUE_QUEUE');
    const image = stage.push('acme/shop:1', await cleanImage());
    for (const env of [
      { PRATIQUE_QUEUE: word },
      { PRATIQUE_QUEUE: `http://user:${word}@queue.example` },
      { PRATIQUE_QUEUE: `redis://queue.example?password=${word}` },
      { PRATIQUE_QUEUE: `redis://:${word}@127.0.0.1:0` },
      { PRATIQUE_QUEUE: 'none', PRATIQUE_QUEUE_KEY: canaries.word('a key').slice(0, 15) },
    ])
      for (const argv of [['sweep', image, '--ledger', 'canary'], ['worker']]) {
        const all = { HOME: stage.folder, PRATIQUE_DEBUG: '1', ...env };
        const { code, text } = await leftBy(stage, argv, { env: all });
        expect([code > 1, canaries.seenIn(text)], `${argv[0]} ${Object.keys(env)}`).toEqual([true, []]);
      }
  });

  test('is in nothing that a process of its own leaves', async () => {
    const image = stage.push('acme/shop:1', await cleanImage());
    const env = await everything();
    for (const [reply, expected] of [
      [() => undefined, 0],
      [() => ({ status: 500, headers: { 'retry-after': '0' } }), 3],
    ] as const) {
      echo(reply);
      const argv = ['check', image, '-v', '--key', 'locked.key', '--attest'];
      const { code, out, err } = await pratique(argv, { cwd: stage.folder, env });
      expect([code, canaries.seenIn([out, err, ...sentSince(stage, 0)].join('\n'))]).toEqual([expected, []]);
    }
  }, 60_000);
});
