import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { checkImage } from '../src/check-image.ts';
import { type BuiltImage, buildImage, buildIndex, buildLayer, toContent } from '../src/demo/image-builder.ts';
import type { Limits } from '../src/io/limits.ts';
import { MEDIA } from '../src/model/media-type.ts';
import { parseTarget } from '../src/model/target.ts';
import type { Verdict } from '../src/model/verdict.ts';
import { defaultPolicy } from '../src/policy/default-policy.ts';
import { beginRun } from '../src/run.ts';
import { describe as contentOf } from '../src/sources/documents/referrer-manifest.ts';
import { resolveImage } from '../src/sources/resolve.ts';
import { validToken } from './scan/images.ts';
import { MemorySource } from './support/memory-source.ts';

const [AMD, ARM, UNKNOWN] = (['amd64', 'arm64', 'unknown'] as const).map((architecture) => ({
  os: architecture === 'unknown' ? architecture : 'linux',
  architecture,
})) as [BuiltImage['platform'], BuiltImage['platform'], BuiltImage['platform']];
const TYPE = 'vnd.docker.reference.type';
const ABOUT = 'vnd.docker.reference.digest';

const layer = await buildLayer([{ path: 'srv/a', content: 'harmless' }]);
const imageFor = (platform: BuiltImage['platform']) => buildImage({ layers: [layer], platform });

/** What BuildKit writes with `--provenance=mode=max`. */
function provenanceWith(token: string) {
  return toContent(MEDIA.inToto, {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://slsa.dev/provenance/v0.2',
    subject: [],
    predicate: { invocation: { parameters: { args: { 'build-arg:NPM_TOKEN': token } } } },
  });
}

function attestationOf(document: ReturnType<typeof contentOf>) {
  const config = toContent(MEDIA.ociConfig, { os: 'unknown', architecture: 'unknown' });
  const root = toContent(MEDIA.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: config.descriptor,
    layers: [document.descriptor],
  });
  return { root, blobs: [config, document], manifests: [] };
}

interface Asked {
  readonly token?: string;
  readonly about?: (images: readonly BuiltImage[]) => string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly absent?: boolean;
  readonly platforms?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly document?: ReturnType<typeof contentOf>;
}

/** Judges an index of two images and one attestation. */
async function verdictOf(asked: Asked): Promise<Verdict> {
  const { token = 'harmless', about = ([one]) => one?.root.descriptor.digest ?? '', platforms = [] } = asked;
  const images = [AMD, ARM].map(imageFor);
  const attestation = attestationOf(asked.document ?? provenanceWith(token));
  const index = buildIndex([
    ...images.map((built) => ({ built, platform: built.platform })),
    {
      built: attestation,
      platform: UNKNOWN,
      annotations: { [TYPE]: 'attestation-manifest', [ABOUT]: about(images), ...asked.annotations },
    },
  ]);
  const policy = defaultPolicy();
  const limits = { ...policy.limits, ...asked.limits };
  const source = new MemorySource();
  for (const { bytes, descriptor } of [index.root, ...index.manifests, ...index.blobs])
    if (asked.absent !== true || descriptor !== attestation.root.descriptor)
      source.put(bytes, descriptor.mediaType);
  const read = (what: Parameters<typeof source.manifest>[0]) => source.manifest(what);
  source.point(await resolveImage(index.root.descriptor, read, read, { limits, platforms }));
  const target = parseTarget('ghcr.io/acme/shop:1');
  return checkImage(
    target,
    beginRun({ target, policy: { ...policy, limits }, source, platforms, now: () => new Date() }),
  );
}

function secretsOf({ images }: Verdict) {
  return images
    .flatMap(({ ruled }) => ruled.flatMap(({ findings }) => findings.map(({ finding }) => finding)))
    .filter(({ rule }) => rule === 'secrets.github-token')
    .map(({ where: { platform, field }, args }) => [platform, field, typeof args['attestation']]);
}

const FIELD = 'provenance.predicate.invocation.parameters.args.build-arg:NPM_TOKEN';
const token = validToken('build argument');

test('a build argument in the provenance inside the index refuses the image that it is about', async () => {
  const verdict = await verdictOf({ token });
  expect(verdict.result).toBe('refused');
  expect(secretsOf(verdict)).toEqual([['linux/amd64', FIELD, 'string']]);
});

test('an attestation that says nothing of what it is about counts for every image', async () => {
  const verdict = await verdictOf({ token, about: () => '' });
  expect(secretsOf(verdict).map(([platform]) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
});

test('an attestation does not hide behind the digest of an image that is not there', async () => {
  const verdict = await verdictOf({ token, about: () => `sha256:${'0'.repeat(64)}` });
  expect(secretsOf(verdict).map(([platform]) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
});

test('the attestation of a platform that was left out is left out with it', async () => {
  const verdict = await verdictOf({ token, platforms: ['linux/arm64'] });
  expect(secretsOf(verdict)).toEqual([]);
  expect(verdict.leftOut).toEqual(['linux/amd64']);
});

test('a token on the line of the index that lists an attestation is found', async () => {
  const verdict = await verdictOf({ annotations: { note: token } });
  expect(secretsOf(verdict)).toEqual([['linux/amd64', 'attestation.annotations.note', 'string']]);
});

test('a document that is compressed is looked into', async () => {
  const document = contentOf('application/octet-stream', gzipSync(`T=${token}`));
  expect(secretsOf(await verdictOf({ document }))).toEqual([
    ['linux/amd64', 'attestation!/attestation', 'string'],
  ]);
});

test('an attestation that is too large to read leaves the image undecided', async () => {
  const verdict = await verdictOf({ limits: { attestationBytes: 100 } });
  expect(verdict.result).toBe('undecided');
  expect(verdict.faults).toMatchObject([{ code: 'LIMIT_EXCEEDED' }]);
});

test('an attestation of millions of empty objects leaves the image undecided, and does not fill the memory', async () => {
  const document = contentOf('application/json', Buffer.from(`[${'{},'.repeat(2_000_000)}{}]`));
  const verdict = await verdictOf({ document });
  expect(verdict.result).toBe('undecided');
  expect(verdict.faults).toMatchObject([{ code: 'LIMIT_EXCEEDED' }]);
});

test('a key of a megabyte is not read again for each value below it, and is told by its length', async () => {
  const values = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`k${index}`, 1]));
  const long = 'k'.repeat(1_000_000);
  const document = toContent(MEDIA.inToto, { [long]: { ...values, [`${'x'.repeat(600)}`]: { T: token } } });
  const began = process.cpuUsage();
  const verdict = await verdictOf({ document });
  const { user, system } = process.cpuUsage(began);
  expect(secretsOf(verdict).map(([, field]) => field)).toEqual([
    'attestation.(key of 1000000 characters).(key of 600 characters).T',
  ]);
  expect((user + system) / 1e6).toBeLessThan(5);
});

test('an attestation that is not where the image is leaks nothing from there, and that is said', async () => {
  const verdict = await verdictOf({ token, absent: true });
  expect(secretsOf(verdict)).toEqual([]);
  expect(verdict.notes).toContainEqual(expect.stringContaining('was not looked at'));
});
