import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { OUTSIDE } from '../../src/scan/layer-scan.ts';
import { scanLayer } from '../../src/scan/scan-layer.ts';
import { sha256 } from '../io/layers.ts';
import { body, END, file, gnuLong, header, pax, seal } from '../io/tar-parts.ts';
import { fakeToken, inPieces } from './images.ts';
import { makeScanner } from './scan-text.ts';

const TOKEN = fakeToken('hidden');
const plain = file('plain', 'nothing');

/** Scans a tar; `blob` is what it is stored as, itself by default. */
async function scan(parts: readonly Uint8Array[], blob?: Buffer, mediaType: string = MEDIA.dockerLayer) {
  const tar = Buffer.concat([...parts, END]);
  const stored = blob ?? tar;
  const layer = {
    index: 0,
    blob: { mediaType, digest: sha256(stored), size: stored.length },
    diffId: sha256(tar),
  };
  const found = await Promise.all(
    [1e9, 13, 1].map((piece) =>
      scanLayer(inPieces(stored, piece), layer, makeScanner(), DEFAULT_LIMITS).then(({ hits }) => hits),
    ),
  );
  for (const other of found) expect(other).toEqual(found[0]);
  return (found[0] ?? []).map(({ path, hit }) => [path, hit.rule, hit.args['part']]);
}

const at = (place: string) => [[OUTSIDE, 'secrets.github-token', place]];

/** A header block with a text written over it. */
function marked(text: string, offset: number, type = '0', linkName = '', base?: Buffer): Buffer {
  const block = base ?? header({ name: 'n', type, linkName });
  block.write(text, offset, 'latin1');
  return seal(block);
}

/** A PAX body with one record that ends where its length says, and the header before it. */
function record(key: string, value: string): Buffer {
  return pax({ [key]: value });
}

describe('a token in the headers of a tar is found', () => {
  it.each([
    ['in the name of a file, behind its end', marked(TOKEN, 10)],
    ['in the target of a link, behind its end', marked(TOKEN, 170, '2', 'target')],
    ['in the link field of what is no link', marked(TOKEN, 157)],
    ['across the names of owner and group', marked(TOKEN, 265)],
    ['in the prefix of a header that has none', marked(`strange!`, 257, '0', '', marked(TOKEN, 400))],
    ['in the last bytes of the block', marked(TOKEN, 512 - TOKEN.length)],
  ])('%s', async (_what, block) => {
    expect(await scan([block, plain])).toEqual(at('tar header'));
  });

  it('in a name that a long one replaces, with a path that no entry has', async () => {
    expect(await scan([gnuLong('L', 'shown'), file(TOKEN), plain])).toEqual(at('tar header'));
    expect(await scan([pax({ path: 'shown' }), file(TOKEN), plain])).toEqual(at('tar header'));
  });

  it('in a part of a path that its own dots take away', async () => {
    expect(await scan([file(`${TOKEN}/../shown`), plain])).toEqual(at('tar header'));
  });
});

describe('a token in an extended header is found', () => {
  it.each([
    ['in a comment', [record('comment', TOKEN), plain]],
    ['in the key of a record', [record(TOKEN, 'x'), plain]],
    ['in the name of an owner', [record('uname', TOKEN), plain]],
    ['in a record of libarchive', [record('LIBARCHIVE.xattr.user.note', TOKEN), plain]],
    [
      'in a record that another replaces',
      [
        pax([
          ['a', TOKEN],
          ['a', 'x'],
        ] as const),
        plain,
      ],
    ],
    ['in a header that another replaces', [record('path', TOKEN), record('path', 'shown'), file('n')]],
    ['in a header that no entry follows', [plain, record('path', TOKEN)]],
    ['in the link of what is no link', [record('linkpath', TOKEN), plain]],
    ['in a path behind the long name that counts', [record('path', TOKEN), gnuLong('L', 'shown'), plain]],
    ['in a long name that another replaces', [gnuLong('L', TOKEN), gnuLong('L', 'shown'), plain]],
    ['in a long name, behind its end', [gnuLong('L', `shown\0${TOKEN}`), plain]],
    ['in a long link of what is no link', [gnuLong('K', TOKEN), plain]],
  ])('%s', async (_what, parts) => {
    expect(await scan(parts)).toEqual(at('extended header'));
  });

  it('once, with the entry, where the entry has it', async () => {
    const part = async (...parts: Buffer[]) => (await scan([...parts, plain])).map(([, , place]) => place);
    expect(await part(pax({ path: `a/${TOKEN}` }), file('n'))).toEqual(['file name']);
    expect(await part(gnuLong('L', TOKEN), file('n'))).toEqual(['file name']);
    expect(await part(gnuLong('K', TOKEN), header({ type: '2', linkName: 'x' }))).toEqual(['link target']);
    expect(await part(pax({ 'SCHILY.xattr.user.note': TOKEN }), file('n'))).toEqual([
      'extended attribute user.note',
    ]);
  });
});

