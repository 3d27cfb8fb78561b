import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { subjectOf } from '../../src/attest/export/admission-demand.ts';
import { matchesIdentity } from '../../src/model/identity-pattern.ts';
import { matchesImage, parseImagePattern } from '../../src/model/image-pattern.ts';
import { parseReference } from '../../src/model/reference.ts';
import { type Stage, setStage } from '../support/stage.ts';

const read = (name: string) => readFileSync(new URL(`../../docs/admission/${name}`, import.meta.url), 'utf8');
const ISSUER = 'https://token.actions.githubusercontent.com';
const FORMS = ['kyverno', 'cluster-image-policy'] as const;

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
  const anchor = new URL('../../trust-roots/tuf/root.json', import.meta.url);
  await stage.write('root.json', readFileSync(anchor, 'utf8'));
});
afterAll(() => stage.close());

/** Exports what a policy demands. */
async function exported(form: string, policy: string, ...more: string[]) {
  await stage.write('exported.yaml', policy);
  return stage.pratique(['export', form, '--policy', 'exported.yaml', ...more]);
}
const policyWith = (signer: string, rule = '') =>
  `version: 1\nsigners: { gate: { ${signer} }, other: { key: stranger.pub } }\nadmit: [{ signer: gate${rule} }]\n`;

test.each([
  ['kyverno.yaml', 'kyverno', 'key-gate'],
  ['cluster-image-policy.yaml', 'cluster-image-policy', 'gate'],
])('docs/admission/%s is what is exported', async (file, form, signer) => {
  const { out } = await exported(
    form,
    read('pratique.yaml'),
    '--signer',
    signer,
    '--images',
    'ghcr.io/acme/shop',
  );
  expect(out).toBe(read(file));
});

