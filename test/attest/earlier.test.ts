import { describe, expect, test } from 'vitest';
import { statementsOf } from '../../src/attest/attest-verdict.ts';
import { type EarlierOptions, findEarlier } from '../../src/attest/earlier.ts';
import { rulingsOf } from '../../src/attest/earlier-rulings.ts';
import type { VerdictPredicate } from '../../src/attest/verdict-predicate.ts';
import type { Vsa } from '../../src/attest/vsa.ts';
import { PratiqueError } from '../../src/errors.ts';
import type { Digest } from '../../src/model/digest.ts';
import type { Image, Resolved } from '../../src/model/image.ts';
import { parseImagePattern } from '../../src/model/image-pattern.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { parseReference } from '../../src/model/reference.ts';
import { PREDICATE } from '../../src/model/statement.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { defaultPolicy } from '../../src/policy/default-policy.ts';
import { openExceptions } from '../../src/policy/exceptions.ts';
import type { Exception, Policy } from '../../src/policy/policy.ts';
import { attachBundle, dsseBundle, keySigners, makeKey, type TestKey } from '../support/cosign.ts';
import { MemorySource, putImage } from '../support/memory-source.ts';
import { digestOf, failed, passed, sampleFinding, sampleVerdict } from '../support/sample-verdicts.ts';

const gate = makeKey();
const other = makeKey();
const stranger = makeKey();
const reference = parseReference('registry.test/acme/app:1');
const AT = '2026-11-21T06:00:00.000Z';
const DAY = 86_400;
const policy: Policy = (() => {
  const bare = defaultPolicy();
  return { ...bare, stamp: { ...bare.stamp, digest: digestOf('c') } };
})();
const terms = { policyDigests: [digestOf('c')], maxAgeSeconds: 7 * DAY };
const OPTIONS: EarlierOptions = {
  signers: keySigners({ gate, other }),
  terms: new Map([
    ['gate', terms],
    ['other', terms],
  ]),
  share: 1,
  reference,
  policy,
  ruleSet: digestOf('d'),
  version: '0.1.0',
  now: new Date('2026-11-22T06:00:00Z'),
};
const LAPSING: Exception = { rule: 'secrets', reason: 'r', owner: 'o', until: '2026-11-21' };

interface Here {
  readonly source: MemorySource;
  readonly resolved: Resolved;
}

function setUp(kind: 'manifest' | 'index' = 'manifest'): Here {
  const source = new MemorySource();
  const images =
    kind === 'manifest' ? [putImage(source)] : [putImage(source, 'a'), putImage(source, 'b', 'arm64')];
  const index = source.putManifest({ manifests: images.map(({ manifest }) => manifest) }, MEDIA.ociIndex);
  const [first] = images as [Image];
  const resolved = {
    subject: kind === 'manifest' ? first.manifest : index,
    images,
    leftOut: [],
    embedded: [],
  };
  source.point(resolved);
  return { source, resolved };
}

/** Writes down what is not given as it would be, signs and attaches it. */
interface Change {
  readonly verdict?: Partial<Verdict>;
  readonly key?: TestKey;
  /** of the detailed verdict, before it is signed */
  readonly detail?: (detail: VerdictPredicate) => unknown;
  readonly summary?: (summary: Vsa) => unknown;
  readonly only?: string;
  /** fields of the statements */
  readonly form?: object;
  /** attached beside this alone */
  readonly beside?: Digest;
  readonly named?: string;
  readonly validForSeconds?: number;
}

function attest({ source, resolved: { subject, images } }: Here, change: Change = {}) {
  const {
    verdict = {},
    key = gate,
    detail = (it) => it,
    summary = (it) => it,
    only,
    beside,
    form,
    named,
  } = change;
  const ruled = verdict.result === 'refused' ? failed('secrets', [sampleFinding()]) : passed('secrets');
  const whole = sampleVerdict({
    subject,
    images: images.map(({ manifest }) => ({ manifest, ruled: [ruled, passed('miners')] })),
    at: AT,
    ...verdict,
  });
  const name = named === undefined ? reference : parseReference(named);
  const { validForSeconds = 7 * DAY } = change;
  for (const { statement, about } of statementsOf(whole, name, { validForSeconds })) {
    const { predicateType: label } = statement;
    if (only !== undefined && only !== label) continue;
    if (beside !== undefined && beside !== about.digest) continue;
    const predicate =
      label === PREDICATE.vsa
        ? summary(statement.predicate as Vsa)
        : detail(statement.predicate as VerdictPredicate);
    attachBundle(source, about, dsseBundle({ ...statement, ...form, predicate }, key), { label });
  }
}

