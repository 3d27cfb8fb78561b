import { describe, expect, test } from 'vitest';
import { attestations } from '../../../src/checks/attestations.ts';
import { type PredicateCondition, parsePredicatePath } from '../../../src/model/predicate-condition.ts';
import { parseReference } from '../../../src/model/reference.ts';
import { PREDICATE } from '../../../src/model/statement.ts';
import type { AnyEvidence } from '../../../src/model/trusted.ts';
import type { AttestationDemand } from '../../../src/policy/images/demands.ts';
import { predicateTypesOf } from '../../../src/policy/images/predicate-types.ts';
import { contextOf, descriptorOf, imageOf, keySigner, NOW, ruleOf, signatureBy } from '../samples.ts';
import { attested, HOURS, rejected, scan, scanBy, unsettled, unsigned } from './statements.ts';

type Demand = Partial<AttestationDemand> & { readonly type: string };
const WEEK = 7 * 86_400;
/** "A vulnerability scan younger than 7 days with no critical." */
const SCAN = { type: 'vulnerability-scan', maxAgeSeconds: WEEK, failFrom: 'critical' } as const;

function contextFor(...demands: readonly Demand[]) {
  const all = demands.map((demand) => ({
    predicateTypes: predicateTypesOf(demand.type) ?? [],
    signedBy: [keySigner('release')],
    where: [],
    ...demand,
  }));
  return {
    ...contextOf({}, { rule: ruleOf({ attestations: all }) }),
    reference: parseReference('ghcr.io/acme/app:1'),
  };
}

function findings(evidence: readonly AnyEvidence[], ...demands: readonly Demand[]) {
  return attestations.run(evidence, imageOf(), contextFor(...demands));
}

function rulesOf(evidence: readonly AnyEvidence[], ...demands: readonly Demand[]) {
  return findings(evidence, ...demands).map(({ rule }) => rule);
}

function where(path: string, test: PredicateCondition['test'], of: PredicateCondition['of'] = 'every') {
  return [{ path, steps: parsePredicatePath(path), of, test }];
}

const ago = (hours: number) => new Date(NOW.getTime() - hours * HOURS);
const CUSTOM = { type: 'https://acme.example/test/v1' };
const custom = (predicate: unknown, hours?: number) =>
  attested(CUSTOM.type, predicate, hours === undefined ? {} : { signedAt: ago(hours) });

const tooBig = (label?: string): AnyEvidence => ({
  ...rejected('it has 64000000 bytes'),
  reason: 'too-big',
  ...(label === undefined ? {} : { label }),
});
const unreadable = (signer: string): AnyEvidence => ({
  ...rejected('the JSON has too many values'),
  reason: 'malformed',
  signers: [signer],
});

const DIGEST = 'sha256:'.concat('ab'.repeat(32));
function vsa(change: Readonly<Record<string, unknown>> = {}, signer = 'release') {
  const predicate = {
    verifier: { id: 'https://acme.example/gate' },
    timeVerified: ago(1).toISOString(),
    resourceUri: `pkg:oci/app@${encodeURIComponent(DIGEST)}?repository_url=ghcr.io/acme/app`,
    policy: { uri: 'https://acme.example/policy' },
    verificationResult: 'PASSED',
    verifiedLevels: ['SLSA_BUILD_LEVEL_3'],
    ...change,
  };
  return attested(PREDICATE.vsa, predicate, { signer });
}
const FAILED = { verificationResult: 'FAILED', verifiedLevels: ['FAILED'] };

