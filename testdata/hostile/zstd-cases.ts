import { constants, zstdCompressSync } from 'node:zlib';
import { blobCase, HALF, member, TAR, text } from './blobs.ts';
import { type HostileCase, TYPES } from './case.ts';
import { MARKER } from './tar-bytes.ts';

/** A zstd frame of raw blocks, written by hand. */
function frame(
  content: Uint8Array,
  descriptor: number,
  fields: readonly number[],
  more: Uint8Array = Buffer.alloc(0),
  type = 0,
): Buffer {
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | (type << 1) | 1, 0, 3);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor, ...fields]), block, content, more]);
}

function skippable(content: Uint8Array, { magic = 0x184d2a50, size = content.length } = {}): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(magic, 0);
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, content]);
}

function zs(name: string, note: string, ...parts: readonly Uint8Array[]): HostileCase {
  return blobCase(`zstd-${name}`, note, TYPES.zstd, () => Buffer.concat(parts));
}

export function zstdCases(): readonly HostileCase[] {
  const whole = zstdCompressSync(TAR);
  const checked = zstdCompressSync(TAR, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const bad = Buffer.from(checked);
  bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
  const halves = [TAR.subarray(0, HALF), TAR.subarray(HALF)].map((half) => zstdCompressSync(half));
  const [first = whole, second = whole] = halves;
  const sized = (bytes: number) => [bytes & 0xff, (bytes >> 8) & 0xff, 0, 0];
  const window = (descriptor: number) => frame(TAR, 0, [descriptor]);
  return [
    zs('plain', 'one frame', whole),
    zs('checksum', 'one frame with a checksum', checked),
    zs('checksum-wrong', 'a wrong checksum', bad),
    zs('checksum-cut', 'a checksum cut off', checked.subarray(0, -2)),
    zs('two-frames', 'two frames', first, second),
    zs('empty-frame-between', 'an empty frame between', first, zstdCompressSync(Buffer.alloc(0)), second),
    zs('skippable-first', 'a skippable frame first', skippable(text(MARKER)), whole),
    zs(
      'skippable-between',
      'a skippable frame between',
      first,
      skippable(text(MARKER), { magic: 0x184d2a5f }),
      second,
    ),
    zs('skippable-last', 'a skippable frame last', whole, skippable(text(MARKER))),
    zs('skippable-empty', 'a skippable frame of no bytes', skippable(Buffer.alloc(0)), whole),
    zs(
      'skippable-too-long',
      'a skippable frame longer than the file',
      whole,
      skippable(text('x'), { size: 1000 }),
    ),
    zs('skippable-hides-frame', 'a frame inside a skippable one', skippable(second), whole),
    zs(
      'skippable-magic-60',
      'one more than the last skippable magic',
      whole,
      skippable(text('x'), { magic: 0x184d2a60 }),
    ),
    blobCase(
      'zstd-only-skippable',
      'nothing but a skippable frame',
      TYPES.zstd,
      () => skippable(text('x')),
      Buffer.alloc(0),
    ),
    zs('trailing-zeros', 'zeros behind', whole, Buffer.alloc(512)),
    zs('trailing-byte', 'one byte behind', whole, Buffer.alloc(1)),
    zs('trailing-text', 'text behind', whole, text(MARKER)),
    zs('trailing-gzip', 'a gzip member behind', whole, member(TAR)),
    zs('cut-in-header', 'cut off in the header', whole.subarray(0, 5)),
    zs('cut-in-block', 'cut off in a block', whole.subarray(0, -5)),
    zs('cut-second-frame', 'cut off in the second frame', first, second.subarray(0, -1)),
    zs('raw-block', 'a frame written by hand', frame(TAR, 0xa0, sized(TAR.length))),
    zs('size-too-small', 'a content size that is too small', frame(TAR, 0xa0, sized(TAR.length - 1))),
    zs('size-too-large', 'a content size that is too large', frame(TAR, 0xa0, sized(TAR.length + 1))),
    zs('reserved-bit', 'the reserved bit of the header', frame(TAR, 0xa8, sized(TAR.length))),
    zs('unused-bit', 'the unused bit of the header', frame(TAR, 0xb0, sized(TAR.length))),
    zs('dictionary', 'wants a dictionary', frame(TAR, 0xa1, [7, ...sized(TAR.length)])),
    zs('dictionary-0', 'wants the dictionary of number 0', frame(TAR, 0xa1, [0, ...sized(TAR.length)])),
    zs('block-type-3', 'a reserved block type', frame(TAR, 0xa0, sized(TAR.length), Buffer.alloc(0), 3)),
    zs('window-1-mib', 'a window of 1 MiB', window(10 << 3)),
    zs('window-128-mib', 'a window of 128 MiB', window(17 << 3)),
    zs('window-144-mib', 'a window of 144 MiB', window((17 << 3) | 1)),
    zs('window-2-gib', 'a window of 2 GiB', window(21 << 3)),
    zs('window-largest', 'the largest window', window(0xff)),
    zs(
      'magic-v0.7',
      'the magic of an older format',
      Buffer.from([0x27, 0xb5, 0x2f, 0xfd]),
      whole.subarray(4),
    ),
  ];
}
