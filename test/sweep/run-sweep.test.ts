import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { parseDigest } from '../../src/model/digest.ts';
import type { SweepItem } from '../../src/model/sweep.ts';
import type { JudgedItem } from '../../src/sweep/judge-messages.ts';
import { type JudgePool, makeJudgePool } from '../../src/sweep/judge-pool.ts';
import { judgeSurely } from '../../src/sweep/judge-surely.ts';
import { Ledger } from '../../src/sweep/ledger.ts';
import { makeProcessPlaces } from '../../src/sweep/process-places.ts';
import { runSweep } from '../../src/sweep/run-sweep.ts';

const CHILD = fileURLToPath(new URL('../support/judging-child.ts', import.meta.url));
const pools: JudgePool[] = [];
const ledgers: Ledger[] = [];

afterEach(async () => {
  for (const pool of pools.splice(0)) pool.close();
  for (const ledger of ledgers.splice(0)) await ledger.close();
});

function itemsOf(...names: readonly string[]): readonly SweepItem[] {
  return names.map((name, n) => ({
    digest: parseDigest(`sha256:${n.toString(16).padStart(64, '0')}`),
    names: [`r.test/${name}:1`],
  }));
}

async function openLedger(): Promise<Ledger> {
  const ledger = await Ledger.open(join(await mkdtemp(join(tmpdir(), 'sweep-')), 'l'));
  ledgers.push(ledger);
  return ledger;
}

function poolOf(size: number, fate = '', seconds = 60): JudgePool {
  const pool = makeJudgePool({
    places: makeProcessPlaces(size),
    key: 'k',
    begin: { kind: 'begin', argv: ['k', fate], at: '' },
    seconds: () => seconds,
    start: () => spawn(process.execPath, [CHILD], { stdio: ['pipe', 'ignore', 'pipe', 'pipe'] }),
  });
  pools.push(pool);
  return pool;
}

/** Processes that end before they are set up. */
function dying(): JudgePool {
  const pool = makeJudgePool({
    places: makeProcessPlaces(2),
    key: 'k',
    begin: { kind: 'begin', argv: ['k'], at: '' },
    seconds: () => 60,
    start: () =>
      spawn(process.execPath, ['-e', 'process.exit(7)'], { stdio: ['pipe', 'ignore', 'pipe', 'pipe'] }),
  });
  pools.push(pool);
  return pool;
}

function sweep(items: readonly SweepItem[], ledger: Ledger, pool: JudgePool, atOnce = 2) {
  return runSweep({
    items,
    ledger,
    key: 'k',
    policy: 'p',
    atOnce,
    judge: (item) => judgeSurely(item, pool.judge, () => new Date()),
    now: () => new Date(),
  });
}

function admitted({ digest, names }: SweepItem): JudgedItem {
  const blank = { result: 'admitted' as const, checks: [], findings: [], more: 0, faults: [] };
  return { digest, result: 'admitted', names: names.map((name) => ({ ...blank, name })), at: '', seconds: 0 };
}

const resultsOf = (images: readonly { names: readonly { name: string; result: string }[] }[]) =>
  Object.fromEntries(
    images.flatMap(({ names }) => names.map(({ name, result }) => [name.slice(7, -2), result])),
  );

