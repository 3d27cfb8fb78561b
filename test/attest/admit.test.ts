import { describe, expect, test } from 'vitest';
import { type AdmitOptions, admitImage } from '../../src/attest/admit.ts';
import { attachVerdict } from '../../src/attest/attach.ts';
import { type AttestOptions, attestVerdict } from '../../src/attest/attest-verdict.ts';
import { readSigningKey } from '../../src/attest/signing-key.ts';
import { PratiqueError } from '../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { hexOf } from '../../src/model/digest.ts';
import type { Image } from '../../src/model/image.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { parseReference } from '../../src/model/reference.ts';
import { PREDICATE } from '../../src/model/statement.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import {
  attachBundle,
  dsseBundle,
  KEYLESS,
  keySigners,
  makeKey,
  signStatementOf,
  signWithBundle,
  signWithTag,
  type TestKey,
} from '../support/cosign.ts';
import { MemorySource, putImage } from '../support/memory-source.ts';
import { digestOf, failed, passed, sampleFinding, sampleVerdict } from '../support/sample-verdicts.ts';

const gate = makeKey();
const stranger = makeKey();
const reference = parseReference('registry.test/acme/app:1');
const AT = '2026-11-21T06:00:00.000Z';
const OPTIONS: AdmitOptions = {
  signers: keySigners({ gate }),
  reference,
  policyDigest: digestOf('c'),
  maxAgeSeconds: 3600,
  now: new Date('2026-11-21T06:30:00Z'),
  limits: DEFAULT_LIMITS,
};

/** An index of two images, or one image, behind the name. */
function setUp(kind: 'manifest' | 'index' = 'manifest') {
  const source = new MemorySource();
  const images =
    kind === 'manifest' ? [putImage(source)] : [putImage(source, 'a'), putImage(source, 'b', 'arm64')];
  const index = source.putManifest({ manifests: images.map(({ manifest }) => manifest) }, MEDIA.ociIndex);
  const [first] = images as [Image];
  const subject = kind === 'manifest' ? first.manifest : index;
  source.point({ subject, images, leftOut: [], embedded: [] });
  return { source, subject, images };
}

type SetUp = ReturnType<typeof setUp>;

/** Attests a verdict on what is behind the name and attaches it, as `pratique check --attest` does. */
async function attest(
  { source, subject, images }: SetUp,
  change: Partial<Verdict> = {},
  {
    signer = gate,
    name = reference,
    options = {},
  }: { signer?: TestKey; name?: typeof reference; options?: AttestOptions } = {},
) {
  const ruled = change.result === 'refused' ? failed('secrets', [sampleFinding()]) : passed('secrets');
  const verdict = sampleVerdict({
    subject,
    images: images.map(({ manifest }) => ({ manifest, ruled: [ruled] })),
    at: AT,
    ...change,
  });
  const { bundles } = attestVerdict(verdict, readSigningKey(signer.privatePem), name, options);
  for (const bundle of bundles) await attachVerdict(source, bundle.about, bundle);
}

/** Attaches a verification summary that our own code would not write. */
function attachVsa(
  { source, subject }: SetUp,
  change: Record<string, unknown>,
  statement: object = {},
  key = gate,
) {
  const predicate = {
    verifier: { id: 'https://pratique.dev/gate/v1' },
    timeVerified: AT,
    resourceUri: `pkg:oci/app@sha256%3A${hexOf(subject.digest)}?repository_url=registry.test/acme/app`,
    policy: { uri: 'https://acme.test/policy', digest: { sha256: 'c'.repeat(64) } },
    verificationResult: 'PASSED',
    verifiedLevels: ['PRATIQUE_ADMITTED'],
    ...change,
  };
  const whole = signStatementOf(subject, { predicateType: PREDICATE.vsa, predicate, ...statement });
  attachBundle(source, subject, dsseBundle(whole, key), { label: String(whole['predicateType']) });
}

