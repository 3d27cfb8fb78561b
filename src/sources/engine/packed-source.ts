import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Limits } from '../../io/limits.ts';
import { verified } from '../../io/verified.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { type Digest, parseDigest } from '../../model/digest.ts';
import type { Image, Resolved } from '../../model/image.ts';
import type { ImageSource, ResolveOptions } from '../../model/image-source.ts';
import { MEDIA } from '../../model/media-type.ts';
import { type Content, describe } from '../documents/referrer-manifest.ts';
import { resolveImage } from '../resolve.ts';
import { openSpool, readSpool, writeSpool } from './spool.ts';

/** Types of layers that are not compressed, and of the same with gzip. */
const GZIPPED: ReadonlyMap<string, string> = new Map([
  [MEDIA.ociLayer, MEDIA.ociLayerGzip],
  [MEDIA.dockerLayer, MEDIA.dockerLayerGzip],
]);

interface Packed {
  readonly spool: FileHandle;
  readonly manifest: Content;
  /** where each layer lies in the spool, by its digest */
  readonly offsets: ReadonlyMap<Digest, number>;
}

/**
 * The image of another source with its layers as registries keep them: what is not compressed is, once, before it is judged. So
 * what is judged and what is pushed are the same bytes, and have the same digest. An image with a manifest over compressed
 * layers stays as it is.
 */
export class PackedSource implements ImageSource {
  readonly name: string;
  private readonly source: ImageSource;
  private readonly limits: Limits;
  private packed: Promise<Packed> | undefined;

  constructor(source: ImageSource, limits: Limits) {
    this.name = source.name;
    this.source = source;
    this.limits = limits;
  }

  async resolve(options: ResolveOptions = {}): Promise<Resolved> {
    const plain = await this.source.resolve(options);
    const [image, ...others] = plain.images;
    const isAlone = others.length === 0 && image?.manifest.digest === plain.subject.digest;
    if (image === undefined || !isAlone || image.layers.every(({ blob }) => !GZIPPED.has(blob.mediaType)))
      return plain;
    this.packed ??= this.pack(image);
    const { descriptor, bytes } = (await this.packed).manifest;
    const config = await this.read(image.configDescriptor);
    const resolved = await resolveImage(
      descriptor,
      async () => bytes,
      async () => config,
      { ...options, limits: this.limits },
    );
    // What the archive says beside its image is looked through as well.
    const images = resolved.images.map((one) => ({
      ...one,
      documents: [...one.documents, ...image.documents],
    }));
    return { ...resolved, images };
  }

  async manifest(what: Descriptor): Promise<Uint8Array> {
    const packed = await this.packed;
    return packed?.manifest.descriptor.digest === what.digest
      ? packed.manifest.bytes
      : this.source.manifest(what);
  }

  async *blob(what: Descriptor): AsyncIterable<Uint8Array> {
    const packed = await this.packed;
    const offset = packed?.offsets.get(what.digest);
    if (packed === undefined || offset === undefined) yield* this.source.blob(what);
    else yield* verified(readSpool(packed.spool, offset, what.size), what, `${what.digest} of ${this.name}`);
  }

  referrers(subject: Descriptor): AsyncIterable<Descriptor> {
    return this.source.referrers(subject);
  }

  companion(subject: Descriptor, suffix: 'sig' | 'att' | 'sbom'): Promise<Descriptor | undefined> {
    return this.source.companion(subject, suffix);
  }

  async close(): Promise<void> {
    const packed = await this.packed?.catch(() => undefined);
    this.packed = undefined;
    await packed?.spool.close();
    await this.source.close();
  }

  private async pack(image: Image): Promise<Packed> {
    const spool = await openSpool();
    try {
      const done = new Map<Digest, Descriptor>();
      const offsets = new Map<Digest, number>();
      const layers: Descriptor[] = [];
      let end = 0;
      for (const { blob } of image.layers) {
        const packed = done.get(blob.digest) ?? (await this.packLayer(blob, spool));
        if (!done.has(blob.digest) && packed !== blob) {
          offsets.set(packed.digest, end);
          end += packed.size;
        }
        done.set(blob.digest, packed);
        layers.push(packed);
      }
      return { spool, offsets, manifest: manifestOf(image, layers) };
    } catch (thrown) {
      await spool.close();
      throw thrown;
    }
  }

  private async packLayer(blob: Descriptor, spool: FileHandle): Promise<Descriptor> {
    const mediaType = GZIPPED.get(blob.mediaType);
    if (mediaType === undefined) return blob;
    const hash = createHash('sha256');
    const gzip = createGzip();
    pipeline(this.source.blob(blob), gzip, () => {}); // a fault of the source ends the reading of gzip
    const hashed = async function* () {
      for await (const chunk of gzip) {
        hash.update(chunk as Uint8Array);
        yield chunk as Uint8Array;
      }
    };
    const most = { bytes: this.limits.layerBytes, setting: 'layer-bytes' };
    const size = await writeSpool(spool, hashed(), most);
    return { mediaType, digest: parseDigest(`sha256:${hash.digest('hex')}`), size };
  }

  private async read(what: Descriptor): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.source.blob(what)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}

function manifestOf(image: Image, layers: readonly Descriptor[]): Content {
  const { mediaType } = image.manifest;
  const plain = ({ mediaType, digest, size }: Descriptor) => ({ mediaType, digest, size });
  const body = {
    schemaVersion: 2,
    mediaType,
    config: plain(image.configDescriptor),
    layers: layers.map(plain),
    ...(image.annotations.size === 0 ? {} : { annotations: Object.fromEntries(image.annotations) }),
  };
  return describe(mediaType, Buffer.from(JSON.stringify(body)));
}
