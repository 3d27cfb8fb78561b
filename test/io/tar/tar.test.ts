import fc from 'fast-check';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { TarReader } from '../../../src/io/tar/tar.ts';
import { readAll } from '../../../src/io/verified.ts';
import { readTar } from '../layers.ts';
import { body, END, file, GNU_MAGIC, gnuLong, header, pax, seal } from '../tar-parts.ts';

/** Paths with sizes and types, as `name[size]`. */
function list(...parts: readonly Uint8Array[]): string[] {
  return readTar(Buffer.concat([...parts, END])).entries.map(({ path, type, size, linkPath }) => {
    if (type === 'file') return `${path}[${size}]`;
    return linkPath === '' ? `${path} ${type}` : `${path} ${type} ${linkPath}`;
  });
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    return thrown instanceof PratiqueError ? thrown.code : String(thrown);
  }
  return 'accepted';
}

const refusal = (...parts: readonly Uint8Array[]) => codeOf(() => readTar(Buffer.concat([...parts, END])));
const plain = file('after', 'seen');

describe('types', () => {
  it.each([
    ['hardlink', '1'],
    ['symlink', '2'],
    ['character', '3'],
    ['block', '4'],
    ['directory', '5'],
    ['fifo', '6'],
  ])('a %s has no body whatever its size says, so the next header is not swallowed', (type, flag) => {
    const linkName = flag === '1' || flag === '2' ? 'x' : '';
    const { entries } = readTar(
      Buffer.concat([header({ name: 'odd', type: flag, size: 1024, linkName }), plain, END]),
    );
    expect(entries.map(({ path }) => path)).toEqual(['odd', 'after']);
    expect(entries[0]).toMatchObject({ type, size: 0, linkPath: linkName });
    expect(entries[0]?.anomalies).toContain('size-on-header-only-type');
    expect(entries[1]?.content.toString()).toBe('seen');
  });

  it.each(['7', 'S', 'V', 'M', 'D', 'N', 'Z', '\u00ff'])(
    'the type %j is refused, as containerd does',
    (type) => {
      expect(refusal(header({ name: 'odd', type }), plain)).toBe('TAR_INVALID');
    },
  );

  it('a file of the oldest format whose name ends in a slash is a folder, and has no body', () => {
    expect(list(header({ name: 'd/', type: '\0', size: 0 }), plain)).toEqual(['d directory', 'after[4]']);
    expect(list(file('d/', 'body'), plain)).toEqual(['d[4]', 'after[4]']);
  });

  it('a global PAX header is refused, because umoci rejects it', () => {
    expect(refusal(pax({ comment: 'x' }, { type: 'g' }), plain)).toBe('TAR_AMBIGUOUS');
  });

  it('a link without a target is refused', () => {
    expect(refusal(header({ name: 'l', type: '2' }))).toBe('TAR_INVALID');
    expect(refusal(header({ name: 'l', type: '1' }))).toBe('TAR_INVALID');
  });
});

describe('numbers', () => {
  it('reads octal with blanks, without an end and in base-256', () => {
    expect(list(file('a', 'seen', { size: '    4 \0     ' }))).toEqual(['a[4]']);
    expect(list(file('a', 'seen', { size: '000000000004' }))).toEqual(['a[4]']);
    expect(list(file('a', 'seen', { size: '\u0080\0\0\0\0\0\0\0\0\0\0\u0004' }))).toEqual(['a[4]']);
    expect(list(file('a', '', { size: '' }))).toEqual(['a[0]']);
  });

  it.each([
    ['a letter', '1z', 'TAR_INVALID'],
    ['a digit that octal does not have', '8', 'TAR_INVALID'],
    ['a blank between digits', '1 2', 'TAR_INVALID'],
    ['a negative size', `${'\u00ff'.repeat(11)}\u00f0`, 'TAR_INVALID'],
    ['more than 64 bits', `\u0080\0\0\u0001${'\0'.repeat(8)}`, 'TAR_INVALID'],
    ['2^62', `\u0080\0\0\0\u0040${'\0'.repeat(7)}`, 'LIMIT_EXCEEDED'],
  ])('refuses a size with %s', (_what, size, code) => {
    expect(refusal(header({ size }))).toBe(code);
  });

  it('refuses a negative size that a PAX record replaces, as Go does', () => {
    const negative = '\u00ff'.repeat(12);
    expect(refusal(pax({ size: '4' }), header({ size: negative }), body('seen'), plain)).toBe('TAR_INVALID');
    expect(refusal(header({ name: 'd/', type: '\0', size: negative }), plain)).toBe('TAR_INVALID');
    expect(refusal(header({ name: 'd/', type: '5', size: negative }), plain)).toBe('accepted');
  });

  it('takes an owner as the kernel does: 2^32 is root', () => {
    const { entries } = readTar(
      Buffer.concat([pax({ uid: '4294967296', gid: '4294967295' }), file('a'), END]),
    );
    expect(entries[0]).toMatchObject({ uid: 0, gid: 0 });
  });

  it('keeps the permission bits alone', () => {
    expect(readTar(header({ mode: 0o104755 })).entries[0]?.mode).toBe(0o4755);
  });
});

