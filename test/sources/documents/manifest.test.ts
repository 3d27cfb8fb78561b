import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import { readImageConfig } from '../../../src/sources/documents/config.ts';
import { readIndex } from '../../../src/sources/documents/index-document.ts';
import { readManifest } from '../../../src/sources/documents/manifest.ts';
import { describe as describeContent } from '../../../src/sources/documents/referrer-manifest.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const CONFIG = { mediaType: MEDIA.ociConfig, digest: DIGEST, size: 2 };
const LAYER = { mediaType: MEDIA.ociLayerGzip, digest: DIGEST, size: 7 };
const MANIFEST = { schemaVersion: 2, mediaType: MEDIA.ociManifest, config: CONFIG, layers: [LAYER] };
const INDEX = { schemaVersion: 2, manifests: [{ mediaType: MEDIA.ociManifest, digest: DIGEST, size: 9 }] };

function manifestOf(value: unknown, mediaType: string = MEDIA.ociManifest, limits = DEFAULT_LIMITS) {
  const { descriptor, bytes } = describeContent(mediaType, asBytes(value));
  return readManifest(bytes, descriptor, limits);
}

function indexOf(value: unknown, mediaType: string = MEDIA.ociIndex) {
  const { descriptor, bytes } = describeContent(mediaType, asBytes(value));
  return readIndex(bytes, descriptor, DEFAULT_LIMITS);
}

function configOf(value: unknown) {
  const { descriptor, bytes } = describeContent(MEDIA.ociConfig, asBytes(value));
  return readImageConfig(bytes, descriptor, DEFAULT_LIMITS);
}

