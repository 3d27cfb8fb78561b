import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { Recorded, Reply } from '../support/scripted-server.ts';
import { CERTIFICATES, ENTRIES, type SigningServer, startSigningServer } from '../support/signing-server.ts';
import { cleanImage, leakyImage, referrersIn, type Stage, setStage, type Told } from '../support/stage.ts';

const MAIL = 'gate@acme.test';
const ISSUER = 'https://login.acme.test';
/** How long a part of a secret may be that is seen. */
const SEEN = 24;

let stage: Stage;
let server: SigningServer;
let token: string;
const FIRST = ['--keyless', '--signing-config', 'rekor-v1.json', '--trusted-root', 'private-root.json'];
const SECOND = ['--keyless', '--signing-config', 'rekor-v2.json', '--trusted-root', 'private-root.json'];
const ADMIT = ['--identity', MAIL, '--issuer', ISSUER, '--trusted-root', 'private-root.json'];

beforeAll(async () => {
  stage = await setStage();
  server = await startSigningServer();
  server.introduce(stage.folder);
  // The door writes down who comes; what is behind it introduced itself.
  for (const version of [1, 2]) {
    const file = `rekor-v${version}.json`;
    await stage.write(file, (await stage.read(file)).replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, server.url));
  }
  token = server.token(MAIL, ISSUER);
});
afterEach(() => {
  server.script = () => undefined;
  stage.registry.script = () => undefined;
});
afterAll(async () => {
  await stage.close();
  await server.close();
});

/** Runs a command line; nothing that it tells may hold a part of a token. */
async function run(
  argv: readonly string[],
  change: Partial<Terminal> = {},
  secrets: readonly string[] = [token],
): Promise<Told> {
  const told = await stage.pratique(argv, change);
  const text = told.out + told.err;
  for (const secret of secrets)
    for (let at = 0; at + SEEN <= secret.length; at += SEEN)
      expect(text).not.toContain(secret.slice(at, at + SEEN));
  return told;
}

const withToken = () => ({ env: { SIGSTORE_ID_TOKEN: token } });
let images = 0;
/** Puts an image that nobody has looked at under a name of its own. */
async function freshName(make = cleanImage): Promise<string> {
  images += 1;
  return stage.push(`acme/app${images}:1`, await make());
}
const here = (name: string) => name.slice(stage.name('').length).replace(/:1$/, '');

