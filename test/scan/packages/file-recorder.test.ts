import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileRecorder } from '../../../src/scan/packages/file-recorder.ts';
import { isCompiledFrom, readPycHead, sourcePathOf } from '../../../src/scan/packages/pyc.ts';
import { hashOf } from './databases.ts';

const MiB = 1024 * 1024;

interface Given {
  readonly path: string;
  readonly content: Uint8Array;
  readonly found?: boolean;
  readonly mtime?: number;
}

function record(
  files: readonly Given[],
  options: { packageBytes?: number; pieces?: number; hole?: boolean } = {},
) {
  const { packageBytes = MiB, pieces = 100_000, hole = false } = options;
  const recorder = new FileRecorder(packageBytes);
  for (const [ordinal, { path, content, found = true, mtime = 0 }] of files.entries()) {
    recorder.begin({ path, size: content.length, mtime, ordinal });
    for (let at = 0; at < content.length; at += pieces) recorder.write(content.subarray(at, at + pieces));
    if (hole) recorder.hole();
    recorder.end(found);
  }
  return recorder.finish();
}

function pyc(mtime: number, size: number, flags = 0): Buffer {
  const bytes = Buffer.alloc(40, 0xe3);
  bytes.set([0xa7, 0x0d, 0x0d, 0x0a]);
  bytes.writeUInt32LE(flags, 4);
  bytes.writeUInt32LE(mtime, 8);
  bytes.writeUInt32LE(size, 12);
  return bytes;
}

describe('FileRecorder', () => {
  it('has the digests of files in which something was found, small and large, and of no others', () => {
    const small = Buffer.from('small');
    const large = Buffer.alloc(16 * MiB + 1, 'large');
    for (const pieces of [777_777, 1e9]) {
      const { witnesses } = record(
        [
          { path: 'a', content: small },
          { path: 'b', content: small, found: false },
          { path: 'c', content: large },
          { path: 'd', content: large, found: false },
          { path: 'e', content: new Uint8Array() },
        ],
        { pieces },
      );
      expect([...witnesses.keys()]).toEqual([0, 2, 4]);
      for (const [ordinal, content] of [
        [0, small],
        [2, large],
        [4, new Uint8Array()],
      ] as const)
        expect(witnesses.get(ordinal)?.digests).toEqual({
          md5: hashOf('md5', content),
          sha1: hashOf('sha1', content),
          sha256: hashOf('sha256', content),
        });
    }
  });

  it('knows no digest of a file with holes', () => {
    expect(record([{ path: 'a', content: Buffer.from('x') }], { hole: true }).witnesses.size).toBe(0);
  });

  it('keeps databases up to its limit, and says which it did not', () => {
    const status = (letter: string) => ({
      path: `var/lib/dpkg/status.d/${letter}`,
      content: Buffer.alloc(400, letter),
      found: false,
    });
    const { databases, tooLarge } = record([status('a'), status('b'), status('c')], { packageBytes: 900 });
    expect(databases.map(({ path, ordinal, size }) => [path, ordinal, size])).toEqual([
      ['var/lib/dpkg/status.d/a', 0, 400],
      ['var/lib/dpkg/status.d/b', 1, 400],
    ]);
    expect(inflateRawSync(databases[1]?.deflated ?? Buffer.alloc(0))).toEqual(Buffer.alloc(400, 'b'));
    expect(tooLarge).toEqual(['var/lib/dpkg/status.d/c']);
  });

  it('keeps a database that is larger than what it holds of other files', () => {
    const content = Buffer.alloc(20 * MiB, 'x');
    const { databases, witnesses } = record([{ path: 'var/lib/rpm/rpmdb.sqlite', content }], {
      packageBytes: 24 * MiB,
    });
    expect(inflateRawSync(databases[0]?.deflated ?? Buffer.alloc(0)).equals(content)).toBe(true);
    expect(witnesses.get(0)?.digests.md5).toBe(hashOf('md5', content));
  });

  it('holds a database of zeros in few bytes', () => {
    const { databases } = record([{ path: 'var/lib/rpm/Packages', content: Buffer.alloc(MiB) }]);
    expect(databases[0]?.deflated.length).toBeLessThan(10_000);
  });

  it('ties a compiled file to its source in the same layer, whichever comes first', () => {
    const source = { path: 'a/b.py', content: Buffer.from('x = 1\n'), found: false, mtime: 1_700_000_000 };
    const compiled = { path: 'a/__pycache__/b.cpython-311.pyc', content: pyc(1_700_000_000, 6) };
    for (const files of [
      [source, compiled],
      [compiled, source],
    ]) {
      const witness = [...record(files).witnesses.values()].find(({ path }) => path === compiled.path);
      expect(witness?.source).toEqual({
        path: 'a/b.py',
        digests: expect.objectContaining({ md5: hashOf('md5', source.content) }),
      });
    }
  });

  it.each([
    ['its source has another time', pyc(1_700_000_009, 6)],
    ['its source has another size', pyc(1_700_000_000, 7)],
    ['it goes by a hash of something else', pyc(1_700_000_000, 6, 1)],
    ['it is cut off', pyc(1_700_000_000, 6).subarray(0, 15)],
  ])('does not tie it where %s', (_, content) => {
    const source = { path: 'a/b.py', content: Buffer.from('x = 1\n'), found: false, mtime: 1_700_000_000 };
    const { witnesses } = record([source, { path: 'a/__pycache__/b.cpython-311.pyc', content }]);
    expect(witnesses.get(1)).toBeDefined();
    expect(witnesses.get(1)?.source).toBeUndefined();
  });
});

