import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatImagePattern } from '../../../src/model/image-pattern.ts';
import { importPolicy } from '../../../src/policy/imports/import-policy.ts';
import { writeImported } from '../../../src/policy/imports/write-imported.ts';
import { loadPolicy } from '../../../src/policy/load.ts';
import type { Policy } from '../../../src/policy/policy.ts';

let folder: string;
const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ type: 'spki', format: 'pem' })
  .toString();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-import-'));
  await writeFile(join(folder, 'acme.pub'), pem);
});
afterAll(() => rm(folder, { recursive: true }));

/** What our own reader makes of an import, with the lines that were told. */
async function readBack(shown: string, text: string) {
  const imported = importPolicy([{ shown, text }]);
  await writeFile(join(folder, 'pratique.yaml'), writeImported(imported, shown));
  const policy: Policy = await loadPolicy({ file: 'pratique.yaml', cwd: folder, env: {}, now: new Date(0) });
  return {
    policy,
    allow: (policy.sources?.allow ?? []).map(({ pattern }) => formatImagePattern(pattern)),
    deny: (policy.sources?.deny ?? []).map(formatImagePattern),
    images: policy.images.map(({ match, signedBy }) => [
      formatImagePattern(match),
      signedBy.map(({ name }) => name).join(),
    ]),
    told: imported.remarks.map(({ place, text: said }) => `${place}: ${said}`),
  };
}

const constraint = (kind: string, key: string, entries: readonly string[]) =>
  `apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: ${kind}\nmetadata: {name: x}\nspec:\n  parameters:\n    ${key}:\n${entries.map((one) => `      - ${JSON.stringify(one)}\n`).join('')}`;

describe('K8sAllowedRepos', () => {
  test('with slashes behind them prefixes are carried over as they are', async () => {
    const { allow, told } = await readBack(
      'c.yaml',
      constraint('K8sAllowedRepos', 'repos', ['ghcr.io/acme/', 'acme/', 'quay.io/', 'k8s/p:']),
    );
    expect(allow).toEqual(['ghcr.io/acme/**', 'docker.io/acme/**', 'quay.io/**', 'docker.io/k8s/p:*']);
    expect(told).toEqual([]);
  });

  test('other prefixes are carried over by whole parts, and what else they admit is told at their line', async () => {
    const { allow, told } = await readBack(
      'c.yaml',
      constraint('K8sAllowedRepos', 'repos', [
        'docker.io/acme',
        'ghcr.io',
        'nginx',
        'quay.io/x/y:1.2',
        '',
        'UPPER/x',
      ]),
    );
    expect(allow).toEqual([
      'docker.io/acme/**',
      'ghcr.io/**',
      'docker.io/library/nginx',
      'docker.io/nginx/**',
      'quay.io/x/y:1.2',
    ]);
    expect(told[0]).toContain(
      'c.yaml:7:9: "docker.io/acme" is carried over by whole parts: as a prefix it also admits "docker.io/acme-evil/x"',
    );
    expect(told[1]).toContain('c.yaml:8:9: "ghcr.io"');
    expect(told[3]).toContain('also admits "quay.io/x/y:1.20"');
    expect(told[4]).toContain('every text begins so');
    expect(told[5]).toContain('no image can have such a name');
  });

  test('of the second kind are whole names, or prefixes where a star says so', async () => {
    const { allow, told } = await readBack(
      'c.yaml',
      constraint('K8sAllowedReposv2', 'allowedImages', [
        'nginx',
        'ghcr.io/acme/*',
        'ghcr.io/acme/app:1.*',
        'ghcr.io/acme/a*',
      ]),
    );
    expect(allow).toEqual([
      'docker.io/library/nginx:latest',
      'ghcr.io/acme/**',
      'ghcr.io/acme/app:1.*',
      'ghcr.io/acme/a*',
      'ghcr.io/acme/a*/**',
    ]);
    expect(told).toEqual([]);
  });

  test('as kubectl lists them, together, with the namespaces they are for told', async () => {
    const item = (repos: string[], match?: object) => ({
      apiVersion: 'constraints.gatekeeper.sh/v1beta1',
      kind: 'K8sAllowedRepos',
      spec: { parameters: { repos }, enforcementAction: match && 'dryrun', match },
    });
    const list = {
      kind: 'List',
      items: [item(['ghcr.io/', 'quay.io/']), item(['ghcr.io/acme/'], { namespaces: ['a'] })],
    };
    const { allow, told } = await readBack('-', JSON.stringify(list, undefined, '\t'));
    expect(allow).toEqual(['ghcr.io/acme/**']);
    expect(told).toEqual([
      expect.stringMatching(
        /^-:\d+:\d+: constraints hold together, so less is allowed.*"ghcr\.io\/\*\*", "quay\.io\/\*\*"$/,
      ),
      expect.stringContaining('"dryrun" is not carried over'),
      expect.stringContaining('match."namespaces" is not carried over'),
    ]);
  });
});