describe('check --keyless --attest', () => {
  test.each([
    ['Rekor v1', FIRST],
    ['Rekor v2 and a timestamp', SECOND],
  ])('attests through %s what admit then lets in', async (_how, how) => {
    const name = await freshName();
    const { code, out, err } = await run(['check', name, '--attest', ...how], withToken());
    expect(out).toContain('ADMITTED');
    expect(err).toContain('attached https://slsa.dev/verification_summary/v1 as sha256:');
    expect(code).toBe(0);
    expect(referrersIn(stage, here(name))).toBe(2);
    const admitted = await run(['admit', name, ...ADMIT]);
    expect(admitted.out).toContain(`signed by ${MAIL}`);
    expect(admitted.code).toBe(0);
    const others = [
      ['--identity', 'other@acme.test', ...ADMIT.slice(2)],
      [...ADMIT.slice(0, 2), '--issuer', 'https://other.test', ...ADMIT.slice(4)],
      ADMIT.slice(0, 4), // the public trust root
      ['--key', 'gate.pub'],
    ];
    for (const other of others) expect((await run(['admit', name, ...other])).code).toBe(1);
  });

  test('writes bundles with a certificate and no key', async () => {
    const name = await freshName();
    const { code } = await run(['check', name, '--attestation', 'keyless.jsonl', ...FIRST], withToken());
    expect(code).toBe(0);
    const [bundle] = (await stage.read('keyless.jsonl')).split('\n').map((line) => line && JSON.parse(line));
    expect(bundle).toMatchObject({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        certificate: { rawBytes: expect.any(String) },
        tlogEntries: [{ kindVersion: { kind: 'dsse' }, inclusionPromise: {}, inclusionProof: {} }],
      },
    });
    expect(await stage.read('keyless.jsonl')).not.toContain(token.slice(0, SEEN));
  });

  test('needs no flag where the policy says so, and has its trust root there', async () => {
    const policy = (await stage.read('pratique.yaml')).concat(
      'trust-roots: { acme: { file: private-root.json } }\n',
      'verdict: { attest: { sign: keyless, root: acme } }\n',
    );
    await stage.write('keyless.yaml', policy);
    const name = await freshName();
    const argv = ['check', name, '--attest', '--policy', 'keyless.yaml', '--signing-config', 'rekor-v1.json'];
    expect((await run(argv, withToken())).code).toBe(0);
    expect((await run([...argv, '--key', 'gate.key'], withToken())).code).toBe(2);
    // A token that is there is no wish to sign.
    const before = server.requests.length;
    expect((await run(['check', name, '--policy', 'keyless.yaml'], withToken())).code).toBe(0);
    expect(server.requests).toHaveLength(before);
  });

  test('attaches the same verdict once, and beside that of a key', async () => {
    const name = await freshName();
    await stage.pratique(['check', name, '--key', 'gate.key', '--attest']);
    const keyless = ['check', name, '--attest', ...FIRST];
    expect((await run(keyless, withToken())).code).toBe(0);
    expect(referrersIn(stage, here(name))).toBe(4);
    const again = await run(keyless, withToken());
    expect(again.err).toContain('attached already');
    expect(again.code).toBe(0);
    expect(referrersIn(stage, here(name))).toBe(4);
  });

  test('attests a refusal too: FAILED, and the exit code stays 1', async () => {
    const name = await freshName(leakyImage);
    const { code } = await run(['check', name, '--attest', ...FIRST], withToken());
    expect(code).toBe(1);
    expect((await run(['admit', name, ...ADMIT])).out).toContain('failed: ');
  });
});

test('promote attests the copy with no key, and once', async () => {
  const name = await freshName();
  const to = `${stage.registry.host}/acme/promoted${images}:1`;
  const promoted = await run(['promote', name, to, ...FIRST], withToken());
  expect([promoted.code, promoted.err]).toEqual([0, expect.not.stringContaining('refused')]);
  expect((await run(['admit', to, ...ADMIT])).code).toBe(0);
  const there = referrersIn(stage, `acme/promoted${images}`);
  expect((await run(['promote', name, to, ...FIRST], withToken())).code).toBe(0);
  expect(referrersIn(stage, `acme/promoted${images}`)).toBe(there);
});

test('promote moves no tag where nobody signs', async () => {
  const name = await freshName();
  const to = `${stage.registry.host}/acme/unsigned${images}:1`;
  const { code, err } = await run(['promote', name, to, ...FIRST]);
  expect([code, err]).toEqual([3, expect.stringContaining('identity token')]);
  expect((await run(['inspect', to])).code).toBe(3);
});