describe('a token beside the files of a tar is found', () => {
  it('behind the map of a sparse file, in its last block', async () => {
    const records = {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': 's',
      'GNU.sparse.realsize': '0',
    };
    const map = body(`0\n${TOKEN}`);
    expect(await scan([pax(records), header({ size: 512 }), map, plain])).toEqual(at('sparse map'));
  });

  it('in the padding of a file and of an extended header, and not glued to the next', async () => {
    const padded = (text: string) => {
      const bytes = file('a', 'x');
      bytes.write(text, bytes.length - text.length, 'latin1');
      return bytes;
    };
    expect(await scan([padded(TOKEN), plain])).toEqual(at('padding'));
    expect(await scan([padded(TOKEN), padded(`${'y'.repeat(511)}`)])).toEqual(at('padding'));
    expect(
      await scan([
        padded(TOKEN.slice(0, 20)),
        padded(`${TOKEN.slice(20)}${'\0'.repeat(511 - (TOKEN.length - 20))}`),
      ]),
    ).toEqual([]);
    const extended = record('a', 'b');
    extended.write(TOKEN, extended.length - TOKEN.length, 'latin1');
    expect(await scan([extended, plain])).toEqual(at('padding'));
  });

  it('in the padding where the tar is cut off in it', async () => {
    const tar = Buffer.concat([header({ size: 1 }), Buffer.from(`x ${TOKEN}`)]);
    const layer = {
      index: 0,
      blob: { mediaType: MEDIA.ociLayer, digest: sha256(tar), size: tar.length },
      diffId: sha256(tar),
    };
    const { hits } = await scanLayer(inPieces(tar, 99), layer, makeScanner(), DEFAULT_LIMITS);
    expect(hits).toMatchObject([{ path: OUTSIDE, hit: { args: { part: 'padding' } } }]);
  });

  it('behind the end', async () => {
    expect(await scan([plain, END, Buffer.from(TOKEN)])).toEqual(at('behind the end'));
  });
});

describe('a token in the compression of a layer is found', () => {
  const tar = Buffer.concat([plain, END]);
  const [first, second] = [tar.subarray(0, 600), tar.subarray(600)];

  it.each([
    ['in the name of a gzip member', 0x08, `${TOKEN}\0`],
    ['in its comment', 0x10, `${TOKEN}\0`],
    ['in its extra field', 0x04, `\u0028\0${TOKEN}`],
  ])('%s', async (_what, flags, text) => {
    for (const blob of [
      Buffer.concat([member(first, flags, text), member(second, 0, '')]),
      Buffer.concat([member(first, 0, ''), member(second, flags, text)]),
    ])
      expect(await scan([plain], blob, MEDIA.ociLayerGzip)).toEqual(at('gzip header'));
  });

  it('in a skippable zstd frame, before, between and behind the others', async () => {
    const frames = [zstdCompressSync(first), zstdCompressSync(second)];
    const length = Buffer.alloc(4);
    length.writeUInt32LE(TOKEN.length);
    const hidden = Buffer.concat([Buffer.from('5f2a4d18', 'hex'), length, Buffer.from(TOKEN)]);
    for (const position of [0, 1, 2]) {
      const blob = Buffer.concat(frames.toSpliced(position, 0, hidden));
      expect(await scan([plain], blob, MEDIA.ociLayerZstd)).toEqual(at('skippable zstd frame'));
    }
  });
});

/** A gzip member with flags and what they announce. */
function member(content: Uint8Array, flags: number, text: string): Buffer {
  const fixed = Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3]);
  return Buffer.concat([fixed, Buffer.from(text, 'latin1'), gzipSync(content).subarray(10)]);
}
