import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import type { Layer } from '../../../src/model/image.ts';
import type { LayerScan } from '../../../src/scan/layer-scan.ts';
import { scanImage } from '../../../src/scan/scan-image.ts';
import { fakeToken, inPieces, makeImage, makeLayer, type TestEntry, type TestLayer } from '../images.ts';
import { hashOf } from './databases.ts';

const TOKEN = fakeToken('one');
const CONTENT = `T=${TOKEN}\n`;
const STATUS = 'Package: harbour\nArchitecture: amd64\nVersion: 1.2-3\n';

/** A file of dpkg's that vouches for these files. */
function sums(files: Readonly<Record<string, string>>, name = 'harbour'): TestEntry {
  const lines = Object.entries(files).map(([path, content]) => `${hashOf('md5', content)}  ${path}\n`);
  return { name: `var/lib/dpkg/info/${name}.md5sums`, content: lines.join('') };
}

/** `path: manager:name version by` of each hit, `-` where nothing vouches for its file. */
async function owners(
  layers: readonly (readonly TestEntry[])[],
  options: { packageBytes?: number; memo?: Map<string, LayerScan> } = {},
): Promise<readonly string[]> {
  const { hits } = await scan(layers, options);
  return hits.map(({ where: { path = '' }, package: owner }) =>
    owner === undefined
      ? `${path}: -`
      : `${path}: ${owner.manager}:${owner.name} ${owner.version ?? '?'} ${owner.by}`,
  );
}

async function scan(
  layers: readonly (readonly TestEntry[])[],
  {
    packageBytes = DEFAULT_LIMITS.packageBytes,
    memo,
  }: { packageBytes?: number; memo?: Map<string, LayerScan> } = {},
) {
  const made: TestLayer[] = await Promise.all(layers.map((entries) => makeLayer(entries)));
  const blobOf = ({ blob }: Layer) =>
    inPieces(made.find(({ layer }) => layer.blob.digest === blob.digest)?.blob ?? new Uint8Array());
  const limits = { ...DEFAULT_LIMITS, packageBytes };
  const scanned = await scanImage(makeImage(made), blobOf, { limits, ...(memo && { memo }) });
  return scanned.scan;
}

const FILE: TestEntry = { name: 'usr/share/a', content: CONTENT };
const DATABASE = [{ name: 'var/lib/dpkg/status', content: STATUS }, sums({ 'usr/share/a': CONTENT })];

