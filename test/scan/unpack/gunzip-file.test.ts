import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteSource } from '../../../src/io/compression/byte-source.ts';
import { gunzipFile } from '../../../src/scan/unpack/gunzip-file.ts';

async function unpack(file: Uint8Array): Promise<string | undefined> {
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield file;
  }
  const parts: Uint8Array[] = [];
  try {
    for await (const part of gunzipFile(new ByteSource(whole()), () => {}, 'a file')) parts.push(part);
  } catch {
    return undefined;
  }
  return Buffer.concat(parts).toString('latin1');
}

function byNode(file: Uint8Array): string | undefined {
  try {
    return gunzipSync(file).toString('latin1');
  } catch {
    return undefined;
  }
}

/** A member with a name, a comment or both in its header. */
function member(content: Uint8Array, name: string | undefined, comment: string | undefined): Buffer {
  const packed = gzipSync(content);
  packed[3] = (name === undefined ? 0 : 0x08) | (comment === undefined ? 0 : 0x10);
  const texts = [name, comment].map((text) => (text === undefined ? '' : `${text}\0`)).join('');
  return Buffer.concat([packed.subarray(0, 10), Buffer.from(texts, 'latin1'), packed.subarray(10)]);
}

const text = fc.option(fc.constantFrom('', 'a.txt'), { nil: undefined });
const file = fc
  .tuple(
    fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(Buffer.alloc(300_000, 'harbour'))),
    text,
    text,
  )
  .map(([content, name, comment]) => member(content, name, comment));

describe('gunzipFile', () => {
  it('unpacks small files as Node does, whatever stands in their headers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 2 }), async (members) => {
        const bytes = Buffer.concat(members);
        expect(await unpack(bytes)).toBe(byNode(bytes));
      }),
      { numRuns: 100 },
    );
  });

  it('takes nothing for whole that is cut or changed', async () => {
    const whole = member(Buffer.from('what is in it, what is in it'), 'a.txt', undefined);
    for (let at = 1; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x41;
      const content = await unpack(changed);
      if (content !== undefined) expect(content).toBe(byNode(changed));
      expect(await unpack(whole.subarray(0, at))).toBeUndefined();
    }
  });
});
