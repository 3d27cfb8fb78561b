import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkImage } from '../src/check-image.ts';
import { CHECKS } from '../src/checks/list.ts';
import { type BuiltImage, buildImage, buildIndex, buildLayer, toContent } from '../src/demo/image-builder.ts';
import { PratiqueError } from '../src/errors.ts';
import { DEFAULT_LIMITS } from '../src/io/limits.ts';
import type { Descriptor } from '../src/model/descriptor.ts';
import { hexOf } from '../src/model/digest.ts';
import type { ImageSource } from '../src/model/image-source.ts';
import { MEDIA } from '../src/model/media-type.ts';
import { PREDICATE } from '../src/model/statement.ts';
import { parseTarget } from '../src/model/target.ts';
import type { Verdict } from '../src/model/verdict.ts';
import { loadPolicy } from '../src/policy/load.ts';
import { beginRun } from '../src/run.ts';
import { openSource } from '../src/sources/open.ts';
import { resolveImage } from '../src/sources/resolve.ts';
import { provenanceV1, scan } from './checks/attestations/statements.ts';
import { NOW } from './checks/samples.ts';
import {
  attachBundle,
  dsseBundle,
  makeKey,
  messageBundle,
  signStatementOf,
  signWithBundle,
} from './support/cosign.ts';
import { MemorySource } from './support/memory-source.ts';

/** What reads files is not asked for: it would take most of the time. */
const OFF = CHECKS.filter(({ reads }) => reads === 'files')
  .map(({ id }) => `${id}: off`)
  .join(', ');
const key = makeKey();
const stranger = makeKey();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  await writeFile(join(folder, 'key.pub'), key.publicPem);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Judges what a source holds by an image rule, written as in a policy, for a signer `release`. */
async function verdictOf(
  source: ImageSource,
  target: string,
  signer: string,
  rule: string,
): Promise<Verdict> {
  const file = join(folder, 'pratique.yaml');
  const text = `version: 1\nsigners: {release: ${signer}}\nimages: [{match: "**", ${rule}}]\nchecks: {${OFF}}\n`;
  await writeFile(file, text);
  const policy = await loadPolicy({ file, cwd: folder, env: {}, now: NOW });
  const parsed = parseTarget(target);
  return checkImage(parsed, beginRun({ target: parsed, policy, source, platforms: [], now: () => NOW }));
}

/** What one check came to, for each image: its rules, its note, or the code of its fault. */
function told({ images }: Verdict, check: string): readonly unknown[] {
  return images.map(({ ruled }) => {
    const outcome = ruled.find((one) => one.outcome.check === check)?.outcome;
    if (outcome?.state === 'failed') return outcome.findings.map(({ rule }) => rule);
    return outcome?.state === 'unknown' ? outcome.error.code : outcome?.note;
  });
}

const FIXTURES = '../shared/fixtures/trust';
const here = existsSync(`${FIXTURES}/slsa-verifier`);
if (!here) process.stderr.write(`skipped: real provenance (${FIXTURES} is not there)\n`);

