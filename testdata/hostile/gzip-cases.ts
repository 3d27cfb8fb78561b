import { constants, crc32, deflateRawSync, zstdCompressSync } from 'node:zlib';
import { blobCase, HALF, type MemberParts, member, TAR, text } from './blobs.ts';
import { type HostileCase, TYPES } from './case.ts';
import { evil, MARKER } from './tar-bytes.ts';

const FLAGS = { text: 1, headerCrc: 2, extra: 4, name: 8, comment: 16 };

function gz(name: string, note: string, ...parts: readonly Uint8Array[]): HostileCase {
  return blobCase(`gzip-${name}`, note, TYPES.gzip, () => Buffer.concat(parts));
}

function withHeaderCrc(fields: Uint8Array, flags: number, wrong = 0): MemberParts {
  const head = Buffer.from([0x1f, 0x8b, 8, flags | FLAGS.headerCrc, 0, 0, 0, 0, 0, 3]);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(((crc32(Buffer.concat([head, fields])) & 0xffff) + wrong) & 0xffff);
  return { flags: flags | FLAGS.headerCrc, fields: Buffer.concat([fields, sum]) };
}

function extra(bytes: number): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(bytes);
  return Buffer.concat([length, Buffer.alloc(bytes, 'x')]);
}

function headers(): readonly HostileCase[] {
  const { text: asText, extra: withExtra, name, comment } = FLAGS;
  const all = Buffer.concat([extra(10), text('name\0'), text('comment\0')]);
  const fixed = (at: number, value: number) => {
    const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    head[at] = value;
    return { header: head };
  };
  return [
    gz('plain', 'one member', member(TAR)),
    gz('text-flag', 'says that it is text', member(TAR, { flags: asText })),
    gz('extra', 'an extra field', member(TAR, { flags: withExtra, fields: extra(20) })),
    gz('extra-empty', 'an extra field of no bytes', member(TAR, { flags: withExtra, fields: extra(0) })),
    gz('extra-64-kib', 'the longest extra field', member(TAR, { flags: withExtra, fields: extra(65_535) })),
    gz('name', 'a name', member(TAR, { flags: name, fields: text('layer.tar\0') })),
    gz('name-511', 'a name of 511 bytes', member(TAR, { flags: name, fields: text(`${'n'.repeat(511)}\0`) })),
    gz('name-512', 'a name of 512 bytes', member(TAR, { flags: name, fields: text(`${'n'.repeat(512)}\0`) })),
    gz(
      'name-5000',
      'a name of 5000 bytes',
      member(TAR, { flags: name, fields: text(`${'n'.repeat(5000)}\0`) }),
    ),
    gz('name-latin1', 'a name that is not UTF-8', member(TAR, { flags: name, fields: text('n\xe9\0') })),
    gz('comment', 'a comment', member(TAR, { flags: comment, fields: text('hello\0') })),
    gz(
      'comment-600',
      'a comment of 600 bytes',
      member(TAR, { flags: comment, fields: text(`${'c'.repeat(600)}\0`) }),
    ),
    gz('all-fields', 'every field', member(TAR, withHeaderCrc(all, withExtra | name | comment | asText))),
    gz('header-crc', 'a checksum of the header', member(TAR, withHeaderCrc(Buffer.alloc(0), 0))),
    gz(
      'header-crc-extra',
      'a checksum over an extra field',
      member(TAR, withHeaderCrc(extra(10), withExtra)),
    ),
    gz('header-crc-name', 'a checksum over a name', member(TAR, withHeaderCrc(text('name\0'), name))),
    gz(
      'header-crc-comment',
      'a checksum over a comment',
      member(TAR, withHeaderCrc(text('comment\0'), comment)),
    ),
    gz(
      'header-crc-text',
      'a checksum and the flag for text',
      member(TAR, withHeaderCrc(Buffer.alloc(0), asText)),
    ),
    gz(
      'header-crc-wrong',
      'a wrong checksum of the header',
      member(TAR, withHeaderCrc(Buffer.alloc(0), 0, 1)),
    ),
    gz(
      'header-crc-wrong-in-second',
      'the same in the second member',
      member(TAR.subarray(0, HALF)),
      member(TAR.subarray(HALF), withHeaderCrc(Buffer.alloc(0), 0, 1)),
    ),
    ...[0x20, 0x40, 0x80].map((flag) =>
      gz(`reserved-${flag.toString(16)}`, 'a reserved flag', member(TAR, { flags: flag })),
    ),
    gz(
      'reserved-in-second',
      'a reserved flag in the second member',
      member(TAR.subarray(0, HALF)),
      member(TAR.subarray(HALF), { flags: 0x20 }),
    ),
    gz('method-7', 'another method than deflate', member(TAR, fixed(2, 7))),
    gz('xfl-os', 'other hints in the header', member(TAR, fixed(8, 255))),
    gz(
      'magic-in-second',
      'another magic in the second member',
      member(TAR.subarray(0, HALF)),
      member(TAR.subarray(HALF), fixed(1, 0x9e)),
    ),
  ];
}

