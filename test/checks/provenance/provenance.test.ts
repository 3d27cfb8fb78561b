import { describe, expect, test } from 'vitest';
import { provenance } from '../../../src/checks/provenance.ts';
import type { CertificateClaims } from '../../../src/model/certificate-claims.ts';
import { PREDICATE } from '../../../src/model/statement.ts';
import type { AnyEvidence, Signer } from '../../../src/model/trusted.ts';
import type { ProvenanceDemand } from '../../../src/policy/images/demands.ts';
import {
  attested,
  CERTIFICATE,
  COMMIT,
  provenanceBy,
  provenanceV1,
  provenanceV02,
  rejected,
  scanBy,
  unsettled,
  unsigned,
  WORKFLOW,
} from '../attestations/statements.ts';
import { contextOf, imageOf, keySigner, ruleOf, signatureBy } from '../samples.ts';

const RELEASE = keySigner('release');

function contextFor(demand: Partial<ProvenanceDemand>) {
  return contextOf({}, { rule: ruleOf({ provenance: { signedBy: [RELEASE], ...demand } }) });
}

function findings(evidence: readonly AnyEvidence[], demand: Partial<ProvenanceDemand> = {}) {
  return provenance.run(evidence, imageOf(), contextFor(demand));
}

function rulesOf(evidence: readonly AnyEvidence[], demand: Partial<ProvenanceDemand> = {}) {
  return findings(evidence, demand).map(({ rule }) => rule);
}

type Claims = Partial<Record<keyof CertificateClaims, string | undefined>>;

/** Signed without a key, by a certificate that differs from the good one; `undefined` leaves a claim out. */
function keyless(
  predicate: unknown,
  claims: Claims = {},
  type: string = PREDICATE.provenanceV1,
): AnyEvidence {
  const said = Object.entries({ ...CERTIFICATE, ...claims }).filter(([, value]) => value !== undefined);
  return attested(type, predicate, { certificate: Object.fromEntries(said) as unknown as CertificateClaims });
}

const GOOD: readonly (readonly [string, AnyEvidence])[] = [
  ['v1 with a certificate', keyless(provenanceV1())],
  ['v1 with a key', provenanceBy('release')],
  ['v0.2 with a certificate', keyless(provenanceV02(), {}, PREDICATE.provenanceV02)],
  ['v0.2 with a key', attested(PREDICATE.provenanceV02, provenanceV02())],
];

describe('a provenance meets', () => {
  test.each(GOOD)('what is true of it: %s', (_what, evidence) => {
    for (const demand of [
      {},
      { builder: WORKFLOW },
      { builder: WORKFLOW.replace('v1.2.3', 'v*') },
      { builder: WORKFLOW.split('@')[0] ?? '', builderVersion: '>=1.2 <2' },
      { source: 'https://github.com/acme/app' },
      { source: 'https://github.com/acme/*' },
      { ref: 'refs/tags/v*' },
      { tag: '>=1.2 <2' },
      { slsaLevel: 1 },
    ] satisfies Partial<ProvenanceDemand>[])
      expect(rulesOf([evidence], demand), JSON.stringify(demand)).toEqual([]);
  });

  test('nothing where nothing is demanded', () => {
    expect(provenance.run([], imageOf(), contextOf())).toEqual([]);
    expect(provenance.run([], imageOf(), contextOf({}, { rule: ruleOf() }))).toEqual([]);
    expect(provenance.demands(contextOf({}, { rule: ruleOf() }))).toBe(false);
    expect(provenance.demands(contextFor({}))).toBe(true);
  });

  test('the demand for a hosted runner by its certificate, or by the word of a key', () => {
    expect(rulesOf([keyless(provenanceV1())], { runner: 'hosted' })).toEqual([]);
    const builder = 'https://github.com/actions/runner/github-hosted';
    const byKey = attested(PREDICATE.provenanceV1, provenanceV1({}, builder));
    expect(rulesOf([byKey], { runner: 'hosted' })).toEqual([]);
  });

  test('its builder under the name of the runner, where the certificate agrees', () => {
    const builder = 'https://github.com/actions/runner/github-hosted';
    expect(rulesOf([keyless(provenanceV1({}, builder))], { builder })).toEqual([]);
    expect(rulesOf([keyless(provenanceV1({}, builder))], { builder: WORKFLOW })).toEqual([]);
  });

  test('its builder under the name of the run, as BuildKit is told by its action', () => {
    const run = 'https://github.com/acme/app/actions/runs/12345';
    for (const id of [run, `${run}/attempts/1`])
      expect(rulesOf([keyless(provenanceV1({}, id))], { builder: WORKFLOW })).toEqual([]);
    expect(rulesOf([keyless(provenanceV1({}, `${run}6`))])).toEqual(['provenance.contradiction']);
  });

  test('what is demanded if one of several does', () => {
    const other = keyless(provenanceV1({ ref: 'refs/heads/main' }));
    expect(rulesOf([other, scanBy('release'), keyless(provenanceV1())], { tag: '1.x' })).toEqual([]);
  });

  test('what a source of BuildKit says, by the word of a key', () => {
    const predicate = provenanceV02({
      invocation: { configSource: { uri: `https://github.com/acme/app.git#${COMMIT}:docker` } },
    });
    const evidence = attested(PREDICATE.provenanceV02, predicate);
    expect(rulesOf([evidence], { source: 'https://github.com/acme/app' })).toEqual([]);
    expect(rulesOf([evidence], { ref: 'refs/heads/main' })).toEqual(['provenance.other-ref']);
  });
});

