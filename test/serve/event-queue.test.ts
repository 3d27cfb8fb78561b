import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../src/model/digest.ts';
import type { Reference } from '../../src/model/reference.ts';
import { type EventQueue, makeEventQueue } from '../../src/serve/event-queue.ts';

/** `1a`: tag 1 stands for content a. */
function pushed(text: string): Reference {
  const [tag = '', content = ''] = text;
  const digest = parseDigest(`sha256:${content.repeat(64)}`);
  return { registry: 'registry.test', repository: 'acme/app', tag, digest };
}

const nameOf = ({ tag = '', digest }: Reference) => `${tag}${digest?.at(-1)}`;

/** Judgements that end when they are told to; `begun` in their order. */
function held() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const judge = (reference: Reference) => {
    const name = nameOf(reference);
    begun.push(name);
    return new Promise<void>((resolve) => ends.set(name, resolve));
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await turn();
  };
  return { begun, judge, end };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function accept(queue: EventQueue, ...names: readonly string[]): Promise<void> {
  for (const name of names) expect(queue.accept(pushed(name))).toBe(true);
  await turn();
}

describe('the queue of images', () => {
  test('judges some at once, and the others when their turn comes', async () => {
    const { begun, judge, end } = held();
    const queue = makeEventQueue(judge, 2);
    await accept(queue, '1a', '2b', '3c');
    expect(begun).toEqual(['1a', '2b']);
    expect(queue.size()).toEqual({ waiting: 1, running: 2 });
    await end('2b');
    expect(begun).toEqual(['1a', '2b', '3c']);
  });

  test('judges content that waits once, whatever its tags', async () => {
    const { begun, judge, end } = held();
    const queue = makeEventQueue(judge, 1);
    await accept(queue, '0f', '1a', '2a', '1a', '3b');
    for (const name of ['0f', '1a', '3b']) await end(name);
    expect(begun).toEqual(['0f', '1a', '3b']);
    expect(queue.size()).toEqual({ waiting: 0, running: 0 });
  });

  test('judges what was pushed by one tag in its order, one after the other', async () => {
    const { begun, judge, end } = held();
    const queue = makeEventQueue(judge, 4);
    await accept(queue, '1a', '1b', '2c');
    expect(begun).toEqual(['1a', '2c']);
    await end('1a');
    expect(begun).toEqual(['1a', '2c', '1b']);
  });

  test('judges content last that a tag goes back to', async () => {
    const { begun, judge, end } = held();
    const queue = makeEventQueue(judge, 1);
    await accept(queue, '0f', '1a', '1b', '1a');
    for (const name of ['0f', '1a', '1b', '1a']) await end(name);
    expect(begun).toEqual(['0f', '1a', '1b', '1a']);
  });

  test('does not let a tag that waits be overtaken by what comes after it', async () => {
    const { begun, judge, end } = held();
    const queue = makeEventQueue(judge, 2);
    await accept(queue, '1a', '1b', '2b', '2c');
    expect(begun).toEqual(['1a']); // 2c waits for b, which is pushed by 1 and 2, and b for a
    await end('1a');
    await end('1b');
    expect(begun).toEqual(['1a', '1b', '2c']);
  });

  test('judges once more what is pushed while it is being judged: a signature may have come', async () => {
    const { begun, judge, end } = held();
    const queue = makeEventQueue(judge, 4);
    await accept(queue, '1a');
    await accept(queue, '1a');
    expect(begun).toEqual(['1a']);
    await end('1a');
    expect(begun).toEqual(['1a', '1a']);
  });

  test('ends each tag with what was pushed by it last, whatever comes in which order', async () => {
    const pushes = fc.array(fc.tuple(fc.constantFrom('1', '2', '3'), fc.constantFrom('a', 'b', 'c')), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(pushes, fc.integer({ min: 1, max: 4 }), async (all, atOnce) => {
        const running: Reference[] = [];
        const judged: Reference[] = [];
        const queue = makeEventQueue(async (reference) => {
          expect(running.map(({ digest }) => digest)).not.toContain(reference.digest);
          running.push(reference);
          judged.push(reference);
          await turn();
          running.splice(running.indexOf(reference), 1);
        }, atOnce);
        for (const [tag, content] of all) queue.accept(pushed(`${tag}${content}`));
        expect(await queue.end(10_000)).toEqual([]);
        const contents = judged.map((one) => nameOf(one).at(-1));
        expect(new Set(contents)).toEqual(new Set(all.map(([, content]) => content)));
        for (const tag of ['1', '2', '3']) {
          const own = all.filter(([name]) => name === tag).map(([, content]) => content);
          const last = own.at(-1);
          const others = own.filter((content) => content !== last).map((one) => contents.lastIndexOf(one));
          const isShared = all.some(([name, content]) => name !== tag && own.includes(content));
          if (last !== undefined && !isShared)
            expect(contents.lastIndexOf(last)).toBeGreaterThan(Math.max(-1, ...others));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('goes on behind an image that could not be judged at all', async () => {
    const judged: string[] = [];
    const queue = makeEventQueue(async (reference) => {
      judged.push(nameOf(reference));
      throw new Error('the disk is full');
    }, 1);
    await accept(queue, '1a', '2b');
    expect(judged).toEqual(['1a', '2b']);
    expect(await queue.end(10_000)).toEqual([]);
  });

  test('says so when it is full', () => {
    const queue = makeEventQueue(() => new Promise(() => {}), 1);
    const many = Array.from({ length: 1_002 }, (_none, tag) => ({ ...pushed('1a'), tag: String(tag) }));
    const others = many.map((one, index) => ({
      ...one,
      digest: parseDigest(`sha256:${String(index).padStart(64, '0')}`),
    }));
    const taken = others.map((one) => queue.accept(one));
    expect(taken.slice(0, 1_000).every(Boolean)).toBe(true);
    expect(taken.at(-1)).toBe(false);
  });

  test('ends when everything is judged, and takes nothing more', async () => {
    const { judge, end } = held();
    const queue = makeEventQueue(judge);
    await accept(queue, '1a');
    const ended = queue.end(10_000);
    expect(queue.accept(pushed('2b'))).toBe(false);
    await end('1a');
    expect(await ended).toEqual([]);
  });

  test('ends when its time is over, and names what was not judged', async () => {
    const { begun, judge, end } = held();
    const queue = makeEventQueue(judge, 1);
    await accept(queue, '1a', '2b');
    expect((await queue.end(10)).map(nameOf)).toEqual(['1a', '2b']);
    await end('1a');
    expect(begun).toEqual(['1a']); // what waited is not begun any more
  });
});
