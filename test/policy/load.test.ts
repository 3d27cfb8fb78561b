import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { formatImagePattern } from '../../src/model/image-pattern.ts';
import { defaultPolicy } from '../../src/policy/default-policy.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { NOW, publicKey } from '../checks/samples.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'policy-'));
  mkdirSync(join(dir, '.git'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
}

function load(options: { file?: string; cwd?: string; env?: Record<string, string> } = {}): Promise<Policy> {
  return loadPolicy({ cwd: dir, env: {}, now: NOW, ...options });
}

/** The lines of a policy's fault. */
async function faultsOf(
  text: string,
  more: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  put({ 'pratique.yaml': text, ...more });
  const error: unknown = await load().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PratiqueError)) throw new Error(`no fault, but ${String(error)}`);
  expect(error.code).toBe('POLICY_INVALID');
  return (error.problem.why ?? '').split('\n');
}

describe('the policy that applies', () => {
  test('is the built-in one where there is no file, and says so', async () => {
    const policy = await load();
    expect(policy.stamp).toMatchObject({ name: 'default', origin: 'built-in' });
    expect(policy).toEqual(defaultPolicy());
    expect(policy.sources).toBeUndefined();
    expect(policy.lookalikes.protect.length).toBeGreaterThan(500);
  });

  test('is the nearest file upwards, up to the folder with .git', async () => {
    put({
      'pratique.yaml': 'version: 1\nname: root',
      'a/pratique.yaml': 'version: 1\nname: near',
      'a/b/x': '',
    });
    expect((await load({ cwd: join(dir, 'a/b') })).stamp).toMatchObject({ name: 'near' });
    mkdirSync(join(dir, 'a/b/.git'));
    expect((await load({ cwd: join(dir, 'a/b') })).stamp.origin).toBe('built-in');
  });

  test('is not looked for above the folder outside of a repository: anybody can write to /tmp', async () => {
    rmSync(join(dir, '.git'), { recursive: true });
    put({ 'pratique.yaml': 'version: 1\nname: planted', 'a/x': '' });
    expect((await load({ cwd: join(dir, 'a') })).stamp.origin).toBe('built-in');
    expect((await load()).stamp.name).toBe('planted');
  });

  test('is the file that was named, from where the command runs', async () => {
    put({ 'x/y.yaml': 'version: 1' });
    expect((await load({ file: 'x/y.yaml' })).stamp).toMatchObject({ name: 'x/y.yaml', origin: 'x/y.yaml' });
    await expect(load({ file: 'x/z.yaml' })).rejects.toMatchObject({ code: 'POLICY_NOT_FOUND' });
  });

  test('is never the built-in one where a file is there and cannot be used', async () => {
    symlinkSync('nowhere', join(dir, 'pratique.yaml'));
    await expect(load()).rejects.toMatchObject({ code: 'POLICY_NOT_FOUND' });
    rmSync(join(dir, 'pratique.yaml'));
    mkdirSync(join(dir, 'pratique.yaml'));
    await expect(load()).rejects.toThrow('it is a folder');
    rmSync(join(dir, 'pratique.yaml'), { recursive: true });
    put({ 'pratique.yml': 'version: 1' });
    await expect(load()).rejects.toThrow('rename it to pratique.yaml');
  });

  test('is no file that is too big, or no text', async () => {
    put({ 'pratique.yaml': `version: 1\n#${'x'.repeat(1024 * 1024)}` });
    await expect(load()).rejects.toThrow('at most 1048576 are read');
    put({ 'pratique.yaml': Buffer.from([0x76, 0xff, 0xfe]) });
    await expect(load()).rejects.toThrow('not UTF-8');
  });
});