function asBytes(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

const fault = (code: string) => expect.objectContaining({ code });

describe('readManifest', () => {
  test('reads configuration, layers, subject and annotations', () => {
    const read = manifestOf({
      ...MANIFEST,
      artifactType: 'application/x',
      subject: { mediaType: MEDIA.ociIndex, digest: DIGEST, size: 3 },
      annotations: { A: '1', a: '2' },
    });
    expect(read).toEqual({
      config: CONFIG,
      layers: [LAYER],
      artifactType: 'application/x',
      subject: { mediaType: MEDIA.ociIndex, digest: DIGEST, size: 3 },
      annotations: new Map([
        ['A', '1'],
        ['a', '2'],
      ]),
      json: expect.any(Map),
    });
  });

  test('takes a body without a media type, as umoci writes it', () => {
    const { mediaType: _, ...untyped } = MANIFEST;
    expect(manifestOf(untyped).layers).toHaveLength(1);
  });

  test.each([
    ['another media type than it was fetched under', { ...MANIFEST, mediaType: MEDIA.dockerManifest }],
    ['the media type of an index (CVE-2021-41190)', { ...MANIFEST, mediaType: MEDIA.ociIndex }],
    ['a media type in other letters', { ...MANIFEST, mediaType: MEDIA.ociManifest.toUpperCase() }],
    ['manifests beside layers (CVE-2021-41190)', { ...MANIFEST, manifests: INDEX.manifests }],
    ['an empty list of manifests', { ...MANIFEST, manifests: [] }],
    ['no configuration', { ...MANIFEST, config: null }],
    ['a schema version in a string', { ...MANIFEST, schemaVersion: '2' }],
    ['layers that are no list', { ...MANIFEST, layers: {} }],
    ['a layer that is no object', { ...MANIFEST, layers: ['x'] }],
    ['a layer without a media type', { ...MANIFEST, layers: [{ ...LAYER, mediaType: '' }] }],
    ['a negative size', { ...MANIFEST, layers: [{ ...LAYER, size: -1 }] }],
    ['a size in a string', { ...MANIFEST, layers: [{ ...LAYER, size: '7' }] }],
    ['a size beyond 2^53', JSON.stringify(MANIFEST).replace('"size":7', '"size":9007199254740993')],
    ['a size with a point', JSON.stringify(MANIFEST).replace('"size":7', '"size":7.0')],
    ['an address that is no string', { ...MANIFEST, layers: [{ ...LAYER, urls: [1] }] }],
    ['inline data that is not base64', { ...MANIFEST, layers: [{ ...LAYER, data: '%%%' }] }],
    ['inline data without its padding', { ...MANIFEST, layers: [{ ...LAYER, data: 'YQ' }] }],
    ['an annotation that is a number', { ...MANIFEST, annotations: { a: 1 } }],
    ['a list instead of an object', [MANIFEST]],
  ])('refuses %s', (_, value) => {
    expect(() => manifestOf(value)).toThrow(fault('MANIFEST_INVALID'));
  });

  test.each([
    ['layers twice', `{"layers":[],${JSON.stringify(MANIFEST).slice(1)}`],
    ['Layers beside layers', `{"Layers":[],${JSON.stringify(MANIFEST).slice(1)}`],
    ['layerſ beside layers', `{"layer\u017f":[],${JSON.stringify(MANIFEST).slice(1)}`],
    ['a misspelt key alone', JSON.stringify(MANIFEST).replace('"config"', '"Config"')],
    ['a second value behind it', `${JSON.stringify(MANIFEST)}{}`],
    ['a byte order mark', `\ufeff${JSON.stringify(MANIFEST)}`],
  ])('refuses %s, since runtimes see another image in it', (_, text) => {
    expect(() => manifestOf(text)).toThrow(fault('JSON_INVALID'));
  });

  test.each([
    'sha256:../../../../etc/passwd',
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(63)}`,
    `md5:${'a'.repeat(32)}`,
    '',
  ])('refuses the digest %j (CVE-2024-3727)', (digest) => {
    expect(() => manifestOf({ ...MANIFEST, layers: [{ ...LAYER, digest }] })).toThrow(
      fault('DIGEST_INVALID'),
    );
  });

  test('refuses schema 1, by its type and by its body', () => {
    const signed = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
    expect(() => manifestOf({ schemaVersion: 1, fsLayers: [] })).toThrow(fault('MEDIA_TYPE_UNKNOWN'));
    expect(() => manifestOf(MANIFEST, signed)).toThrow(fault('MEDIA_TYPE_UNKNOWN'));
    expect(() => manifestOf({ ...MANIFEST, fsLayers: [{}] })).toThrow(fault('MEDIA_TYPE_UNKNOWN'));
  });

  test('compares the type it was fetched under whole and exactly', () => {
    for (const type of [
      `${MEDIA.ociManifest}; charset=utf-8`,
      MEDIA.ociManifest.toUpperCase(),
      MEDIA.ociIndex,
      '',
    ])
      expect(() => manifestOf({ ...MANIFEST, mediaType: undefined }, type)).toThrow(
        fault('MEDIA_TYPE_UNKNOWN'),
      );
  });

  test('refuses more layers than the limit', () => {
    const limits = { ...DEFAULT_LIMITS, layers: 2 };
    expect(
      manifestOf({ ...MANIFEST, layers: [LAYER, LAYER] }, MEDIA.ociManifest, limits).layers,
    ).toHaveLength(2);
    expect(() =>
      manifestOf({ ...MANIFEST, layers: [LAYER, LAYER, LAYER] }, MEDIA.ociManifest, limits),
    ).toThrow(fault('LIMIT_EXCEEDED'));
  });

  test('does not look at embedded data', () => {
    const read = manifestOf({ ...MANIFEST, layers: [{ ...LAYER, data: 'ZXZpbA==' }] });
    expect(read.layers).toEqual([LAYER]);
  });
});

describe('readIndex', () => {
  test('reads entries with and without a platform', () => {
    const [entry] = INDEX.manifests;
    const platform = { os: 'linux', architecture: 'arm', variant: 'v7', 'os.version': '1' };
    const { entries } = indexOf({ ...INDEX, manifests: [entry, { ...entry, platform }] });
    expect(entries).toEqual([
      entry,
      { ...entry, platform: { os: 'linux', architecture: 'arm', variant: 'v7', osVersion: '1' } },
    ]);
  });

  test.each([
    ['layers beside manifests (CVE-2021-41190)', { ...INDEX, layers: [LAYER] }],
    ['a configuration', { ...INDEX, config: CONFIG }],
    ['the media type of a manifest', { ...INDEX, mediaType: MEDIA.ociManifest }],
    ['a platform that is no object', { ...INDEX, manifests: [{ ...INDEX.manifests[0], platform: 'linux' }] }],
  ])('refuses %s', (_, value) => {
    expect(() => indexOf(value)).toThrow(fault('MANIFEST_INVALID'));
  });

  test('refuses Manifests beside manifests', () => {
    expect(() => indexOf({ ...INDEX, Manifests: [] })).toThrow(fault('JSON_INVALID'));
  });

  test('a manifest is not read as an index', () => {
    expect(() => indexOf(MANIFEST, MEDIA.ociManifest)).toThrow(fault('MEDIA_TYPE_UNKNOWN'));
  });
});

describe('readImageConfig', () => {
  const IMAGE = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [DIGEST] } };

  test('reads what decides how the image runs', () => {
    const read = configOf({
      ...IMAGE,
      variant: 'v8',
      created: '2026-01-02T03:04:05.678901234Z',
      config: {
        User: '0:0',
        WorkingDir: '/w',
        Env: ['A=1'],
        Entrypoint: ['/e'],
        Cmd: ['c'],
        ExposedPorts: { '22/tcp': {} },
        Volumes: { '/Data': {}, '/data': {} },
        Labels: { User: 'label', user: 'other' },
        Healthcheck: { Test: ['CMD', 'true'], Interval: 3e10 },
        OnBuild: ['RUN x'],
        StopSignal: 'SIGTERM',
      },
      history: [{ created_by: 'RUN a', empty_layer: true, comment: 'c' }, {}],
    });
    expect(read).toEqual({
      os: 'linux',
      architecture: 'amd64',
      variant: 'v8',
      created: '2026-01-02T03:04:05.678901234Z',
      user: '0:0',
      workingDir: '/w',
      env: ['A=1'],
      entrypoint: ['/e'],
      cmd: ['c'],
      exposedPorts: ['22/tcp'],
      volumes: ['/Data', '/data'],
      labels: new Map([
        ['User', 'label'],
        ['user', 'other'],
      ]),
      healthcheck: ['CMD', 'true'],
      onBuild: ['RUN x'],
      stopSignal: 'SIGTERM',
      diffIds: [DIGEST],
      history: [
        { createdBy: 'RUN a', comment: 'c', emptyLayer: true },
        { createdBy: '', comment: '', emptyLayer: false },
      ],
    });
  });

  test('what is absent or null is empty', () => {
    const read = configOf({ config: null, history: null, rootfs: null });
    expect(read).toMatchObject({ os: '', user: '', env: [], diffIds: [], history: [], exposedPorts: [] });
    expect(read).not.toHaveProperty('created');
  });

  test.each([
    ['an entrypoint that is a string, which Docker alone takes', { ...IMAGE, config: { Entrypoint: '/e' } }],
    ['a user that is a number', { ...IMAGE, config: { User: 0 } }],
    ['environment that is an object', { ...IMAGE, config: { Env: { A: '1' } } }],
    ['a label that is a number', { ...IMAGE, config: { Labels: { a: 1 } } }],
    ['a creation date that is none', { ...IMAGE, created: 'yesterday' }],
    ['30 February', { ...IMAGE, created: '2026-02-30T00:00:00Z' }],
    ['another kind of root file system', { ...IMAGE, rootfs: { type: 'layers+base', diff_ids: [] } }],
    ['an empty_layer that is a string', { ...IMAGE, history: [{ empty_layer: 'true' }] }],
  ])('refuses %s', (_, value) => {
    expect(() => configOf(value)).toThrow(fault('CONFIG_INVALID'));
  });

  test('refuses User beside user, of which Go takes the last', () => {
    expect(() => configOf('{"config":{"User":"1000","user":"0"}}')).toThrow(fault('JSON_INVALID'));
    expect(() => configOf('{"config":{"user":"0"}}')).toThrow(fault('JSON_INVALID'));
  });

  test('refuses a diffID that is no digest', () => {
    expect(() => configOf({ rootfs: { diff_ids: ['sha256:x'] } })).toThrow(fault('DIGEST_INVALID'));
  });
});