test.each(FORMS)('%s is told all that a rule demands, and all images where none are named', async (form) => {
  const rule =
    ', verifier: https://v.test/x, policy-digests: any, levels: [SLSA_BUILD_LEVEL_2, MINE], max-age: 1h';
  const { out } = await exported(form, policyWith(`issuer: "${ISSUER}", identity: a@acme.test`, rule));
  expect(parse(out)).toMatchObject({ metadata: { name: 'pratique' } });
  for (const said of [
    'https://v.test/x',
    '"SLSA_BUILD_LEVEL_2", "SLSA_BUILD_LEVEL_3", "SLSA_BUILD_LEVEL_4"',
    '"MINE"',
    '3600',
    'oci://',
  ])
    expect(out).toContain(said);
  expect(out).not.toMatch(/LEVEL_1|policy\.digest/);
  expect(out).toMatch(/glob: "?\*/);
});

test('by default a verdict of this very policy is demanded', async () => {
  const policy = policyWith('key: gate.pub');
  const { out } = await exported('kyverno', policy);
  const [, hex] = /digest\.sha256 in \["([0-9a-f]{64})"\]/.exec(out) ?? [];
  expect(hex).toBeDefined();
  const { out: other } = await exported('kyverno', `${policy}limits: { layers: 9 }\n`);
  expect(other).not.toContain(hex);
});

describe('an identity with stars is an expression that stands for the same', () => {
  const pattern = 'https://github.com/acme/*/.github/workflows/gate.yml@refs/tags/v*';
  test.each([
    'https://github.com/acme/app/.github/workflows/gate.yml@refs/tags/v1.2',
    'https://github.com/acme/app/.github/workflows/gate.yml@refs/tags/v1/2',
    'https://github.com/acme/app/x/.github/workflows/gate.yml@refs/tags/v1',
    'https://github.com/acme/app/xgithub/workflows/gate.yml@refs/tags/v1',
    'https://evil.test/?https://github.com/acme/app/.github/workflows/gate.yml@refs/tags/v1',
    'https://github.com/acme/app/.github/workflows/gate.yml@refs/tags/v1\n',
  ])('%j', (identity) => {
    const said = subjectOf(pattern);
    const expression = 'subjectRegExp' in said ? new RegExp(said.subjectRegExp) : /^$/;
    expect(expression.test(identity)).toBe(matchesIdentity(pattern, identity));
  });
});

describe.each<[string, readonly string[], readonly string[]]>([
  [
    'ghcr.io/acme/shop',
    ['ghcr.io/acme/shop', 'ghcr.io:443/acme/shop', 'GHCR.IO/acme/shop'],
    ['ghcrxio/acme/shop', 'ghcr.io/acme/shop/x', 'ghcr.io/evil/acme/shop', 'ghcr.io:5000/acme/shop'],
  ],
  ['localhost:5000/a.b', ['localhost:5000/a.b'], ['localhost:5000/axb', 'localhost/a.b']],
  ['ghcr.io/acme/**', ['ghcr.io/acme/a', 'ghcr.io/acme/a/b'], ['ghcr.io/acme', 'ghcr.io/acme-evil/a']],
  ['ghcr.io/**/app-*', ['ghcr.io/app-2', 'ghcr.io/a/b/app-1'], ['ghcr.io/app', 'ghcr.io/app-1/x']],
  ['acme/*', ['docker.io/acme/a', 'registry-1.docker.io/acme/a'], ['docker.io/acme/a/b', 'ghcr.io/acme/a']],
  ['**/shop', ['ghcr.io/shop', 'localhost:1/a/shop'], ['ghcr.io/a/workshop']],
])('of --images %s Kyverno is told names that', (images, meant, others) => {
  let judged: (name: string) => boolean;
  beforeAll(async () => {
    const { out } = await exported('kyverno', policyWith('key: gate.pub'), '--images', images);
    const { expression } = parse(out).spec.matchImageReferences[0];
    const compared = [...expression.matchAll(/\.(registry|repository)\(\)\.matches\(("[^"]*")\)/g)];
    judged = (name) =>
      compared.length > 0 &&
      compared.every(([, what, text]) => {
        const [, host = '', path = ''] = /^([^/]+)\/(.*)$/.exec(name) ?? [];
        const [, flags = '', source = ''] = /^(?:\(\?(i)\))?(.*)$/.exec(JSON.parse(text)) ?? [];
        return new RegExp(source, flags).test(what === 'registry' ? host : path);
      });
  });
  test.each(meant)('%s is one of', (name) => {
    expect(judged(name)).toBe(true);
    expect(matchesImage(parseImagePattern(images), parseReference(name))).toBe(true);
  });
  test.each(others)('%s is none of', (name) => {
    expect(judged(name)).toBe(false);
  });
});

test('policy-controller is told the name of a trust root that is not the public one', async () => {
  const signer = `issuer: "${ISSUER}", identity: a@acme.test, root: my.own`;
  const roots = 'trust-roots: { my.own: { tuf: { mirror: "https://tuf.acme.test", root: root.json } } }\n';
  const { out } = await exported('cluster-image-policy', `${policyWith(signer)}${roots}`);
  expect(parse(out).spec.authorities[0].keyless.trustRootRef).toBe('my-own');
});

test('policy-controller is told of Docker Hub by the name that it compares', async () => {
  const keyless = policyWith(`issuer: "${ISSUER}", identity: a@acme.test`);
  const { out } = await exported('cluster-image-policy', keyless, '--images', 'nginx');
  const { images, authorities } = parse(out).spec;
  expect(images).toEqual([
    { glob: 'index.docker.io/library/nginx:*' },
    { glob: 'index.docker.io/library/nginx@*' },
  ]);
  expect(authorities[0].attestations[0].policy.data).toContain('["docker.io/library/nginx"]');
});

describe('nothing is exported, and it is said why,', () => {
  const keyless = `issuer: "${ISSUER}", identity: a@acme.test`;
  test.each<[string, string, string, readonly string[], number, string]>([
    ['where the policy names no gate', 'kyverno', 'version: 1\n', [], 2, 'does not say whose verdicts count'],
    [
      'where no rule is of the signer',
      'kyverno',
      policyWith(keyless),
      ['--signer', 'other'],
      2,
      'names no signer "other"',
    ],
    [
      'of a key for policy-controller',
      'cluster-image-policy',
      policyWith('key: gate.pub'),
      [],
      3,
      'by certificates alone',
    ],
    [
      'of claims for policy-controller',
      'cluster-image-policy',
      policyWith(`${keyless}, claims: { source-repository: https://github.com/acme/app }`),
      [],
      3,
      'has claims',
    ],
    [
      'of claims for Kyverno',
      'kyverno',
      policyWith(`${keyless}, claims: { source-repository: https://github.com/acme/app }`),
      [],
      3,
      'has claims',
    ],
    [
      'of several signers for Kyverno',
      'kyverno',
      policyWith(keyless).replace('gate }]', 'gate }, { signer: other }]'),
      [],
      3,
      'name one of them with --signer',
    ],
    [
      'of an instance whose trust root is not here, in whose place Kyverno would believe the public one',
      'kyverno',
      `${policyWith(`${keyless}, root: own`)}trust-roots: { own: { tuf: { mirror: "https://tuf.acme.test", root: root.json } } }\n`,
      [],
      3,
      'a TUF repository',
    ],
    ['of a tag', 'kyverno', policyWith(keyless), ['--images', 'ghcr.io/acme/app:1'], 2, 'name repositories'],
    [
      'of a host with a star',
      'kyverno',
      policyWith(keyless),
      ['--images', '*.acme.dev/app'],
      2,
      'name repositories',
    ],
    [
      'of an address in brackets',
      'kyverno',
      policyWith(keyless),
      ['--images', '[::1]:5000/app'],
      2,
      'brackets',
    ],
    [
      'of ** that policy-controller takes for a part',
      'cluster-image-policy',
      policyWith(keyless),
      ['--images', 'ghcr.io/**/app'],
      3,
      'for one at least',
    ],
    ['of no pattern', 'kyverno', policyWith(keyless), ['--images', 'ghcr.io/**x'], 2, '--images'],
    ['in no form that is known', 'gatekeeper', policyWith(keyless), [], 2, 'gatekeeper'],
  ])('%s', async (_what, form, policy, more, exit, sentence) => {
    const { code, out, err } = await exported(form, policy, ...more);
    expect([code, out]).toEqual([exit, '']);
    expect(err).toContain(sentence);
  });
});