describe('the example of a policy', () => {
  const examples = fileURLToPath(new URL('../../testdata/policies', import.meta.url));
  const example = () =>
    loadPolicy({ cwd: examples, file: 'acme.yaml', env: { VENDOR_KEY: publicKey() }, now: NOW });

  test('is read whole', async () => {
    const policy = await example();
    expect(policy.stamp.name).toBe('acme-production');
    expect(policy.sources?.requireDigest).toBe('deploy');
    expect(policy.sources?.deny.map(formatImagePattern)).toEqual(['docker.io/evil/**', '**:latest']);
    expect(
      policy.sources?.allow.map(({ pattern, origin, until }) => [formatImagePattern(pattern), origin, until]),
    ).toEqual([
      ['ghcr.io/acme/**', 'acme.yaml:9', undefined],
      ['docker.io/library/node:22-*', 'acme.yaml:10', undefined],
      ['*.dkr.ecr.eu-west-1.amazonaws.com/acme/*', 'acme.yaml:11', undefined],
      ['registry.k8s.io/pause:3.*', 'allowlists/legacy.txt:2', undefined],
      ['quay.io/coreos/**', 'allowlists/legacy.txt:3', '2027-01-31'],
      ['localhost:5000/dev/*', 'allowlists/legacy.txt:4', undefined],
      ['quay.io/prometheus/prometheus:v3.*', 'allowlists/payments.yaml:3', '2027-06-30'],
      [`ghcr.io/vendor/scanner@sha256:${'1'.padStart(64, '0')}`, 'allowlists/payments.yaml:7', undefined],
    ]);
    expect([...policy.signers.keys()]).toEqual(['acme-release', 'vendor-key']);
    expect(
      policy.images.map(({ signedBy, maxAgeSeconds, provenance, attestations }) => [
        signedBy.length,
        maxAgeSeconds,
        provenance?.signedBy.length,
        attestations.map(({ type, maxAgeSeconds: seconds, failFrom }) => [type, seconds, failFrom]),
      ]),
    ).toEqual([
      [1, undefined, 1, [['vulnerability-scan', 7 * 86_400, 'critical']]],
      [0, 90 * 86_400, undefined, []],
      [2, undefined, undefined, []],
    ]);
    expect(policy.checks.get('hygiene.admin-ports')).toMatchObject({
      level: 'fail',
      options: { ports: [22, 2375, 3389] },
    });
    expect(policy.limits).toMatchObject({ imageSeconds: 900, layers: 500 });
    expect(policy.attest).toEqual({ sign: 'key', push: 'referrer', validForSeconds: 7 * 86_400 });
    expect(policy.lookalikes.namespaces).toContain('quay.io/coreos');
  });

  test('does not hang on the place or the day it is read at', async () => {
    const env = { VENDOR_KEY: publicKey() };
    const [here, there] = await Promise.all(
      [examples, dir].map((cwd) =>
        loadPolicy({ cwd, file: join(examples, 'acme.yaml'), env, now: new Date(0) }),
      ),
    );
    expect(here?.stamp.digest).toBe(there?.stamp.digest);
  });
});