const reasonsOf = async (here: SetUp, options: Partial<AdmitOptions> = {}) => {
  const { result, refusals } = await admitImage(here.source, { ...OPTIONS, ...options });
  return [result, ...new Set(refusals.map(({ reason }) => reason))];
};

describe('an image is admitted', () => {
  test('on a fresh pass by the gate, of the right policy, for this place', async () => {
    const here = setUp();
    await attest(here);
    expect(await admitImage(here.source, OPTIONS)).toMatchObject({
      result: 'admitted',
      subject: here.subject,
      grants: [{ about: here.subject, signer: 'gate', timeVerified: new Date(AT) }],
      refusals: [],
    });
  });

  test('without its layers or configuration being read', async () => {
    const here = setUp();
    await attest(here);
    here.source.calls.length = 0;
    await admitImage(here.source, OPTIONS);
    expect(here.source.calls).not.toContain(`blob ${here.images[0]?.configDescriptor.digest}`);
    expect(here.source.calls.filter((call) => call === 'resolve')).toHaveLength(1);
  });

  test('on a pass of its index', async () => {
    const here = setUp('index');
    await attest(here);
    expect(await reasonsOf(here)).toEqual(['admitted']);
  });

  test('on passes of every image in its index', async () => {
    const here = setUp('index');
    await attest(here, { leftOut: ['linux/s390x'] });
    const { result, grants } = await admitImage(here.source, OPTIONS);
    expect(result).toBe('admitted');
    expect(grants.map(({ about }) => about)).toEqual(here.images.map(({ manifest }) => manifest));
  });

  test('whatever the policy, where none is demanded', async () => {
    const here = setUp();
    await attest(here, { policy: { name: 'x', digest: digestOf('9'), origin: 'x' } });
    const { policyDigest: _any, ...rest } = OPTIONS;
    expect((await admitImage(here.source, rest)).result).toBe('admitted');
  });

  test('on a summary that has fields of a later version of the specification', async () => {
    const here = setUp();
    attachVsa(here, { dependencyLevels: {}, somethingNew: [1.5, null] });
    expect(await reasonsOf(here)).toEqual(['admitted']);
  });

  test('on a summary whose clock ran a little ahead', async () => {
    const here = setUp();
    await attest(here, { at: '2026-11-21T06:32:00.000Z' });
    expect(await reasonsOf(here)).toEqual(['admitted']);
  });
});

