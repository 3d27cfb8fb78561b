import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { ByteSource } from '../../../src/io/compression/byte-source.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { readZip } from '../../../src/io/zip/zip.ts';
import type { TakeWhole } from '../../../src/io/zip/zip-at-hand.ts';
import { localEntry, makeZip, type ZipPart } from './zip-parts.ts';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Names and contents, as latin1; `!` before the reason where an entry could not be read. */
async function read(
  bytes: Uint8Array,
  size = 64 * 1024,
  takes: (count: number) => boolean = () => false,
): Promise<readonly (readonly [string, string])[]> {
  const entries: [string, string][] = [];
  const take: TakeWhole = ({ name }, content) => {
    if (!takes(entries.length)) return false;
    entries.push([name, Buffer.from(content).toString('latin1')]);
    return true;
  };
  for await (const { name, bytes: content, unreadable } of readZip(
    new ByteSource(inPieces(bytes, size)),
    DEFAULT_LIMITS,
    'a zip',
    take,
  )) {
    const parts: Uint8Array[] = [];
    try {
      for await (const part of content) parts.push(part);
    } catch (thrown) {
      if (!(thrown instanceof PratiqueError) || thrown.code !== 'COMPRESSION_INVALID') throw thrown;
      parts.push(Buffer.from('!damaged'));
    }
    const text = unreadable === undefined ? Buffer.concat(parts).toString('latin1') : `!${unreadable}`;
    entries.push([name, text]);
  }
  return entries;
}

const part: fc.Arbitrary<ZipPart> = fc.record({
  name: fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom('a', 'b', '/', '.', 'PK') }),
  content: fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constant(Buffer.from('PK\u0007\u0008PK\u0003\u0004PK\u0007\u0008 and more', 'latin1')),
    fc.constant(Buffer.alloc(200_000, 'ab')),
  ),
  method: fc.constantFrom('stored' as const, 'deflated' as const),
  descriptor: fc.boolean(),
  isZip64: fc.boolean(),
  isHidden: fc.boolean(),
});

