import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { PACKERS } from '../../io/compression/packers.ts';
import { header } from '../../io/tar-parts.ts';
import { makeZip } from '../../io/zip/zip-parts.ts';
import { deltaOf, gitPack } from '../unpack/pack-parts.ts';
import {
  deb,
  inArchive,
  jar,
  NOISE,
  nested,
  type Place,
  programWith,
  TEXT,
  TOKEN,
  tarOf,
  utf16,
} from './place.ts';

const inTar = () => tarOf({ name: 'b/env', content: TEXT });

/** The token in a file, in a tar and in a Debian package that are packed in each of these ways. */
const PACKED = (
  [
    ['xz', 'xz'],
    ['lzma', 'lzma'],
    ['lzip', 'lz'],
    ['bzip2', 'bz2'],
    ['lz4', 'lz4'],
    ['compress', 'Z'],
  ] as const
).flatMap(([packing, suffix]) => {
  const pack = PACKERS[packing];
  return [
    inArchive(`log/app.log.${suffix}!/app.log`, () => pack(Buffer.from(TEXT))),
    inArchive(`a.tar.${suffix}!/b/env`, async () => pack(await inTar())),
    inArchive(`${suffix}.deb!/data.tar.${suffix}!/b/env`, async () =>
      deb(`data.tar.${suffix}`, pack(await inTar())),
    ),
    inArchive(`${suffix}.gz.${suffix}!/${suffix}.gz!/${suffix}`, () => pack(gzipSync(TEXT))),
  ];
});