describe('policy.json', () => {
  const policy = (docker: object, rest: object = {}) =>
    JSON.stringify({ default: [{ type: 'reject' }], transports: { docker, ...rest } }, undefined, 1);
  const any = [{ type: 'insecureAcceptAnything' }];

  test('has its scopes carried over, the keys of signatures with them', async () => {
    const signed = [{ type: 'sigstoreSigned', keyPath: 'acme.pub' }];
    const { allow, deny, images, told } = await readBack(
      'policy.json',
      policy({ 'ghcr.io/acme': signed, 'ghcr.io/acme/dev': any, 'docker.io/acme': any }),
    );
    expect(allow).toEqual([
      'ghcr.io/acme/dev',
      'ghcr.io/acme/dev/**',
      'docker.io/acme/**',
      'ghcr.io/acme',
      'ghcr.io/acme/**',
    ]);
    expect(deny).toEqual([]);
    expect(images.slice(-2)).toEqual([
      ['ghcr.io/acme', 'key-1'],
      ['ghcr.io/acme/**', 'key-1'],
    ]);
    expect(told).toEqual([
      expect.stringMatching(/^policy\.json:\d+:\d+: which name a signature was made for/),
    ]);
  });

  test('lets nothing in where it demands what cannot be demanded', async () => {
    const { allow, told } = await readBack(
      'policy.json',
      policy(
        {
          'a.example.com': [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '/x' }],
          'b.example.com': [{ type: 'sigstoreSigned', keyPath: 'acme.pub', rekorPublicKeyPath: '/r' }],
          'c.example.com': [{ type: 'sigstoreSigned', fulcio: {} }],
          'index.docker.io/acme': any,
        },
        { 'docker-daemon': { '': any } },
      ),
    );
    expect(allow).toEqual([]);
    expect(told.join('\n')).toMatch(
      /GnuPG[\s\S]*an entry of a log[\s\S]*authorities of its own[\s\S]*no image is called so[\s\S]*"docker-daemon"/,
    );
  });

  test('denies what it refuses inside of what it admits, and all below that', async () => {
    const { allow, deny, told } = await readBack(
      'policy.json',
      policy({ 'docker.io': any, 'docker.io/evil': [{ type: 'reject' }], 'docker.io/evil/good': any }),
    );
    expect([allow, deny]).toEqual([['docker.io/**'], ['docker.io/evil/**']]);
    expect(told).toEqual([expect.stringContaining('"docker.io/evil/good" is not carried over')]);
  });

  test('that admits everything is carried over whole', async () => {
    const { allow, told } = await readBack('policy.json', JSON.stringify({ default: any }));
    expect([allow, told]).toEqual([['**'], []]);
  });
});

test('the image configuration of OpenShift has its lists carried over, and the rest told', async () => {
  const text = (sources: string) =>
    `apiVersion: config.openshift.io/v1\nkind: Image\nmetadata: {name: cluster}\nspec:\n${sources}`;
  const allowed = await readBack(
    'i.yaml',
    text(
      '  registrySources:\n    allowedRegistries: [quay.io, "*.example.com", registry.example.org/acme]\n',
    ),
  );
  expect(allowed.allow).toEqual([
    'registry.example.org/acme',
    'registry.example.org/acme/**',
    'quay.io/**',
    '*.example.com/**',
  ]);
  expect(allowed.told).toEqual([
    expect.stringContaining('i.yaml:6:34: "*.example.com" is carried over for one label'),
  ]);
  const blocked = await readBack(
    'i.yaml',
    text(
      '  registrySources:\n    blockedRegistries: [evil.example.com]\n    insecureRegistries: [old.example.com]\n',
    ),
  );
  expect([blocked.allow, blocked.deny]).toEqual([['**'], ['evil.example.com/**']]);
  expect(blocked.told).toEqual([expect.stringContaining('--insecure')]);
  const streams = await readBack(
    'i.yaml',
    text('  allowedRegistriesForImport: [{domainName: quay.io, insecure: false}]\n'),
  );
  expect([streams.allow, streams.told]).toEqual([['quay.io/**'], []]);
});

