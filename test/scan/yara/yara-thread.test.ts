import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { YaraThread } from '../../../src/scan/yara/yara-thread.ts';
import { looked, namesIn, withThread, yaraRule, yaraRules } from './yara-rules.ts';

// Threads are started and waited for, also on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

/** Rules that only ask whether patterns are there: run on all files at once. */
const TOGETHER = [
  yaraRule('$a = "bad"', '$a', 'text'),
  yaraRule('$a = "bad" nocase wide', '$a', 'utf16'),
  yaraRule('$a = "bad" fullword', '$a', 'word'),
  yaraRule('$a = "ba" $b = "dab" $c = "cc"', 'all of them', 'every'),
  yaraRule('$a = "ba" $b = "dab" $c = "cc"', '2 of them', 'two'),
  yaraRule('$a = { 62 [0-20] 64 }', '$a', 'jump'),
  yaraRule('$a = /d[ab]{1,3}c.{0,20}d/', '$a', 'regex'),
  yaraRule('$a = "dab" private', '$a', 'hidden'),
].join('\n');
/** Rules that other files beside them would make true or untrue. */
const ALONE = [
  'import "math"',
  yaraRule('$a = "bad"', 'not $a', 'denies'),
  yaraRule('$a = "bad"', '$a at 0', 'first'),
  yaraRule('$a = "bad"', '#a == 2', 'count'),
  yaraRule('$a = /^ba/', '$a', 'anchored'),
  yaraRule('$a = /ab$/', '$a', 'last'),
  yaraRule('$a = "bad" xor(1-255) fullword', '$a', 'xored'),
  'rule small { condition: filesize < 4 and filesize > 0 }',
  'rule begins { condition: uint16(0) == 0x6162 }',
  'rule mean { condition: math.mean(0, filesize) > 98.0 }',
].join('\n');

describe('files that are looked at together', () => {
  let thread: YaraThread;
  beforeAll(() => {
    thread = new YaraThread(yaraRules([TOGETHER, ALONE]), DEFAULT_LIMITS);
  });
  afterAll(() => thread.close());

  const piece = fc.constantFrom(
    'bad',
    'BAD',
    'b\0a\0d\0',
    'ba',
    'dab',
    'cc',
    'd',
    'ab',
    ' ',
    'xx',
    '\0',
    'dac',
    '',
  );
  const file = fc.array(piece, { maxLength: 6 }).map((pieces) => Buffer.from(pieces.join('')));

  test('hide no word of one file by what the longest match of a pattern takes in of the next', async () => {
    const rules = yaraRules([yaraRule('$a = /bad(.{20}z)?/ fullword', '$a', 'word')]);
    const contents = [Buffer.from('bad'), Buffer.from('z'.repeat(100))];
    expect(await withThread(rules, (one) => namesIn(one, contents))).toEqual([['word'], []]);
  });

  test('match the rules that they match one by one, and no others', async () => {
    expect(thread.rules.together).toHaveLength(1);
    expect(thread.rules.alone).toHaveLength(1);
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 2, maxLength: 6 }), async (files) => {
        const together = await namesIn(thread, files);
        const single: string[][] = [];
        for (const one of files) single.push(...(await namesIn(thread, [one])));
        expect(together).toEqual(single);
        for (const name of single.flat()) seen.add(name);
      }),
      { numRuns: 30, seed: 5 },
    );
    expect([...seen].length).toBeGreaterThan(12); // what never matches proves nothing
  });

  test('make nothing true between them', async () => {
    const found = await namesIn(
      thread,
      ['ba', 'dab', 'cc', 'b', 'd'].map((text) => Buffer.from(text)),
    );
    expect(found.flat().filter((name) => ['every', 'two', 'jump', 'regex', 'text'].includes(name))).toEqual(
      [],
    );
  });

  test('are told with places in each, and without a byte of it', async () => {
    const secret = 'hunter2hunter2';
    const contents = ['nothing', `..bad ${secret} bad`, 'bad'].map((text) => Buffer.from(text));
    const found = await looked(thread, contents);
    const [match] = found[1]?.filter(({ rule }) => rule === 'text') ?? [];
    expect(match).toMatchObject({
      space: 'f0',
      patterns: [{ identifier: '$a', count: 2, offsets: [2, 21] }],
    });
    expect(JSON.stringify(found)).not.toContain('hunter');
  });

  test('all count where a pattern matches more often than is gathered', async () => {
    const many = Buffer.from('bad '.repeat(12_000));
    const found = await namesIn(thread, [many, many, Buffer.from('bad'), Buffer.from('good')]);
    expect(found.map((names) => names.includes('text'))).toEqual([true, true, true, false]);
  });

  test('count every match where a rule asks for their number', async () => {
    const rules = yaraRules([yaraRule('$a = "bad"', '#a == 15000')]);
    const found = await withThread(rules, (one) => namesIn(one, [Buffer.from('bad '.repeat(15_000))]));
    expect(found).toEqual([['sample']]);
  });
});

