import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAll, verified } from '../../src/io/verified.ts';
import { parseDigest } from '../../src/model/digest.ts';
import { pieces, sha256 } from './layers.ts';

const blob = Buffer.from('0123456789');
const expected = { digest: sha256(blob), size: blob.length };

/** What came out before the end or the fault, and the fault's code. */
async function drain(stream: AsyncIterable<Uint8Array>): Promise<{ text: string; code?: string }> {
  let text = '';
  try {
    for await (const chunk of stream) text += Buffer.from(chunk).toString('latin1');
    return { text };
  } catch (thrown) {
    return { text, code: String((thrown as { code?: unknown }).code) };
  }
}

describe('verified', () => {
  it('passes exactly the bytes that were asked for, in any pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        async (bytes, size) => {
          const wanted = { digest: sha256(bytes), size: bytes.length };
          const found = await readAll(verified(pieces(bytes, size), wanted, 'a test'), 1000, 'a test');
          expect(Buffer.compare(found, bytes)).toBe(0);
        },
      ),
    );
  });

  it('never gives the end of other bytes, of fewer or of more, in any pieces', async () => {
    const change = fc.record({ at: fc.nat(), cut: fc.nat(2), put: fc.uint8Array({ maxLength: 2 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        change,
        fc.integer({ min: 1, max: 70 }),
        async (bytes, { at, cut, put }, size) => {
          const start = at % bytes.length;
          const other = Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + cut)]);
          fc.pre(Buffer.compare(other, bytes) !== 0);
          const wanted = { digest: sha256(bytes), size: bytes.length };
          const { text, code } = await drain(verified(pieces(other, size), wanted, 'a test'));
          expect(code).toMatch(/^(?:LIMIT_EXCEEDED|SIZE_MISMATCH|DIGEST_MISMATCH)$/);
          expect(text.length).toBeLessThan(Math.max(1, Math.min(other.length, bytes.length)));
        },
      ),
    );
  });

  it('knows sha512', async () => {
    const digest = parseDigest(
      'sha512:bb96c2fc40d2d54617d6f276febe571f623a8dadf0b734855299b0e107fda32cf6b69f2da32b36445d73690b93cbd0f7bfc20e0f7f28553d2a4428f23b716e90',
    );
    expect(await drain(verified(pieces(blob, 3), { digest, size: 10 }, 'a test'))).toEqual({
      text: '0123456789',
    });
    const sha = verified(pieces(Buffer.from('012345678X'), 3), { digest, size: 10 }, 'a test');
    expect(await drain(sha)).toEqual({ text: '012345678', code: 'DIGEST_MISMATCH' });
  });

  it('withholds the last chunk where the digest differs', async () => {
    const other = verified(pieces(Buffer.from('012345678X'), 4), expected, 'a test');
    expect(await drain(other)).toEqual({ text: '01234567', code: 'DIGEST_MISMATCH' });
  });

  it('stops at the first byte too many, however many would follow', async () => {
    async function* endless() {
      for (;;) yield Buffer.from('0123');
    }
    expect(await drain(verified(endless(), expected, 'a test'))).toEqual({
      text: '0123',
      code: 'LIMIT_EXCEEDED',
    });
  });

  it('tells missing bytes from other bytes', async () => {
    expect(await drain(verified(pieces(blob.subarray(1), 100), expected, 'a test'))).toEqual({
      text: '',
      code: 'SIZE_MISMATCH',
    });
    expect((await drain(verified(pieces(Buffer.alloc(0), 1), expected, 'a test'))).code).toBe(
      'SIZE_MISMATCH',
    );
  });

  it('ends the source when the reader stops early', async () => {
    let ended = false;
    async function* source() {
      try {
        yield* pieces(blob, 1);
      } finally {
        ended = true;
      }
    }
    for await (const _chunk of verified(source(), expected, 'a test')) break;
    expect(ended).toBe(true);
  });
});

describe('readAll', () => {
  it('takes up to the limit and not a byte more', async () => {
    expect(await readAll(pieces(blob, 3), 10, 'a test')).toEqual(blob);
    await expect(readAll(pieces(blob, 3), 9, 'a test')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});
