import { createHash } from 'node:crypto';
import { PratiqueError } from '../../errors.ts';
import type { Limits } from '../../io/limits.ts';
import { verified } from '../../io/verified.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { type Digest, parseDigest } from '../../model/digest.ts';
import type { Resolved } from '../../model/image.ts';
import type { ResolveOptions } from '../../model/image-source.ts';
import { MEDIA } from '../../model/media-type.ts';
import { printable, quoted } from '../../model/printable.ts';
import { readImageConfig } from '../documents/config.ts';
import { type Content, describe } from '../documents/referrer-manifest.ts';
import type { ArchiveFiles } from '../layout/archive-files.ts';
import { absent, readSmallFile } from '../layout/layout-files.ts';
import { resolveImage } from '../resolve.ts';
import { chooseSaved, notSaved, readSavedImages, type SavedImage, withItem } from './saved-images.ts';

interface Saved {
  readonly item: SavedImage;
  readonly manifest: Content;
  readonly config: Content;
  /** file in the archive, by the digest of its content */
  readonly layers: ReadonlyMap<Digest, string>;
}

/**
 * An image that `docker save` wrote before Docker 25. Such an archive has no manifest, so one is *made up* from
 * what it has: its digest is the same for the same archive, and is not the image's digest in any registry.
 */
export class SavedSource {
  private readonly files: ArchiveFiles;
  private readonly tag: string | undefined;
  private readonly limits: Limits;
  private saved: Promise<Saved> | undefined;

  constructor(files: ArchiveFiles, tag: string | undefined, limits: Limits) {
    this.files = files;
    this.tag = tag;
    this.limits = limits;
  }

  async resolve(options: ResolveOptions = {}): Promise<Resolved> {
    const { item, manifest, config } = await this.open();
    const resolved = await resolveImage(
      manifest.descriptor,
      async () => manifest.bytes,
      async () => config.bytes,
      { ...options, limits: this.limits },
    );
    return { ...resolved, images: resolved.images.map((image) => withItem(image, item)) };
  }

  async manifest(what: Descriptor): Promise<Uint8Array> {
    const { manifest } = await this.open();
    if (what.digest !== manifest.descriptor.digest) throw absent(this.files, what.digest);
    return manifest.bytes;
  }

  async *blob(what: Descriptor): AsyncIterable<Uint8Array> {
    const { config, layers } = await this.open();
    const where = `${what.digest} in ${this.files.name}`;
    if (what.digest === config.descriptor.digest) {
      yield* verified(once(config.bytes), what, where);
      return;
    }
    const path = layers.get(what.digest);
    if (path === undefined) throw absent(this.files, what.digest);
    yield* verified(this.files.read(path), what, where);
  }

  private open(): Promise<Saved> {
    this.saved ??= this.prepare();
    return this.saved;
  }

  private async prepare(): Promise<Saved> {
    const images = await readSavedImages(this.files, this.limits);
    const image = chooseSaved(images, this.files.name, this.tag);
    if (image === undefined) throw notSaved(images, this.files.name, this.tag);
    const config = await this.readConfig(image.config);
    const { diffIds } = readImageConfig(config.bytes, config.descriptor, this.limits);
    if (diffIds.length !== image.layers.length) throw miscounted(image, diffIds.length);
    const layers = new Map<Digest, string>();
    const descriptors: Descriptor[] = [];
    for (const [index, path] of image.layers.entries()) {
      const layer = await this.describeLayer(path, diffIds[index], layers);
      layers.set(layer.digest, layers.get(layer.digest) ?? path);
      descriptors.push(layer);
    }
    return { item: image, config, layers, manifest: makeManifest(config.descriptor, descriptors) };
  }

  private async readConfig(path: string): Promise<Content> {
    const config = describe(
      MEDIA.dockerConfig,
      await readSmallFile(this.files, path, this.limits.configBytes),
    );
    const promised = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(path)?.[1];
    if (promised === undefined || config.descriptor.digest === `sha256:${promised}`) return config;
    throw new PratiqueError('DIGEST_MISMATCH', {
      what: 'the configuration is not the one that its name promises',
      where: printable(this.files.name),
      why: `${quoted(path)} has the digest ${config.descriptor.digest}`,
    });
  }

  /**
   * A plain layer's digest is its diffID, which is verified when the layer is read: no need to read it twice.
   * A compressed layer, or a second file that claims the diffID of another, is hashed now.
   */
  private async describeLayer(
    path: string,
    diffId: Digest | undefined,
    known: ReadonlyMap<Digest, string>,
  ): Promise<Descriptor> {
    const size = await this.files.sizeOf(path);
    if (size === undefined) throw absent(this.files, path, 'save the image again');
    if (size > this.limits.layerBytes) throw tooBig(path, size, this.limits.layerBytes);
    const mediaType = await this.sniff(path);
    const first = diffId === undefined ? undefined : known.get(diffId);
    const isOther =
      first !== undefined && (await this.files.offsetOf(first)) !== (await this.files.offsetOf(path));
    const plain = mediaType === MEDIA.dockerLayer && diffId?.startsWith('sha256:') && !isOther;
    return { mediaType, digest: plain && diffId ? diffId : await this.hash(path), size };
  }

  private async sniff(path: string): Promise<string> {
    for await (const chunk of this.files.read(path)) {
      const start = Buffer.from(chunk.subarray(0, 4)).toString('hex');
      if (start.startsWith('1f8b')) return MEDIA.dockerLayerGzip;
      return start === '28b52ffd' ? MEDIA.ociLayerZstd : MEDIA.dockerLayer;
    }
    return MEDIA.dockerLayer;
  }

  private async hash(path: string): Promise<Digest> {
    const hash = createHash('sha256');
    for await (const chunk of this.files.read(path)) hash.update(chunk);
    return parseDigest(`sha256:${hash.digest('hex')}`);
  }
}

function makeManifest(config: Descriptor, layers: readonly Descriptor[]): Content {
  const body = { schemaVersion: 2, mediaType: MEDIA.dockerManifest, config, layers };
  return describe(MEDIA.dockerManifest, Buffer.from(JSON.stringify(body)));
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

function miscounted({ layers, config }: SavedImage, described: number): PratiqueError {
  return new PratiqueError('CONFIG_INVALID', {
    what: `the image has ${layers.length} layers, its configuration describes ${described}`,
    where: printable(config),
    why: 'runtimes disagree about what such an image holds',
  });
}

function tooBig(path: string, size: number, limit: number): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the layer ${quoted(path)} has ${size} bytes, more than ${limit}`,
    next: 'raise limits.layer-bytes in the policy if this is meant',
  });
}