describe('an image is refused', () => {
  const bad: [string, string, (here: SetUp) => unknown][] = [
    ['that has no attestation', 'none-found', () => undefined],
    [
      'that is signed, but not attested',
      'other-statement',
      (here) => signWithBundle(here.source, here.subject, gate),
    ],
    [
      'that has only a v2 signature',
      'other-statement',
      (here) => signWithTag(here.source, here.subject, gate),
    ],
    [
      'whose attestation another key signed',
      'not-verified',
      (here) => attest(here, {}, { signer: stranger }),
    ],
    ['that failed', 'failed', (here) => attest(here, { result: 'refused' })],
    ['whose pass is stale', 'too-old', (here) => attest(here, { at: '2026-11-21T05:29:59.000Z' })],
    [
      'whose pass is from the future',
      'from-the-future',
      (here) => attest(here, { at: '2026-11-21T06:36:00.000Z' }),
    ],
    [
      'that another verifier passed with the same key',
      'other-verifier',
      (here) => attest(here, {}, { options: { verifierId: 'https://pratique.dev/gate/v1/' } }),
    ],
    [
      'that passed another policy',
      'other-policy',
      (here) => attest(here, { policy: { name: 'acme-production', digest: digestOf('9'), origin: 'x' } }),
    ],
    [
      'that passed a policy without a digest',
      'other-policy',
      (here) => attachVsa(here, { policy: { uri: 'x:y' } }),
    ],
    [
      'that passed for another repository',
      'other-resource',
      (here) => attest(here, {}, { name: parseReference('registry.test/acme/app2') }),
    ],
    [
      'that passed for another registry',
      'other-resource',
      (here) => attest(here, {}, { name: parseReference('registry.test.evil/acme/app') }),
    ],
    [
      'whose resource is the right one with more behind it',
      'other-resource',
      (here) =>
        attachVsa(here, {
          resourceUri: `pkg:oci/app@sha256%3A${hexOf(here.subject.digest)}?repository_url=registry.test/acme/app&x=1`,
        }),
    ],
    [
      'that passed something else',
      'other-level',
      (here) => attachVsa(here, { verifiedLevels: ['SLSA_BUILD_LEVEL_3'] }),
    ],
    [
      'whose summary has no result',
      'malformed',
      (here) => attachVsa(here, { verificationResult: undefined }),
    ],
    [
      'whose summary passed in lower case',
      'malformed',
      (here) => attachVsa(here, { verificationResult: 'passed' }),
    ],
    ['whose summary has no time', 'malformed', (here) => attachVsa(here, { timeVerified: undefined })],
    [
      'whose summary has a local time',
      'malformed',
      (here) => attachVsa(here, { timeVerified: '2026-11-21T06:00:00' }),
    ],
    [
      'whose summary has an impossible time',
      'malformed',
      (here) => attachVsa(here, { timeVerified: '2026-13-41T06:00:00Z' }),
    ],
    ['whose summary has no verifier', 'malformed', (here) => attachVsa(here, { verifier: null })],
    ['whose summary is not an object', 'malformed', (here) => attachVsa(here, {}, { predicate: 'PASSED' })],
    ['whose summary has no predicate', 'malformed', (here) => attachVsa(here, {}, { predicate: undefined })],
    [
      'whose summary is of another version',
      'other-statement',
      (here) => attachVsa(here, {}, { predicateType: 'https://slsa.dev/verification_summary/v0.2' }),
    ],
    [
      'whose summary is under an old statement type',
      'other-statement',
      (here) => attachVsa(here, {}, { _type: 'https://in-toto.io/Statement/v0.1' }),
    ],
    [
      'whose summary is about another digest',
      'not-verified',
      (here) => attachVsa(here, {}, { subject: [{ digest: { sha256: 'ab'.repeat(32) } }] }),
    ],
  ];

  test.each(bad)('%s: %s', async (_name, reason, arrange) => {
    const here = setUp();
    await arrange(here);
    const reasons = await reasonsOf(here);
    expect(reasons[0]).toBe('refused');
    expect(reasons).toContain(reason);
  });

  test('of which only some platforms passed', async () => {
    const here = setUp('index');
    const [first] = here.images as [Image];
    await attest({ ...here, images: [first] }, { leftOut: ['linux/arm64'] });
    const { result, grants, refusals } = await admitImage(here.source, OPTIONS);
    expect([result, grants]).toEqual(['refused', []]);
    expect(refusals).toContainEqual(
      expect.objectContaining({ reason: 'none-found', about: here.images[1]?.manifest }),
    );
  });

  test('that passed once and failed later', async () => {
    const here = setUp();
    await attest(here, { result: 'refused', at: '2026-11-21T06:10:00.000Z' });
    await attest(here);
    expect(await reasonsOf(here)).toEqual(['refused', 'failed']);
  });

  test('that passed and failed in the same moment', async () => {
    const here = setUp();
    await attest(here);
    await attest(here, { result: 'refused' });
    expect(await reasonsOf(here)).toEqual(['refused', 'failed']);
  });

  test('that failed by a clock that runs ahead, and passed before', async () => {
    const here = setUp();
    await attest(here);
    await attest(here, { result: 'refused', at: '2026-11-21T06:50:00.000Z' });
    expect(await reasonsOf(here)).toEqual(['refused', 'failed']);
  });

  test('that failed at a time that is not told, and passed at one that is', async () => {
    const here = setUp();
    await attest(here);
    attachVsa(here, { timeVerified: undefined, verificationResult: 'FAILED', verifiedLevels: ['FAILED'] });
    expect(await reasonsOf(here)).toEqual(['refused', 'failed']);
  });

  test('whose index failed, though its images passed before', async () => {
    const here = setUp('index');
    await attest(here, { leftOut: ['linux/s390x'] });
    await attest(here, { result: 'refused', at: '2026-11-21T06:10:00.000Z' });
    expect(await reasonsOf(here)).toEqual(['refused', 'failed']);
  });

  test('where the signers are keyless only, and a key signed', async () => {
    const here = setUp();
    await attest(here);
    expect(await reasonsOf(here, { signers: new Map([['ci', KEYLESS]]) })).toEqual([
      'refused',
      'not-verified',
    ]);
  });

  test('where no signer is given at all', async () => {
    const here = setUp();
    await attest(here);
    expect(await reasonsOf(here, { signers: new Map() })).toEqual(['refused', 'not-verified']);
  });

  test('where the age cannot be compared', async () => {
    const here = setUp();
    await attest(here);
    expect((await reasonsOf(here, { maxAgeSeconds: Number.NaN }))[0]).toBe('refused');
    expect((await reasonsOf(here, { now: new Date(Number.NaN) }))[0]).toBe('refused');
  });
});

