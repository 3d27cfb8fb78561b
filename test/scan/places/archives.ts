import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { header } from '../../io/tar-parts.ts';
import { makeZip } from '../../io/zip/zip-parts.ts';
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

/** Places in archives that lie in a layer. */
export const ARCHIVES: readonly Place[] = [
  inArchive('log/app.log.gz!/app.log', () => gzipSync(TEXT)),
  inArchive('log/members.gz!/members', () => Buffer.concat([gzipSync(NOISE), gzipSync(''), gzipSync(TEXT)])),
  inArchive('log/large.gz!/large', () =>
    gzipSync(Buffer.concat([...Array(60).fill(NOISE), Buffer.from(TEXT)])),
  ),
  inArchive('log/app.zst!/app', () => zstdCompressSync(Buffer.from(TEXT))),
  inArchive('git/objects/ab/cdef!/cdef', () => deflateSync(`blob 50\0${TEXT}`)),
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
