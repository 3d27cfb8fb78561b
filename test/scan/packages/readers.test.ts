import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apk } from '../../../src/scan/packages/apk.ts';
import { type DatabaseReader, wantedOf } from '../../../src/scan/packages/claim.ts';
import { conda } from '../../../src/scan/packages/conda.ts';
import { DATABASE_READERS, readerOf } from '../../../src/scan/packages/database-readers.ts';
import { dpkg } from '../../../src/scan/packages/dpkg.ts';
import { npm } from '../../../src/scan/packages/npm.ts';
import { pypi } from '../../../src/scan/packages/pypi.ts';
import { claimsFor, fileOf, hashOf, wordsOf } from './databases.ts';

const MD5 = hashOf('md5', 'x');
const SHA256 = hashOf('sha256', 'x');

describe('readerOf', () => {
  it.each([
    ['var/lib/dpkg/info/libc6:amd64.md5sums', 'dpkg'],
    ['var/lib/dpkg/status', 'dpkg'],
    ['var/lib/dpkg/status.d/base-files', 'dpkg'],
    ['var/lib/dpkg/status.d/base-files.md5sums', 'dpkg'],
    ['lib/apk/db/installed', 'apk'],
    ['usr/lib/apk/db/installed', 'apk'],
    ['var/lib/rpm/rpmdb.sqlite', 'rpm'],
    ['usr/lib/sysimage/rpm/Packages.db', 'rpm'],
    ['var/lib/rpm/Packages', 'rpm'],
    ['usr/lib/python3/dist-packages/yaml-6.0.dist-info/RECORD', 'pip'],
    ['srv/app/node_modules/.package-lock.json', 'npm'],
    ['opt/conda/conda-meta/zlib-1.2.json', 'conda'],
  ])('knows %s', (path, name) => {
    expect(readerOf(path)?.name).toBe(name);
  });

  it.each([
    'srv/var/lib/dpkg/info/x.md5sums',
    'home/lib/apk/db/installed',
    'srv/app/package-lock.json',
    'srv/rpmdb.sqlite',
    'RECORD',
  ])('does not take %s for a database', (path) => {
    expect(readerOf(path)).toBeUndefined();
  });
});

describe('dpkg', () => {
  const status = [
    'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\nDescription: x\n more: x\n',
    'Package: login\nArchitecture: amd64\nVersion: 1:4.13\nConffiles:\n' +
      ` /etc/login.defs ${MD5}\n /etc/old conf ${MD5} obsolete\n newconffile-without-sum\n`,
  ].join('\n');

  it('reads sums, versions by architecture, and configuration files', () => {
    const files = [
      fileOf('var/lib/dpkg/status', status),
      fileOf(
        'var/lib/dpkg/info/libc6:amd64.md5sums',
        `${MD5}  lib/x86_64/libc.so.6\n${MD5}  usr/share/a b.txt\n`,
      ),
    ];
    const paths = ['lib/x86_64/libc.so.6', 'usr/share/a b.txt', 'etc/login.defs', 'etc/old conf'];
    expect(wordsOf(claimsFor(dpkg, files, paths))).toEqual([
      'lib/x86_64/libc.so.6 md5 deb:libc6 2.36-9',
      'usr/share/a b.txt md5 deb:libc6 2.36-9',
      'etc/login.defs md5 deb:login 1:4.13',
      'etc/old conf md5 deb:login 1:4.13',
    ]);
  });

  it('reads what distroless images have', () => {
    const files = [
      fileOf('var/lib/dpkg/status.d/tzdata', 'Package: tzdata\nVersion: 2025b\n'),
      fileOf('var/lib/dpkg/status.d/tzdata.md5sums', `${MD5}  ./usr/share/zoneinfo/UTC\n`),
    ];
    expect(wordsOf(claimsFor(dpkg, files, ['usr/share/zoneinfo/UTC']))).toEqual([
      'usr/share/zoneinfo/UTC md5 deb:tzdata 2025b',
    ]);
  });

  it('finds a file that another package has put aside, and leaves the path to that package', () => {
    const files = [
      fileOf('var/lib/dpkg/diversions', '/bin/sh\n/bin/sh.distrib\ndash\n'),
      fileOf('var/lib/dpkg/info/bash.md5sums', `${MD5}  bin/sh\n`),
      fileOf('var/lib/dpkg/info/dash.md5sums', `${MD5}  bin/sh\n`),
    ];
    expect(wordsOf(claimsFor(dpkg, files, ['bin/sh', 'bin/sh.distrib']))).toEqual([
      'bin/sh.distrib md5 deb:bash -',
      'bin/sh md5 deb:dash -',
    ]);
  });

  it('claims nothing by lines that are none', () => {
    const content = [`${MD5} usr/a`, `${MD5.slice(1)}  usr/a`, `${'z'.repeat(32)}  usr/a`, '', '\0'].join(
      '\n',
    );
    expect(claimsFor(dpkg, [fileOf('var/lib/dpkg/info/a.md5sums', content)], ['usr/a', 'sr/a'])).toEqual([]);
  });
});