describe('an index that passed, one of whose images failed by its own digest, is', () => {
  const failImage = async (here: SetUp, at: string, signer = gate) => {
    const [first] = here.images as [Image];
    await attest(
      { ...here, subject: first.manifest, images: [first] },
      { result: 'refused', at },
      { signer },
    );
  };

  test('refused where that was later', async () => {
    const here = setUp('index');
    await attest(here);
    await failImage(here, '2026-11-21T06:10:00.000Z');
    const { result, refusals } = await admitImage(here.source, OPTIONS);
    expect(result).toBe('refused');
    expect(refusals).toEqual([
      expect.objectContaining({ reason: 'failed', about: here.images[0]?.manifest }),
    ]);
  });

  test('admitted where it was before: the pass of the index names the image, too', async () => {
    const here = setUp('index');
    await failImage(here, '2026-11-21T05:50:00.000Z');
    await attest(here);
    expect(await reasonsOf(here)).toEqual(['admitted']);
  });

  test('refused where the pass of the index, though later, does not name the image', async () => {
    const here = setUp('index');
    await failImage(here, '2026-11-21T05:50:00.000Z');
    attachVsa(here, {});
    expect(await reasonsOf(here)).toEqual(['refused', 'failed']);
  });

  test('admitted where a stranger says so', async () => {
    const here = setUp('index');
    await attest(here);
    await failImage(here, '2026-11-21T06:10:00.000Z', stranger);
    expect(await reasonsOf(here)).toEqual(['admitted']);
  });
});