function trailers(): readonly HostileCase[] {
  const whole = member(TAR);
  const cut = (bytes: number, region: string) =>
    gz(`cut-at-${bytes < 0 ? `minus${bytes}` : bytes}`, `cut off ${region}`, whole.subarray(0, bytes));
  return [
    gz('crc-wrong', 'a wrong checksum', member(TAR, { crc: crc32(TAR) ^ 1 })),
    gz('length-wrong', 'a wrong length', member(TAR, { length: TAR.length + 1 })),
    gz(
      'crc-wrong-in-second',
      'a wrong checksum in the second member',
      member(TAR.subarray(0, HALF)),
      member(TAR.subarray(HALF), { crc: 1 }),
    ),
    cut(1, 'in the magic'),
    cut(5, 'in the header'),
    cut(10, 'before the data'),
    cut(40, 'in the data'),
    cut(-8, 'before the trailer'),
    cut(-4, 'in the trailer'),
    cut(-1, 'one byte before the end'),
    gz('trailing-zero', 'one zero byte behind', whole, Buffer.alloc(1)),
    gz('trailing-zeros', '512 zero bytes behind', whole, Buffer.alloc(512)),
    gz('trailing-text', 'text behind', whole, text(MARKER)),
    gz('trailing-1f', 'half a magic behind', whole, Buffer.from([0x1f])),
    gz('trailing-magic', 'a magic and no more behind', whole, Buffer.from([0x1f, 0x8b])),
    gz('trailing-header', 'a header and no more behind', whole, member(TAR).subarray(0, 10)),
    gz('trailing-zstd', 'a zstd frame behind', whole, zstdCompressSync(TAR)),
    gz('trailing-tar', 'a tar behind', whole, TAR),
  ];
}

function members(): readonly HostileCase[] {
  const first = member(TAR.subarray(0, HALF));
  const second = member(TAR.subarray(HALF));
  const empty = member(Buffer.alloc(0));
  const level = (value: number) => deflateRawSync(TAR, { level: value });
  return [
    gz('two-members', 'two members', first, second),
    gz(
      'many-members',
      'one member for each byte of a block',
      ...Array.from({ length: 512 }, (_, at) => member(TAR.subarray(at, at + 1))),
      member(TAR.subarray(512)),
    ),
    gz('empty-first', 'an empty member first', empty, first, second),
    gz('empty-between', 'an empty member between', first, empty, second),
    gz('empty-last', 'an empty member last', first, second, empty),
    gz(
      'empty-many',
      'ten thousand empty members',
      first,
      ...Array.from({ length: 10_000 }, () => empty),
      second,
    ),
    gz(
      'empty-stored-between',
      'an empty stored member between',
      first,
      member(Buffer.alloc(0), { data: Buffer.from([1, 0, 0, 0xff, 0xff]) }),
      second,
    ),
    blobCase('gzip-only-empty', 'an empty member and nothing else', TYPES.gzip, () => empty, Buffer.alloc(0)),
    gz('stored', 'stored blocks', member(TAR, { data: level(0) })),
    gz(
      'fixed-codes',
      'fixed codes',
      member(TAR, { data: deflateRawSync(TAR, { strategy: constants.Z_FIXED }) }),
    ),
    gz(
      'full-flushes',
      'flushed in the middle',
      member(TAR, {
        data: Buffer.concat([
          deflateRawSync(TAR.subarray(0, HALF), { finishFlush: constants.Z_FULL_FLUSH }),
          deflateRawSync(TAR.subarray(HALF)),
        ]),
      }),
    ),
    gz(
      'stored-length-wrong',
      'a stored block whose length lies',
      member(TAR, { data: Buffer.from([1, 5, 0, 5, 0, 1, 2, 3, 4, 5]) }),
    ),
    gz('block-type-3', 'a block type that there is not', member(TAR, { data: Buffer.from([7, 0, 0]) })),
    gz(
      'distance-too-far',
      'copies from before the beginning',
      member(TAR, { data: Buffer.from([0x63, 0x00, 0x02, 0x31, 0x00]) }),
    ),
    gz(
      'bytes-in-data',
      'bytes between the data and the trailer',
      member(TAR, { data: Buffer.concat([deflateRawSync(TAR), Buffer.alloc(3)]) }),
    ),
    gz('more-than-diff-id', 'more content than the diffID covers', member(TAR), member(evil('more.txt'))),
  ];
}

export function gzipCases(): readonly HostileCase[] {
  return [...headers(), ...trailers(), ...members()];
}
