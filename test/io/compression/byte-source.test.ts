import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteSource } from '../../../src/io/compression/byte-source.ts';

async function* cut(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const length of lengths) {
    yield bytes.subarray(at, at + length);
    at += length;
  }
  if (at < bytes.length) yield bytes.subarray(at);
}

type Step = readonly ['next' | 'peek' | 'take' | 'skip' | 'unread' | 'pass', number];

/** What a read gives by `steps`, the waiting ones at once where that can be; the positions among it. */
async function readBy(source: ByteSource, steps: readonly Step[], atOnce: boolean): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const [what, count] of steps) {
    if (what === 'skip') seen.push(await source.skip(count));
    else if (what === 'take')
      seen.push(((atOnce ? source.takeNow(count) : undefined) ?? (await source.take(count)))?.join());
    else if (what === 'peek')
      seen.push(((atOnce ? source.peekNow(count) : undefined) ?? (await source.peek(count))).join());
    else if (what === 'pass') {
      const { length } = await source.peek(count);
      if (atOnce) source.pass(length);
      else await source.take(length);
    } else {
      const chunk = (atOnce ? source.nextNow() : undefined) ?? (await source.next());
      if (what === 'unread' && chunk !== undefined) source.unread(chunk.subarray(count));
      seen.push(what === 'unread' ? chunk?.subarray(0, count).join() : chunk?.join());
    }
    seen.push(source.position);
  }
  return seen;
}

/** The same of bytes that are all there. */
function expected(bytes: Uint8Array, steps: readonly Step[], seen: readonly unknown[]): unknown[] {
  const wanted: unknown[] = [];
  let at = 0;
  let index = 0;
  for (const [what, count] of steps) {
    const ahead = bytes.subarray(at, at + count);
    if (what === 'skip') wanted.push(ahead.length === count);
    else if (what === 'take') wanted.push(ahead.length === count ? ahead.join() : undefined);
    else if (what === 'peek') wanted.push(ahead.join());
    else if (what !== 'pass') {
      // How much comes at once hangs on the cut; that it is what stands there does not.
      const length = String(seen[index] ?? '').split(',').length;
      const isLeft = at < bytes.length && !(what === 'unread' && count === 0);
      wanted.push(at < bytes.length ? bytes.subarray(at, at + (isLeft ? length : 0)).join() : undefined);
      at += isLeft ? length : 0;
    }
    if (what === 'skip' || what === 'pass') at += ahead.length;
    if (what === 'take' && ahead.length === count) at += count;
    wanted.push(at);
    index = wanted.length;
  }
  return wanted;
}

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('next' as const, 'peek', 'take', 'skip', 'unread', 'pass'),
  fc.nat(40),
);

describe('ByteSource', () => {
  it('gives the same bytes at once as to those who wait, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat(30), { maxLength: 12 }),
        fc.array(step, { maxLength: 20 }),
        async (bytes, lengths, steps) => {
          const waited = await readBy(new ByteSource(cut(bytes, lengths)), steps, false);
          const atOnce = await readBy(new ByteSource(cut(bytes, lengths)), steps, true);
          expect(atOnce).toEqual(waited);
          expect(waited).toEqual(expected(bytes, steps, waited));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps what had come before a fault', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('ab');
      yield Buffer.from('cd');
      throw new Error('cut off');
    }
    for (const before of [0, 1, 2, 3]) {
      const source = new ByteSource(failing());
      await source.take(before);
      await expect(source.peek(100)).rejects.toThrow('cut off');
      const rest = await source.peek(100);
      expect(Buffer.from(rest).toString()).toBe('abcd'.slice(before));
      expect(source.position).toBe(before);
    }
  });
});