describe.skipIf(!here)(
  "a real container of slsa-verifier's tests, with the .att that its generator wrote",
  () => {
    const GENERATOR =
      'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml';
    const signerOf = (more: string) =>
      `{issuer: "https://token.actions.githubusercontent.com", identity: "${GENERATOR}@refs/tags/v*", claims: {source-ref: refs/heads/main${more}}}`;

    async function judge(version: string, rule: string, more = '') {
      const target = `oci:${FIXTURES}/slsa-verifier/${version}/container_workflow_dispatch`;
      const options = { env: {}, limits: DEFAULT_LIMITS, now: Date.now, warn: () => {} };
      const verdict = await verdictOf(openSource(parseTarget(target), options), target, signerOf(more), rule);
      const all = told(verdict, 'provenance');
      expect(all.length).toBeGreaterThan(0);
      return [...new Set(all.map((one) => JSON.stringify(one)))];
    }
    const provenance = (demand: string) => `provenance: {signed-by: [release], ${demand}}`;
    /** Builders of Docker put one into the index, too, since they are that new. */
    const PASSED = (version: string) => [
      version === 'v1.4.0'
        ? '"provenance by release"'
        : '"provenance by release; another, unsigned, does not count"',
    ];
    const VERSIONS = ['v1.4.0', 'v1.7.0', 'v2.1.0'];

    test.each(VERSIONS)('%s meets what is true of it', async (version) => {
      const demands = [
        `builder: "${GENERATOR}@refs/tags/${version}"`,
        `builder: "${GENERATOR}", builder-version: ">=1.4 <3"`,
        'source: https://github.com/slsa-framework/example-package, ref: refs/heads/main',
        'slsa-level: 3, build-type: https://github.com/slsa-framework/slsa-github-generator/container@v1',
      ];
      for (const demand of demands)
        expect(await judge(version, provenance(demand)), demand).toEqual(PASSED(version));
    });

    const REJECTED: readonly (readonly [string, string, string])[] = [
      [
        'another builder',
        `builder: "${GENERATOR.replace('container', 'generic')}@refs/tags/*"`,
        'other-builder',
      ],
      ['a builder without its ref', `builder: "${GENERATOR}"`, 'other-builder'],
      ['a later builder', `builder: "${GENERATOR}", builder-version: ">=3"`, 'other-builder'],
      ['a repository cut short', 'source: https://github.com/slsa-framework/example-packag', 'other-source'],
      [
        'a repository with something appended',
        'source: https://github.com/slsa-framework/example-packageX',
        'other-source',
      ],
      ['another owner', 'source: https://github.com/slsa-frameworkX/example-package', 'other-source'],
      ['another branch', 'ref: refs/heads/mai', 'other-ref'],
      ['a tag', 'ref: refs/tags/main', 'other-ref'],
      ['a version', 'tag: "*"', 'other-ref'],
      [
        'another build type',
        'build-type: https://github.com/Attestations/GitHubActionsWorkflow@v1',
        'other-build-type',
      ],
    ];
    test.each(
      VERSIONS.flatMap((version) =>
        REJECTED.map(([what, demand, rule]) => [version, what, rule, demand] as const),
      ),
    )('%s is refused where %s is demanded: provenance.%s', async (version, _what, rule, demand) => {
      expect(await judge(version, provenance(demand))).toEqual([JSON.stringify([`provenance.${rule}`])]);
    });

    test('says where it ran since its certificates do', async () => {
      const demand = provenance('runner: hosted');
      expect(await judge('v2.1.0', demand)).toEqual(PASSED('v2.1.0'));
      expect(await judge('v1.7.0', demand)).toEqual(PASSED('v1.7.0'));
      expect(await judge('v1.4.0', demand)).toEqual(['["provenance.self-hosted"]']);
    });

    test('is no provenance by a signer of whom other claims are demanded', async () => {
      const found = await judge('v2.1.0', provenance('slsa-level: 1'), ', trigger: push');
      expect(found).toEqual(['["provenance.unsigned"]']);
      const old = await judge('v1.4.0', provenance('slsa-level: 1'), ', runner: github-hosted');
      expect(old).toEqual(['["provenance.missing"]']);
    });
  },
);

const AMD = { os: 'linux', architecture: 'amd64' };
const UNKNOWN = { os: 'unknown', architecture: 'unknown' };
const layer = await buildLayer([{ path: 'srv/a', content: 'harmless' }]);

/** A statement about something; foreign JSON. */
function statement(about: Descriptor, predicateType: string, predicate: unknown) {
  const subject = [{ name: 'pkg:docker/acme/app', digest: { sha256: hexOf(about.digest) } }];
  return { _type: 'https://in-toto.io/Statement/v0.1', predicateType, subject, predicate };
}

interface Built {
  readonly source: MemorySource;
  readonly image: Descriptor;
  readonly attestation: Descriptor;
}