describe('apk', () => {
  const q1 = `Q1${Buffer.from(hashOf('sha1', 'x'), 'hex').toString('base64')}`;
  const q2 = `Q2${Buffer.from(SHA256, 'hex').toString('base64')}`;

  it('reads files of folders with either digest, each with its own package', () => {
    const content = [
      `C:${q1}\nP:musl\nV:1.2.5-r0\nF:lib\nR:ld-musl.so.1\na:0:0:755\nZ:${q1}\nF:\nR:top\nZ:${q1}\n`,
      `P:zlib\nV:1.3-r1\nF:lib\nR:libz.so.1\nZ:${q2}\n`,
    ].join('\n');
    expect(
      wordsOf(
        claimsFor(
          apk,
          [fileOf('lib/apk/db/installed', content)],
          ['lib/ld-musl.so.1', 'top', 'lib/libz.so.1'],
        ),
      ),
    ).toEqual([
      'lib/ld-musl.so.1 sha1 apk:musl 1.2.5-r0',
      'top sha1 apk:musl 1.2.5-r0',
      'lib/libz.so.1 sha256 apk:zlib 1.3-r1',
    ]);
  });

  it('claims nothing without a package, or with a digest of another length', () => {
    const content = `F:lib\nR:a\nZ:${q1}\n\nP:x\nF:lib\nR:a\nZ:${q1.replace('Q1', 'Q2')}\nZ:Q1????\nZ:`;
    expect(claimsFor(apk, [fileOf('lib/apk/db/installed', content)], ['lib/a'])).toEqual([]);
  });
});

describe('pypi', () => {
  const sum = `sha256=${Buffer.from(SHA256, 'hex').toString('base64url')}`;
  const record = 'usr/lib/python3/site-packages/Some_Name-1.0.dist-info/RECORD';

  it('reads paths beside the folder, above it, from the root and in quotes', () => {
    const content = [
      `some/mod.py,${sum},1`,
      `../../../bin/some,${sum},1`,
      `/etc/some.conf,${sum},1`,
      `"some/a,""b"".py",${sum},1`,
      'some/__pycache__/mod.cpython-311.pyc,,',
    ].join('\r\n');
    const paths = [
      'usr/lib/python3/site-packages/some/mod.py',
      'usr/bin/some',
      'etc/some.conf',
      'usr/lib/python3/site-packages/some/a,"b".py',
      'usr/lib/python3/site-packages/some/__pycache__/mod.cpython-311.pyc',
    ];
    expect(wordsOf(claimsFor(pypi, [fileOf(record, content)], paths))).toEqual(
      paths.slice(0, 4).map((path) => `${path} sha256 pypi:Some_Name 1.0`),
    );
  });

  it('claims nothing for what was installed from a folder, a file or a repository', () => {
    const content = `a.py,${sum},1\nSome_Name-1.0.dist-info/direct_url.json,${sum},80\n`;
    const path = 'usr/lib/python3/site-packages/a.py';
    expect(claimsFor(pypi, [fileOf(record, content)], [path])).toEqual([]);
    const other = content.replace('.dist-info/direct_url', '/direct_url');
    expect(claimsFor(pypi, [fileOf(record, other)], [path])).toHaveLength(1);
  });

  it('does not leave the image, and wants a sha256 and a name with a version', () => {
    const up = `${'../'.repeat(50)}etc/passwd,${sum},1`;
    expect(wordsOf(claimsFor(pypi, [fileOf(record, up)], ['etc/passwd']))).toHaveLength(1);
    const weak = `a.py,md5=${'A'.repeat(22)},1\na.py,sha256=short,1\n,${sum},1`;
    expect(claimsFor(pypi, [fileOf(record, weak)], ['usr/lib/python3/site-packages/a.py'])).toEqual([]);
    expect(claimsFor(pypi, [fileOf('x.dist-info/RECORD', `a.py,${sum},1`)], ['a.py'])).toEqual([]);
  });
});

