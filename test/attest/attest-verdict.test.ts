import { describe, expect, test } from 'vitest';
import { attachVerdict } from '../../src/attest/attach.ts';
import { attestVerdict } from '../../src/attest/attest-verdict.ts';
import { readSigningKey } from '../../src/attest/signing-key.ts';
import type { VerdictPredicate } from '../../src/attest/verdict-predicate.ts';
import type { Vsa } from '../../src/attest/vsa.ts';
import { PratiqueError } from '../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { parseReference } from '../../src/model/reference.ts';
import { PREDICATE, type Statement } from '../../src/model/statement.ts';
import { isSignature } from '../../src/model/trusted.ts';
import type { JudgedImage, Verdict } from '../../src/model/verdict.ts';
import { collectEvidence } from '../../src/trust/collect-evidence.ts';
import { keySigners, makeKey } from '../support/cosign.ts';
import { MemorySource, putImage } from '../support/memory-source.ts';
import {
  digestOf,
  failed,
  manifestOf,
  passed,
  refusedVerdict,
  sampleFinding,
  sampleVerdict,
  unknown,
} from '../support/sample-verdicts.ts';

const testKey = makeKey();
const key = readSigningKey(testKey.privatePem);
const reference = parseReference('ghcr.io/acme/shop:1.4.2');
const index: Descriptor = { mediaType: MEDIA.ociIndex, digest: digestOf('e'), size: 500 };

const digests = (verdict: Verdict) =>
  attestVerdict(verdict, key, reference).statements.map(({ subject }) =>
    subject.map(({ digest }) => digest['sha256']?.slice(0, 1)),
  );

/** The predicate of our own, which is the second. */
function detailOf([, second]: readonly Statement[]): VerdictPredicate {
  if (second === undefined) throw new Error('there is no second statement');
  return second.predicate as VerdictPredicate;
}

function judgedImage(digit: string, platform: string, ruled = [passed('secrets')]): JudgedImage {
  return { manifest: manifestOf(digit), platform, ruled };
}

describe('a verification summary', () => {
  test('of an admitted image has the fields of the specification and no others', () => {
    const { statements } = attestVerdict(sampleVerdict(), key, reference);
    expect(statements[0]).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'ghcr.io/acme/shop', digest: { sha256: 'a'.repeat(64) } }],
      predicateType: 'https://slsa.dev/verification_summary/v1',
      predicate: {
        verifier: { id: 'https://pratique.dev/gate/v1', version: { pratique: '0.1.0' } },
        timeVerified: '2026-11-21T06:33:10.300Z',
        resourceUri: `pkg:oci/shop@sha256%3A${'a'.repeat(64)}?repository_url=ghcr.io/acme/shop`,
        policy: {
          uri: 'https://pratique.dev/policy/v1/acme-production',
          digest: { sha256: 'c'.repeat(64) },
        },
        verificationResult: 'PASSED',
        verifiedLevels: ['PRATIQUE_ADMITTED'],
        slsaVersion: '1.2',
      },
    });
  });

  test('of a refused image says FAILED', () => {
    const { statements } = attestVerdict(refusedVerdict(), key, reference);
    expect(statements[0]?.predicate).toMatchObject({
      verificationResult: 'FAILED',
      verifiedLevels: ['FAILED'],
    });
  });

  test('of an image whose only finding is excepted says PASSED', () => {
    const excepted = { reason: 'a test key', owner: 'team', until: '2027-01-31' };
    const ruled = failed('secrets', [sampleFinding()]);
    const findings = ruled.findings.map((one) => ({ ...one, excepted }));
    const image = judgedImage('a', 'linux/amd64', [{ ...ruled, findings }]);
    const { statements } = attestVerdict(sampleVerdict({ images: [image] }), key, reference);
    expect(statements[0]?.predicate).toMatchObject({ verificationResult: 'PASSED' });
  });

  test('names the verifier, the policy and the input attestations that it is given', () => {
    const inputAttestations = [{ digest: { sha256: '9'.repeat(64) } }];
    const { statements } = attestVerdict(sampleVerdict(), key, reference, {
      verifierId: 'https://acme.test/gate',
      policyUri: 'https://acme.test/policy.yaml',
      inputAttestations,
    });
    expect(statements[0]?.predicate as Vsa).toMatchObject({
      verifier: { id: 'https://acme.test/gate' },
      policy: { uri: 'https://acme.test/policy.yaml' },
      inputAttestations,
    });
  });

  test('keeps the port and the path of the repository in its resource', () => {
    const { statements } = attestVerdict(sampleVerdict(), key, parseReference('localhost:5000/team/a/b'));
    expect((statements[0]?.predicate as Vsa | undefined)?.resourceUri).toBe(
      `pkg:oci/b@sha256%3A${'a'.repeat(64)}?repository_url=localhost:5000/team/a/b`,
    );
  });

  test('of an index that was judged whole is about the index and every image in it', () => {
    const images = [judgedImage('a', 'linux/amd64'), judgedImage('b', 'linux/arm64')];
    expect(digests(sampleVerdict({ subject: index, images }))).toEqual([
      ['e', 'a', 'b'],
      ['e', 'a', 'b'],
    ]);
  });

  test('never passes an index of which a platform was left out', () => {
    const images = [judgedImage('a', 'linux/amd64'), judgedImage('b', 'linux/arm64')];
    const verdict = sampleVerdict({ subject: index, images, leftOut: ['linux/s390x'] });
    expect(digests(verdict)).toEqual([['a'], ['a'], ['b'], ['b']]);
    const { bundles } = attestVerdict(verdict, key, reference);
    expect(bundles.map(({ about }) => about)).toEqual(['a', 'a', 'b', 'b'].map(manifestOf));
  });

  test('fails the index and the images that were refused, and not their neighbours', () => {
    const images = [
      judgedImage('a', 'linux/amd64'),
      judgedImage('b', 'linux/arm64', [failed('secrets', [sampleFinding()])]),
      judgedImage('f', 'linux/s390x', [failed('secrets', [sampleFinding()], 'warn')]),
    ];
    const verdict = sampleVerdict({ result: 'refused', subject: index, images });
    expect(digests(verdict)[0]).toEqual(['e', 'b']);
  });

  test('fails a refused image beside its own digest too, where an earlier pass of it may lie', () => {
    const images = [
      judgedImage('a', 'linux/amd64'),
      judgedImage('b', 'linux/arm64', [failed('secrets', [sampleFinding()])]),
    ];
    const verdict = sampleVerdict({ result: 'refused', subject: index, images });
    expect(digests(verdict)).toEqual([['e', 'b'], ['e', 'b'], ['b'], ['b']]);
    const { bundles } = attestVerdict(verdict, key, reference);
    expect(bundles.map(({ about }) => about.digest)).toEqual([
      index.digest,
      index.digest,
      manifestOf('b').digest,
      manifestOf('b').digest,
    ]);
  });
});

