import { gnuLong, header, pax } from '../../test/io/tar-parts.ts';
import type { HostileCase } from './case.ts';
import { base256, evil, ghost, ok, withPax } from './tar-bytes.ts';
import { rawCase, tarCase } from './tar-header-cases.ts';

/** What the body of an extended header can be instead of records. */
const BODIES: Readonly<Record<string, readonly [string, string]>> = {
  'no-newline': ['11 path=abc', 'a record without its line end'],
  'too-long': ['99 path=abc\n', 'a record longer than the header'],
  'too-short': ['5 path=abc\n', 'a length that ends inside the key'],
  'length-zero': ['0 path=abc\n', 'a length of nothing'],
  'length-negative': ['-12 path=abc\n', 'a negative length'],
  'length-plus': ['+12 path=abc\n', 'a length with a plus sign'],
  'length-octal': ['014 path=abc\n', 'a length with a zero in front'],
  'length-space': [' 13 path=abc\n', 'a space before the length'],
  'length-hex': ['0xc path=abc\n', 'a hexadecimal length'],
  'length-huge': [`${'9'.repeat(30)} path=abc\n`, 'a length past 64 bits'],
  'no-equals': ['12 path:abc\n', 'no equals sign'],
  'no-key': ['8 =abcd\n', 'no key'],
  'no-space': ['12path=abcd\n', 'no space'],
  'key-with-nul': ['13 pa\0th=abc\n', 'a NUL in a key'],
  'path-with-nul': ['13 path=a\0bc\n', 'a NUL in a path'],
  'path-with-newline': ['13 path=a\nbc\n', 'a line end in a path'],
  'value-with-equals': ['13 path=a=bc\n', 'an equals sign in a value'],
  empty: ['', 'no record at all'],
  'zeros-behind': ['12 path=abc\n\0\0\0\0', 'NULs behind the last record'],
  'spaces-behind': ['12 path=abc\n    ', 'spaces behind the last record'],
  'unknown-key': ['12 what=abc\n', 'a key that nobody knows'],
  'upper-case-key': ['12 PATH=abc\n', 'a key in upper case'],
  hdrcharset: ['26 hdrcharset=BINARY0000\n', 'another character set'],
  'not-utf8': ['12 path=\xff\xfec\n', 'a path that is not UTF-8'],
};

const NUMBERS: Readonly<Record<string, string>> = {
  plus: '+25',
  minus: '-25',
  'minus-zero': '-0',
  float: '25.0',
  exponent: '25e0',
  hex: '0x19',
  octal: '031',
  'leading-space': ' 25',
  'trailing-space': '25 ',
  underscore: '2_5',
  empty: '',
  nul: '25\0',
  'arabic-digits': '\xd9\xa2\xd9\xa5',
  '2-63': '9223372036854775808',
  '2-64-and-25': '18446744073709551641',
  '2-53-and-1': '9007199254740993',
  zeros: `${'0'.repeat(40)}25`,
};

function bodies(): readonly HostileCase[] {
  return Object.entries(BODIES).map(([name, [text, note]]) =>
    tarCase(`pax-${name}`, note, ok(), pax(text), evil('named.txt')),
  );
}

function numbers(): readonly HostileCase[] {
  return Object.entries(NUMBERS).flatMap(([name, value]) => [
    tarCase(
      `pax-size-${name}`,
      `size ${JSON.stringify(value)}`,
      ok(),
      withPax({ size: value }, evil('s.txt')),
      evil(),
    ),
    tarCase(
      `pax-uid-${name}`,
      `uid ${JSON.stringify(value)}`,
      ok(),
      withPax({ uid: value }, evil('s.txt')),
      evil(),
    ),
  ]);
}

