import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { parseTarget } from '../../src/model/target.ts';
import { openSource } from '../../src/sources/open.ts';
import { pratique as child } from '../support/child.ts';
import { signStatementOf } from '../support/cosign.ts';
import { IDENTITY, ISSUER, startSigstore } from '../support/private-sigstore.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';
import { type Stage, setStage } from '../support/stage.ts';
import { type TestRepository, tufRepository } from '../support/tuf-repository.ts';

const sigstore = await startSigstore();
const other = await startSigstore();
const DAY = 86_400_000; // milliseconds
const TEXT = JSON.stringify(sigstore.trustedRoot());
const KEYS_ALONE = 'version: 1\nsigners: {ci: {key: signer.pem}}\nimages: [{match: "**", signed-by: [ci]}]\n';

let stage: Stage;
let image = '';
let mirror: ScriptedServer;
let repository: TestRepository;
let home = '';

beforeAll(async () => {
  stage = await setStage();
  const layers = [await buildLayer([{ path: 'srv/app', content: 'app' }])];
  image = stage.push('acme/app:1', buildImage({ layers, config: { User: '1000' } }));
  const source = openSource(parseTarget(image), {
    env: {},
    limits: DEFAULT_LIMITS,
    now: Date.now,
    warn: () => {},
  });
  const { subject } = await source.resolve();
  await source.attach?.(subject, {
    artifactType: MEDIA.sigstoreBundle,
    mediaType: MEDIA.sigstoreBundle,
    content: Buffer.from(JSON.stringify((await sigstore.sign(signStatementOf(subject))).bundle)),
    annotations: {},
  });
  await source.close();
});
afterAll(() => stage.close());

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'pratique-test-'));
  repository = tufRepository(TEXT);
  mirror = await startScriptedServer(({ path }) => {
    const body = repository.files.get(path.slice(1));
    return body === undefined ? undefined : { body };
  });
  await stage.write('tuf-root.json', repository.anchor);
  await stage.write('pratique.yaml', policy());
});
afterEach(async () => {
  await mirror.close();
  rmSync(home, { recursive: true });
});

function policy(more = ''): string {
  return `version: 1
trust-roots: {acme: {tuf: {mirror: "${mirror.url}", root: tuf-root.json}${more}}}
signers: {ci: {issuer: "${ISSUER}", identity: "${IDENTITY}", root: acme}}
images: [{match: "**", signed-by: [ci]}]
`;
}

const pratique = (...argv: string[]) => stage.pratique(argv, { env: { XDG_CACHE_HOME: home } });

async function check(now = () => new Date()) {
  const { code, out } = await stage.pratique(['check', image, '-o', 'json'], {
    now,
    env: { XDG_CACHE_HOME: home },
  });
  const { verdicts = [] } = JSON.parse(out) as { verdicts?: { notes?: string[] }[] };
  return { code, out, notes: verdicts[0]?.notes?.join('\n') ?? '' };
}

async function trust(...argv: string[]) {
  const { code, out, err } = await pratique('trust', ...argv, '-o', 'json');
  return { code, err, roots: JSON.parse(out).roots as readonly Record<string, unknown>[] };
}

describe('an image whose signer has a trust root by TUF', () => {
  test('is admitted on the first day, and while the copy is young nobody is asked', async () => {
    expect((await check()).code).toBe(0);
    const asked = mirror.requests.length;
    expect(asked).toBeGreaterThan(0);
    expect((await check()).code).toBe(0);
    expect(mirror.requests.length).toBe(asked);
  });

  test('is admitted with the copy while the mirror is down, and that is said', async () => {
    await check();
    mirror.script = () => ({ status: 503 });
    const { code, notes } = await check(() => new Date(Date.now() + 2 * DAY));
    expect(code).toBe(0);
    expect(notes).toContain('could not be refreshed: the mirror answered 503');
  });

  test.each<[string, () => void]>([
    ['is down', () => (mirror.script = () => ({ status: 500 }))],
    ['answers with HTML', () => (mirror.script = () => ({ body: '<html></html>' }))],
    ['has nothing', () => repository.files.clear()],
    [
      'is frozen',
      () => {
        repository.state.expires.timestamp = '2026-01-01T00:00:00Z';
        repository.publish();
      },
    ],
    [
      'redirects',
      () => (mirror.script = () => ({ status: 302, headers: { location: 'http://127.0.0.2:9/' } })),
    ],
  ])('is undecided, never admitted, where the mirror %s and there is no copy', async (_what, change) => {
    change();
    const { code, out } = await check();
    expect(code).toBe(3);
    expect(out).toContain('TRUST_ROOT_INVALID');
  });

  test('is refused once the repository says that others are trusted', async () => {
    await check();
    repository.advance(JSON.stringify(other.trustedRoot()));
    expect((await trust('refresh')).code).toBe(0);
    expect((await check()).code).toBe(1);
  });

  test('is admitted without any place for a cache', async () => {
    const { code } = await stage.pratique(['check', image], { env: {} });
    expect(code).toBe(0);
  });

  test('is judged by a policy whose digest does not change by a refresh', async () => {
    const digest = async () => JSON.parse((await check()).out).verdicts[0].policy.digest as string;
    const before = await digest();
    repository.advance(JSON.stringify(other.trustedRoot()));
    await trust('refresh');
    expect(await digest()).toBe(before);
    await stage.write('pratique.yaml', policy(', refresh: never'));
    expect(await digest()).toBe(before);
    await stage.write('pratique.yaml', policy(', transparency-log: none'));
    expect(await digest()).not.toBe(before);
  });
});

