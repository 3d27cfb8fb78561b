import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { parseDigest } from '../../src/model/digest.ts';
import { type JudgeEvent, type Judgement, makeJudge } from '../../src/serve/judge.ts';

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
    const judge = makeJudge({ decide, goesOn: true, keepSeconds: 60, now: Date.now });
    const both = Promise.all([judge('app:1', 5), judge('app:1', 5)]);
    await Promise.resolve();
    end('app:1');
    expect(await both).toEqual([ADMITTED, ADMITTED]);
    expect(asked).toEqual(['app:1']);
  });

  test('says that it could not find out in time, goes on, and knows it the next time', async () => {
    const { decide, asked, end } = heldDecisions();
    const judge = makeJudge({ decide, goesOn: true, keepSeconds: 60, now: Date.now });
    expect(await judge(BY_DIGEST, SOON)).toMatchObject({
      result: 'undecided',
      why: expect.stringContaining('try again'),
    });
    end(BY_DIGEST);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await judge(BY_DIGEST, SOON)).toEqual(ADMITTED);
    expect(asked).toEqual([BY_DIGEST]);
  });

  test('keeps what it knows of a digest for as long as it was told, and of a tag for a moment', async () => {
    let now = 0;
    let count = 0;
    const decide = async () => {
      count += 1;
      return ADMITTED;
    };
    const judge = makeJudge({ decide, goesOn: true, keepSeconds: 60, now: () => now });
    await judge(BY_DIGEST, 5);
    now = 59_000;
    await judge(BY_DIGEST, 5);
    expect(count).toBe(1);
    now = 61_000;
    await judge(BY_DIGEST, 5);
    expect(count).toBe(2);
    await judge('app:1', 5);
    await judge('app:1', 5);
    expect(count).toBe(3);
    now = 62_001;
    await judge('app:1', 5);
    expect(count).toBe(4);
  });

  test('keeps a refusal for seconds only: what attests the image may be on its way', async () => {
    let now = 0;
    const results: Judgement[] = [{ result: 'refused', why: 'no attestation is attached' }, ADMITTED];
    const judge = makeJudge({
      decide: async () => results.shift() ?? ADMITTED,
      goesOn: true,
      keepSeconds: 600,
      now: () => now,
    });
    expect(await judge(BY_DIGEST, 5)).toMatchObject({ result: 'refused' });
    now = 4_000;
    expect(await judge(BY_DIGEST, 5)).toMatchObject({ result: 'refused' });
    now = 6_000;
    expect(await judge(BY_DIGEST, 5)).toEqual(ADMITTED);
  });

  test('leaves room for other registries where one hangs', async () => {
    const { decide, asked, end } = heldDecisions();
    const judge = makeJudge({ decide, goesOn: true, keepSeconds: 60, now: Date.now });
    const stuck = Array.from({ length: 1_100 }, (_none, index) => judge(`tar.pit/app:${index}`, SOON));
    const other = judge('registry.test/app:1', 5);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toContain('registry.test/app:1');
    end('registry.test/app:1');
    expect(await other).toEqual(ADMITTED);
    await Promise.all(stuck);
  });

  test('begins anew for whoever asks about an image that was given up before its turn came', async () => {
    const { decide, asked, end } = heldDecisions();
    const judge = makeJudge({ decide, goesOn: false, keepSeconds: 60, now: Date.now, atOnce: 1 });
    const first = judge('a.test/app:1', 5);
    expect(await judge('b.test/app:1', SOON)).toMatchObject({ result: 'undecided' });
    await new Promise((resolve) => setTimeout(resolve, 100)); // nobody waits for it any more
    const again = judge('b.test/app:1', 5);
    end('a.test/app:1');
    await first;
    await new Promise((resolve) => setImmediate(resolve));
    end('b.test/app:1');
    expect(await again).toEqual(ADMITTED);
    expect(asked).toEqual(['a.test/app:1', 'b.test/app:1']);
  });

  test('keeps ten thousand answers, and then forgets the oldest', async () => {
    let count = 0;
    const decide = async () => {
      count += 1;
      return ADMITTED;
    };
    const judge = makeJudge({ decide, goesOn: true, keepSeconds: 60, now: () => 0 });
    for (let index = 0; index <= 10_000; index += 1) await judge(`app:${index}`, 5);
    await judge('app:10000', 5);
    await judge('app:1', 5);
    expect(count).toBe(10_001);
    await judge('app:0', 5);
    expect(count).toBe(10_002);
  });

  test('never keeps what it could not find out', async () => {
    const results: Judgement[] = [{ result: 'undecided', why: 'no answer' }, ADMITTED];
    const judge = makeJudge({
      decide: async () => results.shift() ?? ADMITTED,
      goesOn: true,
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
    const judge = makeJudge({ decide, goesOn: true, keepSeconds: 60, now: Date.now });
    expect(await judge('app:1', 5)).toEqual({ result: 'undecided', why: 'the registry did not answer' });
    expect(await judge('app:1', 5)).toMatchObject({ result: 'undecided' });
  });

  test('finds out about so many at once, and lets none wait for ever behind one that hangs', async () => {
    const { decide, asked, end } = heldDecisions();
    const judge = makeJudge({ decide, goesOn: true, keepSeconds: 60, now: Date.now, atOnce: 2 });
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
    const judge = makeJudge({
      decide: () => new Promise(() => {}),
      goesOn: true,
      keepSeconds: 60,
      now: Date.now,
    });
    const asked = Array.from({ length: 1_001 }, (_none, index) => judge(`app:${index}`, SOON));
    expect((await asked[1_000])?.why).toContain('too many images are waiting');
    await Promise.all(asked);
  });

  test('does not take a name for the same with the digest behind it: a policy may allow one and not the other', async () => {
    const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
    const asked: string[] = [];
    const decide = async (text: string): Promise<Judgement> => {
      asked.push(text);
      return { result: 'admitted', digest };
    };
    const judge = makeJudge({ decide, goesOn: false, keepSeconds: 60, now: Date.now });
    await judge('registry.test/app:1', 5);
    expect(await judge(`registry.test/app:1@${digest}`, 5)).toMatchObject({ result: 'admitted' });
    expect(asked).toEqual(['registry.test/app:1', `registry.test/app:1@${digest}`]);
  });

  test('tells what happens, for whoever counts it', async () => {
    const events: string[] = [];
    const onEvent = (event: JudgeEvent) => void events.push(event.kind === 'asked' ? event.from : event.kind);
    const judge = makeJudge({
      decide: async () => ADMITTED,
      goesOn: false,
      keepSeconds: 60,
      now: Date.now,
      onEvent,
    });
    await Promise.all([judge(BY_DIGEST, 5), judge(BY_DIGEST, 5)]);
    await judge(BY_DIGEST, 5);
    expect(events).toEqual(['new', 'began', 'running', 'ended', 'kept']);
  });
});