const find = (
  { source, resolved }: Here,
  change: Partial<EarlierOptions> = {},
  other: Partial<Resolved> = {},
) => findEarlier(source, { ...resolved, ...other }, { ...OPTIONS, ...change });

describe('a verdict may rest on', () => {
  test('a fresh one of the same image, and says on which', async () => {
    const here = setUp();
    attest(here);
    expect(await find(here)).toMatchObject({
      verdict: { signer: 'gate', decidedAt: AT, validUntil: '2026-11-28T06:00:00.000Z' },
      images: new Map([
        [here.resolved.subject.digest, { outcomes: [{ check: 'secrets' }, { check: 'miners' }] }],
      ]),
    });
  });

  test('one of the same index, and one of each image in it where platforms are left out', async () => {
    const whole = setUp('index');
    attest(whole);
    expect(await find(whole)).toHaveProperty('images.size', 2);
    const part = setUp('index');
    attest(part, { verdict: { leftOut: ['linux/s390x'] } });
    expect(await find(part, {}, { leftOut: ['linux/s390x'] })).toHaveProperty('images.size', 2);
  });

  test('one of each image in it as long as the first of them counts', async () => {
    const leftOut = ['linux/s390x'];
    for (const index of [0, 1]) {
      const part = setUp('index');
      const beside = (part.resolved.images[index] as Image).manifest.digest;
      attest(part, { verdict: { leftOut } });
      attest(part, { verdict: { leftOut, at: '2026-11-21T09:00:00.000Z' }, beside });
      expect(await find(part, {}, { leftOut })).toMatchObject({
        verdict: { decidedAt: AT, validUntil: '2026-11-28T06:00:00.000Z' },
      });
    }
  });

  test('one under another tag, where the policy demands the same of both', async () => {
    const here = setUp();
    attest(here, { named: 'registry.test/acme/app:nightly' });
    expect(await find(here)).toHaveProperty('verdict');
  });

  test('the later of two, where the image was refused before', async () => {
    const here = setUp();
    attest(here, { verdict: { result: 'refused', at: '2026-11-21T05:00:00.000Z' } });
    attest(here);
    expect(await find(here)).toHaveProperty('verdict.decidedAt', AT);
  });

  test('one that is attached twice', async () => {
    const here = setUp();
    attest(here);
    attest(here);
    expect(await find(here)).toHaveProperty('verdict');
  });
});