describe('what is wrong in a policy', () => {
  test('is told all at once, with line and column', async () => {
    const faults = await faultsOf(
      [
        'version: 1',
        'nmae: x',
        'sources:',
        '  allow:',
        '    - ghcr.io/acme/x:1.0',
        '    - 1.10',
        '  deny: nope',
        'images:',
        '  - match: ghcr.io/acme/**',
        '    max-age: ninety',
        'checks:',
        '  secrets: fial',
        '  hygiene.admin-ports: {level: fail, ports: [99999], more: 1}',
      ].join('\n'),
    );
    expect(faults).toEqual([
      'pratique.yaml:2:1 nmae: there is no such setting here',
      'pratique.yaml:6:7 sources.allow.1: a text was expected, not the number 1.1: quote it, "1.10"',
      'pratique.yaml:7:9 sources.deny: a list was expected, not a text',
      'pratique.yaml:10:14 images.0.max-age: a duration is a number and s, m, h, d or w: 90d, 12h, 30m',
      'pratique.yaml:12:12 checks.secrets: fail, warn, off: one of these was expected',
      'pratique.yaml:13:46 checks.hygiene.admin-ports.ports.0: a port is at most 65535',
      'pratique.yaml:13:54 checks.hygiene.admin-ports.more: there is no such setting here',
    ]);
  });

  test.each([
    ['', 'pratique.yaml:1:1: a group of settings was expected, not nothing'],
    ['name: x', 'pratique.yaml:1:1 version: this version reads policies of version 1'],
    ['version: 2', 'this version reads policies of version 1'],
    ['version: 1\nversion: 1', 'pratique.yaml:2:1: map keys must be unique'],
    ['version: 1\nname: &a x', 'an anchor is not taken'],
    ['version: 1\nname: *a', 'an alias is not taken'],
    ['version: 1\nname: !!str 1', 'a tag is not taken'],
    ['%YAML 1.1\n---\nversion: 1', 'YAML 1.2 it is'],
    ['version: 1\n---\nversion: 1', 'multiple documents'],
    ['version: 1\nsigners:\n  __proto__: {key: x}', 'there can be no such name'],
    ['version: 1\n? [a]\n: 1', 'keys must be strings'],
    ['version: 1\nextends: oci://ghcr.io/acme/policy', 'only a path can be extended'],
    ['version: 1\nchecks: {base-age: warn}', 'there is no such check; there are name.allowed'],
    ['version: 1\nchecks: {secrets.Generic: warn}', 'there is no such check'],
    ['version: 1\nverdict: {on-error: warn}', 'what could not be found out is never a pass'],
    ['version: 1\nverdict: {attest: {sign: always}}', 'key, keyless or none was expected'],
    ['version: 1\nverdict: {attest: {root: acme}}', 'verdict.attest.root: no trust root has the name "acme"'],
    ['version: 1\nadmit: [{signer: ci}]', 'admit.0.signer: no signer has the name "ci"'],
    ['version: 1\nadmit: []', 'name at least one signer'],
    ['version: 1\nadmit: [{signer: ci, verifier: "https://a.test/", levels: [A]}]', 'has to say it'],
    ['version: 1\nadmit: [{signer: ci, verifier: "https://a.test/", policy-digests: any}]', 'has to say it'],
    ['version: 1\nadmit: [{signer: ci, policy-digests: [sha256:1]}]', 'a digest is sha256:'],
    ['version: 1\nadmit: [{signer: ci, policy-digests: all}]', 'admit.0.policy-digests'],
    ['version: 1\nadmit: [{signer: ci, max-age: soon}]', 'a duration is a number'],
    ['version: 1\nexceptions: [{rule: secrets}]', 'exceptions.0.reason: a text is missing'],
    [
      'version: 1\nexceptions: [{rule: a, reason: b, owner: c, until: 2027-02-30}]',
      'a day is written YYYY-MM-DD',
    ],
    [
      'version: 1\nexceptions: [{rule: a, reason: b, owner: c, until: 2027-02-03, path: a//b}]',
      'a part is empty',
    ],
    ['version: 1\nimages: [{match: "*"}]', 'write ** for every image'],
    [
      'version: 1\nimages: [{match: "**", signed-by: [nobody]}]',
      'images.0.signed-by.0: no signer has this name: nobody',
    ],
    ['version: 1\nimages: [{match: "**", signed-by: []}]', 'name at least one signer'],
    ['version: 1\nlimits: {layer-bytes: 0}', 'a limit is at least 1'],
    ['version: 1\nlimits: {layer-bytes: 1.5}', 'a whole number was expected, not 1.5'],
    ['version: 1\nlimits: {layer-bytes: 1e400}', 'a number was expected, not 1e400'],
    ['version: 1\nlimits: {layerBytes: 1}', 'limits.layerBytes: there is no such setting here'],
    ['version: 1\nlimits: {image-seconds: 9999999999}', 'is at most 2147483'],
    ['version: 1\nlookalikes: {protect: [builtin:other]}', 'there is builtin:popular-500'],
    ['version: 1\nlookalikes: {action: fail}\nchecks: {name.lookalike: warn}', 'say it once'],
    ['version: 1\nsources: {allow-lists: [nowhere/]}', 'nowhere/:1:1: there is no such folder'],
    ['version: 1\nsources: {allow-lists: [nowhere.txt]}', 'nowhere.txt:1:1: there is no such file'],
    ['version: 1\nsources: {allow-lists: [nowhere]}', 'a list ends in .yaml or .txt'],
  ])('%j', async (text, why) => {
    expect((await faultsOf(text)).join('\n')).toContain(why);
  });

  test('is told without what stands there: a file that was named by mistake may hold anything', async () => {
    for (const text of [
      'a: b\n\'hunter2" c: d',
      '[a]\nhunter2: |hunter2\n',
      'a: !hunter2 b',
      'x: |hunter2\n  a',
    ])
      expect((await faultsOf(text)).join('\n')).not.toContain('hunter2');
  });

  test('may be its depth', async () => {
    expect(await faultsOf(`version: ${'['.repeat(20_000)}`)).toEqual([
      'pratique.yaml:1:1: it is nested too deeply',
    ]);
    expect(await faultsOf('- '.repeat(5000))).toEqual(['pratique.yaml:1:1: it is nested too deeply']);
  });

  test('is told in 50 lines at most', async () => {
    const faults = await faultsOf(
      `version: 1\n${Array.from({ length: 80 }, (_, n) => `x${n}: 1`).join('\n')}`,
    );
    expect(faults).toHaveLength(51);
    expect(faults.at(-1)).toBe('… 30 more');
  });
});