describe('npm', () => {
  const lock = 'srv/app/node_modules/.package-lock.json';
  const write = (packages: Record<string, unknown>) => JSON.stringify({ lockfileVersion: 3, packages });
  const good = {
    version: '1.0.0',
    resolved: 'https://registry.example/a/-/a-1.0.0.tgz',
    integrity: 'sha512-AAAA',
  };

  it('names the package that a path lies in, the innermost where they are nested', () => {
    const content = write({
      'node_modules/a': good,
      'node_modules/a/node_modules/@b/c': { ...good, version: '2.0.0' },
      'node_modules/JSONStream': good,
      'node_modules/jsonstream': { ...good, resolved: undefined },
      'node_modules/alias': { ...good, name: 'real' },
    });
    const paths = [
      'srv/app/node_modules/a/test/key.js',
      'srv/app/node_modules/a/node_modules/@b/c/x.js',
      'srv/app/node_modules/JSONStream/x',
      'srv/app/node_modules/jsonstream/x',
      'srv/app/node_modules/alias/x',
    ];
    expect(wordsOf(claimsFor(npm, [fileOf(lock, content, 3)], paths))).toEqual([
      'srv/app/node_modules/a/test/key.js path npm:a 1.0.0',
      'srv/app/node_modules/a/node_modules/@b/c/x.js path npm:@b/c 2.0.0',
      'srv/app/node_modules/JSONStream/x path npm:JSONStream 1.0.0',
      'srv/app/node_modules/jsonstream/x path npm:jsonstream 1.0.0',
      'srv/app/node_modules/alias/x path npm:real 1.0.0',
    ]);
    expect(claimsFor(npm, [fileOf(lock, content, 3)], paths)[0]?.layer).toBe(3);
  });

  it.each([
    ['a link to a folder', { resolved: 'packages/a', link: true }],
    ['a folder', { version: '1.0.0', resolved: 'file:../a', integrity: 'sha512-A' }],
    ['a git repository', { version: '1.0.0', resolved: 'git+ssh://git@h/a.git#1', integrity: 'sha512-A' }],
    ['what has no digest', { version: '1.0.0' }],
    ['what is no object', 'x'],
  ])('claims nothing of %s', (_, value) => {
    const path = 'srv/app/node_modules/a/index.js';
    expect(claimsFor(npm, [fileOf(lock, write({ 'node_modules/a': value }))], [path])).toEqual([]);
  });

  it('claims nothing outside of its own folder, nor of what lies beside the packages', () => {
    const paths = [
      'srv/other/node_modules/a/x',
      'node_modules/a/x',
      'srv/app/node_modules/.cache/x',
      'srv/app/node_modules/a',
      'srv/app/a/x',
    ];
    expect(claimsFor(npm, [fileOf(lock, write({ 'node_modules/a': good }))], paths)).toEqual([]);
  });
});