describe('a demanded attestation is met', () => {
  test.each<[string, readonly AnyEvidence[], Demand]>([
    ['by a young scan that found nothing', [scanBy('release')], SCAN],
    ['by a scan whose findings are below', [scanBy('release', ['high', '8.9', 'medium'])], SCAN],
    ['by a scan of unknown severities', [scanBy('release', ['unknown'])], SCAN],
    ['by the newest of two scans', [scanBy('release', ['critical'], 5), scanBy('release', [], 2)], SCAN],
    ['where severities are not asked for', [scanBy('release', ['critical'])], { type: SCAN.type }],
    ['by a scan on the last second', [scanBy('release', [], 7 * 24)], SCAN],
    [
      'by an SBOM',
      [attested('https://spdx.dev/Document/v2.3', spdx(1))],
      { type: 'spdx', maxAgeSeconds: WEEK },
    ],
    [
      'by an SBOM without a time, by the moment of signing',
      [attested('https://cyclonedx.org/bom', { bomFormat: 'CycloneDX' }, { signedAt: ago(1) })],
      { type: 'cyclonedx', maxAgeSeconds: WEEK },
    ],
    [
      'by an SBOM of tags and values',
      [attested('https://spdx.dev/Document', 'SPDXVersion: 2.3')],
      { type: 'spdx' },
    ],
    [
      'beside one of another type that is too big',
      [scanBy('release'), tooBig('https://spdx.dev/Document')],
      SCAN,
    ],
    ['beside one of its type that somebody else made', [scanBy('release'), unreadable('vendor')], SCAN],
    ['by a custom one, by the moment of signing', [custom({}, 1)], { ...CUSTOM, maxAgeSeconds: WEEK }],
    ['by one of any age, where none is demanded', [custom({})], CUSTOM],
    ['by a summary for this repository', [vsa()], { type: 'vsa', verifier: 'https://acme.example/gate' }],
    ['by a summary for a name of another kind', [vsa({ resourceUri: 'acme-app' })], { type: 'vsa' }],
    [
      'where its fields are as demanded',
      [custom({ results: [{ level: 'ok' }, { level: 'ok' }] })],
      { ...CUSTOM, where: where('results[].level', { kind: 'one-of', values: ['ok'] }) },
    ],
  ])('%s', (_what, evidence, demand) => {
    expect(findings(evidence, demand)).toEqual([]);
  });

  test('where nothing is demanded', () => {
    expect(attestations.run([], imageOf(), contextOf())).toEqual([]);
    expect(attestations.demands(contextOf({}, { rule: ruleOf() }))).toBe(false);
    expect(attestations.demands(contextFor(SCAN))).toBe(true);
  });
});

function spdx(hours: number) {
  return { spdxVersion: 'SPDX-2.3', creationInfo: { created: ago(hours).toISOString() } };
}

