import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Headers, pack } from 'tar-stream';
import { type Digest, parseDigest } from '../../src/model/digest.ts';
import type { Image, ImageConfig, Layer } from '../../src/model/image.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { BASE62, join, sample } from '../../src/scan/rules/sample.ts';
import { base62Checksum } from '../../src/scan/validators/checksum.ts';
import { EMPTY_CONFIG } from '../support/empty-config.ts';

/** An entry of a layer; a folder where the name ends in a slash. */
export type TestEntry = Partial<Headers> & {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly pax?: Readonly<Record<string, string>>;
};

/** A layer with its bytes. */
export interface TestLayer {
  readonly layer: Layer;
  readonly blob: Buffer;
}

function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

/** A tar of these entries, in this order. */
export async function makeTar(entries: readonly TestEntry[]): Promise<Buffer> {
  const stream = pack();
  for (const { content = '', ...header } of entries) {
    const type = header.type ?? (header.name.endsWith('/') ? 'directory' : 'file');
    // Not the time of the test: two images of the same entries are to have the same bytes.
    stream.entry({ mode: 0o755, mtime: new Date(0), ...header, type }, content);
  }
  stream.finalize();
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** A layer, gzipped, with what is put behind its end. */
export async function makeLayer(
  entries: readonly TestEntry[],
  options: { index?: number; createdBy?: string; behind?: string } = {},
): Promise<TestLayer> {
  const { index = 0, createdBy, behind = '' } = options;
  const tar = Buffer.concat([await makeTar(entries), Buffer.from(behind)]);
  const blob = gzipSync(tar);
  const descriptor = { mediaType: MEDIA.ociLayerGzip, digest: digestOf(blob), size: blob.length };
  const layer = {
    index,
    blob: descriptor,
    diffId: digestOf(tar),
    ...(createdBy === undefined ? {} : { createdBy }),
  };
  return { layer, blob };
}

/** An image of these layers, with this configuration. */
export function makeImage(
  layers: readonly TestLayer[],
  config: Partial<ImageConfig> = {},
  annotations: Record<string, string> = {},
): Image {
  const descriptor = (text: string, mediaType: string) => ({
    mediaType,
    digest: digestOf(Buffer.from(text)),
    size: 9,
  });
  return {
    manifest: descriptor('manifest', MEDIA.ociManifest),
    configDescriptor: descriptor('config', MEDIA.ociConfig),
    platform: { os: 'linux', architecture: 'amd64' },
    parents: [],
    documents: [],
    annotations: new Map(Object.entries(annotations)),
    layers: layers.map(({ layer }, index) => ({ ...layer, index })),
    config: {
      ...EMPTY_CONFIG,
      diffIds: layers.map(({ layer }) => layer.diffId),
      ...config,
    },
  };
}

/** A layer of this tar, compressed and described in any way. */
export function makeLayerOf(
  tar: Uint8Array,
  pack: (tar: Uint8Array) => Buffer = gzipSync,
  mediaType: string = MEDIA.ociLayerGzip,
): TestLayer {
  const blob = pack(tar);
  const descriptor = { mediaType, digest: digestOf(blob), size: blob.length };
  return { layer: { index: 0, blob: descriptor, diffId: digestOf(tar) }, blob };
}

/** A blob in pieces of so many bytes. */
export async function* inPieces(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A GitHub token whose checksum is right, and which nobody was ever given. */
export function validToken(seed: string): string {
  const body = sample(BASE62, 30, seed);
  return join('gh', 'p_', body, base62Checksum(body, 6));
}

/** A GitHub token of the older form, whose checksum is wrong: it opens nothing. */
export function fakeToken(seed: string): string {
  const letters = createHash('sha512')
    .update(seed)
    .digest('base64')
    .replace(/[^A-Za-z0-9]/g, '');
  return ['gh', 'p_', letters.slice(0, 36)].join('');
}
