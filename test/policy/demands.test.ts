import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toPratiqueError } from '../../src/errors.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { NOW, publicKey } from '../checks/samples.ts';
import { issueCertificate } from '../support/certificate.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'pratique-test-'));
  writeFileSync(join(dir, 'key.pub'), publicKey());
  writeFileSync(join(dir, 'ca.pem'), issueCertificate('acme', { authority: true }).pem);
});
afterAll(() => rmSync(dir, { recursive: true }));

const SIGNERS = `signers:
  key: {key: key.pub}
  ci: {issuer: "https://issuer.example", identity: "https://forge.example/acme/app@refs/tags/v*"}
  notary: {notation: {ca: [ca.pem], identities: ["*"]}}
`;

async function load(text: string, name = 'pratique.yaml'): Promise<Policy> {
  writeFileSync(join(dir, name), `version: 1\n${text}`);
  return loadPolicy({ file: join(dir, name), cwd: dir, env: {}, now: NOW });
}

const withRule = (rule: string) => load(`${SIGNERS}images: [{match: "**", ${rule}}]\n`);
const faultsOf = async (policy: Promise<Policy>) =>
  policy.then(
    () => 'no fault',
    (thrown: unknown) => toPratiqueError(thrown).message,
  );

describe('a policy', () => {
  test('takes a scan younger than 7 days with no critical in three lines', async () => {
    const { images } = await load(`${SIGNERS}images:
  - match: "**"
    signed-by: [key]
    attestations:
      - type: vulnerability-scan
        max-age: 7d
        fail-from: critical
`);
    expect(images[0]?.attestations).toMatchObject([
      {
        type: 'vulnerability-scan',
        signedBy: [{ name: 'key' }],
        maxAgeSeconds: 604_800,
        failFrom: 'critical',
      },
    ]);
    expect(images[0]?.attestations[0]?.predicateTypes).toHaveLength(3);
  });

  test('takes a demand by signers of its own', async () => {
    const { images } = await withRule(
      'provenance: {signed-by: [ci], source: "https://github.com/acme/*"}, attestations: [{type: "https://acme.example/x", signed-by: [key, ci]}]',
    );
    expect(images[0]?.provenance?.signedBy.map(({ name }) => name)).toEqual(['ci']);
    expect(images[0]?.attestations[0]?.signedBy.map(({ name }) => name)).toEqual(['key', 'ci']);
    expect(images[0]?.signedBy).toEqual([]);
  });

  test.each<[string, string]>([
    ['provenance: {builder: "https://x.example/b@v1"}', 'by whom?'],
    ['attestations: [{type: spdx}]', 'by whom?'],
    ['attestations: [{type: spdx, signed-by: [key, notary]}]', 'what notation signs states nothing'],
    ['signed-by: [notary], provenance: {runner: hosted}', 'what notation signs states nothing'],
    ['provenance: {signed-by: [nobody]}', 'no signer has this name: nobody'],
    ['attestations: [{type: spdx, signed-by: [nobody]}]', 'no signer has this name: nobody'],
    ['provenance: {signed-by: []}', 'name at least one signer'],
    ['attestations: []', 'name at least one attestation'],
    ['signed-by: [key], provenance: {builder-version: ">=1"}', 'of which builder?'],
    ['signed-by: [key], provenance: {builder: "x@refs/tags/v1", builder-version: ">=1"}', 'without the @'],
    ['signed-by: [key], provenance: {tag: ">=1", ref: refs/tags/v1}', 'write one of the two'],
    ['signed-by: [key], provenance: {tag: "latest"}', 'this is no range of versions'],
    ['signed-by: [key], provenance: {tag: ""}', 'a range of versions is needed'],
    ['signed-by: [key], provenance: {ref: main}', 'a ref begins with refs/heads/'],
    ['signed-by: [key], provenance: {source: "https://*/acme/app"}', 'its scheme and host have no star'],
    ['signed-by: [key], provenance: {source: "https:*/*/acme"}', 'its scheme and host have no star'],
    ['signed-by: [key], provenance: {source: "*/*/*/acme"}', 'its scheme and host have no star'],
    ['signed-by: [key], provenance: {source: "https://github.com/**"}', 'write * for any run'],
    ['signed-by: [key], provenance: {runner: own}', 'hosted was expected'],
    ['signed-by: [key], provenance: {slsa-level: 4}', 'a level of the SLSA Build track is 1 to 3'],
    ['signed-by: [key], provenance: {buidler: x}', 'there is no such setting here'],
    ['signed-by: [key], attestations: [{type: sbom}]', 'a type is vulnerability-scan, spdx'],
    [
      'signed-by: [key], attestations: [{type: spdx, fail-from: high}]',
      'only a vulnerability-scan has severities',
    ],
    ['signed-by: [key], attestations: [{type: spdx, verifier: x}]', 'only a vsa has a verifier'],
    ['signed-by: [key], attestations: [{type: spdx, max-age: week}]', 'a duration is a number'],
    ['signed-by: [key], attestations: [{type: spdx, where: []}]', 'name at least one condition'],
    ['signed-by: [key], attestations: [{type: spdx, where: [{is: 1}]}]', 'name one path'],
    ['signed-by: [key], attestations: [{type: spdx, where: [{field: a, no: a, is: 1}]}]', 'name one path'],
    ['signed-by: [key], attestations: [{type: spdx, where: [{field: a}]}]', 'say what is expected'],
    [
      'signed-by: [key], attestations: [{type: spdx, where: [{field: a, is: 1, matches: x}]}]',
      'cannot stand together',
    ],
    [
      'signed-by: [key], attestations: [{type: spdx, where: [{field: "a[0]", is: 1}]}]',
      'is no path to a field',
    ],
    [
      'signed-by: [key], attestations: [{type: spdx, where: [{no: a, exists: true}]}]',
      'exists goes with field',
    ],
  ])('is refused with %s', async (rule, fault) => {
    expect(await faultsOf(withRule(rule))).toContain(fault);
  });

  test.each<[string, string]>([
    ['{source-repo: x}', 'there is no such setting here'],
    ['{source-repository: "https://*/acme"}', 'its scheme and host have no star'],
    ['{source-ref: []}', 'name at least one value'],
    ['{source-ref: "refs/**"}', 'write * for any run'],
    ['{source-ref: "réf"}', 'ASCII is expected'],
  ])('is refused with the claims %s', async (claims, fault) => {
    const signers = `signers: {ci: {issuer: "https://i.example", identity: "a@b.example", claims: ${claims}}}\n`;
    expect(await faultsOf(load(signers))).toContain(fault);
  });
});