describe('a verdict never rests on one', () => {
  const ruleOf = (match: string) => ({
    match: parseImagePattern(match),
    signedBy: [],
    attestations: [],
    checks: new Map(),
  });
  const bad: [string, string, Change, Partial<EarlierOptions>?, Partial<Resolved>?][] = [
    ['of a stranger', 'other-key', { key: stranger }],
    ['that refused the image', 'was refused', { verdict: { result: 'refused' } }],
    ['by other rules', 'other rules', {}, { ruleSet: digestOf('9') }],
    ['by another version', 'it is by pratique', {}, { version: '0.1.1' }],
    [
      'by another policy',
      'not judged by the policy',
      { verdict: { policy: { name: 'x', digest: digestOf('9'), origin: 'x' } } },
    ],
    [
      'whose detailed half is by another policy',
      'another policy',
      { detail: (it) => ({ ...it, policy: { ...it.policy, digest: { sha256: '9'.repeat(64) } } }) },
    ],
    ['of another place', 'it is for', { named: 'registry.test/acme/other:1' }],
    ['without its detailed half', 'detailed half is not attached', { only: PREDICATE.vsa }],
    ['without its summary', 'not a verification summary', { only: PREDICATE.verdict }],
    [
      'whose halves are of two moments',
      'detailed half is not attached',
      { detail: (it) => ({ ...it, decidedAt: '2026-11-21T06:00:00.001Z' }) },
    ],
    ['whose detailed half refuses', 'refused since', { detail: (it) => ({ ...it, result: 'refused' }) }],
    [
      'whose detailed half has no result that is known',
      'refused since',
      { detail: (it) => ({ ...it, result: 'fine' }) },
    ],
    ['whose detailed half cannot be read', 'an object was expected', { detail: () => 'PASSED' }],
    [
      'of a version that did not write the name down',
      '$.reference',
      { detail: ({ reference: _, ...it }) => it },
    ],
    ['of a version that did not tell what was absent', '$.absent', { detail: ({ absent: _, ...it }) => it }],
    [
      'that did not look at all attestations in the index',
      'were not looked at',
      { verdict: { absent: [digestOf('5')] } },
    ],
    [
      'about another subject',
      'another index',
      { detail: (it) => ({ ...it, subject: { sha256: '9'.repeat(64) } }) },
    ],
    ['about no image', 'other images', { detail: (it) => ({ ...it, images: [] }) }],
    [
      'about one image more',
      'other images',
      {
        detail: (it) => ({
          ...it,
          images: [
            ...it.images,
            ...it.images.map((image) => ({ ...image, digest: { sha256: '9'.repeat(64) } })),
          ],
        }),
      },
    ],
    ['that left other platforms out', 'other platforms', {}, {}, { leftOut: ['linux/arm64'] }],
    ['whose time is over', 'its time ended', { validForSeconds: DAY }],
    [
      'whose time, as it says itself, is over',
      'its time ended',
      { detail: (it) => ({ ...it, validUntil: AT }) },
    ],
    [
      'that is older than its signer is believed',
      'its time ended',
      {},
      { terms: new Map([['gate', { ...terms, maxAgeSeconds: DAY }]]) },
    ],
    ['of whose time so much is over that it will be renewed', 'its time ended', {}, { share: 0.1 }],
    ['from the future', 'ahead of now', { verdict: { at: '2026-11-22T06:10:00.000Z' } }],
    [
      'under which an exception was in force that is no more',
      'has run out since',
      {},
      { policy: { ...policy, exceptions: [LAPSING] } },
    ],
    [
      'by a name of which the policy demands other things',
      'demands other things',
      { named: 'registry.test/acme/app:dev' },
      { policy: { ...policy, images: [ruleOf('registry.test/acme/app:dev')] } },
    ],
    [
      'by a name that has other exceptions',
      'demands other things',
      { named: 'registry.test/acme/app:dev' },
      {
        policy: {
          ...policy,
          exceptions: [
            { ...LAPSING, until: '2027-01-01', image: parseImagePattern('registry.test/acme/app:dev') },
          ],
        },
      },
    ],
  ];

  test.each(bad)('%s', async (_name, why, change, options = {}, resolved = {}) => {
    const here = setUp();
    attest(here, change);
    const found = await find(here, options, resolved).catch(({ message }) => ({ why: message }));
    expect(found).toEqual({ why: expect.stringContaining(why) });
  });

  test('where the image was refused later, whether its summary is there or not', async () => {
    const later = { result: 'refused', at: '2026-11-21T07:00:00.000Z' } as const;
    for (const only of [PREDICATE.vsa, PREDICATE.verdict])
      for (const key of [gate, other]) {
        const here = setUp();
        attest(here);
        attest(here, { verdict: later, only, key });
        expect(await find(here)).not.toHaveProperty('verdict');
      }
  });

  test('where one image of the index was refused later by its own digest', async () => {
    const here = setUp('index');
    attest(here);
    const [first] = here.resolved.images as [Image];
    attest(
      { source: here.source, resolved: { ...here.resolved, subject: first.manifest, images: [first] } },
      { verdict: { result: 'refused', at: '2026-11-21T07:00:00.000Z' } },
    );
    expect(await find(here)).toEqual({ why: expect.stringContaining('refused') });
  });

  test('where what a signer signed beside it cannot be read', async () => {
    for (const label of [PREDICATE.vsa, PREDICATE.verdict]) {
      const here = setUp();
      attest(here);
      attachBundle(here.source, here.resolved.subject, dsseBundle('{"_type":1}', gate), { label });
      expect(await find(here).catch((fault) => fault)).not.toHaveProperty('verdict');
    }
  });

  test('where what may be a later one, by whomever, is too large to be read', async () => {
    const here = setUp();
    attest(here);
    const claimedSize = policy.limits.statementBytes + 1;
    attachBundle(here.source, here.resolved.subject, '{}', { label: PREDICATE.verdict, claimedSize });
    expect(await find(here)).toEqual({ why: 'a verdict beside it cannot be read' });
  });

  test.each<[string, Change]>([
    ['that another signer wrote', { key: other }],
    ['of another form', { form: { _type: 'https://in-toto.io/Statement/v0.1' } }],
  ])('whose detailed half is one %s', async (_what, change) => {
    const here = setUp();
    attest(here, { only: PREDICATE.vsa });
    attest(here, { only: PREDICATE.verdict, ...change });
    expect(await find(here)).toEqual({ why: 'its detailed half is not attached' });
  });

  test('where two of the same moment differ', async () => {
    const here = setUp();
    attest(here);
    attest(here, {
      detail: (it) => ({ ...it, validUntil: '2026-11-29T06:00:00.000Z' }),
      only: PREDICATE.verdict,
    });
    expect(await find(here)).toEqual({ why: 'two verdicts of the same moment differ' });
  });

  test('where the registry does not answer', async () => {
    const here = setUp();
    attest(here);
    here.source.fail(
      'referrers',
      new PratiqueError('RATE_LIMITED', { what: 'the registry wants us to wait' }),
    );
    await expect(find(here)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });
});

describe('what an earlier verdict made of a check', () => {
  const book = (exceptions: readonly Exception[] = []) => openExceptions(exceptions, reference, '2026-11-22');
  const excepted = { reason: 'a test key', owner: 'team', until: '2027-01-31' };
  const finding = sampleFinding({ where: { path: 'etc/key', layer: { index: 0, digest: digestOf('1') } } });
  const CHECKS = [
    { id: 'secrets', level: 'fail' },
    { id: 'miners', level: 'fail' },
  ] as const;
  type Ruling = Verdict['images'][number]['ruled'][number];

  async function rulings(ruled: readonly Ruling[], change: Change = {}, now = book(), baseLayers = 0) {
    const here = setUp();
    const { manifest } = (here.resolved.images as [Image])[0];
    attest(here, { verdict: { images: [{ manifest, ruled }] }, ...change });
    const earlier = await find(here);
    if ('why' in earlier) throw new Error(earlier.why);
    const all = rulingsOf(earlier, [{ digest: manifest.digest, baseLayers }], CHECKS, now);
    return 'why' in all ? all.why : (all as ReadonlyMap<unknown, readonly Ruling[]>).get(manifest.digest);
  }

  test('stands as it was, with its warnings, and says whose it is', async () => {
    const found = await rulings(
      [failed('secrets', [finding], 'warn'), passed('miners')].map((one) => ({ ...one, level: 'fail' })),
    );
    expect(found).toMatchObject([
      {
        outcome: { check: 'secrets', state: 'failed' },
        findings: [
          {
            level: 'warn',
            finding: {
              rule: finding.rule,
              severity: finding.severity,
              confidence: finding.confidence,
              fingerprint: finding.fingerprint,
              where: finding.where,
              message: `${finding.rule} found something here; judged at ${AT} by gate`,
            },
          },
        ],
      },
      { outcome: { check: 'miners', state: 'passed', note: `judged at ${AT} by gate` } },
    ]);
  });

  const covered: Ruling = {
    ...failed('secrets', [finding]),
    findings: [{ finding, level: 'fail', excepted }],
  };

  test('stands where it was excepted, and still is', async () => {
    const exception = { rule: 'secrets', ...excepted };
    expect(await rulings([covered, passed('miners')], {}, book([exception]))).toMatchObject([
      { findings: [{ level: 'fail', excepted }] },
      {},
    ]);
  });

  test.each<[string, readonly Ruling[], Change?]>([
    ['where nothing excepts it now', [covered, passed('miners')]],
    ['where it was not run', [passed('secrets')]],
    ['where it stands there twice', [passed('secrets'), passed('miners'), passed('miners')]],
    ['where it had another level', [passed('secrets'), { ...passed('miners'), level: 'warn' }]],
    [
      'where its findings are not listed',
      [passed('secrets'), passed('miners')],
      { detail: (it) => ({ ...it, images: it.images.map((image) => ({ ...image, findingsNotListed: 1 })) }) },
    ],
    [
      'where fewer are listed than it found',
      [{ ...failed('secrets', [finding, finding], 'warn'), level: 'fail' }, passed('miners')],
      {
        detail: (it) => ({
          ...it,
          images: it.images.map((image) => ({ ...image, findings: image.findings.slice(1) })),
        }),
      },
    ],
    [
      'where it could not find out',
      [passed('secrets'), passed('miners')],
      {
        detail: (it) => ({
          ...it,
          images: it.images.map((image) => ({
            ...image,
            outcomes: image.outcomes.map((one) => ({ ...one, state: 'unknown' })),
          })),
        }),
      },
    ],
    [
      'where it says that it passed what it lists as refused',
      [{ ...failed('secrets', [finding], 'warn'), level: 'fail' }, passed('miners')],
      {
        detail: (it) => ({
          ...it,
          images: it.images.map((image) => ({
            ...image,
            findings: image.findings.map((one) => ({ ...one, level: 'fail' })),
          })),
        }),
      },
    ],
  ])('does not stand %s', async (_name, ruled, change) => {
    expect(await rulings(ruled, change)).toEqual(expect.any(String));
  });

  test('does not stand where the image stands on another base now', async () => {
    expect(await rulings([passed('secrets'), passed('miners')], {}, book(), 2)).toContain('another base');
  });
});
