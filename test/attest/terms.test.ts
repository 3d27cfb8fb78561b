import { describe, expect, test } from 'vitest';
import { admitImage } from '../../src/attest/admit.ts';
import type { Terms } from '../../src/attest/terms.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { hexOf } from '../../src/model/digest.ts';
import { parseReference } from '../../src/model/reference.ts';
import { PREDICATE } from '../../src/model/statement.ts';
import {
  attachBundle,
  dsseBundle,
  keySigners,
  makeKey,
  signStatementOf,
  type TestKey,
} from '../support/cosign.ts';
import { MemorySource, putImage } from '../support/memory-source.ts';
import { digestOf } from '../support/sample-verdicts.ts';

const ci = makeKey();
const forge = makeKey();
const reference = parseReference('registry.test/acme/app:1');
const AT = '2026-11-21T06:00:00.000Z';
const FORGE = 'https://forge.example/verifier';
const OURS: Terms = { maxAgeSeconds: 3600, policyDigests: [digestOf('c')] };
const THEIRS: Terms = { maxAgeSeconds: 3600, verifierId: FORGE, levels: ['SLSA_BUILD_LEVEL_2'] };

function setUp() {
  const source = new MemorySource();
  const image = putImage(source);
  source.point({ subject: image.manifest, images: [image], leftOut: [], embedded: [] });
  return { source, subject: image.manifest };
}

type SetUp = ReturnType<typeof setUp>;

/** Attaches a summary by our gate, signed with the key of the CI system unless said otherwise. */
function attach({ source, subject }: SetUp, change: Record<string, unknown> = {}, key: TestKey = ci) {
  const predicate = {
    verifier: { id: 'https://pratique.dev/gate/v1' },
    timeVerified: AT,
    resourceUri: `pkg:oci/app@sha256%3A${hexOf(subject.digest)}?repository_url=registry.test/acme/app`,
    policy: { uri: 'https://acme.test/policy', digest: { sha256: 'c'.repeat(64) } },
    verificationResult: 'PASSED',
    verifiedLevels: ['PRATIQUE_ADMITTED'],
    ...change,
  };
  const statement = signStatementOf(subject, { predicateType: PREDICATE.vsa, predicate });
  attachBundle(source, subject, dsseBundle(statement, key), { label: PREDICATE.vsa });
}

/** Attaches a summary as the verifier of a forge makes it. */
const attachTheirs = (here: SetUp, change: Record<string, unknown> = {}, key: TestKey = forge) =>
  attach(
    here,
    {
      verifier: { id: FORGE },
      resourceUri: `registry.test/acme/app@${here.subject.digest}`,
      verifiedLevels: ['SLSA_BUILD_LEVEL_3'],
      ...change,
    },
    key,
  );

async function admit(
  { source }: SetUp,
  terms: Readonly<Record<string, readonly Terms[]>> = { ci: [OURS], forge: [THEIRS] },
) {
  const { result, refusals, grants } = await admitImage(source, {
    signers: keySigners({ ci, forge }),
    terms: new Map(Object.entries(terms)),
    reference,
    maxAgeSeconds: 1,
    now: new Date('2026-11-21T06:30:00Z'),
    limits: DEFAULT_LIMITS,
  });
  return [result, ...new Set(refusals.map(({ reason }) => reason)), ...grants.map(({ signer }) => signer)];
}

describe('an image is admitted', () => {
  test('on our own summary, by the signer that speaks for us', async () => {
    const here = setUp();
    attach(here);
    expect(await admit(here)).toEqual(['admitted', 'ci']);
  });

  test("on another verifier's, by the signer that speaks for it", async () => {
    const here = setUp();
    attachTheirs(here);
    expect(await admit(here)).toEqual(['admitted', 'forge']);
  });

  test('by any policy of a set', async () => {
    const here = setUp();
    attach(here);
    const set = { ...OURS, policyDigests: [digestOf('d'), digestOf('c')] };
    expect(await admit(here, { ci: [set] })).toEqual(['admitted', 'ci']);
  });

  test('by any one of the terms of a signer', async () => {
    const here = setUp();
    attach(here);
    expect(await admit(here, { ci: [{ ...OURS, levels: ['ACME_GOLD'] }, OURS] })).toEqual(['admitted', 'ci']);
  });

  test('where what is about another place, policy or verifier lies beside it', async () => {
    const here = setUp();
    attach(here, { resourceUri: 'pkg:oci/other', verificationResult: 'FAILED' });
    attach(here, { policy: { uri: 'a', digest: { sha256: '9'.repeat(64) } }, verificationResult: 'FAILED' });
    attach(here);
    expect(await admit(here)).toEqual(['admitted', 'ci']);
  });

  test.each([
    ['a purl', (digest: string) => `pkg:oci/app@${digest}?repository_url=registry.test/acme/app`],
    ['a name by digest', (digest: string) => `registry.test/acme/app@${digest}`],
    ['an oci URI', (digest: string) => `oci://registry.test/acme/app@${digest}`],
    ['a repository', () => 'registry.test/acme/app'],
  ])('where another verifier names the place as %s', async (_what, uri) => {
    const here = setUp();
    attachTheirs(here, { resourceUri: uri(here.subject.digest) });
    expect(await admit(here)).toEqual(['admitted', 'forge']);
  });
});

