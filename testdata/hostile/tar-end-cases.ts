import { file, header } from '../../test/io/tar-parts.ts';
import type { HostileCase } from './case.ts';
import { evil, MARKER, ok, tarOf } from './tar-bytes.ts';
import { rawCase, tarCase } from './tar-header-cases.ts';

const CONTENT = `${MARKER}\n`;

/** Archives that are cut off, and what follows their end. */
export function tarEndCases(): readonly HostileCase[] {
  const whole = tarOf(ok(), file('body.txt', 'b'.repeat(700)), evil());
  const at = (bytes: number, region: string) =>
    rawCase(`cut-at-${bytes}`, `cut off ${region}`, whole.subarray(0, bytes));
  const zero = Buffer.alloc(512);
  return [
    at(0, 'before anything'),
    at(1, 'in the first header'),
    at(511, 'one byte before the first body'),
    at(512, 'before the first body'),
    at(515, 'in the first body'),
    at(518, 'behind the first body, before its padding'),
    at(600, 'in padding'),
    at(1024, 'behind an entry'),
    at(1300, 'in the second header'),
    at(1536 + 512, 'in a body, at a block'),
    at(1536 + 700, 'behind the second body'),
    at(whole.length - 1024, 'before the end marker'),
    at(whole.length - 1023, 'in the end marker'),
    at(whole.length - 512, 'in the middle of the end marker'),
    at(whole.length - 1, 'one byte before the end'),
    rawCase('one-zero-block-then-entry', 'half an end marker, then a file', ok(), zero, evil(), zero, zero),
    rawCase('end-then-entries', 'files behind the end marker', tarOf(ok()), tarOf(evil())),
    rawCase('end-then-text', 'text behind the end marker', tarOf(ok()), Buffer.from(MARKER)),
    rawCase(
      'end-then-zeros',
      'ten KiB of zeros behind the end marker',
      tarOf(ok(), evil()),
      Buffer.alloc(10_240),
    ),
    rawCase('only-zeros', 'zeros and nothing else', Buffer.alloc(10_240)),
    rawCase('zeros-first', 'the end marker, then an archive', Buffer.alloc(1024), tarOf(evil())),
    rawCase('one-zero-byte', 'one byte', Buffer.alloc(1)),
    rawCase('text', 'no archive at all', Buffer.from('this is no archive\n')),
    rawCase('text-512', 'a block that is no header', Buffer.from('x'.repeat(512)), tarOf(evil())),
    tarCase(
      'padding-not-zero',
      'a marker in padding',
      ok(),
      header({ name: 'p.txt', size: CONTENT.length }),
      Buffer.from(CONTENT.padEnd(512, '!')),
    ),
  ];
}
