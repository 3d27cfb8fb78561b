import { body, file, GNU_MAGIC, gnuLong, header, pax } from '../../test/io/tar-parts.ts';
import type { HostileCase } from './case.ts';
import { base256, evil, ok } from './tar-bytes.ts';
import { rawCase, tarCase } from './tar-header-cases.ts';

/** Long names and targets as GNU writes them. */
export function gnuCases(): readonly HostileCase[] {
  const long = 'n'.repeat(120);
  return [
    tarCase('gnu-L', 'a long name', ok(), gnuLong('L', long), evil('short')),
    tarCase(
      'gnu-K',
      'a long target',
      ok(),
      gnuLong('K', long),
      header({ name: 'l', type: '2', linkName: 'x' }),
    ),
    tarCase(
      'gnu-L-K',
      'both',
      ok(),
      gnuLong('L', long),
      gnuLong('K', long),
      header({ name: 'l', type: '2', linkName: 'x' }),
    ),
    tarCase(
      'gnu-K-L',
      'both, the other way round',
      ok(),
      gnuLong('K', long),
      gnuLong('L', long),
      header({ name: 'l', type: '2', linkName: 'x' }),
    ),
    tarCase(
      'gnu-L-twice',
      'the last counts',
      ok(),
      gnuLong('L', 'first'),
      gnuLong('L', 'second'),
      evil('short'),
    ),
    tarCase('gnu-L-empty', 'an empty long name', ok(), gnuLong('L', ''), evil('short.txt')),
    tarCase(
      'gnu-L-size-0',
      'a long name of no bytes',
      ok(),
      header({ name: '././@LongLink', type: 'L', size: 0 }),
      evil('short.txt'),
    ),
    tarCase(
      'gnu-L-no-nul',
      'a long name without its NUL',
      ok(),
      header({ name: '././@LongLink', type: 'L', size: 4 }),
      body('name'),
      evil('short'),
    ),
    tarCase('gnu-L-nul-inside', 'bytes behind a NUL', ok(), gnuLong('L', 'name\0more'), evil('short')),
    tarCase(
      'gnu-L-slash',
      'a long name with a slash at its end, on a file',
      ok(),
      gnuLong('L', 'name/'),
      evil('short'),
    ),
    tarCase(
      'gnu-L-slash-type-nul',
      'the same on the oldest type',
      ok(),
      gnuLong('L', 'name/'),
      header({ name: 'short', type: '\0', size: 0 }),
      evil(),
    ),
    tarCase(
      'gnu-L-pax-path',
      'a long name, then a path in PAX',
      ok(),
      gnuLong('L', 'gnu.txt'),
      pax({ path: 'pax.txt' }),
      evil('short'),
    ),
    tarCase(
      'gnu-pax-path-L',
      'a path in PAX, then a long name',
      ok(),
      pax({ path: 'pax.txt' }),
      gnuLong('L', 'gnu.txt'),
      evil('short'),
    ),
    tarCase(
      'gnu-L-with-prefix',
      'a long name over a prefix',
      ok(),
      gnuLong('L', 'gnu.txt'),
      evil('short', { prefix: 'pre' }),
    ),
    tarCase('gnu-K-on-file', 'a long target for a file', ok(), gnuLong('K', 'ok.txt'), evil('x')),
    tarCase('gnu-L-then-end', 'a long name and the end marker', ok(), gnuLong('L', 'n')),
    rawCase(
      'gnu-L-cut',
      'a long name that is cut off',
      ok(),
      header({ name: 'x', type: 'L', size: 600 }),
      body('n'.repeat(100)),
    ),
    tarCase(
      'gnu-L-negative',
      'a long name of size minus one',
      ok(),
      header({ name: 'x', type: 'L', size: base256(-1n) }),
      evil(),
    ),
    tarCase(
      'gnu-L-4095',
      'a path of 4095 bytes',
      ok(),
      gnuLong('L', `${`${'d'.repeat(255)}/`.repeat(15)}${'f'.repeat(255)}`),
      evil('x'),
    ),
    tarCase(
      'gnu-L-4200',
      'a path of 4200 bytes',
      ok(),
      gnuLong('L', `${`${'d'.repeat(255)}/`.repeat(16)}${'f'.repeat(104)}`),
      evil('x'),
    ),
    tarCase(
      'gnu-L-over-1-mib',
      'a long name of more than one MiB',
      ok(),
      gnuLong('L', 'n'.repeat(1 << 20)),
      evil('x'),
    ),
    tarCase(
      'gnu-D',
      'a folder listing of GNU with its body',
      ok(),
      file('d/', 'Yx\0\0', { type: 'D', magic: GNU_MAGIC }),
      evil(),
    ),
  ];
}
