import { describe, expect, test } from 'vitest';
import type { CertificateClaims, ClaimDemands } from '../../../src/model/certificate-claims.ts';
import type { Evidence } from '../../../src/model/trusted.ts';
import { issuerExtensions, textExtension, UTF8_STRING } from '../../support/private-sigstore.ts';
import { type Attempt, certified, judge, rejects, root } from './attempt.ts';

const ARC = '1.3.6.1.4.1.57264.1';
const GITHUB = 'https://token.actions.githubusercontent.com';
const WORKFLOW = 'https://github.com/acme/ci/.github/workflows/build.yml@refs/heads/main';
const COMMIT = 'a6c23b9806c593664f68637c8f9d45dfcf98b2db';
const IA5_STRING = 0x16;

const NEW: Readonly<Record<number, string>> = {
  9: WORKFLOW,
  10: COMMIT,
  11: 'github-hosted',
  12: 'https://github.com/acme/app',
  13: COMMIT,
  14: 'refs/tags/v1.2.3',
  15: '763287532',
  16: 'https://github.com/acme',
  18: 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3',
  20: 'push',
  21: 'https://github.com/acme/app/actions/runs/12345/attempts/1',
  22: 'public',
};
const OLD: Readonly<Record<number, string>> = {
  2: 'push',
  3: COMMIT,
  4: 'Release it',
  5: 'acme/app',
  6: 'refs/tags/v1.2.3',
};

const fresh = (texts: Readonly<Record<number, string>> = NEW) =>
  Object.entries(texts).map(([number, text]) => textExtension(`${ARC}.${number}`, text, UTF8_STRING));
const stale = (texts: Readonly<Record<number, string>> = OLD) =>
  Object.entries(texts).map(([number, text]) => textExtension(`${ARC}.${number}`, text));

/** Signed by a workflow whose certificate has these extensions. */
function by(more: ReturnType<typeof fresh>, { issuer = GITHUB, identity = WORKFLOW } = {}): Attempt {
  return certified({ names: [{ type: 'url', value: identity }], issuer, more });
}

function demanding(claims: ClaimDemands, issuer = GITHUB): Pick<Attempt, 'by'> {
  return { by: new Map([['ci', { name: 'ci', kind: 'keyless', issuer, identity: WORKFLOW, claims, root }]]) };
}

async function claimsOf(attempt: Attempt, issuer = GITHUB): Promise<CertificateClaims | undefined> {
  const [evidence] = await judge({ ...attempt, ...demanding({}, issuer) });
  return evidence?.state === 'verified' ? evidence.certificate : undefined;
}

const outcome = ([evidence]: readonly Evidence[]) =>
  evidence?.state === 'rejected' ? `${evidence.reason}: ${evidence.detail}` : evidence?.state;

describe('a certificate says', () => {
  test('what its extensions say, new and old', async () => {
    expect(await claimsOf(by([...fresh(), ...stale()]))).toEqual({
      identity: WORKFLOW,
      issuer: GITHUB,
      buildSigner: WORKFLOW,
      buildSignerDigest: COMMIT,
      runner: 'github-hosted',
      sourceRepository: 'https://github.com/acme/app',
      sourceDigest: COMMIT,
      sourceRef: 'refs/tags/v1.2.3',
      sourceRepositoryId: '763287532',
      sourceOwner: 'https://github.com/acme',
      buildConfig: NEW[18],
      workflow: 'Release it',
      trigger: 'push',
      run: NEW[21],
      visibility: 'public',
    });
  });

  test('the same where it is of the time before the new ones', async () => {
    expect(await claimsOf(by(stale()))).toEqual({
      identity: WORKFLOW,
      issuer: GITHUB,
      buildSigner: WORKFLOW,
      sourceRepository: 'https://github.com/acme/app',
      sourceDigest: COMMIT,
      sourceRef: 'refs/tags/v1.2.3',
      trigger: 'push',
      workflow: 'Release it',
    });
  });

  test('nothing of a run where a person signed', async () => {
    expect(await claimsOf(by([]), GITHUB)).toMatchObject({ identity: WORKFLOW });
    const issuer = 'https://accounts.example';
    expect(await claimsOf(by([], { issuer }), issuer)).toEqual({ identity: WORKFLOW, issuer });
  });

  test('no repository of another forge that only its old extension names', async () => {
    const issuer = 'https://token.issuer.example';
    expect(await claimsOf(by(stale(), { issuer }), issuer)).not.toHaveProperty('sourceRepository');
  });

  test('no name of the workflow in other letters, and counts without', async () => {
    const claims = await claimsOf(by([...fresh(), ...stale({ 4: 'Ver\xf6ffentlichen' })]));
    expect(claims).toBeDefined();
    expect(claims).not.toHaveProperty('workflow');
  });

  test('when it was signed', async () => {
    const before = Date.now() - 2000;
    const [evidence] = await judge({ ...by(fresh()), ...demanding({}) });
    const at = evidence?.state === 'verified' ? evidence.signedAt : undefined;
    expect(at?.getTime()).toBeGreaterThan(before);
    expect(at?.getTime()).toBeLessThanOrEqual(Date.now() + 2000);
  });
});

