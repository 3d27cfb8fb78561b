import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Descriptor } from '../model/descriptor.ts';
import type { Digest } from '../model/digest.ts';
import { MEDIA } from '../model/media-type.ts';
import { type Content, describe } from '../sources/documents/referrer-manifest.ts';

/** One entry of a layer. */
export interface LayerFile {
  readonly path: string;
  readonly content?: string | Uint8Array;
  /** a file, where absent */
  readonly type?: 'file' | 'directory' | 'symlink' | 'link';
  /** permission bits; 0o644 and 0o755 where absent */
  readonly mode?: number;
  readonly linkname?: string;
}

export type Compression = 'gzip' | 'zstd' | 'none';

/** A layer as it is stored, and the digest of its tar. */
export interface BuiltLayer extends Content {
  readonly diffId: Digest;
  readonly tar: Uint8Array;
}

/** A manifest or index, with everything below it in the order in which it can be pushed. */
export interface Built {
  readonly root: Content;
  readonly blobs: readonly Content[];
  /** manifests that the root lists */
  readonly manifests: readonly Content[];
}

/** A built image; `layers` and `config` are in `blobs` too. */
export interface BuiltImage extends Built {
  readonly config: Content;
  readonly layers: readonly BuiltLayer[];
  readonly platform: { readonly os: string; readonly architecture: string; readonly variant?: string };
}

export interface ImagePlan {
  readonly layers: readonly BuiltLayer[];
  /** the `config` object of the image configuration: `User`, `Env`, … */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly platform?: BuiltImage['platform'];
  /** RFC 3339 */
  readonly created?: string;
  /** one build step for each layer; `RUN step N` where absent */
  readonly steps?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

const CREATED = '2026-01-01T00:00:00Z';

/** Writes a layer. The same files always give the same bytes. */
export async function buildLayer(
  files: readonly LayerFile[],
  compression: Compression = 'gzip',
): Promise<BuiltLayer> {
  const tar = await writeTar(files);
  const { mediaType, bytes } = compress(tar, compression);
  return { ...describe(mediaType, bytes), diffId: describe('', tar).descriptor.digest, tar };
}

/** Writes configuration and manifest over layers. */
export function buildImage(plan: ImagePlan): BuiltImage {
  const { layers, platform = { os: 'linux', architecture: 'amd64' }, created = CREATED } = plan;
  const config = toContent(MEDIA.ociConfig, {
    created,
    ...platform,
    config: plan.config ?? {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map((_, index) => ({
      created,
      created_by: plan.steps?.[index] ?? `RUN step ${index + 1}`,
    })),
  });
  const root = toContent(MEDIA.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    ...(plan.annotations === undefined ? {} : { annotations: plan.annotations }),
  });
  return { root, blobs: [config, ...layers], manifests: [], config, layers, platform };
}

/** One line of an index to build. */
export interface IndexLine {
  readonly built: Built;
  readonly platform?: BuiltImage['platform'];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Writes an index over images, or over other indexes. */
export function buildIndex(lines: readonly IndexLine[]): Built {
  const root = toContent(MEDIA.ociIndex, {
    schemaVersion: 2,
    mediaType: MEDIA.ociIndex,
    manifests: lines.map(({ built, platform, annotations }) => ({
      ...plain(built.root.descriptor),
      ...(platform === undefined ? {} : { platform }),
      ...(annotations === undefined ? {} : { annotations }),
    })),
  });
  return {
    root,
    blobs: lines.flatMap(({ built }) => built.blobs),
    manifests: lines.flatMap(({ built }) => [...built.manifests, built.root]),
  };
}

/** A JSON document with its descriptor. */
export function toContent(mediaType: string, value: unknown): Content {
  return describe(mediaType, Buffer.from(JSON.stringify(value)));
}

async function writeTar(files: readonly LayerFile[]): Promise<Uint8Array> {
  const archive = pack();
  for (const { path, content = '', type = 'file', mode, linkname } of files) {
    const header = {
      name: path,
      type,
      mode: mode ?? (type === 'directory' ? 0o755 : 0o644),
      mtime: new Date(CREATED),
      ...(linkname === undefined ? {} : { linkname }),
    };
    if (type === 'file') archive.entry(header, Buffer.from(content as string));
    else archive.entry(header);
  }
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

function compress(tar: Uint8Array, compression: Compression): { mediaType: string; bytes: Uint8Array } {
  if (compression === 'gzip') return { mediaType: MEDIA.ociLayerGzip, bytes: gzipSync(tar) };
  if (compression === 'zstd') return { mediaType: MEDIA.ociLayerZstd, bytes: zstdCompressSync(tar) };
  return { mediaType: MEDIA.ociLayer, bytes: tar };
}

function plain({ mediaType, digest, size }: Descriptor) {
  return { mediaType, digest, size };
}
