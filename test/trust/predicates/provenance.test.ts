import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { PREDICATE } from '../../../src/model/statement.ts';
import { ownTime } from '../../../src/trust/predicates/own-time.ts';
import { readProvenance } from '../../../src/trust/predicates/provenance.ts';
import { repositoryOf } from '../../../src/trust/predicates/vsa.ts';
import { readStatement } from '../../../src/trust/read-statement.ts';
import { asVerified } from '../../../src/trust/verified.ts';
import { COMMIT, provenanceV1, provenanceV02, scan } from '../../checks/attestations/statements.ts';

function stated(predicateType: string, predicate: unknown) {
  const subject = [{ digest: { sha256: 'ab'.repeat(32) } }];
  const text = JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject,
    predicateType,
    predicate,
  });
  return asVerified(readStatement(Buffer.from(text)));
}

function sourcesOf(uri: string) {
  const predicate = provenanceV02({ invocation: { configSource: { uri } } });
  return readProvenance(stated(PREDICATE.provenanceV02, predicate)).sources;
}

describe('the source of a provenance', () => {
  const repository = 'https://github.com/acme/app';
  test.each<[string, object]>([
    ['git+https://github.com/acme/app@refs/tags/v1', { repository, ref: 'refs/tags/v1' }],
    ['git+https://github.com/acme/app.git@refs/heads/a@b', { repository, ref: 'refs/heads/a@b' }],
    ['https://github.com/acme/app.git#refs/heads/main:docker', { repository, ref: 'refs/heads/main' }],
    [`https://github.com/acme/app#${COMMIT}`, { repository, digest: COMMIT }],
    [`git+https://github.com/acme/app@${COMMIT}`, { repository, digest: COMMIT }],
    ['https://github.com/acme/app#main', { repository }],
    ['https://github.com/acme/app', { repository }],
    ['https://github.com/acme/app@v1', { repository: `${repository}@v1` }],
    ['https://github.com@evil.example/acme/app', { repository: 'https://github.com@evil.example/acme/app' }],
    ['', { repository: '' }],
  ])('%s', (uri, source) => {
    expect(sourcesOf(uri)).toEqual([source]);
  });

  test('is every place that names it, and no other dependency', () => {
    const { buildDefinition, ...rest } = provenanceV1();
    const resolvedDependencies = [
      ...buildDefinition.resolvedDependencies,
      { uri: 'git+https://github.com/acme/other@refs/heads/main', digest: { gitCommit: 'f'.repeat(40) } },
      { uri: 'pkg:docker/alpine@3', digest: { sha256: 'ab'.repeat(32) } },
      { name: 'without a place' },
    ];
    const predicate = { buildDefinition: { ...buildDefinition, resolvedDependencies }, ...rest };
    const repository = 'https://github.com/acme/app';
    expect(readProvenance(stated(PREDICATE.provenanceV1, predicate)).sources).toEqual([
      { repository, ref: 'refs/tags/v1.2.3' },
      { repository, ref: 'refs/tags/v1.2.3', digest: COMMIT },
    ]);
  });
});

test('any predicate is read or refused, and never crashes', () => {
  const parts = fc.dictionary(
    fc.constantFrom('builder', 'invocation', 'buildType', 'buildDefinition', 'runDetails', 'metadata'),
    fc.jsonValue(),
  );
  const types = fc.constantFrom(
    PREDICATE.provenanceV02,
    PREDICATE.provenanceV1,
    PREDICATE.vsa,
    PREDICATE.cosignVulnerabilities,
    'https://spdx.dev/Document/v2.3',
    'https://cyclonedx.org/bom',
    'https://openvex.dev/ns/v0.2.0',
  );
  fc.assert(
    fc.property(types, fc.oneof(parts, fc.jsonValue()), (type, predicate) => {
      for (const read of [readProvenance, ownTime])
        try {
          read(stated(type, predicate));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(PratiqueError);
        }
    }),
  );
});

describe('the moment that an attestation tells', () => {
  const AT = '2026-11-20T10:00:00Z';
  test.each<[string, unknown]>([
    [PREDICATE.vulnerabilitiesV01, { ...scan(), metadata: { scanFinishedOn: AT } }],
    [PREDICATE.cosignVulnerabilities, { scanner: {}, metadata: { scanFinishedOn: AT } }],
    [PREDICATE.provenanceV02, provenanceV02({ metadata: { buildFinishedOn: AT } })],
    [PREDICATE.provenanceV1, { ...provenanceV1(), runDetails: { metadata: { finishedOn: AT } } }],
    ['https://spdx.dev/Document', { creationInfo: { created: AT } }],
    ['https://cyclonedx.org/bom/v1.6', { metadata: { timestamp: AT } }],
    ['https://openvex.dev/ns', { timestamp: AT }],
    ['https://openvex.dev/ns/v0.2.0', { timestamp: '2020-01-01T00:00:00Z', last_updated: AT }],
  ])('%s', (type, predicate) => {
    expect(ownTime(stated(type, predicate))?.toISOString()).toBe('2026-11-20T10:00:00.000Z');
  });

  test.each<[string, unknown]>([
    [PREDICATE.provenanceV1, provenanceV1()],
    ['https://cyclonedx.org/bom', {}],
    ['https://spdx.dev/Document/v3.0', { '@graph': [] }],
    ['https://spdx.dev/Documentary', { creationInfo: { created: AT } }],
    ['https://acme.example/test', { timestamp: AT }],
  ])('is none of %s without one', (type, predicate) => {
    expect(ownTime(stated(type, predicate))).toBeUndefined();
  });

  test.each(['2026-11-20', '2026-11-20T10:00:00', '20 Nov 2026', '2026-13-20T10:00:00Z', '1732096800', ''])(
    'is not %j',
    (text) => {
      const statement = stated('https://openvex.dev/ns', { timestamp: text });
      expect(() => ownTime(statement)).toThrow(expect.objectContaining({ code: 'JSON_INVALID' }));
    },
  );
});

test('the repository of a resource is read of a package URL alone, and only where it names one', () => {
  const place = 'ghcr.io/acme/app';
  expect(repositoryOf(`pkg:oci/app@sha256%3Aab?repository_url=${place}`)).toBe(place);
  expect(repositoryOf(`PKG:OCI/app@x?arch=arm64&repository_url=${encodeURIComponent(place)}`)).toBe(place);
  expect(repositoryOf('pkg:oci/app@x')).toBe('');
  expect(repositoryOf(`pkg:oci/app@x?repository_url=${place}&repository_url=evil.example/x`)).toBe('');
  expect(repositoryOf(`pkg:docker/acme/app?repository_url=${place}`)).toBeUndefined();
  expect(repositoryOf('https://acme.example/app')).toBeUndefined();
});