/** Tells on standard error what is loaded for trust roots. */
const TELLS = `
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve(name, context, next) {
      const found = next(name, context);
      const part = /tuf-js|trust\\/roots/.exec(found.url);
      if (part !== null) process.stderr.write('LOADED ' + part[0]);
      return found;
    },
  });`;

test.each<[string, () => string, string[]]>([
  ['nothing, nor looks into the cache, where all signers have keys', () => KEYS_ALONE, []],
  ['no TUF where nobody has a copy and nobody is asked', () => policy(', refresh: never'), ['trust/roots']],
])('check loads %s', async (_what, text, parts) => {
  await stage.write('signer.pem', stage.keys.gate.publicPem);
  await stage.write('pratique.yaml', text());
  const env = { XDG_CACHE_HOME: home };
  const { err } = await child(['check', image, '--no-cache'], { cwd: stage.folder, env, preload: TELLS });
  const loaded = ['tuf-js', 'trust/roots'].filter((part) => err.includes(`LOADED ${part}`));
  expect(loaded).toEqual(parts);
  expect(readdirSync(home)).toEqual([]);
});

describe('pratique trust', () => {
  test('shows what ships, and asks nobody', async () => {
    await stage.write('pratique.yaml', 'version: 1\n');
    const { code, out } = await pratique('trust');
    expect(code).toBe(0);
    expect(out).toMatch(/sigstore +sha256:/);
    expect(out).toContain('ships with pratique');
    expect(out).toContain('https://rekor.sigstore.dev; since 2021-01-12');
    expect(mirror.requests).toEqual([]);
  });

  test('shows a root of the policy before it was ever fetched, and after', async () => {
    const { roots } = await trust();
    expect(roots.map(({ name, from }) => [name, from])).toEqual([
      ['sigstore', 'built-in'],
      ['acme', 'nowhere'],
    ]);
    expect(roots[1]?.['warnings']).toEqual(['nothing can be checked with it: it was never fetched']);
    await trust('refresh');
    const [, acme] = (await trust()).roots;
    expect(acme).toMatchObject({
      from: 'cache',
      signers: ['ci'],
      refreshSeconds: 86_400,
      metadataExpires: '2030-01-01T00:00:00.000Z',
      metadataVersions: { root: 1, timestamp: 1, snapshot: 1, targets: 1 },
      demands: { transparencyLog: true, certificateLog: true, timestamp: true },
      warnings: [],
    });
    expect(acme?.['parts']).toHaveLength(4);
  });

  test.each([
    ['', 'asked by check after 1 day'],
    [', refresh: 36h', 'asked by check after 36 hours'],
    [', refresh: 90m', 'asked by check after 90 minutes'],
    [', refresh: never', 'asked by pratique trust refresh alone'],
  ])('says when a mirror is asked, for a root with "%s"', async (written, said) => {
    await stage.write('pratique.yaml', policy(written));
    expect((await pratique('trust')).out.replaceAll(/\s*│\s+/g, ' ')).toContain(said);
  });

  test('warns where nobody can sign any more, and where the copy is old', async () => {
    const ended = sigstore.trustedRoot();
    for (const authority of ended.certificateAuthorities) authority.validFor.end = '2026-01-01T00:00:00Z';
    for (const { publicKey } of [...ended.tlogs, ...ended.ctlogs])
      Object.assign(publicKey.validFor, { end: '2026-01-01T00:00:00Z' });
    repository.advance(JSON.stringify(ended));
    await trust('refresh');
    const late = { now: () => new Date('2031-01-01T00:00:00Z'), env: { XDG_CACHE_HOME: home } };
    const { out } = await stage.pratique(['trust', '-o', 'json'], late);
    expect(JSON.parse(out).roots[1].warnings).toEqual([
      expect.stringContaining('its metadata ran out on 2030-01-01'),
      'no certificate authority in it is valid now',
      'all transparency logs in it have ended',
      'all certificate logs in it have ended',
      expect.stringMatching(/^the copy was fetched \d+ days ago; run pratique trust refresh$/),
    ]);
  });

  test('refresh says what became of each, and fails where one did not', async () => {
    const first = await pratique('trust', 'refresh');
    expect(first.code).toBe(0);
    expect(first.out).toContain('none → sha256:');
    expect((await pratique('trust', 'refresh')).out).toContain('yes; nothing new');
    repository.state.version.timestamp = 0;
    repository.files.set('timestamp.json', Buffer.from('{}'));
    const failed = await trust('refresh');
    expect(failed.code).toBe(3);
    expect(failed.roots[0]).toMatchObject({ from: 'cache', refresh: { succeeded: false } });
  });

  test('refresh fails where the copy cannot be kept', async () => {
    const { code, out } = await stage.pratique(['trust', 'refresh'], { env: {} });
    expect(code).toBe(3);
    expect(out).toContain('was fetched, and not kept');
  });

  test('refresh leaves a root that is a file as it is', async () => {
    await stage.write('root.json', TEXT);
    await stage.write('pratique.yaml', policy().replace(/tuf: \{[^}]*\}/, 'file: root.json'));
    const { code, roots } = await trust('refresh');
    expect(code).toBe(0);
    expect(roots).toMatchObject([{ name: 'acme', from: 'file', mirror: null }]);
    expect(mirror.requests).toEqual([]);
  });

  test.each([
    ['trust', 'anything'],
    ['trust', 'refresh', 'more'],
  ])('takes no other words: %s %s', async (...argv) => {
    expect((await pratique(...argv)).code).toBe(2);
  });
});
