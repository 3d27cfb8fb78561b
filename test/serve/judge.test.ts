import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { type Judgement, makeJudge } from '../../src/serve/judge.ts';

const BY_DIGEST = `registry.test/app@sha256:${'a'.repeat(64)}`;
const ADMITTED: Judgement = { result: 'admitted' };

/** Decisions that end when they are told to. */
function heldDecisions() {
  const open = new Map<string, (judgement: Judgement) => void>();
  const asked: string[] = [];
  const decide = (text: string) => {
    asked.push(text);
    return new Promise<Judgement>((resolve) => open.set(text, resolve));
  };
  return { decide, asked, end: (text: string, judgement = ADMITTED) => open.get(text)?.(judgement) };
}

const SOON = 0.02; // seconds

describe('a judge', () => {
  test('is asked twice about a name and finds out once', async () => {
    const { decide, asked, end } = heldDecisions();
    const judge = makeJudge({ decide, keepSeconds: 60, now: Date.now });
    const both = Promise.all([judge('app:1', 5), judge('app:1', 5)]);
    await Promise.resolve();
    end('app:1');
    expect(await both).toEqual([ADMITTED, ADMITTED]);
    expect(asked).toEqual(['app:1']);
  });

  test('says that it could not find out in time, goes on, and knows it the next time', async () => {
    const { decide, asked, end } = heldDecisions();
    const judge = makeJudge({ decide, keepSeconds: 60, now: Date.now });
    expect(await judge(BY_DIGEST, SOON)).toMatchObject({
      result: 'undecided',
      why: expect.stringContaining('try again'),
    });
    end(BY_DIGEST);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await judge(BY_DIGEST, SOON)).toEqual(ADMITTED);
    expect(asked).toEqual([BY_DIGEST]);
  });

  test('keeps what it knows of a digest for as long as it was told, and of a tag never', async () => {
    let now = 0;
    let count = 0;
    const decide = async () => {
      count += 1;
      return ADMITTED;
    };
    const judge = makeJudge({ decide, keepSeconds: 60, now: () => now });
    await judge(BY_DIGEST, 5);
    now = 59_000;
    await judge(BY_DIGEST, 5);
    expect(count).toBe(1);
    now = 61_000;
    await judge(BY_DIGEST, 5);
    expect(count).toBe(2);
    await judge('app:1', 5);
    await judge('app:1', 5);
    expect(count).toBe(4);
  });

  test('keeps a refusal for seconds only: what attests the image may be on its way', async () => {
    let now = 0;
    const results: Judgement[] = [{ result: 'refused', why: 'no attestation is attached' }, ADMITTED];
    const judge = makeJudge({
      decide: async () => results.shift() ?? ADMITTED,
      keepSeconds: 600,
      now: () => now,
    });
    expect(await judge(BY_DIGEST, 5)).toMatchObject({ result: 'refused' });
    now = 5_000;
    expect(await judge(BY_DIGEST, 5)).toMatchObject({ result: 'refused' });
    now = 31_000;
    expect(await judge(BY_DIGEST, 5)).toEqual(ADMITTED);
  });

  test('leaves room for other registries where one hangs', async () => {
    const { decide, asked, end } = heldDecisions();
    const judge = makeJudge({ decide, keepSeconds: 60, now: Date.now });
    const stuck = Array.from({ length: 1_100 }, (_none, index) => judge(`tar.pit/app:${index}`, SOON));
    const other = judge('registry.test/app:1', 5);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toContain('registry.test/app:1');
    end('registry.test/app:1');
    expect(await other).toEqual(ADMITTED);
    await Promise.all(stuck);
  });

  test('never keeps what it could not find out', async () => {
    const results: Judgement[] = [{ result: 'undecided', why: 'no answer' }, ADMITTED];
    const judge = makeJudge({
      decide: async () => results.shift() ?? ADMITTED,
      keepSeconds: 60,
      now: Date.now,
    });
    expect(await judge(BY_DIGEST, 5)).toMatchObject({ result: 'undecided' });
    expect(await judge(BY_DIGEST, 5)).toEqual(ADMITTED);
  });

  test('takes whatever is thrown for undecided', async () => {
    const decide = async () => {
      throw new PratiqueError('NETWORK', { what: 'the registry did not answer' });
    };
    const judge = makeJudge({ decide, keepSeconds: 60, now: Date.now });
    expect(await judge('app:1', 5)).toEqual({ result: 'undecided', why: 'the registry did not answer' });
    expect(await judge('app:1', 5)).toMatchObject({ result: 'undecided' });
  });

  test('finds out about so many at once, and lets none wait for ever behind one that hangs', async () => {
    const { decide, asked, end } = heldDecisions();
    const judge = makeJudge({ decide, keepSeconds: 60, now: Date.now, atOnce: 2 });
    const three = ['a:1', 'b:1', 'c:1'].map((name) => judge(name, 5));
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual(['a:1', 'b:1']);
    end('b:1');
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual(['a:1', 'b:1', 'c:1']);
    end('c:1');
    expect(await three[2]).toEqual(ADMITTED);
    end('a:1');
  });

  test('takes no more than it can remember', async () => {
    const judge = makeJudge({ decide: () => new Promise(() => {}), keepSeconds: 60, now: Date.now });
    const asked = Array.from({ length: 1_001 }, (_none, index) => judge(`app:${index}`, SOON));
    expect((await asked[1_000])?.why).toContain('too many images are waiting');
    await Promise.all(asked);
  });
});
