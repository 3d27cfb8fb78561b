import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { publicGood } from '../../src/policy/signers/trust-root-file.ts';
import { NOW } from '../checks/samples.ts';

const SIGNER = 'issuer: "https://issuer.example", identity: "https://host.example/app"';
const BUILT_IN = readFileSync('trust-roots/sigstore.json', 'utf8');

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'policy-'));
  put('root.json', BUILT_IN);
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(name: string, text: string): void {
  writeFileSync(join(dir, name), text);
}

function load(text: string, file = 'own.yaml'): Promise<Policy> {
  put(file, `version: 1\n${text}`);
  return loadPolicy({ cwd: dir, file, env: {}, now: NOW });
}

/** The root in a policy's file, changed. */
function changed(change: (root: Record<string, unknown[]>) => void): string {
  const root = JSON.parse(BUILT_IN);
  change(root);
  return JSON.stringify(root);
}

function rootOf(policy: Policy) {
  const signer = policy.signers.get('ci');
  return signer?.kind === 'keyless' ? signer.root : undefined;
}

describe('the root that is built in', () => {
  test('is the one that its table says', () => {
    const { digest = '', needsLog, needsCertificateLog } = publicGood();
    expect(digest).toBe(`sha256:${createHash('sha256').update(BUILT_IN).digest('hex')}`);
    expect(readFileSync('trust-roots/README.md', 'utf8')).toContain(`\`${digest.slice(7)}\``);
    expect([needsLog, needsCertificateLog]).toEqual([true, true]);
  });

  test('is what a keyless signer is checked with, where nothing else is said', async () => {
    expect(rootOf(await load(`signers: {ci: {${SIGNER}}}`))).toBe(publicGood());
    expect(rootOf(await load(`signers: {ci: {${SIGNER}, root: sigstore}}`))).toBe(publicGood());
  });
});

describe('a root of the policy', () => {
  const ROOTS = (more = '') =>
    `trust-roots: {acme: {file: root.json${more}}}\nsigners: {ci: {${SIGNER}, root: acme}}`;

  test('is read from its file, and demands both logs unless it is told not to', async () => {
    expect(rootOf(await load(ROOTS()))).toMatchObject({
      name: 'acme',
      needsLog: true,
      needsCertificateLog: true,
    });
    const lax = await load(ROOTS(', transparency-log: none, certificate-log: none'));
    expect(rootOf(lax)).toMatchObject({ needsLog: false, needsCertificateLog: false });
  });

  test('changes the digest of the policy with every byte and every demand', async () => {
    const digests = [await load(ROOTS()), await load(ROOTS(', transparency-log: none'))];
    put('root.json', `${BUILT_IN}\n`);
    digests.push(await load(ROOTS()), await load(ROOTS(', certificate-log: none')));
    expect(new Set(digests.map(({ stamp }) => stamp.digest)).size).toBe(4);
  });

  test('can be named in a file that extends the one that has it', async () => {
    await load('trust-roots: {acme: {file: root.json}}', 'base.yaml');
    const own = await load(`extends: base.yaml\nsigners: {ci: {${SIGNER}, root: acme}}`);
    expect(rootOf(own)?.name).toBe('acme');
    await expect(load('extends: base.yaml\ntrust-roots: {acme: {file: root.json}}')).rejects.toThrow(
      'the file that this one extends has a trust root of that name',
    );
  });

  test.each<[string, string, string]>([
    ['of the name of the built-in one', BUILT_IN, 'trust-roots: {sigstore: {file: root.json}}'],
    ['that there is not', BUILT_IN, `signers: {ci: {${SIGNER}, root: acme}}`],
  ])('%s is refused', async (_what, json, text) => {
    put('root.json', json);
    await expect(load(text)).rejects.toMatchObject({ code: 'POLICY_INVALID' });
  });

  test.each<[string, () => string, string]>([
    ['that is no JSON', () => '{', 'JSON'],
    ['with two of one key', () => '{"mediaType":"a","mediaType":"b"}', 'mediaType'],
    ['of another type', () => BUILT_IN.replace('trustedroot', 'bundle'), '$.mediaType cannot be used'],
    ['without authorities', () => changed((root) => delete root['certificateAuthorities']), 'it names none'],
    ['without logs', () => changed((root) => delete root['tlogs']), 'say transparency-log: none'],
    ['without certificate logs', () => changed((root) => delete root['ctlogs']), 'say certificate-log: none'],
    [
      'with a log that has no beginning, whose key could date anything back',
      () => BUILT_IN.replace('"start": "2021-01-12T11:53:27Z"', ''),
      'it does not say since when the key counts',
    ],
  ])('%s is refused, once', async (_what, make, why) => {
    put('root.json', make());
    const refused = expect(load(ROOTS())).rejects;
    await refused.toThrow(why);
    await refused.toThrow(/^the policy cannot be used: own.yaml:2/);
  });

  test('without logs needs an authority for timestamps: nothing else would say when it was signed', async () => {
    put(
      'root.json',
      changed((root) => delete root['timestampAuthorities']),
    );
    await expect(load(ROOTS(', transparency-log: none'))).rejects.toThrow('nothing else proves');
  });
});