test('a look past the deadline ends the thread, and nothing is found out after it', async () => {
  const rules = yaraRules(['rule slow { condition: for all i in (1..4000000000) : (i * i != 3) }']);
  await withThread(
    rules,
    async (thread) => {
      await expect(looked(thread, [Buffer.from('a'), Buffer.from('b')])).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        problem: { where: 'file 0', what: expect.stringContaining('more than 1 seconds') },
      });
      await expect(looked(thread, [Buffer.from('b')])).rejects.toBe(thread.fault);
    },
    { yaraSeconds: 1 },
  );
});

test('a file whose matches fill the memory of the engine is not found out, and takes no more of it', async () => {
  const rules = yaraRules([yaraRule('$a = "aaaa" $b = "aaa" $c = "aa"', '#a + #b + #c < 3')]);
  const before = process.memoryUsage.rss();
  await withThread(rules, async (thread) => {
    await expect(looked(thread, [Buffer.alloc(24 * 1024 * 1024, 'a')])).rejects.toMatchObject({
      code: 'SCAN_INCOMPLETE',
      problem: { where: 'file 0' },
    });
  });
  expect(process.memoryUsage.rss() - before).toBeLessThan(1.5 * 1024 ** 3);
});

test('an engine that holds much memory is given back, and the next look begins a new one', async () => {
  const rules = yaraRules([yaraRule('$a = "aaaa"', '#a < 5', 'few')]);
  await withThread(rules, async (thread) => {
    const close = vi.spyOn(thread, 'close');
    expect(await namesIn(thread, [Buffer.from('aaaa')])).toEqual([['few']]);
    expect(close).not.toHaveBeenCalled();
    expect(await namesIn(thread, [Buffer.alloc(12 * 1024 * 1024, 'a')])).toEqual([[]]);
    expect(close).toHaveBeenCalledTimes(1);
    expect(await namesIn(thread, [Buffer.from('aaaa')])).toEqual([['few']]);
  });
});

test('a look ends when nobody waits any more', async () => {
  const rules = yaraRules(['rule slow { condition: for all i in (1..4000000000) : (i * i != 3) }']);
  let isOver = false;
  const thread = new YaraThread(rules, DEFAULT_LIMITS, () => isOver);
  const look = looked(thread, [Buffer.from('a')]);
  setTimeout(() => {
    isOver = true;
  }, 300);
  await expect(look).rejects.toMatchObject({ code: 'TIMEOUT' });
  thread.close();
});

test('a thread that is ended from outside leaves nobody waiting', async () => {
  const rules = yaraRules(['rule slow { condition: for all i in (1..4000000000) : (i * i != 3) }']);
  const thread = new YaraThread(rules, DEFAULT_LIMITS);
  const look = looked(thread, [Buffer.from('a')]);
  setTimeout(() => thread.close(), 300);
  await expect(look).rejects.toMatchObject({ code: 'SCAN_INCOMPLETE' });
});