describe('headers', () => {
  it('accepts signed checksums and refuses wrong ones', () => {
    expect(list(header({ name: 'n\u00e9', checksum: 'signed' }))).toEqual(['n\udce9[0]']);
    expect(refusal(header({ checksum: 'wrong' }))).toBe('TAR_INVALID');
  });

  it('accepts any magic, and reads the prefix only where the magic gives it one', () => {
    expect(list(header({ name: 'a', prefix: 'pre' }))).toEqual(['pre/a[0]']);
    expect(list(header({ name: 'a', prefix: 'pre', magic: '\0'.repeat(8) }))).toEqual(['a[0]']);
    expect(list(header({ name: 'a', prefix: 'pre', magic: 'strange!' }))).toEqual(['a[0]']);
  });

  it('reads a prefix under GNU magic where the bytes are no times, as Go does', () => {
    expect(list(header({ name: 'a', prefix: 'pre/fix', magic: GNU_MAGIC }))).toEqual(['pre/fix/a[0]']);
    expect(list(header({ name: 'a', prefix: '01234567012\x00', magic: GNU_MAGIC }))).toEqual(['a[0]']);
    expect(list(header({ name: 'a', prefix: 'pr\u00e9', magic: GNU_MAGIC }))).toEqual(['a[0]']);
  });

  it('reads the shorter prefix and the times of star', () => {
    const block = header({ name: 'a', prefix: 'p'.repeat(131) });
    block.write(`${'0'.repeat(11)}\0${'0'.repeat(11)}\0`, 476, 'latin1');
    block.write('tar\0', 508, 'latin1');
    expect(list(seal(block))).toEqual([`${'p'.repeat(131)}/a[0]`]);
    block.write('bad', 476, 'latin1');
    expect(refusal(seal(block))).toBe('TAR_INVALID');
  });
});

describe('names', () => {
  it.each([
    ['./a//b/', 'a/b'],
    ['/etc/passwd', 'etc/passwd'],
    ['../../x', 'x'],
    ['a/../../b', 'b'],
    ['a/./b/..', 'a'],
    ['.', ''],
    ['..', ''],
    ['.wh.x', '.wh.x'],
    ['...', '...'],
    ['a\0b', 'a'],
  ])('%j lies at %j', (name, path) => {
    expect(readTar(header({ name })).entries[0]?.path).toBe(path);
  });

  it('says what is odd about a name', () => {
    const anomalies = (name: string) => readTar(header({ name })).entries[0]?.anomalies;
    expect(anomalies('/a')).toEqual(['absolute-path']);
    expect(anomalies('a/../b')).toEqual(['path-with-parent']);
    expect(anomalies('\u00ff')).toEqual(['path-not-utf8']);
    expect(anomalies('a..b')).toEqual([]);
  });

  it('keeps names apart that differ in any byte', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 90 });
    const nameOf = (name: Uint8Array) =>
      readTar(header({ name: Buffer.from(name).toString('latin1') })).entries[0]?.path;
    const isPlain = (name: Uint8Array) => !name.some((byte) => byte === 0 || byte === 0x2f || byte === 0x2e);
    fc.assert(
      fc.property(bytes.filter(isPlain), bytes.filter(isPlain), (a, b) => {
        expect(nameOf(a) === nameOf(b)).toBe(Buffer.compare(a, b) === 0);
      }),
    );
  });

  it('shows UTF-8 as it is', () => {
    const name = Buffer.from('grün-漢-🦀').toString('latin1');
    expect(readTar(header({ name })).entries[0]).toMatchObject({ path: 'grün-漢-🦀', anomalies: [] });
  });

  it('refuses a part that no filesystem holds and a path that Linux does not know', () => {
    expect(refusal(gnuLong('L', 'n'.repeat(255)), plain)).toBe('accepted');
    expect(refusal(gnuLong('L', 'n'.repeat(256)), plain)).toBe('TAR_INVALID');
    expect(refusal(gnuLong('L', 'n/'.repeat(2100)), plain)).toBe('LIMIT_EXCEEDED');
  });
});