describe('the digest of a policy', () => {
  const digestOf = async (rule: string) => (await withRule(`signed-by: [key], ${rule}`)).stamp.digest;

  test('changes with everything that is demanded', async () => {
    const rules = [
      'max-age: 1d',
      'provenance: {}',
      'provenance: {signed-by: [ci]}',
      'provenance: {builder: x}',
      'provenance: {builder: x, builder-version: ">=1"}',
      'provenance: {source: x}',
      'provenance: {ref: refs/tags/x}',
      'provenance: {tag: ">=1"}',
      'provenance: {build-type: x}',
      'provenance: {runner: hosted}',
      'provenance: {slsa-level: 2}',
      'attestations: [{type: spdx}]',
      'attestations: [{type: spdx}, {type: spdx}]',
      'attestations: [{type: spdx, signed-by: [ci]}]',
      'attestations: [{type: spdx, max-age: 1d}]',
      'attestations: [{type: vulnerability-scan}]',
      'attestations: [{type: vulnerability-scan, fail-from: high}]',
      'attestations: [{type: vsa, verifier: x}]',
      'attestations: [{type: spdx, where: [{field: a, is: 1}]}]',
      'attestations: [{type: spdx, where: [{field: a, is: "1"}]}]',
      'attestations: [{type: spdx, where: [{field: a.b, is: 1}]}]',
      'attestations: [{type: spdx, where: [{field: "\\"a.b\\"", is: 1}]}]',
      'attestations: [{type: spdx, where: [{no: a, is: 1}]}]',
      'attestations: [{type: spdx, where: [{field: a, matches: "1"}]}]',
      'attestations: [{type: spdx, where: [{field: a, at-least: 1}]}]',
      'attestations: [{type: spdx, where: [{field: a, at-most: 1}]}]',
      'attestations: [{type: spdx, where: [{field: a, exists: true}]}]',
      'attestations: [{type: spdx, where: [{field: a, exists: false}]}]',
    ];
    const digests = new Map<string, string>();
    for (const rule of rules) {
      const digest = await digestOf(rule);
      expect(digests.get(digest), rule).toBeUndefined();
      digests.set(digest, rule);
    }
  });

  test('changes with the claims and the level of a signer, not with the order of a list', async () => {
    const signer = async (more: string) =>
      (await load(`signers: {ci: {issuer: "https://i.example", identity: "a@b.example"${more}}}\n`)).stamp
        .digest;
    const one = await signer(', claims: {trigger: [push, release]}');
    expect(await signer(', claims: {trigger: [release, push]}')).toBe(one);
    const others = [
      '',
      ', claims: {trigger: push}',
      ', claims: {runner: [push, release]}',
      ', slsa-level: 3',
    ];
    const digests = [one];
    for (const more of others) digests.push(await signer(more));
    expect(new Set(digests).size).toBe(5);
  });
});

describe('a file that extends another', () => {
  test('cannot put an image rule with fewer demands before those of its baseline, unless they are open', async () => {
    const rule = 'images: [{match: "**", signed-by: [key], provenance: {}, attestations: [{type: spdx}]}]\n';
    await load(`${SIGNERS}${rule}`, 'base.yaml');
    const own = 'extends: base.yaml\nimages: [{match: "ghcr.io/acme/**"}]\n';
    expect(await faultsOf(load(own))).toContain("the baseline's own rules decide");
    await load(`open: [images]\n${SIGNERS}${rule}`, 'base.yaml');
    const { images } = await load(own);
    expect(images.map(({ attestations }) => attestations.length)).toEqual([0, 1]);
  });

  test('cannot give a signer of its baseline other claims', async () => {
    await load(SIGNERS, 'base.yaml');
    const own =
      'extends: base.yaml\nsigners: {ci: {issuer: "https://issuer.example", identity: "a@b.example"}}\n';
    expect(await faultsOf(load(own))).toContain('has a signer of that name');
  });

  test('may let larger statements be read only where limits are open', async () => {
    await load('limits: {statement-bytes: 1000}\n', 'base.yaml');
    expect(await faultsOf(load('extends: base.yaml\nlimits: {statement-bytes: 1001}\n'))).toContain(
      'the baseline allows 1000',
    );
  });
});