test('what OpenShift prints of a cluster where nothing is set is nothing, and told as nothing', async () => {
  const text = (sources: string) =>
    `apiVersion: config.openshift.io/v1\nkind: Image\nmetadata: {name: cluster}\nspec:\n  additionalTrustedCA: {name: ""}\n  imageStreamImportMode: ""\n${sources}status: {internalRegistryHostname: a.svc:5000}\n`;
  const plain = await readBack('i.yaml', text(''));
  expect([plain.allow, plain.deny, plain.told]).toEqual([['**'], [], []]);
  const empty = 'allowedRegistries: [], insecureRegistries: [], blockedRegistries: [evil.example.com]';
  const blocked = await readBack('i.yaml', text(`  registrySources: {${empty}}\n`));
  expect([blocked.allow, blocked.told]).toEqual([
    [],
    [expect.stringContaining('i.yaml:7:40: this list is empty, so nothing is allowed')],
  ]);
  const named = await readBack('i.yaml', text('').replace('{name: ""}', '{name: ca}'));
  expect(named.told).toEqual([expect.stringContaining('--ca-file')]);
});

test('what registries.conf blocks in version 1 of its format is denied', async () => {
  const { allow, deny, told } = await readBack(
    'registries.conf',
    "[registries.search]\nregistries = ['docker.io']\n[registries.block]\nregistries = ['evil.example.com', 'quay.io']\n",
  );
  expect([allow, deny]).toEqual([['**'], ['evil.example.com/**', 'quay.io/**']]);
  expect(told).toEqual([expect.stringContaining('"search" is not carried over')]);
});

describe('what would let in more than the original is left out:', () => {
  const signed = (name: string) => ({ type: 'sigstoreSigned', keyPath: name });
  const readPolicy = (docker: object) =>
    readBack('policy.json', JSON.stringify({ default: [{ type: 'reject' }], transports: { docker } }));

  test('a tag that demands less than what is around it, as it can be claimed beside any digest', async () => {
    const { allow, images, told } = await readPolicy({
      'ghcr.io/acme/app:1': [{ type: 'insecureAcceptAnything' }],
      'ghcr.io/acme': [signed('acme.pub')],
    });
    expect(allow).toEqual(['ghcr.io/acme', 'ghcr.io/acme/**']);
    expect(images.map(([, by]) => by)).toEqual(['key-1', 'key-1']);
    expect(told.join('\n')).toContain('a tag can be claimed beside any digest');
  });

  test('a scope that demands two signatures', async () => {
    const { allow, told } = await readPolicy({ 'ghcr.io/acme': [signed('acme.pub'), signed('acme.pub')] });
    expect(allow).toEqual([]);
    expect(told).toEqual([expect.stringContaining('two signatures at once')]);
  });

  test('a star in the subject of a ClusterImagePolicy, which stands for itself there', async () => {
    const identity = { issuer: 'https://accounts.google.com', subject: 'https://github.com/acme/*' };
    const spec = {
      images: [{ glob: 'ghcr.io/acme/**' }],
      authorities: [{ keyless: { identities: [identity] } }],
    };
    const { allow, told } = await readBack(
      'p.json',
      JSON.stringify({ apiVersion: 'policy.sigstore.dev/v1beta1', kind: 'ClusterImagePolicy', spec }),
    );
    expect(allow).toEqual([]);
    expect(told.join('\n')).toContain('a star in its subject stands for itself there');
  });
});

test('registries.conf has what it blocks carried over', async () => {
  const { allow, deny, told } = await readBack(
    'registries.conf',
    '[[registry]]\nlocation = "evil.example.com"\nblocked = true\n\n[[registry]]\nprefix = "quay.io"\nlocation = "mirror.example.com"\n',
  );
  expect([allow, deny, told]).toEqual([['**'], ['evil.example.com/**'], []]);
});