describe('extended headers', () => {
  it('PAX stands over the header, GNU long names over PAX', () => {
    expect(list(pax({ path: 'p', size: '4' }), header({ name: 'h', size: 0 }), body('seen'), plain)).toEqual([
      'p[4]',
      'after[4]',
    ]);
    expect(list(pax({ path: 'p' }), gnuLong('L', 'g'), file('h'))).toEqual(['g[0]']);
    expect(list(gnuLong('K', 'g'), pax({ linkpath: 'p' }), header({ type: '2', linkName: 'h' }))).toEqual([
      'file symlink g',
    ]);
  });

  it('a PAX size counts for the file, not for the long name between', () => {
    expect(list(pax({ size: '4' }), gnuLong('L', 'g'), header({ name: 'h', size: 0 }), body('seen'))).toEqual(
      ['g[4]'],
    );
  });

  it('an empty value leaves what the header says, the last of two counts', () => {
    expect(list(pax({ path: '' }), file('h'))).toEqual(['h[0]']);
    expect(list(pax('9 path=a\n9 path=b\n'), file('h'))).toEqual(['b[0]']);
    expect(list(pax('9 path=a\n8 path=\n'), file('h'))).toEqual(['h[0]']);
  });

  it('a later extended header takes the place of an earlier one, and none outlives its entry', () => {
    expect(list(pax({ path: 'a' }), pax({ uid: '1' }), file('h'), file('i'))).toEqual(['h[0]', 'i[0]']);
    expect(list(gnuLong('L', 'a'), file('h'), file('i'))).toEqual(['a[0]', 'i[0]']);
  });

  it.each([
    ['no line end', '9 path=ab'],
    ['no equals sign', '7 path\n'],
    ['no key', '6 =ab\n'],
    ['a length with a blank before it', ' 9 path=a\n'],
    ['a length with an exponent', '1e1 path=a\n'],
    ['a length past the end', '99 path=a\n'],
    ['a length below its own digits', '5         path=a\n'],
    ['a NUL in a path', '11 path=a\0b\n'],
    ['zeros alone', '\0'.repeat(20)],
    ['a size with a point', '12 size=4.0\n'],
    ['a negative size', '11 size=-1\n'],
    ['a size past 64 bits', '26 size=9223372036854775808\n'],
    ['an owner that is no number', '9 uid=x1\n'],
    ['a time that is no number', '11 mtime=x\n'],
  ])('refuses records with %s', (_what, records) => {
    expect(refusal(pax(records), plain)).toBe('TAR_INVALID');
  });

  it('reads attributes, and refuses those with which overlayfs deletes', () => {
    const { entries } = readTar(Buffer.concat([pax({ 'SCHILY.xattr.user.x': 'a\0\u00ff' }), file('h'), END]));
    expect(entries[0]?.xattrs).toEqual(new Map([['user.x', Buffer.from('a\0\u00ff', 'latin1')]]));
    expect(refusal(pax({ 'SCHILY.xattr.trusted.overlay.opaque': 'y' }), plain)).toBe('TAR_AMBIGUOUS');
  });

  it('refuses a record that is larger than Go reads, before reading it', () => {
    expect(codeOf(() => readTar(header({ type: 'x', size: 2 ** 20 + 1 })))).toBe('LIMIT_EXCEEDED');
  });
});

