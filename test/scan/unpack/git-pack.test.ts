import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteSource } from '../../../src/io/compression/byte-source.ts';
import { readGitPack } from '../../../src/scan/unpack/git-pack.ts';
import { inPieces } from '../images.ts';
import { deltaOf, gitPack, type PackedObject } from './pack-parts.ts';

async function objectsIn(pack: Buffer, size = 1e6): Promise<readonly (readonly [string, string])[]> {
  const found: [string, string][] = [];
  for await (const { name, bytes } of readGitPack(new ByteSource(inPieces(pack, size)), 'pack')) {
    const parts: Uint8Array[] = [];
    for await (const part of bytes) parts.push(part);
    found.push([name.replace(/-\d+$/, ''), Buffer.concat(parts).toString('latin1')]);
  }
  return found;
}

const OBJECTS: readonly PackedObject[] = [
  { type: 'commit', content: 'tree 1\n\nfirst\n' },
  { type: 'blob', content: '' },
  { type: 'blob', content: 'x'.repeat(100_000) },
  { type: 'delta', content: deltaOf(400, [300, 'new text', 20, 'y'.repeat(127), 'z'.repeat(10)]) },
  { type: 'delta by name', content: deltaOf(70_000, ['only this']) },
  { type: 'tag', content: 'object 1\n' },
];

describe('readGitPack', () => {
  it('reads every object, and of deltas what is new in them, however the bytes are cut', async () => {
    const pack = gitPack(OBJECTS);
    for (const size of [1, 3, 100, 1e6])
      expect(await objectsIn(pack, size)).toEqual([
        ['commit', 'tree 1\n\nfirst\n'],
        ['blob', ''],
        ['blob', 'x'.repeat(100_000)],
        ['delta', `\nnew text\n${'y'.repeat(127)}${'z'.repeat(10)}`],
        ['delta', 'only this'],
        ['tag', 'object 1\n'],
      ]);
  });

  it.each([
    ['cut off in its head', gitPack(OBJECTS).subarray(0, 10)],
    ['cut off behind an object', gitPack(OBJECTS).subarray(0, -20)],
    ['cut off in an object', gitPack(OBJECTS).subarray(0, 40)],
    ['that counts too many', gitPack(OBJECTS, 7)],
    [
      'with a kind of object that there is not',
      Buffer.concat([gitPack([], 1).subarray(0, 12), Buffer.from([0x50]), deflateSync('x')]),
    ],
    ['with a number without an end', Buffer.concat([gitPack([], 1).subarray(0, 12), Buffer.alloc(30, 0xff)])],
    ['with a delta that means nothing', gitPack([{ type: 'delta', content: Buffer.from([1, 1, 0]) }])],
  ])('says that a pack %s is damaged', async (_, pack) => {
    await expect(objectsIn(pack)).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:ARCHIVE|COMPRESSION)_INVALID$/),
    });
  });

  it('ends with a fault or an end, whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(255), fc.uint8Array({ maxLength: 60 }), async (at, value, rest) => {
        const pack = Buffer.concat([gitPack(OBJECTS), rest]);
        pack[at % pack.length] = value;
        const code = await objectsIn(pack).then(
          () => 'ARCHIVE_INVALID',
          (thrown) => thrown.code,
        );
        expect(code).toMatch(/^(?:ARCHIVE|COMPRESSION)_INVALID$/);
      }),
      { numRuns: 100 },
    );
  });
});
