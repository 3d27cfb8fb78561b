import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ambientToken } from '../../../src/attest/keyless/ambient-token.ts';
import type { SigningWorld } from '../../../src/attest/keyless/service.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import {
  type Recorded,
  type Reply,
  type ScriptedServer,
  startScriptedServer,
} from '../../support/scripted-server.ts';

const ACCOUNT = 'gate@acme-prod.iam.gserviceaccount.com';
const ACCESS = 'ya29.kept-from-everybody';
const NOW = new Date('2026-11-21T06:00:00Z');
const claims = (change: object = {}) => {
  const exp = NOW.getTime() / 1000 + 600;
  const body = {
    iss: 'https://accounts.google.com',
    aud: 'sigstore',
    exp,
    email: ACCOUNT,
    email_verified: true,
    sub: '1',
  };
  return `e30.${Buffer.from(JSON.stringify({ ...body, ...change })).toString('base64url')}.c2ln`;
};

let metadata: ScriptedServer;
let iam: ScriptedServer;
let answers: { access: Reply; token: Reply };
beforeAll(async () => {
  metadata = await startScriptedServer(() => answers.access);
  iam = await startScriptedServer(() => answers.token);
});
afterAll(async () => {
  await metadata.close();
  await iam.close();
});

const json = (value: object, status = 200): Reply => ({ status, body: JSON.stringify(value) });
const GOOD = {
  access: json({ access_token: ACCESS, expires_in: 3599, token_type: 'Bearer' }),
  token: json({ token: claims() }),
};

/** Asks as `pratique` does; with what each of the two servers was asked. */
async function ask(change: Partial<typeof GOOD> = {}, env: Record<string, string> = {}, audience?: string) {
  answers = { ...GOOD, ...change };
  const before = [metadata.requests.length, iam.requests.length];
  const world: SigningWorld = {
    env: { GCE_METADATA_HOST: metadata.host, GOOGLE_SERVICE_ACCOUNT_NAME: ACCOUNT, ...env },
    limits: DEFAULT_LIMITS,
    now: () => NOW,
    iamCredentials: new URL(`http://${iam.host}`),
    sleep: async () => {},
  };
  const [token, fault] = await ambientToken(world, audience).then(
    (it) => [it, undefined] as const,
    (thrown: Error) => [undefined, thrown] as const,
  );
  const asked = [metadata, iam].map(({ requests }, index) => requests.slice(before[index]));
  return { token, fault, asked: asked as [Recorded[], Recorded[]] };
}

describe('in the name of another service account of Google Cloud', () => {
  test('a token is made by the account of the machine, for the audience alone', async () => {
    const { token, asked } = await ask();
    expect(token).toMatchObject({
      subject: ACCOUNT,
      identity: ACCOUNT,
      issuers: ['https://accounts.google.com'],
    });
    const [[access], [made]] = asked;
    expect(access).toMatchObject({
      method: 'GET',
      path: '/computeMetadata/v1/instance/service-accounts/default/token',
      headers: { 'metadata-flavor': 'Google' },
    });
    expect(made).toMatchObject({
      method: 'POST',
      path: `/v1/projects/-/serviceAccounts/${ACCOUNT}:generateIdToken`,
      headers: { authorization: `Bearer ${ACCESS}` },
    });
    expect(JSON.parse(String(made?.body))).toEqual({ audience: 'sigstore', includeEmail: true });
  });

  test('a token for the audience of another instance is asked for, and one for another is not taken', async () => {
    const { fault, asked } = await ask({}, {}, 'sign.acme.test');
    expect(JSON.parse(String(asked[1][0]?.body))).toMatchObject({ audience: 'sign.acme.test' });
    expect(fault?.message).toContain('it is not for "sign.acme.test"');
  });

  test.each<[string, Partial<typeof GOOD>, string]>([
    [
      'the machine has no account',
      { access: json({ error: 'not_found' }, 404) },
      'the metadata server of Google Cloud, asked for an access token, answered 404',
    ],
    ['the machine is given no token', { access: json({}) }, 'gave none'],
    [
      'the access token is no header',
      { access: json({ access_token: 'a\r\nx: y' }) },
      'asked for an access token, gave one that cannot be used',
    ],
    [
      'the account of the machine may not make tokens for it',
      { token: json({ error: { code: 403, message: `Permission denied to ${ACCESS}` } }, 403) },
      'Google Cloud, asked for an identity token of another service account, answered 403',
    ],
    ['the answer is no JSON', { token: { body: '<html>' } }, 'cannot be read'],
    ['the answer holds no token', { token: json({ token: '' }) }, 'gave none'],
    [
      'it is sent elsewhere',
      { token: { status: 307, headers: { location: 'https://evil.test/' } } },
      'that is refused',
    ],
  ])('signing fails with a sentence where %s', async (_why, change, sentence) => {
    const { token, fault } = await ask(change);
    expect(token).toBeUndefined();
    expect(fault?.message).toContain(sentence);
    expect(fault?.message).not.toContain(ACCESS);
  });

  test.each(['gate', '../../x@y.test', 'gate@acme.test/..', 'gate@acme.test?x', 'a b@acme.test'])(
    'nobody is asked for %j',
    async (account) => {
      const { fault, asked } = await ask({}, { GOOGLE_SERVICE_ACCOUNT_NAME: account });
      expect(fault?.message).toContain('GOOGLE_SERVICE_ACCOUNT_NAME is not the mail address');
      expect(asked).toEqual([[], []]);
    },
  );
});