describe('the package of a hit', () => {
  it('is named where a database has the path and the digest of the file', async () => {
    expect(await owners([[FILE, ...DATABASE]])).toEqual(['usr/share/a: deb:harbour 1.2-3 digest']);
    expect(await owners([[FILE], DATABASE])).toEqual(['usr/share/a: deb:harbour 1.2-3 digest']);
  });

  it('is not named where the content, the path or the kind of digest is another', async () => {
    const other = `T=${fakeToken('two')}\n`;
    expect(await owners([[{ ...FILE, content: other }, ...DATABASE]])).toEqual(['usr/share/a: -']);
    expect(await owners([[{ ...FILE, name: 'usr/share/b' }, ...DATABASE]])).toEqual(['usr/share/b: -']);
    const sha = {
      name: 'var/lib/dpkg/info/a.md5sums',
      content: `${hashOf('sha256', CONTENT)}  usr/share/a\n`,
    };
    expect(await owners([[FILE, sha]])).toEqual(['usr/share/a: -']);
  });

  it('is not named where the database lies in no place of databases, or in the configuration', async () => {
    const elsewhere = { ...sums({ 'usr/share/a': CONTENT }), name: 'srv/var/lib/dpkg/info/a.md5sums' };
    expect(await owners([[FILE, elsewhere]])).toEqual(['usr/share/a: -']);
  });

  it('is the same by either path where folders of the root are links into /usr', async () => {
    const link: TestEntry = { name: 'lib', type: 'symlink', linkname: 'usr/lib' };
    const file = { name: 'usr/lib/a.so', content: CONTENT };
    const database = sums({ 'lib/a.so': CONTENT });
    expect(await owners([[link, file, database]])).toEqual(['usr/lib/a.so: deb:harbour ? digest']);
    expect(await owners([[file, database]])).toEqual(['usr/lib/a.so: -']);
  });

  it('is asked of the database that a container sees, for files that it sees', async () => {
    const emptied = [{ name: 'var/lib/dpkg/info/harbour.md5sums', content: '' }];
    expect(await owners([[FILE, ...DATABASE], emptied])).toEqual(['usr/share/a: -']);
    expect(await owners([[FILE, ...DATABASE], [{ name: 'var/lib/.wh.dpkg' }]])).toEqual(['usr/share/a: -']);
  });

  it('is asked of any database that there was, for files that are deleted or replaced', async () => {
    const emptied = { name: 'var/lib/dpkg/info/harbour.md5sums', content: '' };
    expect(
      await owners([
        [FILE, ...DATABASE],
        [emptied, { name: 'usr/share/.wh.a' }],
      ]),
    ).toEqual(['usr/share/a: deb:harbour 1.2-3 digest']);
    const own = `T=${fakeToken('two')}\n`;
    expect(await owners([[FILE, ...DATABASE], [{ ...FILE, content: own }]])).toEqual([
      'usr/share/a: deb:harbour 1.2-3 digest',
      'usr/share/a: -',
    ]);
  });

  it('is that of the source, where a file was compiled from one that is vouched for', async () => {
    const source = 'x = 1\n';
    const head = Buffer.alloc(16);
    head.set([0x61, 0x0d, 0x0d, 0x0a]);
    head.writeUInt32LE(0x6061_6263, 8);
    head.writeUInt32LE(source.length, 12);
    const entries = (mtime: number): TestEntry[] => [
      { name: 'usr/lib/p/__pycache__/m.cpython-311.pyc', content: `${head.toString('latin1')}${CONTENT}` },
      { name: 'usr/lib/p/m.py', content: source, mtime: new Date(mtime * 1000) },
      sums({ 'usr/lib/p/m.py': source }),
    ];
    const path = 'usr/lib/p/__pycache__/m.cpython-311.pyc';
    expect(await owners([entries(0x6061_6263)])).toEqual([`${path}: deb:harbour ? compiled`]);
    expect(await owners([entries(0x6061_6270)])).toEqual([`${path}: -`]);
  });

  it('is told by path alone only in the layer that has the lock of npm', async () => {
    const lock: TestEntry = {
      name: 'srv/node_modules/.package-lock.json',
      content: JSON.stringify({
        packages: {
          'node_modules/a': {
            version: '1.0.0',
            resolved: 'https://r.example/a/-/a-1.0.0.tgz',
            integrity: 'sha512-A',
          },
        },
      }),
    };
    const file = { name: 'srv/node_modules/a/x.js', content: CONTENT };
    expect(await owners([[lock, file]])).toEqual(['srv/node_modules/a/x.js: npm:a 1.0.0 path']);
    expect(await owners([[lock], [file]])).toEqual(['srv/node_modules/a/x.js: -']);
  });

  it('has beside it the others that vouch for the same file, unless these are too many to be true', async () => {
    const named = (count: number) =>
      Array.from({ length: count }, (_, at) => sums({ 'usr/share/a': CONTENT }, `p${at}`));
    const { hits } = await scan([[FILE, ...named(3)]]);
    expect(hits[0]?.package).toMatchObject({ name: 'p0', also: [{ name: 'p1' }, { name: 'p2' }] });
    expect(await owners([[FILE, ...named(32)]])).toEqual(['usr/share/a: deb:p0 ? digest']);
    expect(await owners([[FILE, ...named(33)]])).toEqual(['usr/share/a: -']);
  });

  it('is not that of what stands in the attributes of a file, and is of its name', async () => {
    const attribute = { ...FILE, content: '', pax: { 'SCHILY.xattr.user.note': TOKEN } };
    expect(await owners([[attribute, sums({ 'usr/share/a': '' })]])).toEqual(['usr/share/a: -']);
    const name = `usr/share/${TOKEN}`;
    const [first] = await owners([[{ name, content: '' }, sums({ [name]: '' })]]);
    expect(first).toBe('usr/share/[secret]: deb:harbour ? digest');
  });

  it('is decided for each image anew, also where its layers are known already', async () => {
    const memo = new Map<string, LayerScan>();
    expect(await owners([[FILE]], { memo })).toEqual(['usr/share/a: -']);
    expect(await owners([[FILE], DATABASE], { memo })).toEqual(['usr/share/a: deb:harbour 1.2-3 digest']);
    expect(await owners([[FILE]], { memo })).toEqual(['usr/share/a: -']);
  });

  it('is not known from a database that is too large, and the image is told so', async () => {
    const { hits, notes } = await scan([[FILE, ...DATABASE]], { packageBytes: 60 });
    expect(hits.map((hit) => hit.package)).toEqual([undefined]);
    expect(notes).toEqual([
      'the package database "var/lib/dpkg/info/harbour.md5sums" is too large and vouches for nothing',
    ]);
  });

  it('is not known from a database in JSON of more than 8 MiB, and the image is told so', async () => {
    const packages = { 'node_modules/a': { resolved: 'https://r.example/a.tgz', integrity: 'sha512-A' } };
    const lock = (padding: number): TestEntry => ({
      name: 'srv/node_modules/.package-lock.json',
      content: `${JSON.stringify({ packages })}${' '.repeat(padding)}`,
    });
    const file = { name: 'srv/node_modules/a/x.js', content: CONTENT };
    expect(await owners([[lock(1024), file]])).toEqual(['srv/node_modules/a/x.js: npm:a ? path']);
    const { hits, notes } = await scan([[lock(8 * 1024 * 1024), file]]);
    expect(hits.map((hit) => hit.package)).toEqual([undefined]);
    expect(notes).toEqual([expect.stringContaining('.package-lock.json" is too large')]);
  });

  it('reads no more of all databases of an image together', async () => {
    const old = sums({ 'usr/share/a': CONTENT }, 'old');
    const bytes = 2 * (old.content?.length ?? 0) - 1;
    expect(await owners([[FILE, old], [sums({ b: '' }, 'new')]], { packageBytes: bytes })).toEqual([
      'usr/share/a: deb:old ? digest',
    ]);
    expect(
      await owners([[FILE, old], [sums({ 'usr/share/z': '' }, 'new')]], { packageBytes: bytes }),
    ).toEqual(['usr/share/a: -']);
  });

  it('takes a database of any bytes, and vouches for nothing by it', async () => {
    const paths = [
      'var/lib/dpkg/status',
      'var/lib/rpm/rpmdb.sqlite',
      'lib/apk/db/installed',
      'a.dist-info/RECORD',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.string({ unit: 'binary', maxLength: 200 }),
        async (name, content) => {
          const { hits } = await scan([[FILE, { name, content }]]);
          expect(hits.filter(({ where }) => where.path === FILE.name).map((hit) => hit.package)).toEqual([
            undefined,
          ]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
