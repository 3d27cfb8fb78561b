import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { Built, BuiltImage } from '../../src/demo/image-builder.ts';
import { hexOf } from '../../src/model/digest.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import type { Content } from '../../src/sources/documents/referrer-manifest.ts';

/** An image and the names under which a layout or archive lists it. */
export interface Named {
  readonly built: Built;
  /** `org.opencontainers.image.ref.name` */
  readonly tag?: string;
  /** `io.containerd.image.name` */
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A file of an archive; a link where `linkname` is there. */
export interface ArchiveFile {
  readonly path: string;
  readonly content?: Uint8Array | string;
  readonly linkname?: string;
  readonly type?: 'file' | 'symlink' | 'link' | 'directory';
}

/** The files of an OCI layout. */
export function layoutFiles(images: readonly Named[]): readonly ArchiveFile[] {
  const contents = images.flatMap(({ built }) => [...built.blobs, ...built.manifests, built.root]);
  const blobs = new Map(contents.map((content) => [blobFile(content), content.bytes]));
  const index = {
    schemaVersion: 2,
    mediaType: MEDIA.ociIndex,
    manifests: images.map(({ built: { root }, tag, name, annotations }) => ({
      ...{ mediaType: root.descriptor.mediaType, digest: root.descriptor.digest, size: root.descriptor.size },
      annotations: {
        ...annotations,
        ...(tag === undefined ? {} : { 'org.opencontainers.image.ref.name': tag }),
        ...(name === undefined ? {} : { 'io.containerd.image.name': name }),
      },
    })),
  };
  return [
    { path: 'oci-layout', content: JSON.stringify({ imageLayoutVersion: '1.0.0' }) },
    { path: 'index.json', content: JSON.stringify(index) },
    ...[...blobs].map(([path, content]) => ({ path, content })),
  ];
}

/** The files that Docker 25 and later save: a layout, and `manifest.json` for older programs. */
export function docker25Files(image: BuiltImage, name: string): readonly ArchiveFile[] {
  const manifest = [
    {
      Config: blobFile(image.config),
      RepoTags: [name],
      Layers: image.layers.map((layer) => blobFile(layer)),
    },
  ];
  return [
    ...layoutFiles([{ built: image, name: `docker.io/${name}`, tag: name.slice(name.lastIndexOf(':') + 1) }]),
    { path: 'manifest.json', content: JSON.stringify(manifest) },
  ];
}

/** The files that Docker before 25 saves: plain layer tars by id, the configuration by its digest. */
export function dockerFiles(image: BuiltImage, name: string): readonly ArchiveFile[] {
  const config = `${hexOf(image.config.descriptor.digest)}.json`;
  const layers = image.layers.map(({ tar }, index) => ({
    path: `${String(index).padStart(64, 'a')}/layer.tar`,
    content: tar,
  }));
  const manifest = [{ Config: config, RepoTags: [name], Layers: layers.map(({ path }) => path) }];
  return [
    ...layers.flatMap((layer) => [{ path: dirname(layer.path), type: 'directory' as const }, layer]),
    { path: config, content: image.config.bytes },
    { path: 'manifest.json', content: JSON.stringify(manifest) },
  ];
}

export async function writeOciLayout(folder: string, images: readonly Named[]): Promise<void> {
  await writeFiles(folder, layoutFiles(images));
}

export async function writeOciArchive(file: string, images: readonly Named[]): Promise<void> {
  await writeArchive(file, layoutFiles(images));
}

/** @param style `docker25` has an OCI layout too */
export async function writeDockerArchive(
  file: string,
  image: BuiltImage,
  { name = 'acme/shop:1', style = 'old' }: { name?: string; style?: 'old' | 'docker25' } = {},
): Promise<void> {
  await writeArchive(file, style === 'old' ? dockerFiles(image, name) : docker25Files(image, name));
}

export async function writeFiles(folder: string, files: readonly ArchiveFile[]): Promise<void> {
  for (const { path, content = '' } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

export async function writeArchive(file: string, files: readonly ArchiveFile[]): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createWriteStream(file));
  for (const { path, content = '', type = 'file', linkname } of files) {
    const header = { name: path, type, ...(linkname === undefined ? {} : { linkname }) };
    if (type === 'file') archive.entry(header, Buffer.from(content as string));
    else archive.entry(header);
  }
  archive.finalize();
  await written;
}

/** Where a layout keeps this content. */
export function blobFile({ descriptor }: Content): string {
  return `blobs/sha256/${hexOf(descriptor.digest)}`;
}