/** An index of an image and what BuildKit puts beside it: a provenance and an SBOM. */
async function withBuildKit({
  about,
  extra = [],
}: {
  about?: Descriptor;
  extra?: ReturnType<typeof toContent>[];
} = {}): Promise<Built> {
  const image = buildImage({ layers: [layer], platform: AMD });
  const subject = about ?? image.root.descriptor;
  const document = (type: string, predicate: unknown) => {
    const content = toContent(MEDIA.inToto, statement(subject, type, predicate));
    return {
      ...content,
      line: { ...content.descriptor, annotations: { 'in-toto.io/predicate-type': type } },
    };
  };
  const documents = [
    document(PREDICATE.provenanceV1, provenanceV1()),
    document('https://spdx.dev/Document', { creationInfo: { created: NOW.toISOString() } }),
  ];
  const config = toContent(MEDIA.ociConfig, UNKNOWN);
  const root = toContent(MEDIA.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: config.descriptor,
    layers: [...documents.map(({ line }) => line), ...extra.map(({ descriptor }) => descriptor)],
  });
  const attestation: BuiltImage = {
    ...image,
    root,
    blobs: [config, ...documents, ...extra],
    manifests: [],
  };
  const index = buildIndex([
    { built: image, platform: AMD },
    {
      built: attestation,
      platform: UNKNOWN,
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': image.root.descriptor.digest,
      },
    },
  ]);
  const source = new MemorySource();
  for (const { bytes, descriptor } of [index.root, ...index.manifests, ...index.blobs])
    source.put(bytes, descriptor.mediaType);
  const read = (what: Descriptor) => source.manifest(what);
  source.point(
    await resolveImage(index.root.descriptor, read, read, { limits: DEFAULT_LIMITS, platforms: [] }),
  );
  return { source, image: image.root.descriptor, attestation: root.descriptor };
}

const RULE =
  'signed-by: [release], provenance: {source: https://github.com/acme/app}, attestations: [{type: spdx, max-age: 1d}]';
const judge = (source: ImageSource, rule = RULE) =>
  verdictOf(source, 'ghcr.io/acme/app:1', '{key: key.pub}', rule);
const both = async (source: ImageSource) => {
  const verdict = await judge(source);
  return [...told(verdict, 'provenance'), ...told(verdict, 'attestations')];
};

describe('what BuildKit put into the index', () => {
  test('counts for nothing where nobody signed it, and is named', async () => {
    const { source, image } = await withBuildKit();
    signWithBundle(source, image, key);
    expect(await both(source)).toEqual([['provenance.unsigned'], ['attestations.unsigned']]);
    expect(told(await judge(source), 'signature')).toEqual(['signed by release']);
  });

  test('counts where a demanded signer signed the manifest that lists it, in either form', async () => {
    for (const bundle of [
      (about: Descriptor) => dsseBundle(signStatementOf(about), key),
      (_: Descriptor, bytes: Uint8Array) => messageBundle(bytes, key),
    ]) {
      const { source, attestation } = await withBuildKit();
      attachBundle(source, attestation, bundle(attestation, await source.manifest(attestation)));
      expect(await both(source)).toEqual(['provenance by release', 'spdx by release']);
      expect(told(await judge(source), 'signature')).toEqual([['signature.missing']]);
    }
  });

  test.each<[string, (built: Built) => unknown]>([
    ['somebody else signed it', ({ source, attestation }) => signWithBundle(source, attestation, stranger)],
    [
      'the signer only attested something of it',
      ({ source, attestation }) => {
        const said = signStatementOf(attestation, { predicateType: PREDICATE.vsa, predicate: {} });
        attachBundle(source, attestation, dsseBundle(said, key), { label: PREDICATE.vsa });
      },
    ],
    [
      'the signature is over the image',
      ({ source, attestation, image }) =>
        attachBundle(source, attestation, dsseBundle(signStatementOf(image), key)),
    ],
  ])('counts for nothing where %s', async (_what, sign) => {
    const built = await withBuildKit();
    sign(built);
    expect(await both(built.source)).toEqual([['provenance.unsigned'], ['attestations.unsigned']]);
  });

  test('counts for nothing where it lies in what is an image, however well it is signed', async () => {
    const extra = [toContent(MEDIA.ociLayerGzip, 'a layer')];
    const { source, attestation } = await withBuildKit({ extra });
    signWithBundle(source, attestation, key);
    expect(await both(source)).toEqual([['provenance.unsigned'], ['attestations.unsigned']]);
  });

  test('counts for nothing where it is about other content, however well it is signed', async () => {
    const other = buildImage({ layers: [layer], platform: AMD, config: { User: '7' } }).root.descriptor;
    const { source, attestation } = await withBuildKit({ about: other });
    signWithBundle(source, attestation, key);
    expect(await both(source)).toEqual([['provenance.missing'], ['attestations.missing']]);
  });

  test('is undecided where it cannot be read, and the signature is not', async () => {
    const { source, image, attestation } = await withBuildKit();
    signWithBundle(source, image, key);
    source.fail(`manifest ${attestation.digest}`, new PratiqueError('RATE_LIMITED', { what: 'too many' }));
    const verdict = await judge(source);
    expect(told(verdict, 'provenance')).toEqual(['RATE_LIMITED']);
    expect(told(verdict, 'attestations')).toEqual(['RATE_LIMITED']);
    expect(told(verdict, 'signature')).toEqual(['signed by release']);
    expect(verdict.result).toBe('undecided');
  });

  test('is not read where the policy demands nothing of it', async () => {
    const { source, image, attestation } = await withBuildKit();
    signWithBundle(source, image, key);
    const verdict = await judge(source, 'signed-by: [release]');
    expect(told(verdict, 'provenance')).toEqual([undefined]);
    const ofOthers = '}, {match: "ghcr.io/other/**", signed-by: [release], provenance: {}';
    const without = await judge(source, `signed-by: [release]${ofOthers}`);
    expect(told(without, 'provenance')).toEqual(['not demanded']);
    expect(source.calls).not.toContain(`referrers ${attestation.digest}`);
  });
});

