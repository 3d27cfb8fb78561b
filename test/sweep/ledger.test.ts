import { appendFile, mkdtemp, open, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { parseDigest } from '../../src/model/digest.ts';
import type { SweptImage } from '../../src/model/sweep.ts';
import { Ledger } from '../../src/sweep/ledger.ts';
import { formatRecord, readRecord } from '../../src/sweep/ledger-line.ts';

const digest = (n: number) => parseDigest(`sha256:${n.toString(16).padStart(64, '0')}`);
const fresh = async () => join(await mkdtemp(join(tmpdir(), 'ledger-')), 'sweep.ledger');
const swept = (n: number, more: Partial<SweptImage> = {}): SweptImage => ({
  digest: digest(n),
  result: 'admitted',
  names: [{ name: `r.test/a:${n}`, result: 'admitted', checks: [], findings: [], more: 0, faults: [] }],
  at: '2026-11-21T00:00:00.000Z',
  seconds: 1,
  attempts: 1,
  ...more,
});

const QUICK = { beat: 40, lease: 300 }; // milliseconds

/** What the lock says while we have it. */
async function holderOf(path: string): Promise<string> {
  const ledger = await Ledger.open(path);
  const text = await readFile(`${path}.lock`, 'utf8');
  await ledger.close();
  return text;
}

async function filled(path: string): Promise<void> {
  const ledger = await Ledger.open(path);
  for (const n of [1, 2, 3]) {
    ledger.add({ kind: 'expected', key: 'k', digest: digest(n), names: [`r.test/a:${n}`] });
    ledger.add({ kind: 'attempt', key: 'k', digest: digest(n), at: '2026-11-21T00:00:00.000Z' });
    ledger.add({ kind: 'verdict', key: 'k', image: swept(n) });
  }
  await ledger.close();
}

describe('the ledger of sweeps', () => {
  test('tells after it was opened again what was recorded before', async () => {
    const path = await fresh();
    await filled(path);
    const ledger = await Ledger.open(path);
    expect(ledger.lost).toBe(0);
    expect([...ledger.verdictsOf('k').keys()]).toEqual([1, 2, 3].map(digest));
    expect(ledger.verdictOf('k', digest(2))).toEqual(swept(2));
    expect(ledger.attemptsOf('k', digest(2))).toBe(1);
    expect(ledger.expectedOf('k').get(digest(3))?.names).toEqual(['r.test/a:3']);
    expect(ledger.verdictOf('other', digest(2))).toBeUndefined();
    await ledger.close();
  });

  test('is one ledger under each of its names', async () => {
    const path = await fresh();
    await filled(path);
    await symlink(path, `${path}.link`);
    const ledger = await Ledger.open(path);
    await expect(Ledger.open(`${path}.link`, QUICK)).rejects.toThrow(/another sweep has the ledger/);
    await ledger.close();
  });

  test('is for its owner alone', async () => {
    const path = await fresh();
    await filled(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('loses no more than its last line, wherever a dying machine left off', async () => {
    const path = await fresh();
    await filled(path);
    const whole = await readFile(path);
    const lines = whole.toString().split('\n').slice(0, -1);
    const [first = ''] = lines;
    for (const cut of [
      1,
      5,
      first.length,
      first.length + 1,
      first.length + 9,
      whole.length - 1,
      whole.length - 200,
    ]) {
      await writeFile(path, whole);
      await truncate(path, cut);
      const ledger = await Ledger.open(path);
      const left = whole.subarray(0, cut).toString().split('\n').length - 1;
      expect(ledger.lost).toBe(
        cut -
          Buffer.byteLength(
            lines
              .slice(0, left)
              .map((line) => `${line}\n`)
              .join(''),
          ),
      );
      ledger.add({ kind: 'verdict', key: 'k', image: swept(9) });
      await ledger.close();
      const again = await Ledger.open(path);
      expect(again.verdictOf('k', digest(9))).toEqual(swept(9));
      await again.close();
    }
  });

  test('refuses a line in its middle that is not as it was written, and names it', async () => {
    const path = await fresh();
    await filled(path);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('"result":"admitted"', '"result":"refused!"'));
    await expect(Ledger.open(path)).rejects.toThrow(/sweep\.ledger:4/);
  });

  test('touches no file that is no ledger', async () => {
    for (const content of ['notes\n', 'x', `${'a'.repeat(100)}\nb\n`, '{"kind":"ledger"}\n']) {
      const path = await fresh();
      await writeFile(path, content);
      await expect(Ledger.open(path)).rejects.toThrow(/no ledger/);
      expect(await readFile(path, 'utf8')).toBe(content);
    }
  });

  test('refuses one of a later version', async () => {
    const path = await fresh();
    await writeFile(path, formatRecord({ kind: 'ledger', version: 2 as 1 }));
    await expect(Ledger.open(path)).rejects.toThrow(/later version/);
  });

  test('belongs to one process at a time; what a dead one left behind is taken away', async () => {
    const path = await fresh();
    const ledger = await Ledger.open(path);
    await expect(Ledger.open(path)).rejects.toThrow(/another sweep has the ledger/);
    await ledger.close();
    const held = JSON.parse(await holderOf(path));
    await writeFile(`${path}.lock`, JSON.stringify({ ...held, pid: 2 ** 22 + 5, nonce: 'x' })); // no process has so high a number
    await (await Ledger.open(path)).close();
    await writeFile(`${path}.lock`, JSON.stringify({ ...held, nonce: 'x' })); // our number, before us: a container begins with 1 each time
    await (await Ledger.open(path)).close();
  });

  test('on a volume that machines share it belongs to whoever gives signs of life', async () => {
    const path = await fresh();
    const lock = JSON.stringify({ pid: 1, host: 'elsewhere', place: 'another', nonce: 'x' });
    await writeFile(`${path}.lock`, lock);
    const other = setInterval(() => void writeFile(`${path}.lock`, lock), 20);
    await expect(Ledger.open(path, QUICK)).rejects.toThrow(/process 1 on elsewhere/);
    clearInterval(other);
    const ledger = await Ledger.open(path, QUICK); // a pod that was killed on another node
    await new Promise((resolve) => setTimeout(resolve, QUICK.beat * 4));
    await expect(Ledger.open(path, QUICK)).rejects.toThrow(/another sweep/);
    await writeFile(`${path}.lock`, lock); // it was held up for so long that another one took it
    await expect.poll(() => ledger.fault?.message).toMatch(/another sweep has taken the ledger/);
    await expect(ledger.close()).rejects.toThrow(/taken/);
    expect(await readFile(`${path}.lock`, 'utf8')).toBe(lock);
  });

  test('a disk that is full, or tells once that it has lost something, is not forgotten', async () => {
    for (const method of ['appendFile', 'datasync'] as const) {
      const path = await fresh();
      const ledger = await Ledger.open(path);
      const probe = await open(path);
      const files = Object.getPrototypeOf(probe) as Record<typeof method, () => Promise<void>>;
      await probe.close();
      const full = vi
        .spyOn(files, method)
        .mockRejectedValueOnce(Object.assign(new Error('full'), { code: 'ENOSPC' }));
      ledger.add({ kind: 'verdict', key: 'k', image: swept(1) });
      await expect(ledger.settled()).rejects.toThrow(/could not be written: ENOSPC/);
      ledger.add({ kind: 'verdict', key: 'k', image: swept(2) });
      await expect(ledger.settled()).rejects.toThrow(/ENOSPC/);
      expect(ledger.fault).toBeDefined();
      await expect(ledger.close()).rejects.toThrow(/ENOSPC/);
      full.mockRestore();
      const again = await Ledger.open(path);
      expect(again.verdictOf('k', digest(2))).toBeUndefined();
      await again.close();
    }
  });

  test('a name that comes later and cannot be judged is not hidden behind the verdict before', async () => {
    const path = await fresh();
    const ledger = await Ledger.open(path);
    const [one] = swept(1).names;
    const late = {
      name: 'r.test/late:1',
      result: 'undecided' as const,
      checks: [],
      findings: [],
      more: 0,
      faults: [],
    };
    ledger.add({ kind: 'verdict', key: 'k', image: swept(1) });
    ledger.add({
      kind: 'verdict',
      key: 'k',
      image: swept(1, { result: 'undecided', names: [late], passing: true }),
    });
    expect(ledger.verdictOf('k', digest(1))).toMatchObject({ result: 'undecided', names: [late, one] });
    await ledger.close();
  });

  test('remembers what a run saw also where that is more than a line takes', async () => {
    const path = await fresh();
    const ledger = await Ledger.open(path);
    ledger.add({ kind: 'begun', key: 'k', at: '', policy: '' });
    for (const n of [1, 2]) {
      ledger.add({ kind: 'verdict', key: 'k', image: swept(n) });
      ledger.add({ kind: 'seen', key: 'k', digests: [digest(n)] });
    }
    ledger.add({ kind: 'ended', key: 'k', at: '' });
    await ledger.close();
    const again = await Ledger.open(path);
    expect(again.seenBy('k')).toEqual([swept(1), swept(2)]);
    await again.close();
  });

  test('keeps the first verdict, unless that may have passed away', async () => {
    const path = await fresh();
    const ledger = await Ledger.open(path);
    const open = swept(1, { result: 'undecided', passing: true });
    ledger.add({ kind: 'verdict', key: 'k', image: open });
    expect(ledger.verdictOf('k', digest(1))).toEqual(open);
    ledger.add({ kind: 'verdict', key: 'k', image: swept(1) });
    ledger.add({ kind: 'verdict', key: 'k', image: swept(1, { result: 'refused' }) });
    expect(ledger.verdictOf('k', digest(1))?.result).toBe('admitted');
    await ledger.close();
  });

  test('knows what the last sweep saw that came to its end', async () => {
    const path = await fresh();
    const ledger = await Ledger.open(path);
    for (const key of ['one', 'two', 'three']) ledger.add({ kind: 'verdict', key, image: swept(1) });
    ledger.add({ kind: 'seen', key: 'one', digests: [digest(1)] });
    ledger.add({ kind: 'ended', key: 'one', at: '' });
    expect(ledger.endedBefore('three')).toBe('one');
    expect(ledger.endedBefore('one')).toBeUndefined();
    expect(ledger.seenBy('one')).toEqual([swept(1)]);
    await ledger.close();
  });

  test('knows every line for what was written, and no other', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (name, at) => {
        const line = formatRecord({ kind: 'expected', key: name, digest: digest(1), names: [name] }).slice(
          0,
          -1,
        );
        expect(readRecord(line)).toEqual({ kind: 'expected', key: name, digest: digest(1), names: [name] });
        const where = at % line.length;
        const other = `${line.slice(0, where)}${line[where] === 'x' ? 'y' : 'x'}${line.slice(where + 1)}`;
        expect(readRecord(other)).toBeUndefined();
      }),
    );
  });

  test('is read past a line that is longer than what is read at a time', async () => {
    const path = await fresh();
    await filled(path);
    const names = Array.from({ length: 60_000 }, (_, n) => `registry.test/some/long/repository:${n}`);
    await appendFile(path, formatRecord({ kind: 'expected', key: 'k', digest: digest(7), names }));
    const ledger = await Ledger.open(path);
    expect(ledger.expectedOf('k').get(digest(7))?.names).toHaveLength(60_000);
    expect(ledger.verdictsOf('k').size).toBe(3);
    await ledger.close();
  });

  describe('across midnight', () => {
    const [monday, tuesday] = ['2026-11-23.terms', '2026-11-24.terms'];
    const at = (time: string) => Date.parse(time);

    async function killedBeforeMidnight(wanted = 'all'): Promise<string> {
      const path = await fresh();
      const ledger = await Ledger.open(path);
      ledger.add({ kind: 'begun', key: monday, at: '2026-11-23T23:50:00.000Z', policy: '', wanted });
      ledger.add({ kind: 'attempt', key: monday, digest: digest(1), at: '2026-11-23T23:58:00.000Z' });
      await ledger.close();
      return path;
    }

    test('a sweep that did not come to its end is gone on with, and none of another selection, other terms or long ago', async () => {
      const ledger = await Ledger.open(await killedBeforeMidnight());
      const soon = at('2026-11-24T00:02:00Z');
      expect(ledger.unfinished(tuesday, 'all', soon)).toBe(monday);
      expect(ledger.unfinished(monday, 'all', soon)).toBe(monday);
      expect(ledger.unfinished(tuesday, 'some', soon)).toBeUndefined();
      expect(ledger.unfinished('2026-11-24.other', 'all', soon)).toBeUndefined();
      expect(ledger.unfinished(tuesday, 'all', at('2026-11-24T05:58:00Z'))).toBeUndefined();
      ledger.add({ kind: 'ended', key: monday, at: '2026-11-24T00:03:00.000Z', wanted: 'all' });
      expect(ledger.unfinished(tuesday, 'all', soon)).toBeUndefined();
      await ledger.close();
    });

    test('what was judged after it is a verdict of the new day as well', async () => {
      const path = await killedBeforeMidnight();
      const ledger = await Ledger.open(path);
      ledger.add({ kind: 'verdict', key: monday, image: swept(1), also: tuesday });
      ledger.add({ kind: 'verdict', key: monday, image: swept(2) });
      await ledger.close();
      const again = await Ledger.open(path);
      expect([...again.verdictsOf(monday).keys()]).toEqual([digest(1), digest(2)]);
      expect([...again.verdictsOf(tuesday).keys()]).toEqual([digest(1)]);
      await again.close();
    });
  });
});