function sizes(): readonly HostileCase[] {
  const inside = ghost('ghost.txt');
  return [
    tarCase(
      'pax-size-larger',
      'PAX says that the next file is part of this one',
      ok(),
      withPax({ size: String(inside.length) }, header({ name: 'big', size: 0 })),
      inside,
    ),
    tarCase(
      'pax-size-smaller',
      'PAX says nothing, the header swallows a file',
      ok(),
      withPax({ size: '0' }, header({ name: 'small', size: inside.length })),
      inside,
    ),
    tarCase(
      'pax-size-twice',
      'two sizes: the last counts',
      ok(),
      pax([
        ['size', '0'],
        ['size', String(inside.length)],
      ]),
      header({ name: 'big', size: 0 }),
      inside,
    ),
    tarCase(
      'pax-size-twice-then-empty',
      'a size, then an empty one',
      ok(),
      pax([
        ['size', String(inside.length)],
        ['size', ''],
      ]),
      header({ name: 'big', size: 0 }),
      inside,
    ),
    tarCase(
      'pax-two-headers',
      'the second takes the place of the first',
      ok(),
      pax({ path: 'first' }),
      pax({ size: String(inside.length) }),
      header({ name: 'second', size: 0 }),
      inside,
    ),
    tarCase(
      'pax-size-over-base256',
      'PAX against base 256',
      ok(),
      withPax({ size: '0' }, header({ name: 'b', size: base256(BigInt(inside.length)) })),
      inside,
    ),
    tarCase(
      'pax-size-on-directory',
      'a size for a folder',
      ok(),
      withPax({ size: '1024' }, header({ name: 'd/', type: '5' })),
      inside,
    ),
    tarCase(
      'pax-size-on-hardlink',
      'a size for a hardlink',
      ok(),
      withPax({ size: '1024' }, header({ name: 'h', type: '1', linkName: 'ok.txt' })),
      inside,
    ),
    tarCase(
      'pax-size-before-long-name',
      'a size that is not for the long name',
      ok(),
      pax({ size: String(inside.length) }),
      gnuLong('L', 'long-name'),
      header({ name: 'short', size: 0 }),
      inside,
    ),
    tarCase(
      'pax-header-with-negative-size',
      'an extended header of size minus one',
      ok(),
      header({ name: 'x', type: 'x', size: base256(-1n) }),
      evil(),
    ),
    tarCase(
      'pax-header-with-name-slash',
      'the extended header itself looks like a folder',
      ok(),
      pax({ path: 'p.txt' }, { name: 'PaxHeaders/' }),
      evil('x'),
    ),
    tarCase(
      'pax-header-bad-number',
      'letters in the size of an extended header',
      ok(),
      header({ name: 'x', type: 'x', size: 'zzz' }),
      evil(),
    ),
    tarCase('pax-X', 'the letter that Solaris used', ok(), pax({ path: 'p.txt' }, { type: 'X' }), evil('x')),
    rawCase('pax-then-nothing', 'an extended header and the end of the file', ok(), pax({ path: 'p' })),
    tarCase('pax-then-end', 'an extended header and the end marker', ok(), pax({ path: 'p' })),
    tarCase('pax-1-mib', 'records of one MiB', ok(), pax({ comment: 'c'.repeat((1 << 20) - 600) }), evil()),
    tarCase(
      'pax-over-1-mib',
      'records of more than one MiB',
      ok(),
      pax({ comment: 'c'.repeat(1 << 20) }),
      evil(),
    ),
  ];
}

function globals(): readonly HostileCase[] {
  const of = (records: Record<string, string>) => pax(records, { type: 'g', name: 'pax_global_header' });
  return [
    tarCase('global-path', 'a path for every entry', ok(), of({ path: 'all.txt' }), evil('x')),
    tarCase('global-size', 'a size for every entry', ok(), of({ size: '0' }), evil('x')),
    tarCase('global-comment', 'as git archive writes it', of({ comment: 'c'.repeat(40) }), ok(), evil('x')),
    tarCase(
      'global-bad',
      'a global header that is none',
      ok(),
      pax('99 path=abc\n', { type: 'g' }),
      evil('x'),
    ),
    tarCase('global-last', 'a global header with nothing behind it', ok(), evil(), of({ comment: 'c' })),
    tarCase(
      'global-between-pax-and-file',
      'a global header in between',
      ok(),
      pax({ path: 'p.txt' }),
      of({ comment: 'c' }),
      evil('x'),
    ),
  ];
}

export function paxCases(): readonly HostileCase[] {
  return [...bodies(), ...numbers(), ...sizes(), ...globals()];
}
