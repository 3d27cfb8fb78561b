import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkImage } from '../../src/check-image.ts';
import { buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { type RegistryServer, startRegistry } from '../../src/demo/registry-server.ts';
import { type ErrorCode, exitCodeOf } from '../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { parseTarget } from '../../src/model/target.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { beginRun } from '../../src/run.ts';
import { openSource } from '../../src/sources/open.ts';
import { dsseBundle, makeKey, signStatementOf } from '../support/cosign.ts';
import { pushBuilt } from '../support/push-built.ts';
import {
  type Recorded,
  type Reply,
  type ScriptedServer,
  startScriptedServer,
} from '../support/scripted-server.ts';

/** Where a registry says what stands beside an image. */
const PLACES = {
  "cosign's tag for signatures": ({ path }: Recorded) => path.endsWith('.sig'),
  "cosign's tag for attestations": ({ path }: Recorded) => path.endsWith('.att'),
  'the list of referrers': ({ path }: Recorded) => path.includes('/referrers/'),
  'the tag that stands for the list': ({ path }: Recorded) => /\/manifests\/sha256-[0-9a-f]{64}$/.test(path),
  'the manifest of the bundle': ({ path }: Recorded) => path.endsWith(`/manifests/${referrer.digest}`),
  'the bundle itself': ({ path }: Recorded) => path.endsWith(`/blobs/${bundleDigest}`),
} as const;
type Place = keyof typeof PLACES;
/** These are asked of every image, whether anything stands beside it or not. */
const ALWAYS: readonly Place[] = [
  "cosign's tag for signatures",
  "cosign's tag for attestations",
  'the list of referrers',
  'the tag that stands for the list',
];
const STALL_SECONDS = 1;
const FAULTS: readonly (readonly [string, ErrorCode, Reply])[] = [
  ['answers 401', 'UNAUTHORIZED', { status: 401 }],
  ['answers 403', 'DENIED', { status: 403 }],
  ['answers 429', 'RATE_LIMITED', { status: 429 }],
  [
    'answers 429 for longer than anybody waits',
    'RATE_LIMITED',
    { status: 429, headers: { 'retry-after': '9999' } },
  ],
  ['answers 500', 'REGISTRY_ERROR', { status: 500 }],
  ['answers 502 with a page', 'REGISTRY_ERROR', { status: 502, body: '<h1>Bad Gateway</h1>' }],
  ['answers 503', 'REGISTRY_ERROR', { status: 503 }],
  ['cuts the connection', 'NETWORK', { raw: (socket) => socket.destroy() }],
  [
    'resets in the middle of the answer',
    'NETWORK',
    {
      raw: (socket) => {
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-type: ${MEDIA.ociIndex}\r\ntransfer-encoding: chunked\r\n\r\n`,
        );
        socket.write('5\r\n{"sch\r\n', () => socket.destroy());
      },
    },
  ],
  ['answers what is not HTTP', 'REGISTRY_ERROR', { raw: (socket) => socket.end('SSH-2.0-OpenSSH\r\n') }],
];

let registry: RegistryServer;
let without: RegistryServer;
let relay: ScriptedServer;
let folder: string;
let referrer: Descriptor;
let bundleDigest: string;
let content: Buffer | undefined;
const key = makeKey();

beforeAll(async () => {
  registry = await startRegistry();
  without = await startRegistry({ referrers: false });
  relay = await startScriptedServer();
  folder = await mkdtemp(join(tmpdir(), 'pratique-undecided-'));
  await writeFile(join(folder, 'release.pub'), key.publicPem);
  await writeFile(
    join(folder, 'pratique.yaml'),
    `version: 1
signers: { release: { key: release.pub } }
images: [{ match: "**", signed-by: [release] }]
limits: { stall-seconds: ${STALL_SECONDS} }
`,
  );
  for (const { host } of [registry, without])
    for (const [tag, isSigned] of [
      ['signed', true],
      ['unsigned', false],
    ] as const) {
      const layers = [await buildLayer([{ path: 'srv/tag.txt', content: tag }])];
      await pushBuilt(host, 'acme/app', tag, buildImage({ layers, config: { User: '1000' } }));
      if (isSigned) await sign(host);
    }
});
afterAll(async () => {
  await relay.close();
  await registry.close();
  await without.close();
  await rm(folder, { recursive: true, force: true });
});

function open(name: string, limits = DEFAULT_LIMITS) {
  return openSource(parseTarget(name), {
    env: {},
    limits,
    now: Date.now,
    warn: () => {},
    sleep: async () => {},
  });
}

/** Attaches a good signature, as cosign 3 does. */
async function sign(host: string): Promise<void> {
  const source = open(`${host}/acme/app:signed`);
  const { subject } = await source.resolve();
  // One for both registries: it is known by its digest below.
  content ??= Buffer.from(JSON.stringify(dsseBundle(signStatementOf(subject), key)));
  const attached = await source.attach?.(subject, {
    artifactType: MEDIA.sigstoreBundle,
    mediaType: MEDIA.sigstoreBundle,
    content,
    annotations: {},
  });
  await source.close();
  if (attached === undefined) throw new Error('nothing was attached');
  referrer = attached;
  bundleDigest = JSON.parse(new TextDecoder().decode(await manifestOf(host, attached))).layers[0].digest;
}

async function manifestOf(host: string, { digest }: Descriptor): Promise<ArrayBuffer> {
  return (await fetch(`http://${host}/v2/acme/app/manifests/${digest}`)).arrayBuffer();
}

/** The verdict on an image that is fetched through the relay, which answers as this says, and else as the registry does. */
async function check(
  tag: 'signed' | 'unsigned',
  behind: RegistryServer,
  fault: (request: Recorded) => Reply | undefined,
): Promise<Verdict> {
  relay.script = async (request) => fault(request) ?? forward(behind.host, request);
  const target = parseTarget(`${relay.host}/acme/app:${tag}`);
  const policy = await loadPolicy({
    file: join(folder, 'pratique.yaml'),
    cwd: folder,
    env: {},
    now: new Date(),
  });
  const source = open(target.text, policy.limits);
  return checkImage(target, beginRun({ target, policy, source, platforms: [], now: () => new Date() }));
}

async function forward(host: string, { method, target, headers, body }: Recorded): Promise<Reply> {
  const { host: _, connection, ...more } = headers as Record<string, string>;
  const answer = await fetch(`http://${host}${target}`, {
    method,
    headers: more,
    redirect: 'manual',
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  });
  const kept = [...answer.headers].filter(
    ([name]) => !/^(?:connection|keep-alive|transfer-encoding)$/.test(name),
  );
  return {
    status: answer.status,
    headers: Object.fromEntries(kept),
    body: new Uint8Array(await answer.arrayBuffer()),
  };
}

/** What is said of signatures. */
function rulesOf({ images }: Verdict): readonly string[] {
  const rules = images.flatMap(({ ruled }) => ruled.flatMap(({ findings }) => findings));
  return rules.map(({ finding }) => finding.rule).filter((rule) => rule.startsWith('signature.'));
}

function expectUndecided(verdict: Verdict, code: ErrorCode): void {
  expect(verdict.result).toBe('undecided');
  expect(verdict.faults.map((fault) => fault.code)).toEqual([code]);
  expect(verdict.faults.map(exitCodeOf)).toEqual([3]);
  expect(rulesOf(verdict)).toEqual([]);
}

describe('what can be found out is decided', () => {
  test.each([
    ['with', () => registry],
    ['without', () => without],
  ] as const)('in a registry %s a list of referrers', async (_kind, behind) => {
    expect((await check('signed', behind(), () => undefined)).result).toBe('admitted');
    const unsigned = await check('unsigned', behind(), () => undefined);
    expect(unsigned.result).toBe('refused');
    expect(rulesOf(unsigned)).toEqual(['signature.missing']);
  });

  // Else nothing below would show more than that something failed somewhere.
  test.each(Object.keys(PLACES) as Place[])('and %s is asked for', async (place) => {
    const behind = place === 'the tag that stands for the list' ? without : registry;
    let asked = 0;
    await check('signed', behind, (request) => {
      if (PLACES[place](request)) asked += 1;
      return undefined;
    });
    expect(asked).toBeGreaterThan(0);
  });
});

describe.each(FAULTS)('where the registry %s: undecided, %s', (_what, code, reply) => {
  test.each(Object.keys(PLACES) as Place[])('for %s', async (place) => {
    const behind = place === 'the tag that stands for the list' ? without : registry;
    expectUndecided(
      await check('signed', behind, (request) => (PLACES[place](request) ? reply : undefined)),
      code,
    );
  });

  test.each(ALWAYS)('for %s of an image that is not signed', async (place) => {
    const behind = place === 'the tag that stands for the list' ? without : registry;
    expectUndecided(
      await check('unsigned', behind, (request) => (PLACES[place](request) ? reply : undefined)),
      code,
    );
  });
});

describe('where the list of referrers goes on and its next page', () => {
  test.each(FAULTS)('%s: undecided, %s', async (_what, code, reply) => {
    expectUndecided(await paged(reply), code);
  });

  test.each<[string, ErrorCode, Reply]>([
    ['is not there', 'REGISTRY_ERROR', { status: 404 }],
    ['is a web page', 'REGISTRY_ERROR', { headers: { 'content-type': 'text/html' }, body: '<h1>Hello</h1>' }],
    [
      'is half an index',
      'JSON_INVALID',
      { headers: { 'content-type': MEDIA.ociIndex }, body: '{"schemaVersion":2,"manifests":[' },
    ],
    [
      'is elsewhere',
      'REDIRECT_REFUSED',
      {
        headers: { 'content-type': MEDIA.ociIndex, link: '<https://other.example/v2/>; rel="next"' },
        body: '{"schemaVersion":2,"manifests":[]}',
      },
    ],
  ])('%s: undecided, %s', async (_what, code, reply) => {
    expectUndecided(await paged(reply), code);
  });

  /** An empty first page, and this second one. */
  function paged(second: Reply): Promise<Verdict> {
    return check('unsigned', registry, (request) => {
      if (!PLACES['the list of referrers'](request)) return undefined;
      if (request.query.has('page')) return second;
      return {
        headers: { 'content-type': MEDIA.ociIndex, link: `<${request.path}?page=2>; rel="next"` },
        body: '{"schemaVersion":2,"manifests":[]}',
      };
    });
  }
});

test('a registry that does not answer at all for the list: undecided, TIMEOUT', async () => {
  const silent: Reply = { raw: () => {} };
  const verdict = await check('unsigned', registry, (request) =>
    PLACES['the list of referrers'](request) ? silent : undefined,
  );
  expectUndecided(verdict, 'TIMEOUT');
});

test('a list that is refused is not looked for under its tag, where nothing might stand', async () => {
  const before = relay.requests.length;
  await check('unsigned', registry, (request) =>
    PLACES['the list of referrers'](request) ? { status: 403 } : undefined,
  );
  const asked = relay.requests.slice(before);
  expect(asked.some(PLACES['the list of referrers'])).toBe(true);
  expect(asked.some(PLACES['the tag that stands for the list'])).toBe(false);
});