describe('sparse files', () => {
  const map10 = (text: string, data: string) =>
    Buffer.concat([
      pax({
        'GNU.sparse.major': '1',
        'GNU.sparse.minor': '0',
        'GNU.sparse.name': 'real',
        'GNU.sparse.realsize': '10',
      }),
      header({ name: 'GNUSparseFile.0/real', size: 512 + data.length }),
      body(text),
      body(data),
    ]);
  const map01 = (records: Readonly<Record<string, string>>, data: string) =>
    Buffer.concat([pax({ 'GNU.sparse.size': '10', ...records }), file('raw', data)]);
  const content = (tar: Uint8Array) =>
    readTar(Buffer.concat([tar, plain, END])).entries.map((entry) => [entry.path, entry.content.toString()]);
  const expanded = '\0\0ab\0\0\0c\0\0';

  it('are laid out with their holes, in every format that Go reads', () => {
    expect(content(map10('2\n2\n2\n7\n1\n', 'abc'))).toEqual([
      ['real', expanded],
      ['after', 'seen'],
    ]);
    const in01 = map01({ 'GNU.sparse.numblocks': '2', 'GNU.sparse.map': '2,2,7,1' }, 'abc');
    expect(content(in01)).toEqual([
      ['raw', expanded],
      ['after', 'seen'],
    ]);
    const in00 = [
      ['GNU.sparse.size', '10'],
      ['GNU.sparse.numblocks', '2'],
      ['GNU.sparse.offset', '2'],
      ['GNU.sparse.numbytes', '2'],
      ['GNU.sparse.offset', '7'],
      ['GNU.sparse.numbytes', '1'],
    ] as const;
    expect(content(Buffer.concat([pax(in00), file('raw', 'abc')]))).toEqual([
      ['raw', expanded],
      ['after', 'seen'],
    ]);
  });

  it('may be one hole', () => {
    expect(
      content(
        map01({ 'GNU.sparse.numblocks': '0', 'GNU.sparse.major': '0', 'GNU.sparse.minor': '1' }, ''),
      )[0],
    ).toEqual(['raw', '\0'.repeat(10)]);
  });

  it.each([
    ['less data than mapped', '2\n2\n2\n7\n1\n', 'ab'],
    ['more data than mapped', '2\n2\n2\n7\n1\n', 'abcd'],
    ['runs that overlap', '2\n2\n2\n3\n1\n', 'abc'],
    ['a run past the end', '1\n8\n3\n', 'abc'],
    ['a negative offset', '1\n-1\n3\n', 'abc'],
    ['a count that is no number', 'x\n', 'abc'],
    ['a count past the body', '900\n', 'abc'],
  ])('are refused with %s', (_what, map, data) => {
    expect(refusal(map10(map, data))).toBe('TAR_INVALID');
  });

  it('are refused by their size with holes: a hole of 1 TiB has no data and fills a disk', () => {
    const size = String(2 ** 40);
    expect(
      refusal(
        map01({ 'GNU.sparse.size': size, 'GNU.sparse.numblocks': '1', 'GNU.sparse.map': `${size},0` }, ''),
      ),
    ).toBe('LIMIT_EXCEEDED');
  });
});

describe('ends', () => {
  const one = file('a', 'seen');
  const paths = (tar: Uint8Array) => readTar(tar).entries.map(({ path }) => path);

  it('tolerates missing end blocks, one zero block, missing padding and no bytes at all', () => {
    expect(paths(one)).toEqual(['a']);
    expect(paths(Buffer.concat([one, Buffer.alloc(512)]))).toEqual(['a']);
    expect(paths(one.subarray(0, 516))).toEqual(['a']);
    expect(paths(one.subarray(0, 600))).toEqual(['a']);
    expect(paths(Buffer.alloc(0))).toEqual([]);
    expect(paths(Buffer.concat([one, gnuLong('L', 'orphan')]))).toEqual(['a']);
  });

  it.each([
    ['a cut header', one.subarray(0, 511)],
    ['a cut body', one.subarray(0, 515)],
    ['a cut record', pax({ path: 'a' }).subarray(0, 515)],
    ['a second block that is cut', Buffer.concat([one, Buffer.alloc(600)])],
    ['one zero block before data', Buffer.concat([one, Buffer.alloc(512), one])],
  ])('refuses %s', (_what, tar) => {
    expect(codeOf(() => readTar(tar))).toBe('TAR_INVALID');
  });

  it('shows what lies behind the end and in the padding as outside of any file', () => {
    const padded = Buffer.from(one);
    padded.write('hidden', 600);
    const { entries, outsideParts } = readTar(Buffer.concat([padded, END, Buffer.from('behind')]), {}, 512);
    expect(entries.map(({ content }) => content.toString())).toEqual(['seen']);
    expect(Buffer.concat(outsideParts).toString()).toMatch(/hidden.*behind$/s);
  });

  it('is of no use after a fault', () => {
    const reader = new TarReader({ entry() {}, data() {}, end() {} }, DEFAULT_LIMITS, 'a test');
    expect(codeOf(() => reader.write(header({ checksum: 'wrong' })))).toBe('TAR_INVALID');
    expect(codeOf(() => reader.write(one))).toBe('TAR_INVALID');
    expect(codeOf(() => reader.finish())).toBe('TAR_INVALID');
  });
});