describe('the verdict predicate', () => {
  const predicateOf = (verdict: Verdict) =>
    detailOf(attestVerdict(verdict, key, reference, { validForSeconds: 3600 }).statements);

  test('tells what was judged in counts and bytes, and until when it counts', () => {
    const predicate = predicateOf(refusedVerdict());
    expect(predicate).toMatchObject({
      result: 'refused',
      startedAt: '2026-11-21T06:33:06.100Z',
      decidedAt: '2026-11-21T06:33:10.300Z',
      validUntil: '2026-11-21T07:33:10.300Z',
      pratique: { version: '0.1.0', ruleSet: { sha256: 'd'.repeat(64) } },
      policy: { name: 'acme-production', digest: { sha256: 'c'.repeat(64) } },
      platforms: ['linux/amd64'],
      leftOut: [],
    });
    expect(predicate.images[0]).toMatchObject({
      digest: { sha256: 'a'.repeat(64) },
      scanned: { layers: 5, files: 12_345, contentBytes: 290_400_000 },
      findingsNotListed: 0,
    });
    expect(predicate.images[0]?.outcomes).toContainEqual({
      check: 'secrets',
      level: 'fail',
      state: 'failed',
      findings: 2,
      excepted: 1,
      demoted: 0,
    });
    expect(predicate.images[0]?.findings.map(({ rule, excepted }) => [rule, excepted])).toEqual([
      ['secrets.github-token', false],
      ['miners.xmrig', false],
      ['hygiene.root-user', false],
      ['secrets.private-key', true],
    ]);
  });

  test('holds no build command, no message and no argument: any of them can hold a secret', () => {
    const secret = ['hunter', '2'].join('');
    const finding = sampleFinding({
      message: `said ${secret}`,
      remedy: `undo ${secret}`,
      args: { value: secret },
      where: {
        layer: { index: 1, digest: digestOf('3'), createdBy: `RUN login ${secret}` },
        path: 'etc/app',
      },
    });
    const image = judgedImage('a', 'linux/amd64', [failed('secrets', [finding])]);
    const { statements } = attestVerdict(
      sampleVerdict({ result: 'refused', images: [image] }),
      key,
      reference,
    );
    expect(JSON.stringify(statements)).not.toContain(secret);
    expect(JSON.stringify(statements)).toContain('etc/app');
  });

  test('makes foreign text printable and keeps it short', () => {
    const path = `a\u001b[2J${'x'.repeat(5000)}`;
    const image = judgedImage('a', 'linux/amd64', [failed('secrets', [sampleFinding({ where: { path } })])]);
    const predicate = predicateOf(sampleVerdict({ result: 'refused', images: [image] }));
    const said = predicate.images[0]?.findings[0]?.where.path ?? '';
    expect(said).toMatch(/^a\\u\{1b\}\[2J/);
    expect(said.length).toBeLessThan(600);
  });

  test('lists 500 findings and counts the rest, so that verifiers can still read it', () => {
    const many = Array.from({ length: 700 }, (_one, n) => sampleFinding({ fingerprint: `${n}` }));
    const image = judgedImage('a', 'linux/amd64', [failed('secrets', many)]);
    const { bundles, statements } = attestVerdict(
      sampleVerdict({ result: 'refused', images: [image] }),
      key,
      reference,
    );
    const [judged] = detailOf(statements).images;
    expect(judged?.findings).toHaveLength(500);
    expect(judged?.findingsNotListed).toBe(200);
    expect(bundles.every(({ content }) => content.length < DEFAULT_LIMITS.signatureBytes)).toBe(true);
  });

  test('names the code of a fault that decided nothing', () => {
    const error = new PratiqueError('TIMEOUT', { what: 'a secret detail' });
    const image = judgedImage('a', 'linux/amd64', [passed('secrets'), unknown('signature', error, 'warn')]);
    const predicate = predicateOf(sampleVerdict({ images: [image] }));
    expect(predicate.images[0]?.outcomes[1]).toMatchObject({ state: 'unknown', fault: 'TIMEOUT' });
    expect(JSON.stringify(predicate)).not.toContain('a secret detail');
  });
});

describe('nothing is attested', () => {
  const fault = new PratiqueError('NETWORK', { what: 'the registry did not answer' });
  const { subject: _subject, ...nameless } = sampleVerdict({ result: 'refused' });
  const refused: [string, Verdict][] = [
    ['of an undecided verdict', sampleVerdict({ result: 'undecided', faults: [fault] })],
    ['of an undecided verdict without faults', sampleVerdict({ result: 'undecided' })],
    ['of an admitted verdict with faults', sampleVerdict({ faults: [fault] })],
    ['of a verdict without a digest', nameless],
    ['of a verdict about no image', sampleVerdict({ images: [] })],
    [
      'of an image that no check judged',
      sampleVerdict({ images: [{ manifest: manifestOf('a'), ruled: [] }] }),
    ],
    ['of an image without a manifest', sampleVerdict({ images: [{ ruled: [passed('secrets')] }] })],
    ['of an admission that its own findings refuse', { ...refusedVerdict(), result: 'admitted' }],
    [
      'of an admission with an enforced check that could not find out',
      sampleVerdict({ images: [judgedImage('a', 'linux/amd64', [unknown('secrets', fault)])] }),
    ],
  ];

  test.each(refused)('%s', (_name, verdict) => {
    expect(() => attestVerdict(verdict, key, reference)).toThrow(
      expect.objectContaining({ code: 'NOT_ATTESTABLE' }),
    );
  });

  test('of an image without a name', () => {
    expect(() => attestVerdict(sampleVerdict(), key, undefined)).toThrow(/--as/);
  });
});

describe('an attested verdict', () => {
  test('that was attached is verified evidence, and no signature', async () => {
    const source = new MemorySource();
    const { manifest } = putImage(source);
    const verdict = sampleVerdict({ subject: manifest, images: [{ manifest, ruled: [passed('secrets')] }] });
    const { bundles, statements } = attestVerdict(verdict, key, reference);
    for (const bundle of bundles) await attachVerdict(source, bundle.about, bundle);
    const evidence = await collectEvidence(source, [manifest], keySigners({ gate: testKey }), DEFAULT_LIMITS);
    expect(evidence).toMatchObject(
      statements.map(({ predicateType, subject }) => ({
        state: 'verified',
        signer: 'gate',
        statement: { predicateType, subject },
      })),
    );
    expect(evidence.some(isSignature)).toBe(false);
  });

  test('is laid out as cosign v3 lays it out', async () => {
    const source = new MemorySource();
    const { manifest } = putImage(source);
    const verdict = sampleVerdict({ subject: manifest, images: [{ manifest, ruled: [passed('secrets')] }] });
    const [bundle] = attestVerdict(verdict, key, reference).bundles;
    if (bundle === undefined) throw new Error('no bundle');
    const referrer = await attachVerdict(source, manifest, bundle);
    expect(JSON.parse(Buffer.from(await source.manifest(referrer)).toString())).toMatchObject({
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      config: { mediaType: 'application/vnd.oci.empty.v1+json', size: 2 },
      layers: [{ mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' }],
      subject: { digest: manifest.digest },
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': PREDICATE.vsa,
        'org.opencontainers.image.created': '2026-11-21T06:33:10.300Z',
      },
    });
    expect(bundle.json).toMatchObject({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: key.publicKey.hint } },
      dsseEnvelope: { payloadType: 'application/vnd.in-toto+json', signatures: [{}] },
    });
  });

  test('cannot be attached where nothing can be written', async () => {
    const source = new MemorySource();
    const readOnly = Object.assign(Object.create(source), { attach: undefined });
    const [bundle] = attestVerdict(sampleVerdict(), key, reference).bundles;
    if (bundle === undefined) throw new Error('no bundle');
    await expect(attachVerdict(readOnly, index, bundle)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
  });
});
