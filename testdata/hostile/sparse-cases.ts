import { body, GNU_MAGIC, header, pax } from '../../test/io/tar-parts.ts';
import type { HostileCase } from './case.ts';
import { evil, ok, patched } from './tar-bytes.ts';
import { tarCase } from './tar-header-cases.ts';

/** A sparse file of GNU's oldest format: the map stands in the header. */
function oldSparse(
  map: readonly (readonly [number, number])[],
  realSize: number,
  more: readonly (readonly [number, string])[] = [],
): Buffer {
  const octal = (value: number) => `${value.toString(8).padStart(11, '0')}\0`;
  const bytes = map.reduce((sum, [, length]) => sum + length, 0);
  const runs = map.flatMap(([offset, length], at): (readonly [number, string])[] => [
    [386 + 24 * at, octal(offset)],
    [398 + 24 * at, octal(length)],
  ]);
  return Buffer.concat([
    patched(
      { name: 'sparse', type: 'S', size: bytes, magic: GNU_MAGIC },
      ...runs,
      [483, octal(realSize)],
      ...more,
    ),
    body('d'.repeat(bytes)),
  ]);
}

const SPARSE_MAPS: Readonly<Record<string, readonly [string, string, string]>> = {
  good: ['2', '0,10,100,15', 'two runs'],
  'no-runs': ['0', '', 'no runs'],
  overlapping: ['2', '0,10,5,15', 'runs that overlap'],
  backwards: ['2', '100,10,0,15', 'runs in the wrong order'],
  'past-end': ['1', '190,25', 'a run behind the end'],
  'too-few-bytes': ['1', '0,10', 'fewer bytes than the body has'],
  'too-many-bytes': ['1', '0,30', 'more bytes than the body has'],
  'odd-count': ['1', '0,10,100', 'an offset without a length'],
  'wrong-count': ['3', '0,10,100,15', 'a count that is too large'],
  negative: ['1', '-5,25', 'a negative offset'],
  letters: ['1', 'a,25', 'letters'],
  'negative-count': ['-1', '', 'a negative count'],
};

export function sparseCases(): readonly HostileCase[] {
  const data = body('s'.repeat(25));
  const maps = Object.entries(SPARSE_MAPS).flatMap(([name, [count, map, note]]) => {
    const common = { 'GNU.sparse.name': 'sparse.bin', 'GNU.sparse.realsize': '200' };
    const records = {
      'GNU.sparse.major': '0',
      'GNU.sparse.minor': '1',
      'GNU.sparse.numblocks': count,
      'GNU.sparse.map': map,
    };
    const text = body([count, ...(map === '' ? [] : map.split(',')), ''].join('\n'));
    const inBody = { ...common, 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' };
    return [
      tarCase(
        `sparse-0.1-${name}`,
        note,
        ok(),
        pax({ ...common, ...records }),
        header({ name: 'raw', size: 25 }),
        data,
        evil(),
      ),
      tarCase(
        `sparse-1.0-${name}`,
        note,
        ok(),
        pax(inBody),
        header({ name: 'raw', size: text.length + 25 }),
        text,
        data,
        evil(),
      ),
    ];
  });
  const zero = [
    ['GNU.sparse.size', '200'],
    ['GNU.sparse.numblocks', '1'],
    ['GNU.sparse.offset', '50'],
    ['GNU.sparse.numbytes', '25'],
  ] as const;
  return [
    ...maps,
    tarCase(
      'sparse-0.0',
      'the map as repeated keys',
      ok(),
      pax([['GNU.sparse.major', '0'], ['GNU.sparse.minor', '0'], ...zero]),
      header({ name: 'raw', size: 25 }),
      data,
      evil(),
    ),
    tarCase(
      'sparse-0.0-no-version',
      'the same without a version',
      ok(),
      pax(zero),
      header({ name: 'raw', size: 25 }),
      data,
      evil(),
    ),
    tarCase(
      'sparse-0.0-swapped',
      'lengths before offsets',
      ok(),
      pax([
        ['GNU.sparse.size', '200'],
        ['GNU.sparse.numblocks', '1'],
        ['GNU.sparse.numbytes', '25'],
        ['GNU.sparse.offset', '50'],
      ]),
      header({ name: 'raw', size: 25 }),
      data,
      evil(),
    ),
    tarCase(
      'sparse-2.0',
      'a version that there is not',
      ok(),
      pax({ 'GNU.sparse.major': '2', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'other' }),
      header({ name: 'raw', size: 25 }),
      data,
      evil(),
    ),
    tarCase(
      'sparse-on-symlink',
      'a map for a symlink',
      ok(),
      pax({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'l' }),
      header({ name: 'l', type: '2', linkName: 'ok.txt' }),
      evil(),
    ),
    tarCase(
      'sparse-1.0-cut',
      'a map that does not end',
      ok(),
      pax({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' }),
      header({ name: 'raw', size: 512 }),
      body('9999\n1\n'),
      evil(),
    ),
    tarCase(
      'sparse-1.0-small-body',
      'a body smaller than a map',
      ok(),
      pax({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' }),
      header({ name: 'raw', size: 4 }),
      body('0\n'),
      evil(),
    ),
    tarCase(
      'sparse-hole-64-kib',
      'nothing but a hole',
      ok(),
      pax({
        'GNU.sparse.major': '0',
        'GNU.sparse.minor': '1',
        'GNU.sparse.size': '65536',
        'GNU.sparse.numblocks': '0',
        'GNU.sparse.map': '',
      }),
      header({ name: 'hole', size: 0 }),
      evil(),
    ),
    tarCase(
      'sparse-hole-unnamed',
      'nothing but a hole, with a map and no version',
      ok(),
      pax({ 'GNU.sparse.size': '4096', 'GNU.sparse.numblocks': '1', 'GNU.sparse.map': '4096,0' }),
      header({ name: 'hole', size: 0 }),
      evil(),
    ),
    tarCase(
      'sparse-old',
      'the oldest format',
      ok(),
      oldSparse(
        [
          [0, 5],
          [100, 5],
        ],
        200,
      ),
      evil(),
    ),
    tarCase('sparse-old-empty', 'the oldest format without a map', ok(), oldSparse([], 0), evil()),
    tarCase(
      'sparse-old-extended',
      'more of the map in the next block',
      ok(),
      oldSparse([[0, 5]], 200, [[482, '\x01']]),
      evil(),
    ),
  ];
}