describe('a demanded attestation refuses the image', () => {
  test.each<[string, string, readonly AnyEvidence[], Demand]>([
    ['nothing is there', 'attestations.missing', [], SCAN],
    ['only a signature is there', 'attestations.missing', [signatureBy('release')], SCAN],
    ['only another type is there', 'attestations.missing', [vsa()], SCAN],
    ['what is there does not hold', 'attestations.missing', [rejected('bad signature')], SCAN],
    [
      'somebody else may have signed it',
      'attestations.unsigned',
      unsettled('vendor', 'https://spdx.dev/Document'),
      { type: 'spdx' },
    ],
    ['nobody signed it', 'attestations.unsigned', [unsigned('https://spdx.dev/Document')], { type: 'spdx' }],
    ['another signer made it', 'attestations.other-signer', [scanBy('vendor')], SCAN],
    [
      'the scan is a second too old',
      'attestations.too-old',
      [scanBy('release', [], 7 * 24 + 1 / 3600)],
      SCAN,
    ],
    [
      'the SBOM is too old',
      'attestations.too-old',
      [attested('https://spdx.dev/Document', spdx(200))],
      { type: 'spdx', maxAgeSeconds: WEEK },
    ],
    [
      'it was signed too long ago',
      'attestations.too-old',
      [custom({}, 200)],
      { ...CUSTOM, maxAgeSeconds: WEEK },
    ],
    [
      'the summary is too old',
      'attestations.too-old',
      [vsa({ timeVerified: ago(200).toISOString() })],
      { type: 'vsa', maxAgeSeconds: WEEK },
    ],
    ['the scan found a critical one', 'attestations.vulnerable', [scanBy('release', ['critical'])], SCAN],
    ['the scan found a score of 9.0', 'attestations.vulnerable', [scanBy('release', ['9.0'])], SCAN],
    [
      'the scan found a high one, and that is the limit',
      'attestations.vulnerable',
      [scanBy('release', ['high'])],
      { ...SCAN, failFrom: 'high' },
    ],
    [
      'the scan found a negligible one, and none is allowed',
      'attestations.vulnerable',
      [scanBy('release', ['negligible'])],
      { ...SCAN, failFrom: 'info' },
    ],
    [
      'the scan found an unknown one, and none is allowed',
      'attestations.vulnerable',
      [scanBy('release', ['unknown'])],
      { ...SCAN, failFrom: 'info' },
    ],
    [
      'a later scan found one',
      'attestations.vulnerable',
      [scanBy('release', [], 5), scanBy('release', ['critical'], 2)],
      SCAN,
    ],
    [
      'a scan of the same moment found one',
      'attestations.vulnerable',
      [scanBy('release', ['critical'], 2), scanBy('release', [], 2)],
      SCAN,
    ],
    [
      'its own scan found one, and a later scan of the index did not',
      'attestations.vulnerable',
      [scanBy('release', ['critical'], 5), { ...scanBy('release', [], 2), about: descriptorOf('index') }],
      SCAN,
    ],
    [
      'the scan tells of a moment after its signing, which is too old',
      'attestations.too-old',
      [{ ...scanBy('release', [], 1), signedAt: ago(200) }],
      SCAN,
    ],
    [
      'a scan that was signed before tells of a later moment',
      'attestations.vulnerable',
      [{ ...scanBy('release', [], 1), signedAt: ago(20) }, scanBy('release', ['critical'], 10)],
      SCAN,
    ],
    ['the summary says that it failed', 'attestations.failed', [vsa(FAILED)], { type: 'vsa' }],
    [
      'a later summary says that it failed',
      'attestations.failed',
      [vsa({ timeVerified: ago(5).toISOString() }), vsa(FAILED)],
      { type: 'vsa' },
    ],
    [
      'the summary is by another verifier',
      'attestations.other-verifier',
      [vsa()],
      { type: 'vsa', verifier: 'https://acme.example/gat' },
    ],
    [
      'the summary is for another repository',
      'attestations.other-resource',
      [vsa({ resourceUri: 'pkg:oci/app@x?repository_url=ghcr.io/acme/app2' })],
      { type: 'vsa' },
    ],
    [
      'the summary is for another registry',
      'attestations.other-resource',
      [vsa({ resourceUri: 'pkg:oci/app@x?repository_url=evil.example/acme/app' })],
      { type: 'vsa' },
    ],
    [
      'the summary names two repositories',
      'attestations.other-resource',
      [vsa({ resourceUri: 'pkg:oci/app@x?repository_url=ghcr.io/acme/app&repository_url=evil.example/x' })],
      { type: 'vsa' },
    ],
    [
      'the summary names no repository',
      'attestations.other-resource',
      [vsa({ resourceUri: 'pkg:oci/app@x' })],
      { type: 'vsa' },
    ],
    [
      'the summary names it behind a #',
      'attestations.other-resource',
      [vsa({ resourceUri: 'pkg:oci/app@x#?repository_url=ghcr.io/acme/app' })],
      { type: 'vsa' },
    ],
    [
      'the summary says neither',
      'attestations.malformed',
      [vsa({ verificationResult: 'passed' })],
      { type: 'vsa' },
    ],
    [
      'the summary has no time',
      'attestations.malformed',
      [vsa({ timeVerified: undefined })],
      { type: 'vsa' },
    ],
    [
      'the scan says no time',
      'attestations.malformed',
      [attested(PREDICATE.vulnerabilitiesV02, { ...scan(), metadata: {} })],
      SCAN,
    ],
    [
      'the scan says a day',
      'attestations.malformed',
      [attested(PREDICATE.vulnerabilitiesV02, { ...scan(), metadata: { scanFinishedOn: '2026-11-21' } })],
      SCAN,
    ],
    [
      'the scan has no result',
      'attestations.malformed',
      [attested(PREDICATE.vulnerabilitiesV02, { ...scan(), scanner: {} })],
      SCAN,
    ],
    [
      'the SBOM does not say when',
      'attestations.malformed',
      [attested('https://spdx.dev/Document', {})],
      { type: 'spdx', maxAgeSeconds: WEEK },
    ],
    [
      'it has no predicate',
      'attestations.malformed',
      [attested(PREDICATE.vulnerabilitiesV02, undefined)],
      SCAN,
    ],
    [
      'a field is another',
      'attestations.condition',
      [custom({ suite: 'unit' })],
      { ...CUSTOM, where: where('suite', { kind: 'one-of', values: ['release'] }) },
    ],
    [
      'a field is absent',
      'attestations.condition',
      [custom({})],
      { ...CUSTOM, where: where('suite', { kind: 'one-of', values: ['release'] }) },
    ],
    [
      'a later one says otherwise',
      'attestations.condition',
      [custom({ ok: true }, 5), custom({ ok: false }, 2)],
      { ...CUSTOM, where: where('ok', { kind: 'one-of', values: [true] }) },
    ],
    [
      'one of unknown age says otherwise',
      'attestations.condition',
      [custom({ ok: true }, 2), custom({ ok: false })],
      { ...CUSTOM, where: where('ok', { kind: 'one-of', values: [true] }) },
    ],
  ])('where %s: %s', (_what, rule, evidence, demand) => {
    expect(rulesOf(evidence, demand)).toEqual([rule]);
  });

  test('where one of two signers speaks against it, whichever is newer', () => {
    const demand = { ...SCAN, signedBy: [keySigner('release'), keySigner('vendor')] };
    expect(rulesOf([scanBy('release', [], 1), scanBy('vendor', ['critical'], 5)], demand)).toEqual([
      'attestations.vulnerable',
    ]);
    expect(rulesOf([scanBy('release', [], 1), scanBy('vendor', ['critical'], 500)], demand)).toEqual([]);
  });

  test('for each demand by itself, and tells them apart', () => {
    const found = findings([scanBy('release')], SCAN, { type: 'spdx' }, { type: 'cyclonedx' });
    expect(found.map(({ message }) => message)).toEqual([
      expect.stringContaining('"spdx"'),
      expect.stringContaining('"cyclonedx"'),
    ]);
    expect(new Set(found.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });

  test('critically where the scan does', () => {
    expect(findings([scanBy('release', ['critical', 'low'])], SCAN)).toMatchObject([
      { severity: 'critical', message: expect.stringContaining('1 critical') },
    ]);
  });

  test('also where another demand cannot be decided', () => {
    const evidence = [scanBy('release', ['worrying'])];
    expect(rulesOf(evidence, SCAN, { type: 'spdx' })).toEqual(['attestations.missing']);
  });
});

describe('a demanded attestation cannot be decided', () => {
  test.each<[string, string, readonly AnyEvidence[], Demand]>([
    ['its age is told by nobody', 'AGE_UNKNOWN', [custom({})], { ...CUSTOM, maxAgeSeconds: WEEK }],
    ['its moment is yet to come', 'AGE_UNKNOWN', [scanBy('release', [], -0.1)], SCAN],
    [
      'its moment is yet to come, though no age is demanded',
      'AGE_UNKNOWN',
      [scanBy('release', [], -0.1)],
      { type: SCAN.type },
    ],
    [
      'whether its signer signed it is not known',
      'NETWORK',
      unsettled('release', 'https://spdx.dev/Document'),
      { type: 'spdx' },
    ],
    ['a later one may be too big', 'LIMIT_EXCEEDED', [scanBy('release'), tooBig()], SCAN],
    [
      'a later one is too big',
      'LIMIT_EXCEEDED',
      [scanBy('release'), tooBig(PREDICATE.cosignVulnerabilities)],
      SCAN,
    ],
    [
      'what its signer signed cannot be read',
      'JSON_INVALID',
      [scanBy('release'), unreadable('release')],
      SCAN,
    ],
    ['a severity has no order', 'NOT_SUPPORTED', [scanBy('release', ['worrying'])], SCAN],
    [
      'a field is of another type',
      'NOT_SUPPORTED',
      [custom({ count: 'none' })],
      { ...CUSTOM, where: where('count', { kind: 'between', most: 0 }) },
    ],
  ])('where %s: %s', (_what, code, evidence, demand) => {
    expect(() => findings(evidence, demand)).toThrow(expect.objectContaining({ code }));
  });

  test('where the image has no name to hold against a summary', () => {
    const { reference: _, ...context } = contextFor({ type: 'vsa' });
    expect(() => attestations.run([vsa()], imageOf(), context)).toThrow(
      expect.objectContaining({ code: 'NAME_UNKNOWN' }),
    );
  });

  test('and is met where the clock of the signer runs five minutes ahead', () => {
    expect(rulesOf([scanBy('release', [], -300 / 3600)], SCAN)).toEqual([]);
  });
});

test('a note says who attested what, and what has no severity', () => {
  const evidence = [
    scanBy('release', ['unknown', 'low']),
    unsigned('https://spdx.dev/Document'),
    attested('https://spdx.dev/Document', spdx(1)),
  ];
  expect(attestations.note?.(evidence, contextFor(SCAN, { type: 'spdx' }))).toBe(
    'vulnerability-scan by release, with 1 of unknown severity; spdx by release, another unsigned',
  );
});
