import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/io/limits.ts';
import type { Descriptor } from '../../../src/model/descriptor.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import { readImageConfig } from '../../../src/sources/documents/config.ts';
import { readIndex } from '../../../src/sources/documents/index-document.ts';
import { readManifest } from '../../../src/sources/documents/manifest.ts';
import { agree, couldChoose, parsePlatform } from '../../../src/sources/documents/platform.ts';
import { describe as describeContent } from '../../../src/sources/documents/referrer-manifest.ts';

type Read = (bytes: Uint8Array, what: Descriptor, limits: Limits) => unknown;

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
const digest = hex.map((digits) => `sha256:${digits}`);
const word = fc.string({ unit: 'grapheme', maxLength: 8 });
const annotations = fc.dictionary(
  word.filter((key) => key !== '__proto__'),
  word,
  { maxKeys: 3 },
);
const descriptor = (mediaType: string) =>
  fc.record({ mediaType: fc.constant(mediaType), digest, size: fc.maxSafeNat() });

const manifest = fc.record({
  schemaVersion: fc.constant(2),
  mediaType: fc.constant(MEDIA.ociManifest),
  config: descriptor(MEDIA.ociConfig),
  layers: fc.array(descriptor(MEDIA.ociLayerGzip), { minLength: 1, maxLength: 4 }),
  annotations,
});
const index = fc.record({
  schemaVersion: fc.constant(2),
  manifests: fc.array(descriptor(MEDIA.ociManifest), { maxLength: 4 }),
  annotations,
});
const config = fc.record({
  os: word,
  architecture: word,
  config: fc.record({
    User: word,
    Env: fc.array(word, { maxLength: 3 }),
    Cmd: fc.option(fc.array(word, { maxLength: 3 })),
    Labels: annotations,
  }),
  rootfs: fc.record({ type: fc.constant('layers'), diff_ids: fc.array(digest, { maxLength: 3 }) }),
  history: fc.array(fc.record({ created_by: word, empty_layer: fc.boolean() }), { maxLength: 3 }),
});

function read(reader: Read, value: unknown, mediaType: string) {
  const { bytes, descriptor: what } = describeContent(
    mediaType,
    value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value)),
  );
  return reader(bytes, what, DEFAULT_LIMITS);
}

const map = (object: Record<string, string>) => new Map(Object.entries(object));

describe('a document is read back', () => {
  test('a manifest', () => {
    fc.assert(
      fc.property(manifest, (value) => {
        expect(read(readManifest, value, MEDIA.ociManifest)).toMatchObject({
          config: value.config,
          layers: value.layers,
          annotations: map(value.annotations),
        });
      }),
    );
  });

  test('an index', () => {
    fc.assert(
      fc.property(index, (value) => {
        const found = read(readIndex, value, MEDIA.ociIndex);
        expect(found).toMatchObject({ entries: value.manifests, annotations: map(value.annotations) });
      }),
    );
  });

  test('a configuration', () => {
    fc.assert(
      fc.property(config, (value) => {
        const { config: run, rootfs, history, os, architecture } = value;
        expect(read(readImageConfig, value, MEDIA.ociConfig)).toMatchObject({
          ...{ os, architecture, user: run.User, env: run.Env, cmd: run.Cmd ?? [] },
          labels: map(run.Labels),
          diffIds: rootfs.diff_ids,
          history: history.map((line) => ({ createdBy: line.created_by, emptyLayer: line.empty_layer })),
        });
      }),
    );
  });
});

describe('a document that was damaged gives a value or a fault with a code', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.boolean()), { minLength: 1, maxLength: 3 });

  test.each([
    ['a manifest', readManifest as Read, manifest, MEDIA.ociManifest],
    ['an index', readIndex as Read, index, MEDIA.ociIndex],
    ['a configuration', readImageConfig as Read, config, MEDIA.ociConfig],
  ])('%s', (_name, reader, value: fc.Arbitrary<unknown>, mediaType) => {
    fc.assert(
      fc.property(value, damage, (document, changes) => {
        let bytes = Buffer.from(JSON.stringify(document));
        for (const [place, byte, isInserted] of changes) {
          const at = place % bytes.length;
          bytes = Buffer.concat([
            bytes.subarray(0, at),
            Buffer.from([byte]),
            bytes.subarray(isInserted ? at : at + 1),
          ]);
        }
        try {
          expect(read(reader, bytes, mediaType)).toBeTypeOf('object');
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(PratiqueError);
          expect((thrown as PratiqueError).code).not.toBe('INTERNAL');
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('platforms', () => {
  const name = fc.constantFrom(
    'linux',
    'windows',
    'amd64',
    'x86_64',
    'arm',
    'arm64',
    'armhf',
    'AArch64',
    'riscv64',
  );
  const platform = fc.record(
    { os: name, architecture: name, variant: fc.constantFrom('v6', 'v7', 'v8', '8', 'v1') },
    { requiredKeys: ['os', 'architecture'] },
  );

  test('are read back as they were written', () => {
    fc.assert(
      fc.property(platform, (value) => {
        const { os, architecture, variant } = value;
        const text = [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
        expect(parsePlatform(text)).toEqual(value);
      }),
    );
  });

  test('of any text are read, or a fault of usage', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a/._-8 \n') }), (text) => {
        try {
          const { os, architecture, variant } = parsePlatform(text);
          expect([os, architecture, ...(variant === undefined ? [] : [variant])].join('/')).toBe(text);
        } catch (thrown) {
          expect((thrown as PratiqueError).code).toBe('USAGE');
        }
      }),
    );
  });

  test('that do not say what they are for are always among those that a node could choose', () => {
    fc.assert(
      fc.property(platform, platform, (wanted, offered) => {
        expect(couldChoose(wanted, { os: '', architecture: '' })).toBe(true);
        expect(couldChoose(wanted, { ...wanted })).toBe(true);
        if (couldChoose(wanted, offered)) expect(agree(wanted, offered)).toBe(true);
        expect(agree(wanted, offered)).toBe(agree(offered, wanted));
      }),
    );
  });
});