describe('an image is refused', () => {
  const cases: [string, (here: SetUp) => void, string][] = [
    [
      'where a signer speaks for a verifier that is not its own',
      (here) => attachTheirs(here, {}, ci),
      'other-verifier',
    ],
    ['where that verifier speaks for us', (here) => attach(here, {}, forge), 'other-verifier'],
    [
      'where another verifier names another place',
      (here) => attachTheirs(here, { resourceUri: 'registry.test/acme/app2' }),
      'other-resource',
    ],
    [
      'where we name the place in a form that is not ours',
      (here) => attach(here, { resourceUri: 'registry.test/acme/app' }),
      'other-resource',
    ],
    [
      'by a policy that is not in the set',
      (here) => attach(here, { policy: { uri: 'a', digest: { sha256: '9'.repeat(64) } } }),
      'other-policy',
    ],
    [
      'on a summary that is too old',
      (here) => attach(here, { timeVerified: '2026-11-21T05:00:00Z' }),
      'too-old',
    ],
    [
      'below the level that is demanded',
      (here) => attachTheirs(here, { verifiedLevels: ['SLSA_BUILD_LEVEL_1'] }),
      'other-level',
    ],
    [
      'on the level of another track',
      (here) => attachTheirs(here, { verifiedLevels: ['SLSA_SOURCE_LEVEL_3'] }),
      'other-level',
    ],
    [
      'on a level that only looks like a higher one',
      (here) => attachTheirs(here, { verifiedLevels: ['SLSA_BUILD_LEVEL_2x', 'slsa_build_level_3'] }),
      'other-level',
    ],
    [
      'on the levels of its dependencies',
      (here) => attachTheirs(here, { verifiedLevels: [], dependencyLevels: { SLSA_BUILD_LEVEL_3: 1 } }),
      'other-level',
    ],
    [
      'on a summary that says PASSED and FAILED in one',
      (here) => attachTheirs(here, { verifiedLevels: ['SLSA_BUILD_LEVEL_3', 'FAILED'] }),
      'other-level',
    ],
    [
      'where one verifier passed it, and another failed it later',
      (here) => {
        attach(here);
        attachTheirs(here, { verificationResult: 'FAILED', timeVerified: '2026-11-21T06:10:00Z' });
      },
      'failed',
    ],
    [
      'where one verifier failed it, and another passed it later',
      (here) => {
        attachTheirs(here, { verificationResult: 'FAILED' });
        attach(here, { timeVerified: '2026-11-21T06:10:00Z' });
      },
      'failed',
    ],
  ];
  test.each(cases)('%s', async (_what, put, reason) => {
    const here = setUp();
    put(here);
    expect(await admit(here)).toEqual(['refused', reason]);
  });

  test('where nothing is asked of its signer', async () => {
    const here = setUp();
    attach(here);
    expect(await admit(here, { forge: [THEIRS] })).toEqual(['refused', 'other-verifier']);
  });

  test('unless it holds every level of the terms', async () => {
    const here = setUp();
    attachTheirs(here, { verifiedLevels: ['SLSA_BUILD_LEVEL_3'] });
    const both = { ...THEIRS, levels: ['SLSA_BUILD_LEVEL_2', 'SLSA_SOURCE_LEVEL_1'] };
    expect(await admit(here, { forge: [both] })).toEqual(['refused', 'other-level']);
    attachTheirs(here, {
      verifiedLevels: ['SLSA_BUILD_LEVEL_2', 'SLSA_SOURCE_LEVEL_2'],
      timeVerified: '2026-11-21T06:20:00Z',
    });
    expect(await admit(here, { forge: [both] })).toEqual(['admitted', 'forge']);
  });
});