describe('beside a pass, what cannot be read and may be a later failure', () => {
  const NOT_A_STATEMENT = '{"_type":"https://in-toto.io/Statement/v1","subject":[],"subject":[]}';
  const addUnreadable = ({ source, subject }: SetUp, key: TestKey, label: string = PREDICATE.vsa) =>
    attachBundle(source, subject, dsseBundle(NOT_A_STATEMENT, key), { label });
  const codeOf = async (here: SetUp, options: Partial<AdmitOptions> = {}) => {
    const { result, error } = await admitImage(here.source, { ...OPTIONS, ...options });
    return [result, error?.code];
  };

  test('leaves it undecided where a signer made it whose word counts', async () => {
    const here = setUp();
    await attest(here);
    addUnreadable(here, gate);
    expect(await codeOf(here)).toEqual(['undecided', 'JSON_INVALID']);
  });

  test('leaves it undecided where it lies beside an image of the index', async () => {
    const here = setUp('index');
    await attest(here);
    addUnreadable({ ...here, subject: (here.images as [Image])[0].manifest }, gate);
    expect(await codeOf(here)).toEqual(['undecided', 'JSON_INVALID']);
  });

  test('leaves it undecided where it lies beside the index, and each image in it passed', async () => {
    const here = setUp('index');
    await attest(here, { leftOut: ['linux/s390x'] });
    addUnreadable(here, gate);
    expect(await codeOf(here)).toEqual(['undecided', 'JSON_INVALID']);
  });

  test('decides nothing where a stranger made it, or a signer without terms', async () => {
    const here = setUp();
    await attest(here);
    addUnreadable(here, stranger);
    expect(await codeOf(here)).toEqual(['admitted', undefined]);
    const signers = keySigners({ gate, other: stranger });
    const terms = new Map([['gate', [{ maxAgeSeconds: 3600 }]]]);
    expect(await codeOf(here, { signers, terms })).toEqual(['admitted', undefined]);
  });

  test('decides nothing where it says that it is something else', async () => {
    const here = setUp();
    await attest(here);
    addUnreadable(here, gate, 'https://spdx.dev/Document');
    expect(await codeOf(here)).toEqual(['admitted', undefined]);
  });

  test('leaves it undecided where it is too big, whoever made it', async () => {
    const here = setUp();
    await attest(here);
    const padding = { predicateType: PREDICATE.vsa, predicate: 'x'.repeat(20_000) };
    const big = dsseBundle(signStatementOf(here.subject, padding), stranger);
    attachBundle(here.source, here.subject, big, { label: PREDICATE.vsa });
    const limits = { ...DEFAULT_LIMITS, statementBytes: 16_384 };
    expect(await codeOf(here, { limits })).toEqual(['undecided', 'LIMIT_EXCEEDED']);
  });

  test('changes nothing where there is no pass', async () => {
    const here = setUp();
    await attest(here, { result: 'refused' });
    addUnreadable(here, gate);
    expect(await codeOf(here)).toEqual(['refused', undefined]);
  });
});

test('what another verifier, a stranger, or another place failed at a time that is not told keeps nobody out', async () => {
  const here = setUp();
  await attest(here);
  const failed = { timeVerified: undefined, verificationResult: 'FAILED' };
  attachVsa(here, { ...failed, verifier: { id: 'https://other.example/verifier' } });
  attachVsa(here, { ...failed, verifier: { id: 'https://other.example/verifier' } }, {}, stranger);
  attachVsa(here, failed, {}, stranger);
  attachVsa(here, { ...failed, resourceUri: 'pkg:oci/other' });
  attachVsa(here, { ...failed, policy: { uri: 'x:y', digest: { sha256: '9'.repeat(64) } } });
  expect(await reasonsOf(here)).toEqual(['admitted']);
});

test('an image that failed and passed later is admitted', async () => {
  const here = setUp();
  await attest(here, { result: 'refused' });
  await attest(here, { at: '2026-11-21T06:10:00.000Z' });
  expect(await reasonsOf(here)).toEqual(['admitted']);
});

describe('an image is undecided', () => {
  test.each(['resolve', 'companion', 'referrers', 'manifest', 'blob'])(
    'where %s fails',
    async (operation) => {
      const here = setUp();
      await attest(here);
      here.source.fail(
        operation,
        new PratiqueError('RATE_LIMITED', { what: 'the registry wants us to wait' }),
      );
      expect(await admitImage(here.source, OPTIONS)).toMatchObject({
        result: 'undecided',
        grants: [],
        error: { code: 'RATE_LIMITED' },
      });
    },
  );

  test('where there are endless attestations', async () => {
    const here = setUp();
    for (let n = 0; n < 4; n += 1) await attest(here);
    const limits = { ...DEFAULT_LIMITS, signatures: 5 };
    expect(await admitImage(here.source, { ...OPTIONS, limits })).toMatchObject({
      result: 'undecided',
      subject: here.subject,
      error: { code: 'LIMIT_EXCEEDED' },
    });
  });
});

test('a key that cannot be read is the caller’s fault', async () => {
  const { source } = setUp();
  const signers = new Map([['gate', { name: 'gate', kind: 'key', publicKey: 'nonsense' } as const]]);
  await expect(admitImage(source, { ...OPTIONS, signers })).rejects.toMatchObject({ code: 'KEY_INVALID' });
});
