import { crc32, deflateRawSync } from 'node:zlib';
import { digestOf, type HostileCase, layered } from './case.ts';
import { evil, ok, tarOf } from './tar-bytes.ts';

export const TAR = tarOf(ok(), evil());
export const HALF = 700;

export interface MemberParts {
  readonly flags?: number;
  /** between the fixed header and the data: extra field, name, comment, checksum */
  readonly fields?: Uint8Array;
  readonly data?: Uint8Array;
  readonly crc?: number;
  readonly length?: number;
  readonly header?: Uint8Array;
}

/** One gzip member; any part may be a lie. */
export function member(content: Uint8Array, parts: MemberParts = {}): Buffer {
  const head = Buffer.from([0x1f, 0x8b, 8, parts.flags ?? 0, 0, 0, 0, 0, 0, 3]);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE((parts.crc ?? crc32(content)) >>> 0, 0);
  trailer.writeUInt32LE((parts.length ?? content.length) >>> 0, 4);
  return Buffer.concat([
    parts.header ?? head,
    parts.fields ?? Buffer.alloc(0),
    parts.data ?? deflateRawSync(content),
    trailer,
  ]);
}

export function blobCase(
  name: string,
  note: string,
  mediaType: string,
  blob: () => Uint8Array,
  tar: Uint8Array = TAR,
): HostileCase {
  return layered('compression', name, note, () => [{ blob: blob(), mediaType, diffId: digestOf(tar) }]);
}

export const text = (value: string) => Buffer.from(value, 'latin1');
