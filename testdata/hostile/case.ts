import { createHash } from 'node:crypto';

/** What a case is about; the rule for its outcome depends on it. */
export type Group = 'tar' | 'filesystem' | 'compression' | 'manifest' | 'index' | 'config';

/** A file of an OCI layout, by its path in the layout. */
export type LayoutBytes = ReadonlyMap<string, Uint8Array>;

/** One hostile image: an OCI layout with a single name in it. */
export interface HostileCase {
  readonly group: Group;
  /** unique in its group; lower-case words with hyphens */
  readonly name: string;
  /** the trick, in a few words */
  readonly note: string;
  /** makes the layout; the same bytes every time */
  readonly files: () => LayoutBytes;
}

/** A descriptor as it stands in a document; any field may be a lie. */
export interface Line {
  readonly mediaType?: string;
  readonly digest?: string;
  readonly size?: unknown;
  readonly [field: string]: unknown;
}

/** A layer as a case describes it. */
export interface HostileLayer {
  readonly blob: Uint8Array;
  readonly mediaType: string;
  /** over the tar; `sha256:…` */
  readonly diffId: string;
}

export const TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  tar: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
} as const;

export function digestOf(bytes: Uint8Array, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Collects the blobs of a layout. */
export class Layout {
  private readonly files = new Map<string, Uint8Array>();

  /** Stores content under its digest. @param content bytes, JSON text, or what becomes JSON */
  put(
    content: unknown,
    mediaType: string,
    algorithm = 'sha256',
  ): Required<Pick<Line, 'mediaType' | 'digest' | 'size'>> {
    const bytes = bytesOf(content);
    const digest = digestOf(bytes, algorithm);
    this.putAt(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  /** Stores content under a digest that may be another's. */
  putAt(digest: string, bytes: Uint8Array): void {
    this.files.set(`blobs/${digest.replace(':', '/')}`, bytes);
  }

  /** The layout whose one name stands for this descriptor. */
  named(root: Line): LayoutBytes {
    return this.indexed({ schemaVersion: 2, manifests: [withName(root)] });
  }

  /** The layout with this `index.json`. @param index JSON text, or what becomes JSON */
  indexed(index: unknown): LayoutBytes {
    this.files.set('oci-layout', bytesOf({ imageLayoutVersion: '1.0.0' }));
    this.files.set('index.json', bytesOf(index));
    return this.files;
  }
}

/** The name under which every case lies in its layout. */
export const NAMES = {
  'org.opencontainers.image.ref.name': 'case',
  'io.containerd.image.name': 'registry.test/hostile:case',
} as const;

export function withName(root: Line): Line {
  const annotations = root['annotations'] as object | undefined;
  return { ...root, annotations: { ...annotations, ...NAMES } };
}

/** A configuration for these layers. */
export function configFor(diffIds: readonly string[], more: object = {}): object {
  return {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
    ...more,
  };
}

/** Puts an image of these layers into a layout. @returns the descriptor of its manifest */
export function putImage(layout: Layout, layers: readonly HostileLayer[], config: object = {}): Line {
  const lines = layers.map(({ blob, mediaType }) => layout.put(blob, mediaType));
  const body = configFor(
    layers.map(({ diffId }) => diffId),
    config,
  );
  return layout.put(
    {
      schemaVersion: 2,
      mediaType: TYPES.manifest,
      config: layout.put(body, TYPES.config),
      layers: lines,
    },
    TYPES.manifest,
  );
}

/** A case that is an ordinary image but for its layers. */
export function layered(
  group: Group,
  name: string,
  note: string,
  makeLayers: () => readonly HostileLayer[],
): HostileCase {
  const files = () => {
    const layout = new Layout();
    return layout.named(putImage(layout, makeLayers()));
  };
  return { group, name, note, files };
}

/** A tar as a layer that is not compressed. */
export function plainLayer(tar: Uint8Array): HostileLayer {
  return { blob: tar, mediaType: TYPES.tar, diffId: digestOf(tar) };
}
