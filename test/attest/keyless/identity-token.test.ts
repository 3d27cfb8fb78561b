import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type IdentityToken, readIdentityToken } from '../../../src/attest/keyless/identity-token.ts';
import { PratiqueError } from '../../../src/errors.ts';

const NOW = new Date('2026-11-21T06:00:00Z');
const SOON = NOW.getTime() / 1000 + 300;
const GITHUB = 'https://token.actions.githubusercontent.com';

const encode = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
const read = (claims: object): IdentityToken =>
  readIdentityToken(
    encode({ iss: 'https://login.acme.test', sub: 'me', aud: 'sigstore', exp: SOON, ...claims }),
    NOW,
  );

describe('an identity token', () => {
  test.each([
    ['its subject', {}, 'me', undefined],
    ['its address', { email: 'a@acme.test', email_verified: true }, 'a@acme.test', 'a@acme.test'],
    [
      'its address, verified in a word',
      { email: 'a@acme.test', email_verified: 'true' },
      'a@acme.test',
      'a@acme.test',
    ],
    [
      'a workflow of GitHub',
      {
        iss: GITHUB,
        sub: 'repo:acme/app',
        job_workflow_ref: 'acme/ci/.github/workflows/a.yml@refs/heads/main',
      },
      'repo:acme/app',
      'https://github.com/acme/ci/.github/workflows/a.yml@refs/heads/main',
    ],
    [
      'a pipeline of GitLab',
      {
        iss: 'https://gitlab.com',
        sub: 'project_path:a/b',
        ci_config_ref_uri: 'gitlab.com/a/b//.gitlab-ci.yml@refs/heads/main',
      },
      'project_path:a/b',
      'https://gitlab.com/a/b//.gitlab-ci.yml@refs/heads/main',
    ],
    ['a SPIFFE id', { sub: 'spiffe://acme.test/gate' }, 'spiffe://acme.test/gate', 'spiffe://acme.test/gate'],
    [
      'nobody that is known, where another issuer writes the claims of GitHub',
      { job_workflow_ref: 'acme/ci' },
      'me',
      undefined,
    ],
  ])('names %s', (_whom, claims, subject, identity) => {
    expect(read(claims)).toMatchObject({ subject });
    expect(read(claims).identity).toBe(identity);
  });

  test('by a broker names two issuers, either of which the certificate may name', () => {
    const claims = { federated_claims: { connector_id: 'https://accounts.example.test' } };
    expect(read(claims).issuers).toEqual(['https://login.acme.test', 'https://accounts.example.test']);
  });

  test('may end in a line break, and counts until its last second', () => {
    expect(
      readIdentityToken(`${encode({ iss: 'a', sub: 'b', aud: 'sigstore', exp: SOON })}\n`, NOW).text,
    ).not.toMatch(/\s/);
    const at = (exp: number) => () => read({ exp });
    expect(at(NOW.getTime() / 1000 + 1)).not.toThrow();
    expect(at(NOW.getTime() / 1000)).toThrow(/ran out 0 s ago/);
  });

  test('may be for several, of whom the authority is one', () => {
    expect(read({ aud: ['https://vault.acme.test', 'sigstore'] })).toMatchObject({ subject: 'me' });
  });

  test.each([
    ['another service', 'https://vault.acme.test'],
    ['several others', ['sts.amazonaws.com', 'https://vault.acme.test']],
    ['nobody', []],
    ['whoever it does not say', undefined],
    ['a name that begins in the same way', 'sigstore-staging'],
    ['something that is no name', { sigstore: true }],
  ])('is refused before it is sent where it is for %s', (_whom, aud) => {
    expect(() => read({ aud })).toThrow(expect.objectContaining({ code: 'SIGNING_FAILED' }));
  });

  test('is for whom the authority of another instance wants it to be', () => {
    const text = encode({ iss: 'a', sub: 'b', exp: SOON, aud: 'sign.acme.test' });
    expect(readIdentityToken(text, NOW, 'sign.acme.test').subject).toBe('b');
    expect(() => readIdentityToken(text, NOW)).toThrow(/it is not for "sigstore"/);
    expect(
      () =>
        read({}) && readIdentityToken(encode({ iss: 'a', sub: 'b', aud: 'sigstore', exp: SOON }), NOW, 'x'),
    ).toThrow(/it is not for "x"/);
  });

  test.each([
    ['nothing', ''],
    ['two parts', 'e30.e30'],
    ['four parts', 'e30.e30.e30.e30'],
    ['no JSON', 'e30.bm8.c2ln'],
    ['a list', encode([])],
    ['a header to be smuggled', `${encode({ exp: SOON })}\r\nx: y`],
    [
      'a claim twice',
      `e30.${Buffer.from('{"exp":9999999999,"sub":"a","sub":"b"}').toString('base64url')}.c2ln`,
    ],
    ['a time as a text', encode({ iss: 'a', sub: 'b', exp: '9999999999' })],
    ['more than there is room for', `e30.${'A'.repeat(20_000)}.c2ln`],
  ])('is refused where it is %s', (_what, text) => {
    expect(() => readIdentityToken(text, NOW)).toThrow(expect.objectContaining({ code: 'SIGNING_FAILED' }));
  });

  test('is never quoted, whatever is wrong with it', () => {
    const secret = 'kept-from-everybody';
    const text = fc.oneof(
      fc.string().map((rest) => secret + rest),
      fc.jsonValue().map((value) => encode([secret, value])),
      fc
        .dictionary(fc.constantFrom('iss', 'sub', 'exp', 'email', 'federated_claims'), fc.jsonValue())
        .map((claims) => encode({ ...claims, iss: claims['iss'] ?? secret, exp: claims['exp'] ?? secret })),
    );
    fc.assert(
      fc.property(text, (token) => {
        try {
          readIdentityToken(token, NOW);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(PratiqueError);
          expect((thrown as Error).message).not.toContain(secret);
        }
      }),
    );
  });
});