describe('a root by a TUF repository', () => {
  const TUF = readFileSync('trust-roots/tuf/root.json', 'utf8');
  const written = (tuf = '', more = '', mirror = 'https://tuf.example/acme/') =>
    `trust-roots: {acme: {tuf: {mirror: "${mirror}", root: tuf.json${tuf}}${more}}}\n` +
    `signers: {ci: {${SIGNER}, root: acme}}`;
  const digest = async (text: string) => (await load(text)).stamp.digest;

  beforeEach(() => put('tuf.json', TUF));

  test('is described and not fetched: no text, a day between refreshes', async () => {
    const root = rootOf(await load(written()));
    expect(root).toEqual({
      name: 'acme',
      needsLog: true,
      needsCertificateLog: true,
      repository: {
        mirror: 'https://tuf.example/acme/',
        anchor: TUF,
        target: 'trusted_root.json',
        refreshSeconds: 86_400,
      },
    });
  });

  test('is refreshed as often as is said, or never by a check', async () => {
    const seconds = async (more: string) => rootOf(await load(written('', more)))?.repository?.refreshSeconds;
    expect(await seconds(', refresh: 12h')).toBe(43_200);
    expect(await seconds(', refresh: never')).toBeUndefined();
  });

  test('stands in the digest with mirror, anchor, target and demands, and not with when it is refreshed', async () => {
    const same = [await digest(written()), await digest(written('', ', refresh: 1h'))];
    same.push(await digest(written('', '', 'https://tuf.example/acme')));
    expect(new Set(same).size).toBe(1);
    const others = [
      await digest(written('', '', 'https://tuf.example/other')),
      await digest(written(', target: other.json')),
      await digest(written('', ', certificate-log: none')),
    ];
    put('tuf.json', `${TUF}\n`);
    others.push(await digest(written()));
    expect(new Set([...same, ...others]).size).toBe(5);
  });

  test.each([
    '../trusted_root.json',
    '/etc/passwd',
    'a/../../b.json',
    'a//b.json',
    '.hidden',
    'a\\\\b.json',
    'a%2f..%2fb',
    'a?b',
    'a#b',
  ])('takes no target that leads elsewhere: %s', async (target) => {
    await expect(load(written(`, target: "${target}"`))).rejects.toMatchObject({ code: 'POLICY_INVALID' });
  });

  test.each([
    'http://tuf.example/',
    'http://localhost.evil.example/',
    'https://me:secret@tuf.example/',
    'https://tuf.example/?token=1',
    'file:///etc',
    'tuf.example',
  ])('takes no mirror like %s', async (mirror) => {
    await expect(load(written('', '', mirror))).rejects.toMatchObject({ code: 'POLICY_INVALID' });
  });

  test.each(['http://localhost:8080/', 'http://127.0.0.1:8080/tuf', 'http://[::1]:8080/'])(
    'takes %s, which is this machine',
    async (mirror) => {
      expect(rootOf(await load(written('', '', mirror)))?.repository?.mirror).toBe(mirror);
    },
  );

  test.each<[string, string, string]>([
    ['is a trusted_root.json', BUILT_IN, '$.signed cannot be used'],
    [
      'is another role',
      TUF.replace('"_type": "root"', '"_type": "targets"'),
      'a root.json of TUF was expected',
    ],
    ['is no JSON', '<html>', 'a value was expected'],
  ])('whose root %s is refused', async (_what, text, why) => {
    put('tuf.json', text);
    await expect(load(written())).rejects.toThrow(why);
  });

  test.each<[string, string]>([
    ['a file too', 'acme: {file: root.json, tuf: {mirror: "https://tuf.example", root: tuf.json}}'],
    ['a refresh of a file', 'acme: {file: root.json, refresh: 1d}'],
    ['nothing but a refresh', 'acme: {refresh: 1d}'],
    ['nothing', 'acme: {}'],
    ['nothing but demands', 'acme: {certificate-log: none}'],
    ['demands of the built-in one', 'sigstore: {refresh: 1d, transparency-log: none}'],
    ['a mirror for the built-in one', 'sigstore: {tuf: {mirror: "https://tuf.example", root: tuf.json}}'],
  ])('with %s is refused', async (_what, text) => {
    await expect(load(`trust-roots: {${text}}`)).rejects.toMatchObject({ code: 'POLICY_INVALID' });
  });
});

describe('the built-in root', () => {
  const signer = `signers: {ci: {${SIGNER}}}`;

  test('is refreshed by nobody but people, unless the policy says so', async () => {
    expect(rootOf(await load(signer))?.repository?.refreshSeconds).toBeUndefined();
    const fresh = rootOf(await load(`trust-roots: {sigstore: {refresh: 1d}}\n${signer}`));
    expect(fresh).toEqual({
      ...publicGood(),
      repository: { ...publicGood().repository, refreshSeconds: 86_400 },
    });
    expect(rootOf(await load(`trust-roots: {sigstore: {refresh: never}}\n${signer}`))).toBe(publicGood());
  });

  test('has one place in the digest, whenever it is refreshed', async () => {
    const { stamp } = await load(signer);
    expect((await load(`trust-roots: {sigstore: {refresh: 1d}}\n${signer}`)).stamp.digest).toBe(stamp.digest);
    const file = await load(`trust-roots: {acme: {file: root.json}}\nsigners: {ci: {${SIGNER}, root: acme}}`);
    expect(file.stamp.digest).not.toBe(stamp.digest);
  });
});

test('every mistake in a trust root is told where it stands', async () => {
  await expect(
    load('trust-roots: {acme: {tuf: {mirror: "http://a.example", root: tuf.json, taget: x}, refresh: 1dd}}'),
  ).rejects.toThrow(/tuf\.mirror: a mirror is an https URL.*tuf\.taget: there is no such.*refresh: /s);
});