describe('a key', () => {
  const policy = (key: string) => `version: 1\nsigners:\n  vendor: {key: ${JSON.stringify(key)}}`;

  test('is not the key of another signer too: which of them signed could not be told', async () => {
    const pem = JSON.stringify(publicKey());
    expect(await faultsOf(`version: 1\nsigners:\n  a: {key: ${pem}}\n  b: {key: ${pem}}\n`)).toEqual([
      expect.stringContaining('signers.b.key: it is the same key as that of "a"'),
    ]);
  });

  test('is a file beside the policy, a variable, or the PEM itself, and always the same signer', async () => {
    const pem = publicKey();
    put({
      'p/keys/vendor.pub': pem,
      'p/a.yaml': policy('keys/vendor.pub'),
      'p/b.yaml': policy('env://KEY'),
      'p/c.yaml': policy(pem.replaceAll('\n', '\r\n')),
    });
    const read = await Promise.all(
      ['p/a.yaml', 'p/b.yaml', 'p/c.yaml'].map((file) => load({ file, env: { KEY: `\n${pem}\n` } })),
    );
    expect(new Set(read.map(({ stamp }) => stamp.digest)).size).toBe(1);
    expect(read[0]?.signers.get('vendor')).toEqual({ name: 'vendor', kind: 'key', publicKey: pem });
  });

  test.each([
    ['nowhere.pub', 'there is no such file'],
    ['env://NOWHERE', 'the environment has no NOWHERE'],
    ['env://a b', 'a key is a file, env://NAME, or the PEM itself'],
    ['https://example.com/key', 'a key is a file, env://NAME, or the PEM itself'],
    ['secret.pem', 'it is a private key'],
    ['cert.pem', 'one PEM block "PUBLIC KEY" was expected'],
    ['empty.pem', 'the PEM block holds no key'],
  ])('cannot be %j, and its text is not told', async (key, why) => {
    const block = (label: string, text: string) =>
      `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;
    const faults = await faultsOf(policy(key), {
      'secret.pem': block(['PRIVATE', 'KEY'].join(' '), 'c2VjcmV0'),
      'cert.pem': block('CERTIFICATE', 'c2VjcmV0'),
      'empty.pem': block('PUBLIC KEY', 'c2VjcmV0'),
    });
    expect(faults).toEqual([
      expect.stringContaining(`pratique.yaml:3:17 signers.vendor.key: the key cannot be used: ${why}`),
    ]);
    expect(faults.join()).not.toContain('c2VjcmV0');
  });
});

describe('the digest of a policy', () => {
  const digest = async (text: string, more: Readonly<Record<string, string>> = {}) => {
    put({ 'pratique.yaml': text, ...more });
    return (await load()).stamp.digest;
  };
  const list = (text: string) => ({ 'lists/a.txt': text });
  const base =
    'version: 1\nname: x\nsources:\n  allow-lists: [lists/]\n  deny: [nginx, "**:latest"]\nchecks: {secrets: warn, miners: fail}\n';

  test('is the same for another way to write the same policy', async () => {
    const first = await digest(base, list('ghcr.io/a/b\nghcr.io/a/c\n'));
    const other =
      '# why\nchecks:\n  miners: fail\n  secrets: {level: warn}\nsources: {deny: ["**:latest", docker.io/library/nginx], allow-lists: [lists/]}\nname: y\nversion: 1';
    expect(await digest(other, list('# a list\nghcr.io/a/c # remark\n\nghcr.io/a/b'))).toBe(first);
  });

  test.each([
    ['a name of a list', base, 'ghcr.io/a/b'],
    ['the last day of a name', base, 'ghcr.io/a/b\nghcr.io/a/c until=2027-01-01'],
    ['a level', base.replace('secrets: warn', 'secrets: fail'), undefined],
    ['a limit', `${base}limits: {layers: 5}`, undefined],
    ['a denied name', base.replace('nginx, ', ''), undefined],
    ['what is demanded of images', `${base}images: [{match: "**", max-age: 5d}]`, undefined],
    ['an exception', `${base}exceptions: [{rule: a, reason: b, owner: c, until: 2027-01-01}]`, undefined],
    ['how long an attestation counts', `${base}verdict: {attest: {valid-for: 1d}}`, undefined],
    ['a protected name', `${base}lookalikes: {protect: [ghcr.io/acme/shop]}`, undefined],
  ])('is another with %s', async (_what, text, names) => {
    const first = await digest(base, list('ghcr.io/a/b\nghcr.io/a/c'));
    expect(await digest(text, list(names ?? 'ghcr.io/a/b\nghcr.io/a/c'))).not.toBe(first);
  });
});

describe('an allow-list', () => {
  const faults = (name: string, text: string) =>
    faultsOf('version: 1\nsources: {allow-lists: [lists/]}', { [`lists/${name}`]: text });

  test.each([
    ['a.txt', 'ghcr.io/a/b more', 'lists/a.txt:1:1: after the pattern'],
    ['a.txt', '\nghcr.io/a/b until=soon', 'lists/a.txt:2:1: until= takes one day'],
    ['a.txt', 'ghcr.io/a/b # gone until=2026-02-30', 'lists/a.txt:1:1: until= takes one day'],
    ['a.txt', 'ghcr.io/a/b until=2026-02-03 # until=2027-02-03', 'until= takes one day'],
    ['a.txt', 'ghcr.io/A/b', 'all lower case'],
    ['a.yml', '', 'lists/a.yml:1:1: rename it'],
    ['a.yaml', 'entries: []', 'lists/a.yaml:1:1 owner: a text is missing'],
    [
      'a.yaml',
      'owner: x\nentries:\n  - image: a/b\n    tags: 1.10\n    reason: y',
      'lists/a.yaml:4:11 entries.0.tags: a text was expected, not the number 1.1: quote it, "1.10"',
    ],
    [
      'a.yaml',
      'owner: x\nentries:\n  - {image: "a/b:1", tags: "2", reason: y}',
      'say tag and digest in one place',
    ],
    ['a.yaml', 'owner: x\nentries:\n  - {image: a/b, digests: [sha256:x], reason: y}', 'a digest is sha256:'],
  ])('%s with %j', async (name, text, why) => {
    expect((await faults(name, text)).join('\n')).toContain(why);
  });

  test('counts until the day that stands behind the pattern or in the remark', async () => {
    put({
      'pratique.yaml': 'version: 1\nsources: {allow-lists: [lists/a.txt]}',
      'lists/a.txt': 'ghcr.io/a/b until=2027-01-02 # one\r\nghcr.io/a/c # two until=2027-01-03\n#ghcr.io/a/d',
    });
    expect((await load()).sources?.allow.map(({ until, reason, origin }) => [until, reason, origin])).toEqual(
      [
        ['2027-01-02', 'one', 'lists/a.txt:1'],
        ['2027-01-03', 'two', 'lists/a.txt:2'],
      ],
    );
  });

  test('makes every pair of its tags and digests', async () => {
    const hex = 'a'.repeat(64);
    put({
      'pratique.yaml': 'version: 1\nsources: {allow-lists: [lists/]}',
      'lists/README.md': 'not a list',
      'lists/a.yaml': `owner: x\nentries:\n  - {image: a/b, tags: ["1", "2.*"], digests: ["sha256:${hex}"], reason: y}`,
    });
    expect((await load()).sources?.allow.map(({ pattern }) => formatImagePattern(pattern))).toEqual([
      `docker.io/a/b:1@sha256:${hex}`,
      `docker.io/a/b:2.*@sha256:${hex}`,
    ]);
  });
});