describe('readZip', () => {
  it('gives every entry as it was put in, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 5 }),
        fc.integer({ min: 1, max: 4000 }),
        async (parts, size) => {
          const expected = parts.map(({ name, content }) => [
            name,
            Buffer.from(content as Uint8Array).toString('latin1'),
          ]);
          expect(await read(makeZip(parts), size)).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  const between = fc.constantFrom('', 'P', 'PK', 'PKPK\u0001', 'PK\u0003\u0004', '.'.repeat(100));

  it('gives the same whether entries are taken at once or waited for, with anything between the zips', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.array(part, { maxLength: 4 }), between), { maxLength: 3 }),
        fc.integer({ min: 300, max: 400_000 }),
        async (zips, size) => {
          const bytes = Buffer.concat(
            zips.flatMap(([parts, behind]) => [makeZip(parts), Buffer.from(behind, 'latin1')]),
          );
          const waited = await read(bytes, 97);
          expect(waited).toHaveLength(zips.flatMap(([parts]) => parts).length);
          expect(await read(bytes, size)).toEqual(waited);
          expect(await read(bytes, size, () => true)).toEqual(waited);
          expect(await read(bytes, size, (count) => count % 2 === 0)).toEqual(waited);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('gives large entries and small ones in turn', async () => {
    const parts = [10, 300_000, 20, 262_144, 262_143, 30, 131_073, 0].map((length, index) => ({
      name: `${index}`,
      content: Buffer.alloc(length, 'harbour'),
    }));
    const expected = parts.map(({ name, content }) => [name, content.toString('latin1')]);
    expect(await read(makeZip(parts), 64 * 1024, () => true)).toEqual(expected);
  });

  it('throws nothing but faults of archives, whatever the bytes are', async () => {
    const zip = makeZip([
      { name: 'a', content: 'one two', descriptor: true },
      { name: 'b', content: 'three', method: 'stored', isZip64: true },
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(zip.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.nat(zip.length),
        async (changes, length) => {
          const bytes = Buffer.from(zip.subarray(0, length));
          for (const [at, byte] of changes) if (at < length) bytes[at] = byte;
          const thrown = await read(bytes).then(
            () => undefined,
            (fault: unknown) => fault,
          );
          if (thrown !== undefined) expect(thrown).toMatchObject({ code: 'ARCHIVE_INVALID' });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('reads what stands behind a damaged entry, its size known or not', async () => {
    for (const descriptor of [true, false]) {
      const damaged = localEntry({ name: 'x', content: 'abc', descriptor });
      damaged.fill(0xff, 31, 34);
      const bytes = Buffer.concat([damaged, localEntry({ name: 'y', content: 'def' })]);
      expect(await read(bytes)).toEqual([
        ['x', '!damaged'],
        ['y', 'def'],
      ]);
    }
  });

  it('does not take a zip in a zip for entries of its own', async () => {
    const inner = makeZip([{ name: 'inner', content: 'abc' }]);
    const bytes = makeZip([{ name: 'outer.jar', content: inner, method: 'stored' }]);
    expect((await read(bytes)).map(([name]) => name)).toEqual(['outer.jar']);
  });

  it('names why an entry cannot be read', async () => {
    const bytes = makeZip([
      { name: 'a', content: 'x', isEncrypted: true },
      { name: 'b', content: 'x', isEncrypted: true, descriptor: true },
      { name: 'c', content: 'x', method: 98 },
      { name: 'd', content: 'x' },
    ]);
    expect(await read(bytes)).toEqual([
      ['a', '!encrypted'],
      ['b', '!encrypted'],
      ['c', '!zip method 98'],
      ['d', 'x'],
    ]);
  });

  it('reads on where the bytes of an entry end, whatever its header says of their number', async () => {
    const [one, two] = [
      localEntry({ name: 'one', content: 'abc' }),
      localEntry({ name: 'two', content: 'def' }),
    ];
    one.writeUInt32LE(5000, 18);
    const locked = localEntry({ name: 'locked', content: 'abc', isEncrypted: true });
    locked.writeUInt32LE(5000, 18);
    expect(await read(Buffer.concat([one, locked, two]))).toEqual([
      ['one', 'abc'],
      ['locked', '!encrypted'],
      ['two', 'def'],
    ]);
  });

  const env = { name: 'env', content: 'abc'.repeat(20), method: 'stored' } as const;
  const lies: readonly (readonly [string, (zip: Buffer, central: number) => void])[] = [
    ['a smaller size', (zip) => zip.writeUInt32LE(1, 18)],
    ['no size', (zip) => zip.writeUInt32LE(0, 18)],
    ['another method', (_zip, central) => _zip.writeUInt16LE(8, central + 10)],
    ['another name', (zip) => zip.write('x', 30, 'latin1')],
    ['another place', (zip, central) => zip.writeUInt32LE(3, central + 42)],
    ['another start of the directory', (zip) => zip.writeUInt32LE(1, zip.length - 6)],
    ['another length of the directory', (zip) => zip.writeUInt32LE(1, zip.length - 10)],
  ];
  it.each(lies)('throws where the directory leads to something else: %s', async (_name, lie) => {
    const zip = makeZip([env]);
    expect(await read(zip)).toHaveLength(1);
    lie(zip, zip.indexOf('PK\u0001\u0002', 0, 'latin1'));
    await expect(read(zip)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it.each([0, 1, 5000])(
    'takes offsets from the file or from the zip, behind %i other bytes',
    async (before) => {
      const zip = makeZip([env, { name: 'other', content: 'def', descriptor: true }]);
      const adjusted = Buffer.from(zip);
      const end = adjusted.length - 22;
      adjusted.writeUInt32LE(adjusted.readUInt32LE(end + 16) + before, end + 16);
      let line = adjusted.readUInt32LE(end + 16) - before;
      for (; line < end; line += 46 + adjusted.readUInt16LE(line + 28))
        adjusted.writeUInt32LE(adjusted.readUInt32LE(line + 42) + before, line + 42);
      for (const one of [zip, adjusted])
        expect(await read(Buffer.concat([Buffer.alloc(before, '.'), one]))).toHaveLength(2);
    },
  );

  it('refuses a decoy that the directory could mean as well', async () => {
    const real = localEntry(env);
    real.writeUInt32LE(0, 18);
    const decoy = makeZip([env]);
    const zip = Buffer.concat([real, decoy]); // the directory says 0, where the header says that there is nothing
    const end = zip.length - 22;
    zip.writeUInt32LE(real.length + localEntry(env).length, end + 16);
    await expect(read(zip)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });
});