describe('limits', () => {
  it('stops at the first entry and the first byte too many', () => {
    const tar = Buffer.concat([file('a', 'seen'), file('b', 'seen'), END]);
    expect(codeOf(() => readTar(tar, { entries: 2, writtenBytes: 8 }))).toBe('accepted');
    expect(codeOf(() => readTar(tar, { entries: 1 }))).toBe('LIMIT_EXCEEDED');
    expect(codeOf(() => readTar(tar, { writtenBytes: 7 }))).toBe('LIMIT_EXCEEDED');
  });
});

describe('properties', () => {
  const segment = fc.stringMatching(/^[a-zA-Z0-9_ é漢-]{1,40}$/u);
  const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
  const content = fc.oneof(fc.uint8Array({ maxLength: 1500 }), fc.constant(new Uint8Array(0)));
  const entries = fc.array(
    fc.record({
      path,
      content,
      mode: fc.integer({ min: 1, max: 0o7777 }),
    }),
    { maxLength: 6 },
  );

  it('what tar-stream writes is read as it was', async () => {
    await fc.assert(
      fc.asyncProperty(entries, fc.integer({ min: 1, max: 3000 }), async (wanted, pieceBytes) => {
        const packing = pack();
        for (const { path: name, content: bytes, mode } of wanted)
          packing.entry({ name, mode, uid: 7 }, Buffer.from(bytes));
        packing.finalize();
        const tar = await readAll(packing, 1e9, 'a test');
        const found = readTar(tar, {}, pieceBytes).entries;
        expect(
          found.map((entry) => [entry.path, entry.mode, entry.uid, entry.content.toString('hex')]),
        ).toEqual(
          wanted.map((entry) => [entry.path, entry.mode, 7, Buffer.from(entry.content).toString('hex')]),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('the size of the pieces makes no difference, on archives that were damaged at random', () => {
    const base = Buffer.concat([
      pax({ path: 'p' }),
      file('a', 'x'.repeat(700)),
      gnuLong('L', 'long'),
      file('b', 'y'),
      END,
    ]);
    const damage = fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 3 });
    const result = (tar: Uint8Array, pieceBytes: number) => {
      try {
        const { entries: found, outsideParts } = readTar(tar, {}, pieceBytes);
        return { found, outside: Buffer.concat(outsideParts).toString('latin1').replaceAll('\0', '') };
      } catch (thrown) {
        if (thrown instanceof PratiqueError) return `${thrown.code} ${thrown.problem.why}`;
        throw thrown;
      }
    };
    fc.assert(
      fc.property(damage, fc.integer({ min: 1, max: 1000 }), (changes, pieceBytes) => {
        const tar = Buffer.from(base);
        for (const [at, byte] of changes) tar[at] = byte;
        for (let at = 0; at < tar.length; at += 512)
          if (tar[at + 257] === 0x75) seal(tar.subarray(at, at + 512));
        expect(result(tar, pieceBytes)).toEqual(result(tar, tar.length));
      }),
      { numRuns: 300 },
    );
  });

  it('arbitrary bytes end in entries or in a PratiqueError', () => {
    const blocks = fc.array(
      fc.oneof(
        fc.uint8Array({ minLength: 512, maxLength: 512 }),
        fc
          .record({
            name: fc.string({ maxLength: 99 }),
            type: fc.constantFrom('0', '1', '2', '5', 'x', 'L', 'K', 'g', 'S', '\0'),
            size: fc.nat(2000),
            linkName: fc.string({ maxLength: 50 }),
          })
          .map(header),
        fc.string({ maxLength: 500 }).map(body),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(blocks, (parts) => {
        expect(codeOf(() => readTar(Buffer.concat(parts)))).toMatch(
          /^(?:accepted|TAR_INVALID|TAR_AMBIGUOUS|LIMIT_EXCEEDED)$/,
        );
      }),
      { numRuns: 500 },
    );
  });
});