/** Places in archives that lie in a layer. */
export const ARCHIVES: readonly Place[] = [
  inArchive('log/app.log.gz!/app.log', () => gzipSync(TEXT)),
  inArchive('log/members.gz!/members', () => Buffer.concat([gzipSync(NOISE), gzipSync(''), gzipSync(TEXT)])),
  inArchive('log/large.gz!/large', () =>
    gzipSync(Buffer.concat([...Array(60).fill(NOISE), Buffer.from(TEXT)])),
  ),
  inArchive('log/app.zst!/app', () => zstdCompressSync(Buffer.from(TEXT))),
  inArchive('git/objects/ab/cdef!/cdef', () => deflateSync(`blob 50\0${TEXT}`)),
  inArchive('git/objects/pack/a.pack!/blob-12', () => gitPack([{ type: 'blob', content: TEXT }])),
  inArchive('git/objects/pack/b.pack!/delta-12', () =>
    gitPack([{ type: 'delta', content: deltaOf(900, [800, TEXT, 20]) }]),
  ),
  inArchive('no-name-tells!/no-name-tells', () => gzipSync(TEXT)),
  inArchive('a.tar!/b/env', () => tarOf({ name: 'b/env', content: TEXT })),
  inArchive('a.tar.gz!/b/env', async () => gzipSync(await tarOf({ name: 'b/env', content: TEXT }))),
  inArchive('a.tgz!/b/env', async () => gzipSync(await tarOf({ name: 'b/env', content: TEXT }))),
  inArchive('a.tar.zst!/b/env', async () => zstdCompressSync(await tarOf({ name: 'b/env', content: TEXT }))),
  inArchive('a.zip!/b/env', () => makeZip([{ name: 'b/env', content: TEXT }])),
  inArchive('stored.zip!/env', () => makeZip([{ name: 'env', content: TEXT, method: 'stored' }])),
  inArchive('streamed.zip!/env', () =>
    makeZip([
      { name: 'x', content: NOISE, descriptor: true },
      { name: 'env', content: TEXT, descriptor: true },
    ]),
  ),
  inArchive('streamed-stored.zip!/env.gz!/env', () =>
    makeZip([
      { name: 'x', content: NOISE, method: 'stored', descriptor: true },
      { name: 'env.gz', content: gzipSync(TEXT), method: 'stored', descriptor: true },
    ]),
  ),
  inArchive('bare.zip!/env', () =>
    makeZip([
      { name: 'x', content: NOISE, descriptor: 'bare' },
      { name: 'env', content: TEXT, descriptor: 'bare' },
    ]),
  ),
  inArchive('large.zip!/env', () =>
    makeZip([
      { name: 'x', content: NOISE, isZip64: true },
      { name: 'env', content: TEXT, isZip64: true },
    ]),
  ),
  inArchive('modern.zip!/env', () => makeZip([{ name: 'env', content: TEXT, method: 'zstd' }])),
  inArchive('xz.zip!/env', () =>
    makeZip([
      { name: 'env', content: PACKERS.xz(Buffer.from(TEXT)), method: 95 },
      { name: 'x', content: PACKERS.bzip2(Buffer.from('x')), method: 12 },
    ]),
  ),
  inArchive('bzip2.zip!/env', () =>
    makeZip([
      { name: 'x', content: PACKERS.xz(Buffer.from('x')), method: 95 },
      { name: 'env', content: PACKERS.bzip2(Buffer.from(TEXT)), method: 12 },
    ]),
  ),
  inArchive('hidden.zip!/env', () =>
    makeZip([
      { name: 'x', content: NOISE },
      { name: 'env', content: TEXT, isHidden: true },
    ]),
  ),
  inArchive('two.zip!/env', () =>
    Buffer.concat([makeZip([{ name: 'x', content: NOISE }]), jar(TEXT, 'env')]),
  ),
  inArchive('behind-junk.zip!/env', () =>
    Buffer.concat([
      makeZip([{ name: 'x', content: NOISE }]),
      Buffer.from('PK\x03PK\x03\x04junk'),
      jar(TEXT, 'env'),
    ]),
  ),
  inArchive('locked.zip!/env', () =>
    makeZip([
      { name: 'x', content: NOISE, isEncrypted: true },
      { name: 'env', content: TEXT },
    ]),
  ),
  inArchive('srv/app.jar!/BOOT-INF/classes/application.properties', () =>
    jar(TEXT, 'BOOT-INF/classes/application.properties'),
  ),
  inArchive('srv/app.war!/WEB-INF/lib/a.jar!/app.properties', () =>
    makeZip([{ name: 'WEB-INF/lib/a.jar', content: jar(TEXT), method: 'stored' }]),
  ),
  inArchive('srv/app.ear!/a.war!/b.jar!/app.properties', () =>
    makeZip([{ name: 'a.war', content: makeZip([{ name: 'b.jar', content: jar(TEXT) }]) }]),
  ),
  inArchive('wheels/x-1.0-py3-none-any.whl!/x/settings.py', () => jar(TEXT, 'x/settings.py')),
  inArchive('app/run.pyz!/__main__.py', () =>
    Buffer.concat([Buffer.from('#!/usr/bin/env python3\n'), jar(TEXT, '__main__.py')]),
  ),
  inArchive('app/self-extracting!/env', () => Buffer.concat([programWith('x'), jar(TEXT, 'env')])),
  inArchive('doc/letter.docx!/word/document.xml', () => jar(`<w:t>${TOKEN}</w:t>`, 'word/document.xml')),
  inArchive('x.deb!/data.tar.gz!/etc/env', async () =>
    deb('data.tar.gz', gzipSync(await tarOf({ name: 'etc/env', content: TEXT }))),
  ),
  inArchive('x2.deb!/data.tar.zst!/etc/env', async () =>
    deb('data.tar.zst', zstdCompressSync(await tarOf({ name: 'etc/env', content: TEXT }))),
  ),
  inArchive('1.tar.gz!/in.tar.gz!/in.tar.gz!/in.tar.gz!/env', () => nested(4, gzipSync, '.tar.gz')),
  inArchive('5.tar.gz!/in.tar.gz!/in.tar.gz!/in.tar.gz!/in.tar.gz!/env', () =>
    nested(5, gzipSync, '.tar.gz'),
  ),
  inArchive('5.tar.zst!/in.tar.zst!/in.tar.zst!/in.tar.zst!/in.tar.zst!/env', () =>
    nested(5, zstdCompressSync, '.tar.zst'),
  ),
  inArchive('5.tar!/in.tar!/in.tar!/in.tar!/in.tar!/env', () => nested(5, (tar) => tar, '.tar')),
  inArchive('a.tar.gz!/lib/b.jar!/c.gz!/c', async () =>
    gzipSync(
      await tarOf({ name: 'lib/b.jar', content: makeZip([{ name: 'c.gz', content: gzipSync(TEXT) }]) }),
    ),
  ),
  ...PACKED,
  inArchive('control.deb!/control.tar.xz!/postinst', async () =>
    deb('control.tar.xz', PACKERS.xz(await tarOf({ name: './postinst', content: TEXT }))),
  ),
  inArchive('streams.xz!/streams', () =>
    Buffer.concat([PACKERS.xz(Buffer.from('x')), Buffer.alloc(8), PACKERS.xz(Buffer.from(TEXT))]),
  ),
  inArchive('streams.bz2!/streams', () =>
    Buffer.concat([PACKERS.bzip2(Buffer.from('x')), PACKERS.bzip2(Buffer.from(TEXT))]),
  ),
  inArchive('srv/app.jar!/lib.tar.xz!/b/env', async () =>
    makeZip([{ name: 'lib.tar.xz', content: PACKERS.xz(await inTar()), method: 'stored' }]),
  ),
  inArchive('5.txz!/in.txz!/in.txz!/in.txz!/in.txz!/env', () => nested(5, PACKERS.xz, '.txz')),
  inArchive('no-name-says!/no-name-says', () => PACKERS.lzma(Buffer.from(TEXT))),
  inArchive('wide.zip!/le.txt', () => makeZip([{ name: 'le.txt', content: utf16(TEXT, 'LE') }])),
  inArchive('cut.tar.gz!/env', async () =>
    gzipSync((await tarOf({ name: 'env', content: TEXT }, { name: 'x', content: NOISE })).subarray(0, 5000)),
  ),
  inArchive('global.tar!/x.gz!/x', async () => {
    const records = '20 comment=12345678\n';
    const global = Buffer.concat([
      header({ name: 'pax_global_header', type: 'g', size: records.length }),
      Buffer.from(records.padEnd(512, '\0')),
    ]);
    return Buffer.concat([global, await tarOf({ name: 'x.gz', content: gzipSync(TEXT) })]);
  }),
];