describe('the identity token', () => {
  const secret = 'a-request-token-that-nobody-may-see';
  const answering = (expected: (request: Recorded) => boolean, reply: () => Reply) => {
    server.script = (request) => (request.path.startsWith('/ci') && expected(request) ? reply() : undefined);
  };
  const check = async (env: Record<string, string | undefined>, ...more: string[]) =>
    run(['check', await freshName(), '--attest', ...FIRST, ...more], { env }, [token, secret]);
  const places: [string, () => Record<string, string>, (request: Recorded) => boolean, () => Reply][] = [
    [
      'GitHub Actions',
      () => ({
        ACTIONS_ID_TOKEN_REQUEST_URL: `${server.url}/ci/github?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret,
      }),
      ({ method, target, headers }) =>
        method === 'GET' &&
        target === '/ci/github?api-version=2.0&audience=sigstore' &&
        headers.authorization === `Bearer ${secret}`,
      () => ({ body: JSON.stringify({ count: 1, value: token }) }),
    ],
    [
      'Buildkite',
      () => ({
        BUILDKITE_AGENT_ACCESS_TOKEN: secret,
        BUILDKITE_AGENT_ENDPOINT: `${server.url}/ci/v3`,
        BUILDKITE_JOB_ID: '0190-ab',
      }),
      ({ method, path, headers, body }) =>
        method === 'POST' &&
        path === '/ci/v3/jobs/0190-ab/oidc/tokens' &&
        headers.authorization === `Token ${secret}` &&
        body.toString() === '{"audience":"sigstore"}',
      () => ({ body: JSON.stringify({ token }) }),
    ],
  ];

  test.each(places)('comes from %s', async (_where, env, expected, reply) => {
    answering(expected, reply);
    expect((await check(env())).code).toBe(0);
  });

  test('comes from the metadata server of Google Cloud', async () => {
    server.script = ({ path, query, headers }) =>
      path === '/computeMetadata/v1/instance/service-accounts/default/identity' &&
      query.get('audience') === 'sigstore' &&
      headers['metadata-flavor'] === 'Google'
        ? { body: token }
        : undefined;
    expect((await check({ GCE_METADATA_HOST: new URL(server.url).host })).code).toBe(0);
  });

  test('comes from SIGSTORE_ID_TOKEN, as in GitLab, before anything else', async () => {
    expect((await check({ SIGSTORE_ID_TOKEN: token, BUILDKITE_AGENT_ACCESS_TOKEN: secret })).code).toBe(0);
  });

  test('comes from a file, a variable or standard input that is named', async () => {
    await stage.write('token.txt', `${token}\n`);
    expect((await check({}, '--identity-token', 'token.txt')).code).toBe(0);
    expect((await check({ MINE: token }, '--identity-token', 'env://MINE')).code).toBe(0);
    const argv = ['check', await freshName(), '--attest', ...FIRST, '--identity-token', '-'];
    const input: Terminal['in'] = { isTTY: false, read: async () => token, ask: async () => '' };
    expect((await run(argv, { in: input })).code).toBe(0);
  });

  test('itself is not taken from the command line, and not repeated', async () => {
    const told = await check({}, '--identity-token', token);
    expect(told.err).toContain('takes the place of a token, not the token');
    expect(told.code).toBe(2);
  });

  const claims = (change: object) => {
    const body = {
      iss: ISSUER,
      sub: MAIL,
      aud: 'sigstore',
      exp: Math.floor(Date.now() / 1000) + 60,
      ...change,
    };
    return `e30.${Buffer.from(JSON.stringify(body)).toString('base64url')}.AAAA`;
  };
  const failures: [string, () => Record<string, string | undefined>, string][] = [
    ['there is none', () => ({}), 'there is no identity token to sign with'],
    [
      'it is none',
      () => ({ SIGSTORE_ID_TOKEN: 'password1' }),
      'it is not a token as OpenID Connect has them',
    ],
    ['it has run out', () => ({ SIGSTORE_ID_TOKEN: claims({ exp: 1_700_000_000 }) }), 'it ran out '],
    ['it does not run out', () => ({ SIGSTORE_ID_TOKEN: claims({ exp: null }) }), 'until when it counts'],
    [
      'it is for another service',
      () => ({ SIGSTORE_ID_TOKEN: claims({ aud: 'sts.amazonaws.com' }) }),
      'it is not for "sigstore"',
    ],
    ['it names nobody', () => ({ SIGSTORE_ID_TOKEN: claims({ sub: undefined }) }), 'it names nobody'],
    [
      'its address is not verified',
      () => ({ SIGSTORE_ID_TOKEN: claims({ email: MAIL, email_verified: 'false' }) }),
      'has not verified the mail address',
    ],
    ['it is of nobody known', () => ({ SIGSTORE_ID_TOKEN: claims({}) }), 'Fulcio) answered 400'],
    [
      'GitHub Actions gives none',
      () => ({ ...places[0]?.[1](), ACTIONS_ID_TOKEN_REQUEST_URL: `${server.url}/nothing` }),
      'GitHub Actions, asked for an identity token, answered 404',
    ],
    [
      'GitHub Actions would get its token in clear',
      () => ({ ...places[0]?.[1](), ACTIONS_ID_TOKEN_REQUEST_URL: 'http://ci.example.test/' }),
      'its address is no https URL',
    ],
    [
      'the metadata server is somewhere else',
      () => ({ GCE_METADATA_HOST: 'metadata.example.test' }),
      'GCE_METADATA_HOST is not 169.254.169.254',
    ],
    [
      'Buildkite names no job',
      () => ({ ...places[1]?.[1](), BUILDKITE_JOB_ID: '../../other' }),
      'BUILDKITE_JOB_ID is not the id of a job',
    ],
  ];
  test.each(failures)('fails the signing where %s: the verdict stands, 4', async (_why, env, sentence) => {
    const name = await freshName();
    await stage.write('left.jsonl', 'of an earlier run');
    const argv = ['check', name, '--attest', '--attestation', 'left.jsonl', ...FIRST];
    const told = await run(argv, { env: env() }, [token, secret, env()['SIGSTORE_ID_TOKEN'] ?? '']);
    expect(told.out).toContain('ADMITTED');
    expect(told.err).toContain(sentence);
    expect(told.err).toContain('the verdict stands, but it is not attested');
    expect(told.code).toBe(4);
    expect(referrersIn(stage, here(name))).toBe(0);
    await expect(access(join(stage.folder, 'left.jsonl'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each([
    ['CI', () => places[0]?.[1]() ?? {}, '/ci'],
    ['the certificate authority', () => ({ SIGSTORE_ID_TOKEN: token }), CERTIFICATES],
    ['the log', () => ({ SIGSTORE_ID_TOKEN: token }), ENTRIES],
  ])('is never told where %s repeats it', async (_who, env, path) => {
    server.script = (request) =>
      request.path.startsWith(path)
        ? { status: 403, body: JSON.stringify({ message: `${token} ${secret}` }) }
        : undefined;
    expect((await check(env())).code).toBe(4);
  });
});

describe('what the command line says of signing is settled before an image is read: 2', () => {
  const wrong: [string, string[]][] = [
    ['two ways to sign', ['--attest', '--key', 'gate.key', '--keyless']],
    ['signing and nothing to sign', ['--keyless']],
    [
      'services, and nothing that asks them',
      ['--attest', '--key', 'gate.key', '--fulcio-url', 'https://a.test'],
    ],
    ['services of its own under the public trust root', ['--attest', ...FIRST.slice(0, 3)]],
    ['a trust root of its own and the public services', ['--attest', '--keyless', ...FIRST.slice(3)]],
    ['a configuration that is none', ['--attest', '--keyless', '--signing-config', 'private-root.json']],
    ['a file that is not there', ['--attest', '--keyless', '--signing-config', 'nowhere.json']],
    ['plain http', ['--attest', '--keyless', '--fulcio-url', 'http://a.test', ...FIRST.slice(3)]],
    [
      'no log where the trust root wants one',
      ['--attest', '--keyless', '--fulcio-url', 'https://a.test', ...FIRST.slice(3)],
    ],
    [
      'nothing that proves the time',
      [
        ...['--attest', '--keyless', '--fulcio-url', 'https://a.test', '--rekor-url', 'https://a.test'],
        ...['--rekor-version', '2', ...FIRST.slice(3)],
      ],
    ],
    ['a longer validity than the policy allows', ['--attest', '--key', 'gate.key', '--valid-for', '8d']],
  ];
  test.each(wrong)('%s', async (_what, options) => {
    const name = await freshName();
    stage.registry.seen();
    const { code, err } = await run(['check', name, ...options], withToken());
    expect(err).toContain('USAGE');
    expect(code).toBe(2);
    expect(stage.registry.seen()).toEqual([]);
  });
});

describe('admit under a policy that says whose word counts', () => {
  const NOON = new Date('2026-11-21T12:00:00Z');
  const at = (hours: number) => ({ now: () => new Date(NOON.getTime() + hours * 3_600_000) });
  let name: string;
  beforeAll(async () => {
    const base = await stage.read('pratique.yaml');
    const signers = `  gate: { key: gate.pub }\n  ci: { issuer: "${ISSUER}", identity: ${MAIL}, root: acme }\n`;
    const policy = `${base.replace('signers:\n', `signers:\n${signers}`)}trust-roots: { acme: { file: private-root.json } }\n`;
    await stage.write('admit.yaml', `${policy}admit: [{ signer: gate, max-age: 2d }, { signer: ci }]\n`);
    await stage.write('ci-only.yaml', `${policy}admit: [{ signer: ci }]\n`);
    name = await freshName();
    const argv = ['check', name, '--key', 'gate.key', '--attest', '--policy', 'admit.yaml'];
    expect((await stage.pratique(argv, at(0))).code).toBe(0);
  });
  const admit = (hours: number, ...more: string[]) =>
    stage.pratique(['admit', name, '--policy', 'admit.yaml', ...more], at(hours));

  test('needs no option: the signers, their terms and the digest are those of the policy', async () => {
    const told = await admit(1);
    expect(told.out).toContain('signed by gate');
    expect(told.code).toBe(0);
  });

  test('admits what is signed without a key, too', async () => {
    const other = await freshName();
    const check = ['check', other, '--attest', '--policy', 'ci-only.yaml', ...FIRST];
    expect((await run(check, withToken())).code).toBe(0);
    const told = await run(['admit', other, '--policy', 'ci-only.yaml']);
    expect(told.out).toContain('signed by ci');
    expect(told.code).toBe(0);
  });

  test('does not count admit into the digest: which verdicts count is not in them', async () => {
    // Written under the policy that trusts the gate; read under the one that does not, which has the same digest.
    const told = await stage.pratique(['admit', name, '--policy', 'ci-only.yaml'], at(1));
    expect(told.out).toContain('not-verified: ');
    expect(
      (await stage.pratique(['admit', name, '--policy', 'ci-only.yaml', '--key', 'gate.pub'], at(1))).code,
    ).toBe(0);
  });

  test('lets --max-age ask for a younger verdict, and not for an older one', async () => {
    expect((await admit(1, '--max-age', '30m')).out).toContain('too-old: ');
    expect((await admit(49)).out).toContain('too-old: ');
    expect((await admit(49, '--max-age', '5d')).out).toContain('too-old: ');
  });

  test.each([
    ['--verifier', 'https://acme.test/gate'],
    ['--policy-digest', `sha256:${'0'.repeat(64)}`],
    ['--allow-any-policy'],
    ['--level', 'SLSA_BUILD_LEVEL_1'],
    ['--trusted-root', 'private-root.json'],
  ])('takes no half of a signer from the command line: %s', async (...more) => {
    const { code, err } = await admit(1, ...more);
    expect(err).toContain('what they must say is given, and not who says it');
    expect(code).toBe(2);
  });
});

test('a verdict is no younger than its signature, whatever time it tells', async () => {
  const minutes = (count: number) => ({ now: () => new Date(Date.now() + count * 60_000) });
  const name = await freshName();
  const check = ['check', name, '--attest', ...FIRST];
  expect((await run(check, { ...withToken(), ...minutes(4) })).code).toBe(0);
  const told = await run(['admit', name, '--max-age', '1m', ...ADMIT], minutes(3));
  expect(told.out).toContain('too-old: ');
  expect((await run(['admit', name, '--max-age', '10m', ...ADMIT], minutes(3))).code).toBe(0);
});

describe('admit takes no options that say two things, or nothing', () => {
  test.each([
    ['--key', 'gate.pub', '--issuer', ISSUER],
    ['--key', 'gate.pub', '--trusted-root', 'private-root.json'],
    ['--key', 'gate.pub', '--allow-any-policy', '--policy-digest', `sha256:${'0'.repeat(64)}`],
  ])('%s %s %s', async (...more) => {
    const name = await freshName();
    stage.registry.seen();
    const { code, err } = await run(['admit', name, ...more]);
    expect(err).toContain('USAGE');
    expect(code).toBe(2);
  });
});
