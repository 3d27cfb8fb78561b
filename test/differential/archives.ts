import { body, END, GNU_MAGIC, gnuLong, type HeaderParts, header, pax, seal } from '../io/tar-parts.ts';
import type { Random } from './random.ts';

const NAMES = [
  'a',
  'b',
  'etc/passwd',
  './c',
  'd/',
  '/abs',
  'x/../y',
  '../up',
  'n\u00e9',
  '\u00c3\u00a9',
  '.wh.a',
  'x'.repeat(100),
];
const MAGICS = ['ustar\u000000', GNU_MAGIC, '\0'.repeat(8), 'ustar\0\0\0', 'ustar  ', 'strange!'];
const TYPES = [...'00000123456701234561234560123456', '\0', '\0', ...'SVMDNZgxLKX', '\u00ff'];
/** Numbers as texts of 12 bytes that every reader takes. */
const FAIR_NUMBERS = [
  '00000000000\0',
  '00000000001\0',
  '00000000777\0',
  '           0',
  ' 1\0         ',
  '\0'.repeat(12),
  '000000000001',
  `\u0080${'\0'.repeat(11)}`,
  `\u0080${'\0'.repeat(10)}\u0001`,
  `5${'\0'.repeat(10)}7`,
];
/** Others: out of range, negative, of the wrong digits. */
const FOUL_NUMBERS = [
  '00000001000\0',
  '00000001001\0',
  '77777777777\0',
  '777777777777',
  '00000000008\0',
  '-0000000001\0',
  '0x1\0\0\0\0\0\0\0\0\0',
  '1 2\0\0\0\0\0\0\0\0\0',
  `\u0080\0\0\0\u007f${'\u00ff'.repeat(7)}`,
  '\u00ff'.repeat(12),
  `\u0080\0\0\0\u0080${'\0'.repeat(7)}`,
  `\u0080${'\0'.repeat(8)}\u0020\0\0`,
  `\u00c0${'\0'.repeat(11)}`,
];
export const NUMBERS = [...FAIR_NUMBERS, ...FOUL_NUMBERS];
/** Values of PAX records. */
export const VALUES = [
  '',
  '0',
  '1',
  '5',
  '512',
  '513',
  '-1',
  '+5',
  '05',
  '1e3',
  ' 5',
  '5 ',
  '1.5',
  '1.',
  '.5',
  '-0',
  '0x5',
  '1_0',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '4294967296',
  '1099511627776',
  'a',
  'a\0b',
  'a/b',
  '../x',
  'd/',
  'n\u00e9',
  '1,2',
  '0,0',
  '0,5,5,5',
  '0,1,2,3',
];
const FAIR_VALUES: Readonly<Record<string, readonly string[]>> = {
  path: [...NAMES, ''],
  linkpath: [...NAMES, ''],
  size: ['', '0', '1', '5', '05', '+5', '512', '513'],
  uid: ['', '0', '-1', '4294967296', '9223372036854775807', '-0'],
  gid: ['', '5', '4294967295'],
  mtime: ['', '1', '1.5', '1.', '-1.5', '+0'],
};
const KEYS = [
  'path',
  'path',
  'linkpath',
  'size',
  'uid',
  'gid',
  'uname',
  'gname',
  'mtime',
  'atime',
  'ctime',
  'comment',
  'hdrcharset',
  'charset',
  'SCHILY.xattr.user.a',
  'SCHILY.xattr.',
  'SCHILY.devmajor',
  'SCHILY.realsize',
  'LIBARCHIVE.creationtime',
  'p=q',
];
const SPARSE_KEYS = [
  'GNU.sparse.major',
  'GNU.sparse.minor',
  'GNU.sparse.name',
  'GNU.sparse.realsize',
  'GNU.sparse.size',
  'GNU.sparse.map',
  'GNU.sparse.numblocks',
  'GNU.sparse.offset',
  'GNU.sparse.numbytes',
  '',
  'key\0',
];

/** An archive of one to six entries: mostly well-formed, of every kind that formats know. */
export function makeArchive(random: Random): Buffer {
  const parts = Array.from({ length: 1 + random.below(6) }, () => makeEntry(random));
  if (random.chance(0.8)) parts.push(END);
  if (random.chance(0.1)) parts.push(content(random, 700));
  return Buffer.concat(parts);
}

function makeEntry(random: Random): Buffer {
  const make = random.pick([
    plainEntry,
    plainEntry,
    oddEntry,
    paxEntry,
    paxEntry,
    longEntry,
    sparseEntry,
    sparseEntry,
  ]);
  return make(random);
}