describe('conda', () => {
  it('reads both digests of a file', () => {
    const record = {
      name: 'zlib',
      version: '1.3',
      paths_data: {
        paths: [
          { _path: 'lib/libz.so', sha256: SHA256, sha256_in_prefix: hashOf('sha256', 'y') },
          { _path: 1 },
          null,
        ],
      },
    };
    const files = [fileOf('opt/conda/conda-meta/zlib-1.3.json', JSON.stringify(record))];
    expect(wordsOf(claimsFor(conda, files, ['opt/conda/lib/libz.so']))).toEqual([
      'opt/conda/lib/libz.so sha256 conda:zlib 1.3',
      'opt/conda/lib/libz.so sha256 conda:zlib 1.3',
    ]);
  });

  it.each([
    ['https://conda.example/linux-64/zlib-1.3.conda', 1],
    ['file:///build/zlib-1.3.conda', 0],
    ['', 0],
    [1, 0],
  ])('takes a package from %j for %i claims', (url, claims) => {
    const record = { name: 'zlib', url, paths_data: { paths: [{ _path: 'lib/a', sha256: SHA256 }] } };
    expect(claimsFor(conda, [fileOf('conda-meta/z.json', JSON.stringify(record))], ['lib/a'])).toHaveLength(
      claims,
    );
  });
});

describe('every reader', () => {
  const PATHS: Readonly<Record<string, string>> = {
    dpkg: 'var/lib/dpkg/info/a.md5sums',
    apk: 'lib/apk/db/installed',
    pip: 'a/b-1.dist-info/RECORD',
    conda: 'conda-meta/a.json',
    npm: 'node_modules/.package-lock.json',
  };
  const PIECES = [
    '\n',
    ' ',
    '  ',
    ':',
    ',',
    '"',
    'P',
    'F:lib',
    'R:a',
    'Z:Q1',
    MD5,
    SHA256,
    'Package: a',
    'Conffiles:',
    '../',
    '{',
    '}',
    '\0',
    '\ud800',
    '__proto__',
  ];
  const text = fc
    .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 8 })))
    .map((all) => all.join(''));
  const wanted = wantedOf(['lib/a', 'node_modules/a/x', 'a', 'constructor/a']);
  const all = (reader: DatabaseReader, path: string, bytes: Uint8Array) => [
    ...reader.read([{ path, layer: 0, bytes }], wanted),
  ];

  it('reads anything without a throw, and claims whole digests only', () => {
    for (const reader of DATABASE_READERS.filter(({ name }) => name !== 'rpm')) {
      const path = PATHS[reader.name] ?? '';
      expect(reader.files.test(path)).toBe(true);
      fc.assert(
        fc.property(
          fc.oneof(
            text.map((one) => Buffer.from(one)),
            fc.uint8Array(),
          ),
          (bytes) => {
            for (const { digest } of all(reader, path, bytes)) {
              const letters = { md5: 32, sha1: 40, sha256: 64 };
              if (digest !== undefined)
                expect(digest.hex).toMatch(new RegExp(`^[0-9a-f]{${letters[digest.algorithm]}}$`));
            }
          },
        ),
      );
    }
  });

  it('reads a MiB of nothing but the same in a moment', () => {
    for (const reader of DATABASE_READERS.filter(({ name }) => name !== 'rpm')) {
      for (const piece of ['\n', ' /', 'F:lib\n', '"', '[', `${MD5}  a\n`, 'Package: a\n\n']) {
        const began = performance.now();
        let claims = 0;
        const bytes = Buffer.from(piece.repeat((1024 * 1024) / piece.length));
        for (const _ of reader.read([{ path: PATHS[reader.name] ?? '', layer: 0, bytes }], wanted)) claims++;
        expect(claims).toBeLessThan(300_000);
        expect(performance.now() - began).toBeLessThan(5000);
      }
    }
  });
});
