import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Image } from '../../src/model/image.ts';
import type { InspectedFile, Inspection } from '../../src/model/inspection.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { renderInspection } from '../../src/report/inspect.ts';
import { dangersIn, hostileText } from '../support/arbitrary-verdicts.ts';
import { digestOf, manifestOf } from '../support/sample-verdicts.ts';
import { strictSchema } from '../support/strict-schema.ts';

const schema = strictSchema(new URL('../../schema/inspect-v1.json', import.meta.url));
const JSON_FORM = { format: 'json', width: 80 } as const;
const TEXT_FORM = { format: 'text', width: 100 } as const;

const FILES: readonly InspectedFile[] = [
  { path: 'bin', type: 'symlink', mode: 0o777, size: 0, linkPath: 'usr/bin', layer: 0 },
  {
    path: 'usr/bin/su',
    type: 'file',
    mode: 0o104755,
    size: 55_528,
    sha256: 'ab'.repeat(32),
    linkPath: '',
    layer: 1,
  },
];

function inspectionOf(word: string, files?: readonly InspectedFile[]): Inspection {
  const image: Image = {
    manifest: manifestOf('a'),
    platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    configDescriptor: { mediaType: MEDIA.ociConfig, digest: digestOf('9'), size: 900 },
    parents: [{ mediaType: MEDIA.ociIndex, digest: digestOf('b'), size: 856 }],
    documents: [],
    annotations: new Map([
      ['b', word],
      ['a', word],
    ]),
    layers: [
      {
        index: 0,
        blob: { mediaType: MEDIA.ociLayerGzip, digest: digestOf('1'), size: 29_000_000 },
        diffId: digestOf('2'),
        createdBy: '/bin/sh -c #(nop) ADD file:0d in / ',
      },
      {
        index: 1,
        blob: { mediaType: MEDIA.ociLayerZstd, digest: digestOf('3'), size: 1_200 },
        diffId: digestOf('4'),
        createdBy: word,
      },
    ],
    config: {
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
      created: '2026-11-01T00:00:00Z',
      user: '',
      workingDir: '/srv',
      env: ['PATH=/usr/bin', `DB_PASSWORD=hunter2${word}`],
      entrypoint: ['node', word],
      cmd: [],
      exposedPorts: ['8080/tcp'],
      volumes: [],
      labels: new Map([['org.example', word]]),
      healthcheck: [],
      onBuild: [],
      stopSignal: '',
      diffIds: [digestOf('2'), digestOf('4')],
      history: [{ createdBy: word, comment: '', emptyLayer: false }],
    },
  };
  return {
    resolved: {
      subject: { mediaType: MEDIA.ociIndex, digest: digestOf('b'), size: 856 },
      images: [image],
      leftOut: ['windows/amd64'],
      embedded: [{ manifest: manifestOf('e'), about: digestOf('a') }],
    },
    images: [{ image, ...(files && { files }) }],
  };
}

describe('an inspection as JSON', () => {
  test('is as its published schema says, with and without files', () => {
    for (const files of [undefined, [], FILES]) {
      expect(
        schema.safeParse(JSON.parse(renderInspection(inspectionOf('x', files), JSON_FORM))).error,
      ).toBeUndefined();
    }
    expect(schema.safeParse({}).success).toBe(false);
  });

  test('has a line for each file, the mode in octal', () => {
    const text = renderInspection(inspectionOf('x', FILES), JSON_FORM);
    const [image] = JSON.parse(text).images;
    expect(image.files).toEqual([
      { path: 'bin', type: 'symlink', mode: '0777', size: 0, linkPath: 'usr/bin', layer: 0 },
      { path: 'usr/bin/su', type: 'file', mode: '4755', size: 55_528, sha256: 'ab'.repeat(32), layer: 1 },
    ]);
    expect(text.split('\n').filter((line) => line.includes('"path"'))).toHaveLength(2);
  });

  test('keeps what the image has exactly, and is safe to print', () => {
    fc.assert(
      fc.property(hostileText, (word) => {
        const files = [{ path: word, type: 'file', mode: 0o644, size: 1, layer: 0 }];
        const text = renderInspection(inspectionOf(word, files), JSON_FORM);
        const [image] = JSON.parse(text).images;
        expect(image.config.entrypoint[1]).toBe(word);
        expect(image.layers[1].createdBy).toBe(word);
        expect(image.files[0].path).toBe(word);
        expect(image.annotations).toEqual({ a: word, b: word });
        expect(dangersIn(text)).toEqual([]);
      }),
    );
  });
});

describe('an inspection as text', () => {
  test('shows each layer with the step that made it', () => {
    const text = renderInspection(inspectionOf('RUN /bin/sh -c make # buildkit'), TEXT_FORM);
    expect(text).toContain(`layer 1      ${digestOf('1')} · 29.0 MB\n│               ADD file:0d in /\n`);
    expect(text).toContain('│               RUN make\n');
    expect(text).toContain('root (none is set)');
  });

  test('shows the names of the environment and never its values', () => {
    const text = renderInspection(inspectionOf('x'), TEXT_FORM);
    expect(text).toContain('PATH, DB_PASSWORD');
    expect(text).not.toContain('hunter2');
  });

  test('shows files with mode, size and layer', () => {
    const text = renderInspection(inspectionOf('x', FILES), TEXT_FORM);
    expect(text).toMatch(/0777 symlink +0 B +layer 1 +bin -> usr\/bin/);
    expect(text).toMatch(/4755 file +55\.5 kB layer 2 +usr\/bin\/su/);
    expect(text).toContain('2 entries');
  });

  test('holds nothing that a terminal or a CI log could obey, and starts no line with foreign text', () => {
    fc.assert(
      fc.property(hostileText, (word) => {
        const files = [{ path: word, type: word, mode: 0, size: 0, linkPath: word, layer: 0 }];
        const text = renderInspection(inspectionOf(word, files), TEXT_FORM);
        expect(dangersIn(text)).toEqual([]);
        expect(text.split('\n').filter((line) => !/^(?:╭─ |├─ |│|╰─ |$)/.test(line))).toEqual([]);
      }),
    );
  });
});