function content(random: Random, most: number): Buffer {
  return Buffer.alloc(random.below(most), `${random.below(10)}\n`);
}

function plainEntry(random: Random, parts: HeaderParts = {}): Buffer {
  const bytes = content(random, random.pick([1, 5, 600, 1500]));
  const block = header({
    name: random.pick(NAMES),
    size: bytes.length,
    magic: random.pick(MAGICS),
    ...parts,
  });
  return Buffer.concat([seal(block, random.chance(0.05) ? 'signed' : 'unsigned'), body(bytes)]);
}

function oddEntry(random: Random): Buffer {
  const block = header({
    name: random.pick(NAMES),
    type: random.pick(TYPES),
    size: random.chance(0.5) ? 0 : makeNumber(random),
    uid: makeNumber(random).slice(0, 8),
    mode: random.chance(0.8) ? 0o644 : makeNumber(random).slice(0, 8),
    linkName: random.pick(['', '', 'target', '../t', '/t']),
    prefix: random.pick(['', '', 'pre/fix', 'pr\u00e9', makeNumber(random)]),
    magic: random.pick(MAGICS),
  });
  if (random.chance(0.15)) block.write('tar\0', 508, 'latin1');
  return Buffer.concat([seal(block), random.chance(0.15) ? body(content(random, 1000)) : Buffer.alloc(0)]);
}

function paxEntry(random: Random): Buffer {
  const records = Array.from({ length: random.below(5) }, () => makeRecord(random));
  const parts = random.chance(0.02) ? { type: random.pick(['g', 'X']) } : {};
  return Buffer.concat([pax(records, parts), random.chance(0.7) ? plainEntry(random) : oddEntry(random)]);
}

function makeRecord(random: Random): readonly [string, string] {
  const key = random.chance(0.95) ? random.pick(KEYS) : random.pick(SPARSE_KEYS);
  return [key, random.pick(random.chance(0.05) ? VALUES : (FAIR_VALUES[key] ?? ['', '1', '5']))];
}

/** A number for a field of 12 bytes, or for a shorter one by its end or its beginning. */
function makeNumber(random: Random): string {
  return random.pick(random.chance(0.85) ? FAIR_NUMBERS : FOUL_NUMBERS);
}

function longEntry(random: Random): Buffer {
  const text = random.pick([
    ...NAMES,
    ...NAMES,
    'l'.repeat(255),
    'l'.repeat(256),
    'l/'.repeat(300),
    'cut\0off',
    '',
  ]);
  const long = gnuLong(random.pick(['L', 'K']), text);
  const more = random.chance(0.3) ? pax([makeRecord(random)]) : Buffer.alloc(0);
  return Buffer.concat([...(random.chance(0.5) ? [long, more] : [more, long]), plainEntry(random)]);
}

/** Runs of data with holes between them, as pairs of offset and length; and the size of the file. */
function makeMap(random: Random): { map: number[]; size: number; data: number } {
  const map: number[] = [];
  let at = 0;
  let data = 0;
  for (let run = random.below(4); run > 0; run -= 1) {
    at += random.pick([0, 1, 512, 3000]);
    const length = random.pick([0, 1, 511, 512, 700]);
    map.push(at, length);
    at += length;
    data += length;
  }
  return { map, size: at + random.pick([0, 1, 4096]), data };
}

function sparseEntry(random: Random): Buffer {
  const { map, size, data } = makeMap(random);
  const bytes = Buffer.alloc(data, 's');
  const name = random.pick(NAMES);
  const inBody = random.chance(0.5);
  if (inBody) {
    const lines = body([map.length / 2, ...map].map((number) => `${number}\n`).join(''));
    const records = {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': name,
      'GNU.sparse.realsize': `${size}`,
    };
    return Buffer.concat([
      pax(records),
      header({ name: 'GNUSparseFile.0/s', size: lines.length + data }),
      lines,
      body(bytes),
    ]);
  }
  const common = [
    ['GNU.sparse.size', `${size}`],
    ['GNU.sparse.numblocks', `${map.length / 2}`],
  ] as const;
  const pairs = map.map(
    (number, index) => [index % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes', `${number}`] as const,
  );
  const version = random.chance(0.5)
    ? ([
        ['GNU.sparse.major', '0'],
        ['GNU.sparse.minor', '1'],
      ] as const)
    : [];
  const records = random.chance(0.5)
    ? [...common, ...pairs]
    : [...version, ['GNU.sparse.name', name] as const, ...common, ['GNU.sparse.map', map.join(',')] as const];
  return Buffer.concat([pax(records), header({ name, size: data }), body(bytes)]);
}
