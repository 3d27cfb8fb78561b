import { fork } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parseDigest } from '../../src/model/digest.ts';
import type { SweepItem } from '../../src/model/sweep.ts';
import { type JudgePool, makeJudgePool } from '../../src/sweep/judge-pool.ts';
import { judgeSurely } from '../../src/sweep/judge-surely.ts';
import { Ledger } from '../../src/sweep/ledger.ts';
import { runSweep } from '../../src/sweep/run-sweep.ts';

const CHILD = new URL('../support/judging-child.ts', import.meta.url);
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
    size,
    key: 'k',
    begin: { kind: 'begin', argv: ['k', fate], at: '' },
    seconds: () => seconds,
    start: () => fork(CHILD, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }),
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
        return { digest: item.digest, result: 'admitted', names: [], at: '', seconds: 0 };
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
    await expect(sweep(itemsOf('a'), ledger, poolOf(2, 'die'))).rejects.toThrow(
      /no process that judges images comes up.*ended with 7/,
    );
    expect(ledger.verdictsOf('k').size).toBe(0);
  });

  test('a process that sees another policy than the sweep is of no use', async () => {
    const pool = makeJudgePool({
      size: 1,
      key: 'another',
      begin: { kind: 'begin', argv: ['k'], at: '' },
      seconds: () => 60,
      start: () => fork(CHILD, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }),
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
      judge: async ({ digest, names }) => {
        if (names[0]?.includes('b')) isOver = true;
        return { digest, result: 'admitted', names: [], at: '', seconds: 0 };
      },
    });
    expect(images).toHaveLength(1);
    expect(ledger.endedBefore('x')).toBeUndefined();
  });
});