describe('a compiled file that goes by a hash of its source', () => {
  const source = { path: 'a/b.py', content: Buffer.from('x = 1\n') };
  // what CPython's own `_imp.source_hash` gives for this source: 3.7, 3.11 and 3.13
  const HEADS = [
    ['420d0d0a', '20329d810db227ea'],
    ['a70d0d0a', '4c0372aa93f75252'],
    ['f30d0d0a', 'e786e2893651120e'],
  ] as const;
  const compiledWith = (magic: string, hash: string, flags = '01000000') => ({
    path: 'a/__pycache__/b.cpython-311.pyc',
    content: Buffer.concat([Buffer.from(magic + flags + hash, 'hex'), Buffer.alloc(40, 0xe3)]),
  });
  const sourceOf = (files: readonly Given[]) =>
    [...record(files).witnesses.values()].find(({ path }) => path.endsWith('.pyc'))?.source?.path;

  it.each(HEADS)('is tied to it where the hash fits, whichever comes first: %s', (magic, hash) => {
    for (const flags of ['01000000', '03000000']) {
      const compiled = compiledWith(magic, hash, flags);
      expect(sourceOf([source, compiled])).toBe('a/b.py');
      expect(sourceOf([compiled, source])).toBe('a/b.py');
    }
  });

  it('is not tied to another source, by another Python, or to one in which nothing was found', () => {
    const [[magic, hash]] = [HEADS[1]];
    const compiled = compiledWith(magic, hash);
    expect(sourceOf([{ ...source, content: Buffer.from('x = 2\n') }, compiled])).toBeUndefined();
    expect(sourceOf([source, compiledWith('a80d0d0a', hash)])).toBeUndefined();
    expect(sourceOf([source, compiledWith(magic, hash, '05000000')])).toBeUndefined();
    expect(sourceOf([{ ...source, found: false }, compiled])).toBeUndefined();
  });

  it('costs no more than a bound, however many there are', () => {
    const large = { path: 'a/b.py', content: Buffer.alloc(4 * MiB, 'x') };
    const many = Array.from({ length: 200 }, () => compiledWith('a70d0d0a', '0'.repeat(16)));
    const began = process.cpuUsage();
    expect(sourceOf([large, ...many])).toBeUndefined();
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1e6).toBeLessThan(10);
  });
});

describe('sourcePathOf', () => {
  it.each([
    ['a/__pycache__/b.cpython-311.pyc', 'a/b.py'],
    ['__pycache__/b.cpython-39.opt-2.pyc', 'b.py'],
    ['a/__pycache__/b.c.pypy-310.pyc', 'a/b.c.py'],
    ['a/b.pyc', undefined],
    ['a/__pycache__/b.pyc', undefined],
    ['a/__pycache__/x/b.cpython-311.pyc', undefined],
  ])('%s is made of %s', (path, source) => {
    expect(sourcePathOf(path)).toBe(source);
  });
});

describe('readPycHead', () => {
  it('reads what it says of its source, and anything else without a throw', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 1), (mtime, size) => {
        const head = readPycHead(pyc(mtime, size));
        expect(head).toEqual({ mtime, size });
        expect(head !== undefined && isCompiledFrom(head, { mtime, size })).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const head = readPycHead(bytes);
        expect(head === undefined || (bytes[2] === 0x0d && bytes[3] === 0x0a)).toBe(true);
      }),
    );
  });
});
