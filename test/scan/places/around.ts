import { gzipSync, zstdCompressSync } from 'node:zlib';
import { MEDIA } from '../../../src/model/media-type.ts';
import { OUTSIDE } from '../../../src/scan/layer-scan.ts';
import { END, file } from '../../io/tar-parts.ts';
import { makeZip } from '../../io/zip/zip-parts.ts';
import { makeLayer, makeLayerOf } from '../images.ts';
import { imageOf, inFiles, inLayer, jar, type Place, TEXT, TOKEN, tarOf } from './place.ts';

/** Places beside the contents of visible files. */
export const AROUND: readonly Place[] = [
  inFiles('a file name', 'backup/[secret].json', [{ name: `backup/${TOKEN}.json`, content: 'x' }]),
  inFiles('a folder name', 'backup/[secret]', [{ name: `backup/${TOKEN}/` }]),
  inFiles('the name of an empty file in a zip', 'a.zip!/[secret].txt', async () => [
    { name: 'a.zip', content: makeZip([{ name: `${TOKEN}.txt`, content: '' }]) },
  ]),
  inFiles('the target of a symlink', 'link', [{ name: 'link', type: 'symlink', linkname: `/x/${TOKEN}` }]),
  inFiles('the target of a symlink in a tar', 'a.tar!/link', async () => [
    { name: 'a.tar', content: await tarOf({ name: 'link', type: 'symlink', linkname: `/x/${TOKEN}` }) },
  ]),
  inFiles('an extended attribute', 'x', [
    { name: 'x', content: 'y', pax: { 'SCHILY.xattr.user.note': TOKEN } },
  ]),
  inFiles('a sparse file', 'sparse', [
    {
      name: 'sparse',
      content: TOKEN,
      pax: {
        'GNU.sparse.major': '0',
        'GNU.sparse.minor': '1',
        'GNU.sparse.size': '100000',
        'GNU.sparse.numblocks': '1',
        'GNU.sparse.map': `50000,${TOKEN.length}`,
      },
    },
  ]),
  {
    name: 'a file that a later layer deletes',
    hide: async () =>
      imageOf(await makeLayer([{ name: 'x/env', content: TEXT }]), await makeLayer([{ name: 'x/.wh.env' }])),
    expected: { path: 'x/env', visibility: 'deleted' },
  },
  {
    name: 'a file in a folder that a later layer makes opaque',
    hide: async () =>
      imageOf(
        await makeLayer([{ name: 'x/env', content: TEXT }]),
        await makeLayer([{ name: 'x/.wh..wh..opq' }]),
      ),
    expected: { path: 'x/env', visibility: 'deleted' },
  },
  {
    name: 'a file that a later layer replaces',
    hide: async () =>
      imageOf(
        await makeLayer([{ name: 'env', content: TEXT }]),
        await makeLayer([{ name: 'env', content: 'x' }]),
      ),
    expected: { path: 'env', visibility: 'replaced' },
  },
  {
    name: 'an archive that a later layer deletes',
    hide: async () =>
      imageOf(
        await makeLayer([{ name: 'a.jar', content: jar(TEXT) }]),
        await makeLayer([{ name: '.wh.a.jar' }]),
      ),
    expected: { path: 'a.jar!/app.properties', visibility: 'deleted' },
  },
  inLayer('the body of a whiteout', { path: '.wh.x' }, () => makeLayer([{ name: '.wh.x', content: TEXT }])),
  inLayer('bytes behind the end of the tar', { path: OUTSIDE }, () =>
    makeLayer([{ name: 'x', content: 'y' }], { behind: TEXT }),
  ),
  inLayer('padding between two files', { path: OUTSIDE }, async () => {
    const one = file('x', 'y');
    one.write(TOKEN, 600);
    return makeLayerOf(Buffer.concat([one, END]));
  }),
  inLayer('a layer of several gzip members', { path: 'env' }, async () =>
    makeLayerOf(await tarOf({ name: 'env', content: TEXT }), (tar) =>
      Buffer.concat([gzipSync(tar.subarray(0, 530)), gzipSync(tar.subarray(530))]),
    ),
  ),
  inLayer('a zstd layer', { path: 'env' }, async () =>
    makeLayerOf(
      await tarOf({ name: 'env', content: TEXT }),
      (tar) => zstdCompressSync(tar),
      MEDIA.ociLayerZstd,
    ),
  ),
  inLayer('a zstd layer with a jar in it', { path: 'a.jar!/app.properties' }, async () =>
    makeLayerOf(
      await tarOf({ name: 'a.jar', content: jar(TEXT) }),
      (tar) => zstdCompressSync(tar),
      MEDIA.ociLayerZstd,
    ),
  ),
  inLayer('a layer without compression', { path: 'env' }, async () =>
    makeLayerOf(await tarOf({ name: 'env', content: TEXT }), (tar) => Buffer.from(tar), MEDIA.ociLayer),
  ),
];
