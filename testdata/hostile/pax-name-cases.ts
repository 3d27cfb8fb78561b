import { header, pax } from '../../test/io/tar-parts.ts';
import type { HostileCase } from './case.ts';
import { evil, ok, withPax } from './tar-bytes.ts';
import { tarCase } from './tar-header-cases.ts';

/** What an extended header says beside a size. */
export function paxNameCases(): readonly HostileCase[] {
  return [
    tarCase(
      'pax-path-empty',
      'an empty path: the header counts',
      ok(),
      withPax({ path: '' }, evil('named.txt')),
    ),
    tarCase(
      'pax-path-twice',
      'two paths: the last counts',
      ok(),
      pax([
        ['path', 'one'],
        ['path', 'two'],
      ]),
      evil('x'),
    ),
    tarCase(
      'pax-path-slash',
      'a path with a slash at its end, on a file',
      ok(),
      withPax({ path: 'dir/' }, evil('x')),
    ),
    tarCase(
      'pax-path-slash-type-nul',
      'the same on the oldest type',
      ok(),
      withPax({ path: 'dir/' }, evil('x', { type: '\0', size: 0 })),
      evil(),
    ),
    tarCase('pax-path-absolute', 'a path from the root', ok(), withPax({ path: '/abs.txt' }, evil('x'))),
    tarCase('pax-path-parent', 'a path that climbs', ok(), withPax({ path: '../../up.txt' }, evil('x'))),
    tarCase('pax-linkpath-on-file', 'a target for a file', ok(), withPax({ linkpath: 'ok.txt' }, evil('x'))),
    tarCase(
      'pax-linkpath-empty',
      'an empty target: the header counts',
      ok(),
      withPax({ linkpath: '' }, header({ name: 'l', type: '2', linkName: 'ok.txt' })),
    ),
    tarCase(
      'pax-linkpath-nul',
      'a NUL in a target',
      ok(),
      withPax({ linkpath: 'a\0b' }, header({ name: 'l', type: '2', linkName: 'ok.txt' })),
    ),
    tarCase('pax-uname-nul', 'a NUL in the name of an owner', ok(), withPax({ uname: 'a\0b' }, evil('x'))),
    tarCase('pax-mtime-bad', 'a time that is none', ok(), withPax({ mtime: 'yesterday' }, evil('x'))),
    tarCase(
      'pax-mtime-fraction',
      'a time with a fraction',
      ok(),
      withPax({ mtime: '1.999999999999999' }, evil('x')),
    ),
    tarCase('pax-mtime-two-points', 'a time with two points', ok(), withPax({ mtime: '1.2.3' }, evil('x'))),
    tarCase('pax-mtime-negative', 'a time before 1970', ok(), withPax({ mtime: '-1.5' }, evil('x'))),
    tarCase('pax-atime-bad', 'another time that is none', ok(), withPax({ atime: '0x10' }, evil('x'))),
    tarCase(
      'pax-mtime-2-63',
      'a time past 64 bits',
      ok(),
      withPax({ mtime: '9223372036854775808' }, evil('x')),
    ),
    tarCase(
      'pax-xattr-user',
      'an attribute of users',
      ok(),
      withPax({ 'SCHILY.xattr.user.a': 'b' }, evil('x')),
    ),
    tarCase(
      'pax-xattr-capability',
      'a capability that is none',
      ok(),
      withPax({ 'SCHILY.xattr.security.capability': 'no' }, evil('x')),
    ),
    tarCase(
      'pax-xattr-overlay-opaque',
      'makes a folder opaque in overlayfs',
      ok(),
      withPax({ 'SCHILY.xattr.trusted.overlay.opaque': 'y' }, header({ name: 'd/', type: '5' })),
      evil('d/x'),
    ),
    tarCase(
      'pax-xattr-overlay-redirect',
      'a redirection in overlayfs',
      ok(),
      withPax({ 'SCHILY.xattr.trusted.overlay.redirect': '/etc' }, header({ name: 'd/', type: '5' })),
      evil('d/x'),
    ),
    tarCase(
      'pax-xattr-empty-name',
      'an attribute without a name',
      ok(),
      withPax({ 'SCHILY.xattr.': 'b' }, evil('x')),
    ),
    tarCase(
      'pax-xattr-libarchive',
      'an attribute as libarchive writes it',
      ok(),
      withPax({ 'LIBARCHIVE.xattr.user.a': 'Yg==' }, evil('x')),
    ),
    tarCase('pax-realtime', 'a field of star', ok(), withPax({ 'SCHILY.realsize': '5' }, evil('x'))),
  ];
}