describe('ClusterImagePolicy', () => {
  const policy = (globs: readonly string[], authorities: unknown, more: object = {}) =>
    JSON.stringify({
      apiVersion: 'policy.sigstore.dev/v1beta1',
      kind: 'ClusterImagePolicy',
      spec: { images: globs.map((glob) => ({ glob })), authorities, ...more },
    });
  const identity = {
    issuer: 'https://token.actions.githubusercontent.com',
    subject: 'https://github.com/acme/app/.github/workflows/r.yml@refs/heads/main',
  };

  test('has globs, keys and identities carried over', async () => {
    const {
      allow,
      images,
      policy: read,
      told,
    } = await readBack(
      'p.json',
      policy(
        ['ghcr.io/acme/**', 'index.docker.io/acme/app*'],
        [
          {
            name: 'Release',
            keyless: { url: 'https://fulcio.sigstore.dev', identities: [identity] },
            ctlog: { url: 'https://rekor.sigstore.dev' },
          },
          { key: { data: pem } },
        ],
      ),
    );
    expect(allow).toEqual(['ghcr.io/acme/**', 'docker.io/acme/app*']);
    expect(images).toEqual(allow.map((one) => [one, 'release,authority-2']));
    expect(read.signers.get('release')).toMatchObject({ kind: 'keyless', identity: identity.subject });
    expect(told).toEqual([]);
  });

  test('has expressions carried over where a pattern says no more than they do', async () => {
    const regular = (subjectRegExp: string) => [
      { keyless: { identities: [{ issuer: identity.issuer, subjectRegExp }] } },
    ];
    const good = await readBack(
      'p.json',
      policy(['**'], regular('^https://github\\.com/acme/.*/\\.github/workflows/r\\.yml@refs/tags/v.*$')),
    );
    expect(good.policy.signers.get('authority-1')).toMatchObject({
      identity: 'https://github.com/acme/*/.github/workflows/r.yml@refs/tags/v*',
    });
    expect(good.told).toHaveLength(1);
    for (const bad of [
      '^https://.*$',
      '.*',
      '^https://github\\.com/(acme|evil)/x$',
      '^https://github.com/a+$',
      '^https://github\\.com/\\*$',
    ]) {
      const { allow, told } = await readBack('p.json', policy(['ghcr.io/a/*'], regular(bad)));
      expect([bad, allow]).toEqual([bad, []]);
      expect(told.join('\n')).toContain('this identity is not carried over');
    }
  });

  test('has attestations carried over by their type, and nothing that a policy in CUE or Rego asks', async () => {
    const attested = (more: object) => [
      { key: { data: pem }, attestations: [{ name: 'a', predicateType: 'vuln', ...more }] },
    ];
    const { policy: read, told } = await readBack('p.json', policy(['ghcr.io/a/*'], attested({})));
    expect(read.images[0]?.attestations).toMatchObject([
      { type: 'https://cosign.sigstore.dev/attestation/vuln/v1' },
    ]);
    expect(told).toEqual([]);
    expect(
      (await readBack('p.json', policy(['ghcr.io/a/*'], attested({ policy: { type: 'cue', data: 'x' } }))))
        .allow,
    ).toEqual([]);
    expect(
      (
        await readBack(
          'p.json',
          policy(['**'], [{ static: { action: 'pass' } }], { policy: { type: 'rego' } }),
        )
      ).allow,
    ).toEqual([]);
  });

  test('lets a narrower one without signatures stand behind a wider one, and denies where both ask for others', async () => {
    const two = (first: object[], second: object[]) =>
      `${policy(['ghcr.io/acme/**'], first)}\n---\n${policy(['ghcr.io/acme/dev/**'], second)}\n`;
    const pass = { static: { action: 'pass' } };
    const passed = await readBack('p.yaml', two([{ key: { data: pem } }], [pass]));
    expect([passed.deny, passed.images, passed.told]).toEqual([
      [],
      [
        ['ghcr.io/acme/**', 'authority-1'],
        ['ghcr.io/acme/dev/**', ''],
      ],
      [],
    ]);
    const both = await readBack(
      'p.yaml',
      two([{ key: { data: pem } }], [{ keyless: { identities: [identity] } }]),
    );
    expect(both.deny).toEqual(['ghcr.io/acme/dev/**']);
    expect(both.told).toEqual([expect.stringContaining('p.yaml:3:')]);
  });
});

describe('what cannot be imported is told in one sentence with its place', () => {
  test.each([
    ['a key that stands twice', 'a.yaml', 'default: []\ndefault: []\n', 'a.yaml:2:1'],
    ['a fault of a later document', 'a.yaml', 'default: []\n# x\n---\na: 1\na: 2\n', 'a.yaml:5:1'],
    ['an alias', 'a.yaml', 'default: &a []\ntransports: *a\n', 'an anchor is not taken'],
    ['deep nesting', 'a.json', '['.repeat(20_000), 'a.json'],
    ['no text', 'a.yaml', '# only this\n---\n', 'there is nothing in it'],
    ['another kind', 'a.yaml', 'kind: Pod\napiVersion: v1\n', 'a "Pod" is no policy for images'],
    [
      'two that are no one',
      'a.yaml',
      '{"default": []}\n---\n{"default": []}\n',
      'cannot be imported as one policy',
    ],
    ['many documents', 'a.yaml', 'a: 1\n---\n'.repeat(300), 'more than 200 documents'],
    [
      'many entries',
      'a.yaml',
      constraint(
        'K8sAllowedRepos',
        'repos',
        Array.from({ length: 600 }, (_, index) => `a${index}/`),
      ),
      '600 entries',
    ],
    ['what is no TOML', 'a.conf', 'a = \n', 'it is no TOML'],
  ])('%s', (_what, shown, text, expected) => {
    let message = '';
    try {
      importPolicy([{ shown, text }]);
    } catch (thrown) {
      message = String((thrown as Error).message);
    }
    expect(message).toContain(expected);
    expect(message.split('\n')).toHaveLength(1);
  });

  test('a key named __proto__ changes nothing', () => {
    expect(() =>
      importPolicy([{ shown: 'a.json', text: '{"default": [], "__proto__": {"transports": {}}}' }]),
    ).toThrow('there can be no such name');
  });
});
