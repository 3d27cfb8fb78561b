import { isSkippable } from '../../io/compression/zstd.ts';
import { littleEndian } from '../../io/compression/zstd-frame.ts';
import { BLOCK, readHeader } from '../../io/tar/tar-header.ts';
import { mayBePacked } from '../../io/upx/upx-start.ts';
import type { Packing } from './unpacked.ts';

/** What a file is, as far as that makes it worth looking into. */
export type Format =
  | { readonly kind: Packing | 'zlib' | 'zip' | 'tar' | 'deb' | 'git-pack' }
  /** a program or script, behind which an archive may stand, as in a self-extracting one */
  | { readonly kind: 'program' }
  /** a program of Linux that is packed, or of which the beginning does not tell that it is not */
  | { readonly kind: 'packed-program' }
  /** known, and not read by this version: what is in it stays unseen */
  | { readonly kind: 'sealed'; readonly name: string };

/** Bytes from the start of a file that are enough to tell what it is. */
export const HEAD_BYTES = BLOCK;

const TAR: Format = { kind: 'tar' };
const PACKED: readonly (readonly [Packing, string])[] = [
  ['xz', 'fd377a585a00'],
  ['bzip2', '425a683?314159265359'],
  ['bzip2', '425a683?177245385090'], // an empty stream, behind which another one may stand
  ['lz4', '04224d18'],
  ['lz4', '02214c18'],
  ['lzip', '4c5a4950'],
  ['compress', '1f9d'],
];
const SEALED: readonly (readonly [string, string])[] = [
  ['7z', '377abcaf271c'],
  ['rar', '526172211a07'],
  ['rpm', 'edabeedb'],
  ['cabinet', '4d53434600000000'],
  ['squashfs', '68737173'],
];
/** What the header of a file of `lzma` is told by; sizes in bytes. */
const LZMA = { properties: 0x5d, bytes: 13, dictionary: 2 ** 12, round: new Set([1, 1.5]), size: 2 ** 38 };
/** `PK\x03\x04`; `PK\x07\x08` or `PK00` before it marks a part of a split archive. */
const ZIP = /^504b(?:0304|(?:0708|3030)504b0304)/;
/** `PACK` and version 2 or 3 */
const GIT_PACK = /^5041434b0000000[23]/;
const DEB = Buffer.from('!<arch>\ndebian-binary').toString('hex');
/** `#!`, ELF and the programs of Windows */
const PROGRAM = /^(?:2321|7f454c46|4d5a)/;
/** The first two bytes of everything but tars, as numbers: what begins otherwise needs no second look. */
const STARTS = new Set(
  ['1f8b', '28b5', '504b', '5041', DEB, '2321', '7f45', '4d5a', '5d00']
    .concat([...PACKED, ...SEALED].map(([, magic]) => magic))
    .map((hex) => Number.parseInt(hex.slice(0, 4), 16)),
);
for (let byte = 0x50; byte <= 0x5f; byte++) STARTS.add(byte * 256 + 0x2a); // skippable zstd frames
for (let flags = 0; flags < 256; flags++) if (isZlibHeader([0x78, flags])) STARTS.add(0x7800 + flags);

/**
 * Tells by its first bytes what a file is; never by its name, which anybody may choose.
 * @param head the first `HEAD_BYTES`, or all there are
 */
export function formatOf(head: Uint8Array): Format | undefined {
  const first = head[0] ?? 0;
  const known = STARTS.has(first * 256 + (head[1] ?? 0)) ? formatByMagic(head, first) : undefined;
  return known ?? (isTarHeader(head) ? TAR : undefined);
}

function formatByMagic(head: Uint8Array, first: number): Format | undefined {
  const hex = Buffer.from(head.subarray(0, 24)).toString('hex');
  if (hex.startsWith('1f8b08')) return { kind: 'gzip' };
  if (hex.startsWith('28b52ffd') || startsSkippable(head)) return { kind: 'zstd' };
  if (ZIP.test(hex)) return { kind: 'zip' };
  if (hex.startsWith(DEB)) return { kind: 'deb' };
  if (GIT_PACK.test(hex)) return { kind: 'git-pack' };
  if (first === 0x78 && isZlibHeader(head)) return { kind: 'zlib' };
  const packed = PACKED.find(([, magic]) => fits(hex, magic));
  if (packed !== undefined) return { kind: packed[0] };
  if (first === LZMA.properties && isLzmaHeader(head)) return { kind: 'lzma' };
  const sealed = SEALED.find(([, magic]) => fits(hex, magic));
  if (sealed !== undefined) return { kind: 'sealed', name: sealed[0] };
  if (!PROGRAM.test(hex)) return undefined;
  return { kind: mayBePacked(head) ? 'packed-program' : 'program' };
}

function fits(hex: string, magic: string): boolean {
  for (let at = 0; at < magic.length; at++) if (magic[at] !== '?' && magic[at] !== hex[at]) return false;
  return true;
}

function startsSkippable(head: Uint8Array): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = head;
  return head.length >= 8 && isSkippable(a + 256 * (b + 256 * (c + 256 * d)));
}

/**
 * A file of `lzma` has no magic: what its encoders write is told by the properties that all of them take, a round size
 * of the dictionary, and a size that is left open, or can be and is followed by the zero with which the stream begins.
 */
function isLzmaHeader(head: Uint8Array): boolean {
  const dictionary = littleEndian(head.subarray(1, 5));
  const size = head.subarray(5, LZMA.bytes);
  const isRound =
    dictionary >= LZMA.dictionary && LZMA.round.has(dictionary / 2 ** Math.floor(Math.log2(dictionary)));
  const isOpen = size.every((byte) => byte === 0xff);
  return isRound && (isOpen || (head[LZMA.bytes] === 0 && littleEndian(size) < LZMA.size));
}

/** Two bytes that one file in a thousand begins with by chance: what then does not unpack never was one. */
function isZlibHeader([cmf = 0, flags = 0]: Uint8Array | readonly number[]): boolean {
  return (cmf * 256 + flags) % 31 === 0 && (flags & 0x20) === 0;
}

/** Any tar, the oldest without a magic among them: its checksum tells. */
function isTarHeader(head: Uint8Array): boolean {
  if (head.length < BLOCK) return false;
  // The checksum is written in octal, and most files have no digits there: this spares them the sum.
  for (let at = 148; at < 155; at++) {
    const byte = head[at] as number;
    if (byte !== 0 && byte !== 0x20 && (byte < 0x30 || byte > 0x37)) return false;
  }
  return typeof readHeader(head.subarray(0, BLOCK)) !== 'string';
}