describe('a provenance is refused', () => {
  const repository = (url: string) => keyless(provenanceV1({ repository: url }), { sourceRepository: url });
  const ref = (name: string) =>
    keyless(
      { ...provenanceV1({ ref: name }), buildDefinition: { ...definition(name) } },
      { sourceRef: name },
    );
  const definition = (name: string) => ({
    ...provenanceV1({ ref: name }).buildDefinition,
    resolvedDependencies: [],
  });
  const SOURCE = { source: 'https://github.com/acme/app' };
  const unresolved = (workflow: Record<string, unknown>) => {
    const good = provenanceV1(workflow);
    return { ...good, buildDefinition: { ...good.buildDefinition, resolvedDependencies: [] } };
  };
  const at = (url: string) => keyless(unresolved({ repository: url }), { sourceRepository: url });

  test.each<[string, string, readonly AnyEvidence[], Partial<ProvenanceDemand>]>([
    ['nothing is there', 'provenance.missing', [], {}],
    ['only a signature is there', 'provenance.missing', [signatureBy('release')], {}],
    ['only another attestation is there', 'provenance.missing', [scanBy('release')], {}],
    ['what is there does not hold', 'provenance.missing', [rejected('bad signature')], {}],
    ['BuildKit alone wrote one', 'provenance.unsigned', [unsigned(PREDICATE.provenanceV02)], {}],
    ['BuildKit alone wrote one, v1', 'provenance.unsigned', [unsigned(PREDICATE.provenanceV1)], {}],
    ['BuildKit wrote an SBOM', 'provenance.missing', [unsigned('https://spdx.dev/Document')], {}],
    ['another signer made it', 'provenance.other-signer', [provenanceBy('vendor')], {}],
    [
      'another version of the form is claimed',
      'provenance.missing',
      [attested('https://slsa.dev/provenance/v0.1', provenanceV02())],
      {},
    ],
    [
      'another builder made it',
      'provenance.other-builder',
      [keyless(provenanceV1())],
      { builder: WORKFLOW.replace('release', 'nightly') },
    ],
    [
      'the builder only begins alike',
      'provenance.other-builder',
      [keyless(provenanceV1())],
      { builder: WORKFLOW.slice(0, -1) },
    ],
    [
      'the builder is demanded without its ref',
      'provenance.other-builder',
      [keyless(provenanceV1())],
      { builder: WORKFLOW.split('@')[0] ?? '' },
    ],
    [
      'the builder is of another version',
      'provenance.other-builder',
      [keyless(provenanceV1())],
      { builder: WORKFLOW.split('@')[0] ?? '', builderVersion: '>=1.3' },
    ],
    [
      'the builder is of a branch, and a version is demanded',
      'provenance.other-builder',
      [
        keyless(provenanceV1({}, WORKFLOW.replace('tags/v1.2.3', 'heads/main')), {
          buildSigner: WORKFLOW.replace('tags/v1.2.3', 'heads/main'),
        }),
      ],
      { builder: WORKFLOW.split('@')[0] ?? '', builderVersion: '*' },
    ],
    [
      'the certificate names no builder, whatever the provenance says',
      'provenance.other-builder',
      [keyless(provenanceV1(), { issuer: 'https://accounts.example', buildSigner: undefined })],
      { builder: WORKFLOW },
    ],
    [
      "the provenance alone names GitHub's runner, and its certificate is of another service",
      'provenance.other-builder',
      [
        keyless(provenanceV1({}, 'https://github.com/actions/runner/github-hosted'), {
          issuer: 'https://gitlab.com',
          runner: 'self-hosted',
        }),
      ],
      { builder: 'https://github.com/actions/runner/github-hosted' },
    ],
    [
      'a repository has something appended',
      'provenance.other-source',
      [at('https://github.com/acme/appX')],
      SOURCE,
    ],
    [
      'a repository has something prepended',
      'provenance.other-source',
      [at('https://github.com/acme/Xapp')],
      SOURCE,
    ],
    [
      'a repository has something in the middle',
      'provenance.other-source',
      [at('https://github.com/acme/aXpp')],
      SOURCE,
    ],
    [
      'an owner has something appended',
      'provenance.other-source',
      [at('https://github.com/acmeX/app')],
      SOURCE,
    ],
    [
      'a folder follows the repository',
      'provenance.other-source',
      [at('https://github.com/acme/app/x')],
      SOURCE,
    ],
    [
      'the host is another',
      'provenance.other-source',
      [at('https://github.com.evil.example/acme/app')],
      SOURCE,
    ],
    [
      'the host is behind a name',
      'provenance.other-source',
      [at('https://github.com@evil.example/acme/app')],
      SOURCE,
    ],
    ['the scheme is another', 'provenance.other-source', [at('http://github.com/acme/app')], SOURCE],
    [
      'a star stands for one part alone',
      'provenance.other-source',
      [at('https://github.com/acme/app/x')],
      { source: 'https://github.com/acme/*' },
    ],
    [
      'the certificate names no source, whatever the provenance says',
      'provenance.other-source',
      [keyless(provenanceV1(), { sourceRepository: undefined })],
      SOURCE,
    ],
    [
      'a branch is demanded and a tag was built',
      'provenance.other-ref',
      [keyless(provenanceV1())],
      { ref: 'refs/heads/v1.2.3' },
    ],
    [
      'a tag is demanded and a branch was built',
      'provenance.other-ref',
      [ref('refs/heads/v1.2.3')],
      { ref: 'refs/tags/v1.2.3' },
    ],
    [
      'a range is demanded and a branch was built',
      'provenance.other-ref',
      [ref('refs/heads/v1.2.3')],
      { tag: '1.x' },
    ],
    [
      'a range is demanded and a pull request was built',
      'provenance.other-ref',
      [ref('refs/pull/v1.2.3')],
      { tag: '1.x' },
    ],
    [
      'v13 is demanded and v13.0 was built',
      'provenance.other-ref',
      [ref('refs/tags/v13.0')],
      { ref: 'refs/tags/v13' },
    ],
    [
      'v13.0 is demanded and v13 was built',
      'provenance.other-ref',
      [ref('refs/tags/v13')],
      { ref: 'refs/tags/v13.0' },
    ],
    ['v13 is no whole version', 'provenance.other-ref', [ref('refs/tags/v13')], { tag: '>=13' }],
    ['v13.0 is no whole version', 'provenance.other-ref', [ref('refs/tags/v13.0')], { tag: '>=13' }],
    ['the version is out of the range', 'provenance.other-ref', [keyless(provenanceV1())], { tag: '>=1.3' }],
    [
      'the version is before a release',
      'provenance.other-ref',
      [ref('refs/tags/v1.3.0-rc.1')],
      { tag: '>=1.2' },
    ],
    [
      'a word stands before the version',
      'provenance.other-ref',
      [ref('refs/tags/release-1.2.3')],
      { tag: '1.x' },
    ],
    [
      'the certificate names no ref, whatever the provenance says',
      'provenance.other-ref',
      [keyless(provenanceV1(), { sourceRef: undefined })],
      { ref: 'refs/tags/v1.2.3' },
    ],
    [
      'the build type is another',
      'provenance.other-build-type',
      [keyless(provenanceV1())],
      { buildType: 'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1' },
    ],
    [
      "it was built on somebody's own machine",
      'provenance.self-hosted',
      [keyless(provenanceV1(), { runner: 'self-hosted' })],
      { runner: 'hosted' },
    ],
    [
      'the certificate does not say where, whatever the provenance says',
      'provenance.self-hosted',
      [keyless(provenanceV1({}, 'https://github.com/actions/runner/github-hosted'), { runner: undefined })],
      { runner: 'hosted' },
    ],
    ['a key does not say where', 'provenance.self-hosted', [provenanceBy('release')], { runner: 'hosted' }],
    ['a key vouches for no level', 'provenance.other-level', [provenanceBy('release')], { slsaLevel: 2 }],
    [
      'a workflow of GitHub has level 2',
      'provenance.other-level',
      [keyless(provenanceV1())],
      { slsaLevel: 3 },
    ],
    [
      'a self-hosted workflow has level 1',
      'provenance.other-level',
      [keyless(provenanceV1(), { runner: 'self-hosted' })],
      { slsaLevel: 2 },
    ],
    ['it has no predicate', 'provenance.malformed', [keyless(undefined)], {}],
    ['it is a list', 'provenance.malformed', [keyless([])], {}],
    ['it names no builder', 'provenance.malformed', [keyless({ ...provenanceV1(), runDetails: {} })], {}],
    [
      'its builder is a number',
      'provenance.malformed',
      [keyless(provenanceV02({ builder: { id: 1 } }), {}, PREDICATE.provenanceV02)],
      {},
    ],
    [
      'it has no build type',
      'provenance.malformed',
      [keyless(provenanceV02({ buildType: undefined }), {}, PREDICATE.provenanceV02)],
      {},
    ],
    [
      'its commits differ',
      'provenance.malformed',
      [
        attested(
          PREDICATE.provenanceV02,
          provenanceV02({
            invocation: {
              configSource: {
                uri: 'git+https://github.com/acme/app@refs/tags/v1.2.3',
                digest: { sha1: COMMIT, gitCommit: 'f'.repeat(40) },
              },
            },
          }),
        ),
      ],
      {},
    ],
  ])('where %s: %s', (_what, rule, evidence, demand) => {
    expect(rulesOf(evidence, demand)).toEqual([rule]);
  });

  test.each<[string, AnyEvidence]>([
    ['another repository', keyless(provenanceV1(), { sourceRepository: 'https://github.com/acme/other' })],
    ['another ref', keyless(provenanceV1(), { sourceRef: 'refs/heads/main' })],
    ['another commit', keyless(provenanceV1(), { sourceDigest: 'f'.repeat(40) })],
    ['another builder', keyless(provenanceV1({}, WORKFLOW.replace('release', 'trusted')))],
    ['no builder at all', keyless(provenanceV1({}, ''))],
    [
      'a hosted runner that it was not',
      keyless(provenanceV1({}, 'https://github.com/actions/runner/github-hosted'), { runner: 'self-hosted' }),
    ],
    [
      'another repository, in v0.2',
      keyless(
        provenanceV02({
          invocation: { configSource: { uri: 'git+https://github.com/acme/other@refs/tags/v1.2.3' } },
        }),
        {},
        PREDICATE.provenanceV02,
      ),
    ],
    [
      'another ref, in v0.2',
      keyless(
        provenanceV02({
          invocation: { configSource: { uri: 'git+https://github.com/acme/app@refs/heads/main' } },
        }),
        {},
        PREDICATE.provenanceV02,
      ),
    ],
    [
      'another commit, in v0.2',
      keyless(
        provenanceV02({
          invocation: {
            configSource: {
              uri: 'git+https://github.com/acme/app@refs/tags/v1.2.3',
              digest: { sha1: 'f'.repeat(40) },
            },
          },
        }),
        {},
        PREDICATE.provenanceV02,
      ),
    ],
    [
      'a repository in front of an @ that is another',
      keyless(provenanceV1({ repository: 'https://github.com/acme/app@x' })),
    ],
    ['two sources, with a key', attested(PREDICATE.provenanceV1, provenanceV1({ ref: 'refs/heads/main' }))],
  ])('where it names %s than its certificate: provenance.contradiction', (_what, evidence) => {
    expect(rulesOf([evidence])).toEqual(['provenance.contradiction']);
  });

  test('by the gravest reason of several, and tells them all', () => {
    const evidence = [
      repository('https://github.com/acme/other'),
      keyless(provenanceV1(), { sourceRef: 'refs/heads/main' }),
    ];
    const [finding] = findings(evidence, { source: 'https://github.com/acme/app' });
    expect(finding?.rule).toBe('provenance.contradiction');
    expect(finding?.args['details']).toHaveLength(2);
  });
});