describe('a judge that does not go on', () => {
  const options = { goesOn: false, keepSeconds: 60, now: Date.now };

  test('gives the places of a registry that hangs back once nobody waits for it', async () => {
    const ended: boolean[] = [];
    const decide = (text: string, unwanted: AbortSignal) =>
      text.startsWith('tar.pit/')
        ? new Promise<Judgement>(() => unwanted.addEventListener('abort', () => ended.push(true)))
        : Promise.resolve(ADMITTED);
    const judge = makeJudge({ ...options, decide, atOnce: 2 });
    const late = await Promise.all([judge('tar.pit/a:1', SOON), judge('tar.pit/b:1', SOON)]);
    expect(late.map(({ result }) => result)).toEqual(['undecided', 'undecided']);
    expect(late[0]?.why).toContain('whether the registry answers');
    expect(await judge('registry.test/app:1', 1)).toEqual(ADMITTED);
    await expect.poll(() => ended).toEqual([true, true]);
  });

  test('goes on as long as one of those who asked has time', async () => {
    const { decide, asked, end } = heldDecisions();
    const judge = makeJudge({ ...options, decide });
    const long = judge('app:1', 5);
    expect(await judge('app:1', SOON)).toMatchObject({ result: 'undecided' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    end('app:1');
    expect(await long).toEqual(ADMITTED);
    expect(asked).toEqual(['app:1']);
  });

  test('never begins what nobody waits for any more when its turn comes', async () => {
    const { decide, asked, end } = heldDecisions();
    const judge = makeJudge({ ...options, decide, atOnce: 1 });
    const first = judge('a:1', 5);
    await judge('b:1', SOON);
    await new Promise((resolve) => setTimeout(resolve, 100));
    end('a:1');
    expect(await first).toEqual(ADMITTED);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual(['a:1']);
  });

  test('begins anew for who asks after that', async () => {
    let count = 0;
    const decide = () => {
      count += 1;
      return count === 1 ? new Promise<Judgement>(() => {}) : Promise.resolve(ADMITTED);
    };
    const judge = makeJudge({ ...options, decide });
    await judge('app:1', SOON);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await judge('app:1', 1)).toEqual(ADMITTED);
  });
});