describe('a certificate is refused that', () => {
  const any = demanding({});
  rejects(
    (
      [
        ['names two triggers', [...fresh(), ...stale({ 2: 'release' })], 'two values for its trigger'],
        ['names two commits', [...fresh(), ...stale({ 3: 'f'.repeat(40) })], 'two values for its commit'],
        ['names two refs', [...fresh(), ...stale({ 6: 'refs/heads/main' })], 'two values for its ref'],
        ['names two repositories', [...fresh(), ...stale({ 5: 'acme/other' })], 'two source repositories'],
        [
          'names its repository at another host',
          [...fresh({ 12: 'https://evil.example/acme/app' }), ...stale()],
          'two source repositories',
        ],
        [
          'has a claim in other letters',
          fresh({ 12: 'https://github.com/acme/\xe7pp' }),
          'other characters than ASCII',
        ],
        [
          'has a claim with its eighth bit set',
          fresh({ 14: 'refs/heads/\xedain' }),
          'other characters than ASCII',
        ],
        ['has a claim with a line break', fresh({ 14: 'refs/heads/main\n' }), 'other characters than ASCII'],
        ['has an empty claim', fresh({ 14: '' }), 'other characters than ASCII'],
        [
          'has an old claim in other letters',
          stale({ 6: 'refs/heads/m\xe4in' }),
          'other characters than ASCII',
        ],
        [
          'has a bare text where DER is due',
          [textExtension(`${ARC}.12`, 'https://github.com/acme/app')],
          'its source repository is no text',
        ],
        [
          'has a text of another kind',
          [textExtension(`${ARC}.11`, 'github-hosted', IA5_STRING)],
          'its runner environment is no text',
        ],
        [
          'has a claim twice',
          [...fresh({ 14: 'refs/heads/main' }), ...fresh({ 14: 'refs/tags/v1' })],
          'an extension twice',
        ],
      ] as const
    ).map(([what, more, detail]) => [what, 'bad-certificate', detail, { ...by([...more]), ...any }]),
  );

  test('names two repositories of another forge', async () => {
    const issuer = 'https://token.issuer.example';
    const good = by([...fresh({ 12: 'https://forge.example/acme/app' }), ...stale({ 5: 'acme/app' })], {
      issuer,
    });
    expect(await claimsOf(good, issuer)).toMatchObject({
      sourceRepository: 'https://forge.example/acme/app',
    });
    const bad = by([...fresh({ 12: 'https://forge.example/x/acme/app' }), ...stale({ 5: 'acme/app' })], {
      issuer,
    });
    expect(outcome(await judge({ ...bad, ...demanding({}, issuer) }))).toContain('two source repositories');
  });

  test('says its issuer bare where DER is due', async () => {
    const extensions = [...issuerExtensions(GITHUB).slice(0, 1), textExtension(`${ARC}.8`, GITHUB)];
    const attempt = certified({ names: [{ type: 'url', value: WORKFLOW }], issuerExtensions: extensions });
    expect(outcome(await judge({ ...attempt, ...any }))).toContain('its issuer is no text');
  });
});

describe('a signer of the policy', () => {
  test.each<[string, ClaimDemands]>([
    ['one claim', { 'source-repository': ['https://github.com/acme/app'] }],
    ['patterns', { 'source-repository': ['https://github.com/acme/*'], 'source-ref': ['refs/tags/v*'] }],
    ['a list of which one fits', { trigger: ['release', 'push'] }],
    ['the name of the workflow', { workflow: ['Release it'] }],
  ])('is one whose certificate meets %s', async (_what, claims) => {
    expect(outcome(await judge({ ...by([...fresh(), ...stale()]), ...demanding(claims) }))).toBe('verified');
  });

  const differs = (what: string, claims: ClaimDemands, detail: string) =>
    [what, 'other-identity', detail, { ...by(fresh()), ...demanding(claims) }] as const;
  rejects([
    differs(
      'of another repository is none',
      { 'source-repository': ['https://github.com/acme/ap'] },
      'its source-repository is "https://github.com/acme/app"',
    ),
    differs(
      'of a repository below is none',
      { 'source-repository': ['https://github.com/*'] },
      'its source-repository is',
    ),
    differs(
      'of another ref is none',
      { 'source-ref': ['refs/heads/*', 'refs/tags/v2.*'] },
      'its source-ref is "refs/tags/v1.2.3"',
    ),
    differs('of another runner is none', { runner: ['self-hosted'] }, 'its runner is "github-hosted"'),
    differs('of another trigger is none', { trigger: ['pus'] }, 'its trigger is "push"'),
    differs(
      'of another owner is none',
      { 'source-owner': ['https://github.com/acm'] },
      'its source-owner is',
    ),
    differs(
      'of another workflow at the top is none',
      { 'build-config': ['https://github.com/acme/app/.github/workflows/other.yml@refs/tags/v*'] },
      'its build-config is',
    ),
    differs(
      'that does not say its workflow is none',
      { workflow: ['Release it'] },
      'does not say its workflow',
    ),
    [
      'that says nothing of its runner is none',
      'other-identity',
      'does not say its runner',
      { ...by(stale()), ...demanding({ runner: ['github-hosted'] }) },
    ],
  ]);
});
