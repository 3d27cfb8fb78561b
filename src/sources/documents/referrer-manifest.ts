import { createHash } from 'node:crypto';
import type { Descriptor } from '../../model/descriptor.ts';
import { parseDigest } from '../../model/digest.ts';
import type { Attachment } from '../../model/image-source.ts';
import { MEDIA } from '../../model/media-type.ts';

/** A piece of content and its name. */
export interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** What to store, in this order: the blobs, then the manifest. */
export interface ReferrerParts {
  readonly blobs: readonly Content[];
  readonly manifest: Content;
}

/**
 * Lays an attachment out as an artifact manifest: an empty configuration, one layer, the image as subject.
 * The same attachment always gives the same bytes.
 * @see OCI image-spec v1.1.1, manifest.md, "Guidelines for Artifact Usage"
 */
export function referrerManifest(subject: Descriptor, attachment: Attachment): ReferrerParts {
  const { artifactType, mediaType, annotations } = attachment;
  const config = describe(MEDIA.ociEmpty, Buffer.from('{}'));
  const layer = describe(mediaType, attachment.content);
  const body = {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    artifactType,
    config: plain(config.descriptor),
    layers: [plain(layer.descriptor)],
    subject: plain(subject),
    annotations,
  };
  const { descriptor, bytes } = describe(MEDIA.ociManifest, Buffer.from(JSON.stringify(body)));
  const named = { ...descriptor, artifactType, annotations: new Map(Object.entries(annotations)) };
  return { blobs: [config, layer], manifest: { descriptor: named, bytes } };
}

/** Content with its sha256 descriptor. */
export function describe(mediaType: string, bytes: Uint8Array): Content {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

function plain({ mediaType, digest, size }: Descriptor) {
  return { mediaType, digest, size };
}