describe('a sweep', () => {
  test('an image that takes its process down takes no other one with it, and is undecided', async () => {
    const names = ['a', 'poison', 'b', 'c', 'bad', 'd', 'throw', 'e'];
    const { images } = await sweep(itemsOf(...names), await openLedger(), poolOf(2));
    expect(resultsOf(images)).toEqual({
      a: 'admitted',
      b: 'admitted',
      bad: 'refused',
      c: 'admitted',
      d: 'admitted',
      e: 'admitted',
      poison: 'undecided',
      throw: 'undecided',
    });
    const poison = images.find(({ names: [one] }) => one?.name.includes('poison'));
    expect(poison?.names[0]?.faults[0]).toMatchObject({
      code: 'SCAN_INCOMPLETE',
      text: expect.stringMatching(/took 3 processes down.*it was ended by SIGKILL/),
    });
    expect(poison?.passing).toBeUndefined();
  });

  test('an image that holds its process for too long is undecided, and the process ended', async () => {
    const { images } = await sweep(itemsOf('hang', 'a'), await openLedger(), poolOf(1, '', 0.2), 1);
    expect(resultsOf(images)).toEqual({ hang: 'undecided', a: 'admitted' });
    expect(JSON.stringify(images)).toContain('it took longer than 0.2 s and was ended');
  });

  test('judges nothing twice: what the ledger has a verdict of is done', async () => {
    const ledger = await openLedger();
    await sweep(itemsOf('a', 'b'), ledger, poolOf(1));
    const asked: string[] = [];
    const again = await runSweep({
      items: itemsOf('a', 'b', 'c'),
      ledger,
      key: 'k',
      policy: 'p',
      atOnce: 2,
      now: () => new Date(),
      judge: async (item) => {
        asked.push(...item.names);
        return admitted(item);
      },
    });
    expect(asked).toEqual(['r.test/c:1']);
    expect(again).toMatchObject({ known: 2 });
    expect(again.images).toHaveLength(3);
  });

  test('a name that came to a digest after its verdict is judged', async () => {
    const ledger = await openLedger();
    const [item] = itemsOf('a');
    await sweep([item as SweepItem], ledger, poolOf(1));
    const grown = { digest: (item as SweepItem).digest, names: ['r.test/a:1', 'r.test/bad:1'] };
    const { images } = await sweep([grown], ledger, poolOf(1));
    expect(resultsOf(images)).toEqual({ a: 'admitted', bad: 'refused' });
    expect(images[0]?.result).toBe('refused');
  });

  test('ends with one sentence where no process can be set up, and records nothing', async () => {
    const ledger = await openLedger();
    await expect(sweep(itemsOf('a'), ledger, poolOf(1, 'unfit'))).rejects.toThrow(/the key does not open/);
    await expect(sweep(itemsOf('a'), ledger, dying())).rejects.toThrow(
      /no process that judges images comes up.*ended with 7/,
    );
    expect(ledger.verdictsOf('k').size).toBe(0);
  });

  test('a process that sees another policy than the sweep is of no use', async () => {
    const pool = makeJudgePool({
      places: makeProcessPlaces(1),
      key: 'another',
      begin: { kind: 'begin', argv: ['k'], at: '' },
      seconds: () => 60,
      start: () => spawn(process.execPath, [CHILD], { stdio: ['pipe', 'ignore', 'pipe', 'pipe'] }),
    });
    pools.push(pool);
    await expect(sweep(itemsOf('a'), await openLedger(), pool)).rejects.toThrow(
      /was changed during the sweep/,
    );
  });

  test('records nothing of what was under way when nobody waits any more', async () => {
    const ledger = await openLedger();
    let isOver = false;
    const { images } = await runSweep({
      items: itemsOf('a', 'b', 'c'),
      ledger,
      key: 'k',
      policy: 'p',
      atOnce: 1,
      now: () => new Date(),
      isOver: () => isOver,
      judge: async (item) => {
        if (item.names[0]?.includes('b')) isOver = true;
        return admitted(item);
      },
    });
    expect(images).toHaveLength(1);
    expect(ledger.endedBefore('x')).toBeUndefined();
  });

  test('a process that says what it was not asked is ended, and its word counts for nothing', async () => {
    const names = ['a', 'garbage', 'null', 'other', 'short', 'b'];
    const { images } = await sweep(itemsOf(...names), await openLedger(), poolOf(2));
    const lied = { garbage: 'undecided', null: 'undecided', other: 'undecided', short: 'undecided' };
    expect(resultsOf(images)).toEqual({ a: 'admitted', b: 'admitted', ...lied });
    expect(JSON.stringify(images)).toContain('it gave an answer that is none');
  });

  test('an answer that comes twice is not that of the next image', async () => {
    const { images } = await sweep(itemsOf('twice', 'bad', 'a'), await openLedger(), poolOf(1), 1);
    expect(resultsOf(images)).toEqual({ twice: 'admitted', bad: 'refused', a: 'admitted' });
  });

  test('a process that has taken too much memory makes place for another', async () => {
    const ledger = await openLedger();
    const children = new Set<ChildProcess>();
    const pool = makeJudgePool({
      places: makeProcessPlaces(1),
      key: 'k',
      begin: { kind: 'begin', argv: ['k'], at: '' },
      seconds: () => 60,
      start: () => {
        const child = spawn(process.execPath, [CHILD], { stdio: ['pipe', 'ignore', 'pipe', 'pipe'] });
        children.add(child);
        return child;
      },
    });
    pools.push(pool);
    await sweep(itemsOf('leak', 'a', 'b'), ledger, pool, 1);
    expect(children.size).toBe(2);
  });

  test('a program that is not there ends it with one sentence', async () => {
    const pool = makeJudgePool({
      places: makeProcessPlaces(2),
      key: 'k',
      begin: { kind: 'begin', argv: ['k'], at: '' },
      seconds: () => 60,
      start: () => spawn('/nowhere/node', [CHILD], { stdio: ['pipe', 'ignore', 'pipe', 'pipe'] }),
    });
    pools.push(pool);
    await expect(sweep(itemsOf('a', 'b'), await openLedger(), pool)).rejects.toThrow(
      /no process .* comes up.*ENOENT/,
    );
  });

  test('ends as soon as the ledger takes nothing more, and waits for nobody', async () => {
    const ledger = await openLedger();
    const fault = new PratiqueError('WRITE_FAILED', { what: 'the disk is full' });
    const asked: string[] = [];
    const over = runSweep({
      items: itemsOf('a', 'b', 'c', 'd'),
      ledger: Object.create(ledger, { fault: { value: fault }, add: { value: () => {} } }) as Ledger,
      key: 'k',
      policy: 'p',
      atOnce: 2,
      now: () => new Date(),
      judge: (item) => {
        asked.push(...item.names);
        return item.names[0]?.includes('b') ? new Promise(() => {}) : Promise.resolve(admitted(item));
      },
    });
    await expect(over).rejects.toThrow(/the disk is full/);
    expect(asked).toHaveLength(2);
  });

  test('tells of no name that another sweep of the same day wanted, and this one does not', async () => {
    const ledger = await openLedger();
    const [{ digest } = { digest: parseDigest(`sha256:${'0'.repeat(64)}`) }] = itemsOf('a');
    await sweep([{ digest, names: ['r.test/a:1', 'r.test/bad:1'] }], ledger, poolOf(1));
    const { images } = await sweep([{ digest, names: ['r.test/a:1'] }], ledger, poolOf(1));
    expect(resultsOf(images)).toEqual({ a: 'admitted' });
    expect(images[0]?.result).toBe('admitted');
  });

  test('does again what was asked for and not done', async () => {
    const ledger = await openLedger();
    const [item] = itemsOf('a') as [SweepItem];
    for (const done of [false, true])
      await runSweep({
        items: [item],
        ledger,
        key: 'k',
        policy: 'p',
        atOnce: 1,
        now: () => new Date(),
        judge: async () => {
          const image = admitted(item);
          return { ...image, names: image.names.map((one) => ({ ...one, acted: { done, text: '' } })) };
        },
      });
    expect(ledger.verdictOf('k', item.digest)?.names[0]?.acted?.done).toBe(true);
  });

  test('pools share their places: no more processes than these, and each sweep has its turn', async () => {
    const places = makeProcessPlaces(1);
    const children = new Set<ChildProcess>();
    const alive = () =>
      [...children].filter(
        ({ exitCode, signalCode, killed }) => !killed && exitCode === null && signalCode === null,
      ).length;
    let most = 0;
    const [one, two] = ['k', 'k'].map((key) => {
      const pool = makeJudgePool({
        places,
        key,
        begin: { kind: 'begin', argv: [key], at: '' },
        seconds: () => 60,
        start: () => {
          const child = spawn(process.execPath, [CHILD], { stdio: ['pipe', 'ignore', 'pipe', 'pipe'] });
          children.add(child);
          most = Math.max(most, alive());
          return child;
        },
      });
      pools.push(pool);
      return pool;
    }) as [JudgePool, JudgePool];
    const order: string[] = [];
    const judge = (pool: JudgePool, who: string, items: readonly SweepItem[]) =>
      items.map((item) => pool.judge(item).then(() => order.push(who)));
    const many = itemsOf(...Array.from({ length: 120 }, (_, n) => `a${n}`));
    await Promise.all([...judge(one, 'one', many), ...judge(two, 'two', many.slice(0, 3))]);
    expect(most).toBe(1);
    expect(order.slice(0, 53).filter((who) => who === 'two')).toHaveLength(3); // after the turn of the first, not after all of it
    expect(order).toHaveLength(123);
    expect(children.size).toBe(3); // the first had nothing in between but to wait
  });

  test('whoever waits for a process of a pool that is closed is told', async () => {
    const pool = poolOf(1);
    const [hang, a] = itemsOf('hang', 'a') as [SweepItem, SweepItem];
    const both = [pool.judge(hang), pool.judge(a)].map((one) => one.catch((thrown: Error) => thrown.message));
    pool.close();
    expect((await Promise.all(both))[1]).toMatch(/ended already/);
  });

  test('says of a verdict that it is also one of the day on which it was given', async () => {
    const ledger = await openLedger();
    const [item] = itemsOf('a') as [SweepItem];
    const [monday, tuesday] = ['2026-11-23.terms', '2026-11-24.terms'];
    await runSweep({
      items: [item],
      ledger,
      key: monday,
      policy: 'p',
      atOnce: 1,
      now: () => new Date('2026-11-24T00:01:00Z'),
      judge: async (one) => admitted(one),
    });
    expect(ledger.verdictOf(monday, item.digest)?.result).toBe('admitted');
    expect(ledger.verdictOf(tuesday, item.digest)?.result).toBe('admitted');
  });
});