describe('a demanded attestation', () => {
  const SCANNED =
    'signed-by: [release], attestations: [{type: vulnerability-scan, max-age: 7d, fail-from: critical}]';
  const attach = ({ source, image }: Built, predicate: unknown, by = key) => {
    const said = { ...statement(image, PREDICATE.vulnerabilitiesV02, predicate) };
    attachBundle(source, image, dsseBundle(said, by), { label: PREDICATE.vulnerabilitiesV02 });
  };

  test('is met, or refuses the image, by what a scanner signed', async () => {
    const built = await withBuildKit();
    attach(built, scan(['high'], 5));
    expect(told(await judge(built.source, SCANNED), 'attestations')).toEqual([
      'vulnerability-scan by release',
    ]);
    attach(built, scan(['critical'], 2));
    const verdict = await judge(built.source, SCANNED);
    expect(told(verdict, 'attestations')).toEqual([['attestations.vulnerable']]);
    expect(verdict.result).toBe('refused');
  });

  test('by somebody whom the policy does not name counts for nothing', async () => {
    const built = await withBuildKit();
    attach(built, scan(), stranger);
    expect(told(await judge(built.source, SCANNED), 'attestations')).toEqual([['attestations.missing']]);
  });

  test('is undecided where the registry did not answer: that is not none', async () => {
    const built = await withBuildKit();
    attach(built, scan());
    built.source.fail('referrers', new PratiqueError('UNAUTHORIZED', { what: 'no answer' }));
    const verdict = await judge(built.source, SCANNED);
    expect(told(verdict, 'attestations')).toEqual(['UNAUTHORIZED']);
    expect(verdict.result).toBe('undecided');
  });

  test('of 20 MB is read whole', async () => {
    const built = await withBuildKit();
    const result = Array.from({ length: 60_000 }, (_, index) => ({
      id: `CVE-2026-${index}`,
      severity: [{ method: 'nvd', score: 'high' }],
      annotations: [{ description: 'x'.repeat(250) }],
    }));
    result.push({
      ...(result[0] as (typeof result)[number]),
      severity: [{ method: 'nvd', score: 'critical' }],
    });
    const predicate = { ...scan(), scanner: { ...scan().scanner, result } };
    expect(JSON.stringify(predicate).length).toBeGreaterThan(20_000_000);
    attach(built, predicate);
    expect(told(await judge(built.source, SCANNED), 'attestations')).toEqual([['attestations.vulnerable']]);
  });

  test('past the limit counts for nothing, and is not fetched', async () => {
    const built = await withBuildKit();
    attach(built, scan());
    const rule = `${SCANNED}}]\nlimits: {statement-bytes: 100}\nown-packages: []\n#`;
    const verdict = await verdictOf(built.source, 'ghcr.io/acme/app:1', '{key: key.pub}', rule);
    expect(told(verdict, 'attestations')).toEqual([['attestations.missing']]);
    expect(JSON.stringify(verdict.images)).toContain('limits.statement-bytes');
  });
});