test('a provenance in the index is undecided where it is not known whether its signer signed it', () => {
  const evidence = unsettled('release', PREDICATE.provenanceV1);
  expect(() => findings(evidence)).toThrow(expect.objectContaining({ code: 'NETWORK' }));
  expect(rulesOf(unsettled('vendor', PREDICATE.provenanceV1))).toEqual(['provenance.unsigned']);
  expect(rulesOf([...evidence, provenanceBy('release')])).toEqual([]);
});

describe('a level of SLSA', () => {
  const generator =
    'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml';
  const by = (builder: string) =>
    keyless(provenanceV02({ builder: { id: builder } }), { buildSigner: builder }, PREDICATE.provenanceV02);

  test('3 has a release of the container generator, and nothing that looks like one', () => {
    expect(rulesOf([by(`${generator}@refs/tags/v2.1.0`)], { slsaLevel: 3 })).toEqual([]);
    for (const other of [
      `${generator}@refs/heads/v2.1.0`,
      `${generator}@refs/heads/main`,
      `${generator}@refs/tags/v2.1.0-rc.1`,
      `${generator}@refs/tags/v2`,
      `${generator}@refs/tags/v1.3.0`,
      `${generator}x@refs/tags/v2.1.0`,
      `${generator.replace('slsa-framework/', 'slsa-framework-evil/')}@refs/tags/v2.1.0`,
    ])
      expect(rulesOf([by(other)], { slsaLevel: 3 }), other).toEqual(['provenance.other-level']);
  });

  test('is 1 for the container generator on a machine of somebody else', () => {
    const builder = `${generator}@refs/tags/v2.1.0`;
    const on = (runner: string | undefined) =>
      keyless(
        provenanceV02({ builder: { id: builder } }),
        { buildSigner: builder, runner },
        PREDICATE.provenanceV02,
      );
    expect(rulesOf([on('self-hosted')], { slsaLevel: 2 })).toEqual(['provenance.other-level']);
    expect(rulesOf([on(undefined)], { slsaLevel: 3 })).toEqual([]); // older certificates do not say
  });

  test('is not believed of another authority that names the same workflow', () => {
    const builder = `${generator}@refs/tags/v2.1.0`;
    const evidence = keyless(
      provenanceV02({ builder: { id: builder } }),
      { buildSigner: builder, issuer: 'https://token.issuer.example' },
      PREDICATE.provenanceV02,
    );
    expect(rulesOf([evidence], { slsaLevel: 2 })).toEqual(['provenance.other-level']);
  });

  test('is what the policy vouches for, by the signer', () => {
    const signer = (slsaLevel: number): Signer => ({
      ...keySigner('release'),
      kind: 'key',
      publicKey: '',
      slsaLevel,
    });
    expect(rulesOf([provenanceBy('release')], { signedBy: [signer(3)], slsaLevel: 3 })).toEqual([]);
    expect(rulesOf([provenanceBy('release')], { signedBy: [signer(2)], slsaLevel: 3 })).toEqual([
      'provenance.other-level',
    ]);
  });
});

describe('a note', () => {
  test('says who made the provenance, and that an unsigned one does not count', () => {
    const evidence = [provenanceBy('release'), unsigned(PREDICATE.provenanceV02)];
    expect(provenance.note?.(evidence, contextFor({}))).toBe(
      'provenance by release; another, unsigned, does not count',
    );
  });
});

test('foreign text in a finding is made printable', () => {
  const evil = 'https://github.com/acme/app\u001b[2Jx';
  const [finding] = findings([attested(PREDICATE.provenanceV1, provenanceV1({ repository: evil }))], {
    source: 'https://github.com/acme/app',
  });
  expect(JSON.stringify(finding)).not.toContain('\u001b');
  expect(finding?.message).not.toMatch(/[\u0000-\u001f]/);
});
