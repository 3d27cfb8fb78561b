import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { buildImage } from '../../src/demo/image-builder.ts';
import type { Digest } from '../../src/model/digest.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { describe } from '../../src/sources/documents/referrer-manifest.ts';
import { END, header, pax } from '../io/tar-parts.ts';
import { writeOciLayout } from './image-files.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** A layer as it is stored. */
export interface Bomb {
  readonly mediaType: string;
  readonly blob: Uint8Array;
  /** absent where nobody gets so far as to compare it */
  readonly diffId?: Digest;
}

/** A tar of one file `zeros` of 10 GiB, without padding and end; `sha256sum` and the CRC-32 of all its bytes. */
export const TEN_GIB = {
  head: header({ name: 'zeros', size: '\u0080\0\0\0\0\0\0\u0002\u0080\0\0\0' }),
  zeros: 10 * GiB,
  diffId: 'sha256:c07cf61293dd1cabe98f57f0c3d79dcd776e58fe4c65fabd250c0afb9295d000' as Digest,
  crc: 3_688_140_010,
};

/** So many zeros behind a few bytes, as one gzip member. The CRC is 0, which is wrong, where it does not matter. */
export function zerosInGzip(head: Uint8Array, zeros: number, crc = 0): Bomb {
  const piece = Buffer.alloc(16 * MiB);
  const flushed = deflateRawSync(piece, { finishFlush: constants.Z_FULL_FLUSH, level: 9 });
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE((head.length + zeros) % 2 ** 32, 4);
  const blob = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
    deflateRawSync(head, { finishFlush: constants.Z_FULL_FLUSH }),
    ...new Array<Buffer>(zeros / piece.length).fill(flushed),
    deflateRawSync(''),
    trailer,
  ]);
  return { mediaType: MEDIA.ociLayerGzip, blob };
}

/**
 * So many zeros behind a few bytes, as one zstd frame of blocks that say how often a byte comes: four bytes for
 * each 128 KiB.
 * @see RFC 8878, section 3.1.1.2.2
 */
export function zerosInZstd(head: Uint8Array, zeros: number): Bomb {
  const repeated = block(128 * KiB, 1, false, Buffer.alloc(1));
  const blob = Buffer.concat([
    Buffer.from('28b52ffd0038', 'hex'), // no sizes, no checksum, a window of 128 KiB
    block(head.length, 0, false, head),
    ...new Array<Buffer>(zeros / (128 * KiB)).fill(repeated),
    block(0, 0, true, Buffer.alloc(0)),
  ]);
  return { mediaType: MEDIA.ociLayerZstd, blob };
}

function block(length: number, type: 0 | 1, isLast: boolean, content: Uint8Array): Buffer {
  const head = Buffer.alloc(3);
  head.writeUIntLE((length << 3) | (type << 1) | (isLast ? 1 : 0), 0, 3);
  return Buffer.concat([head, content]);
}

/** A file that says it has a tebibyte, and has a mebibyte. */
export function boastfulFile(): Bomb {
  const size = '\u0080\0\0\0\0\0\u0001\0\0\0\0\0';
  return gzipped(Buffer.concat([header({ name: 'big', size }), Buffer.alloc(MiB)]));
}

/** A sparse file with a hole of a tebibyte and no byte of data: runtimes write until the disk is full. */
export function sparseHole(): Bomb {
  const size = String(2 ** 40);
  const records = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': size };
  const map = Buffer.alloc(512);
  map.write('0\n');
  return gzipped(Buffer.concat([pax(records), header({ name: 'hole', size: 512 }), map, END]));
}

/** Gzip members that hold nothing, so many of them that they seem to have no end (CVE-2022-30631). */
export function emptyMembers(count = 4_000_000): Bomb {
  const one = gzipSync('');
  return { mediaType: MEDIA.ociLayerGzip, blob: Buffer.alloc(count * one.length, one) };
}

/** Gzip in gzip in gzip; a runtime unpacks once, and rejects what is no tar. */
export function nestedGzip(depth: number): Bomb {
  let blob: Uint8Array = Buffer.alloc(MiB);
  for (let left = depth; left > 0; left -= 1) blob = gzipSync(blob);
  return { mediaType: MEDIA.ociLayerGzip, blob };
}

function gzipped(tar: Uint8Array): Bomb {
  return { mediaType: MEDIA.ociLayerGzip, blob: gzipSync(tar) };
}

/** Writes an OCI layout with an image, tagged `bomb`, that has this layer alone. */
export async function writeBomb(folder: string, { mediaType, blob, diffId }: Bomb): Promise<void> {
  const stored = describe(mediaType, blob);
  const layer = { ...stored, diffId: diffId ?? stored.descriptor.digest, tar: new Uint8Array(0) };
  await writeOciLayout(folder, [{ built: buildImage({ layers: [layer] }), tag: 'bomb' }]);
}
