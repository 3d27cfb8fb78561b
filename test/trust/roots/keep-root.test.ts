import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { PUBLIC_GOOD, type TrustRoot } from '../../../src/model/trust-root.ts';
import { type RootReach, refreshRoot, rootAtHand, rootInUse } from '../../../src/trust/roots/keep-root.ts';
import { roleKey, type TestRepository, tufRepository } from '../../support/tuf-repository.ts';

const AT = new Date('2026-11-21T12:00:00Z');
const DEMANDS = { needsLog: true, needsCertificateLog: true };

let base = '';
let now = AT;
let isDown = false;
let repository: TestRepository;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'pratique-test-'));
  now = AT;
  isDown = false;
  repository = tufRepository('first');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const folder = () => join(base, 'pratique', 'tuf');

function reach(change: Partial<RootReach> = {}): RootReach {
  return {
    cacheFolder: folder(),
    now: () => now,
    openMirror: () => ({
      get: (path, limit) => {
        if (isDown) throw new PratiqueError('NETWORK', { what: 'the mirror cannot be reached' });
        return repository.mirror().get(path, limit);
      },
      close: async () => {},
    }),
    requireUsable: (text) => {
      if (text === 'unusable') throw new PratiqueError('POLICY_INVALID', { what: 'it names no authority' });
    },
    ...change,
  };
}

/** A root of the policy, or the built-in one with its text. */
function rootOf(refreshSeconds?: number): TrustRoot {
  const tuf = repository.describe();
  return { name: 'acme', repository: { ...tuf, ...(refreshSeconds && { refreshSeconds }) }, ...DEMANDS };
}

function builtIn(refreshSeconds?: number): TrustRoot {
  const root = rootOf(refreshSeconds);
  if (root.repository === undefined) throw new Error('it has one');
  return {
    ...root,
    name: PUBLIC_GOOD,
    text: 'shipped',
    repository: { ...root.repository, targetsVersion: 2 },
  };
}

function cached(): string {
  const [name = ''] = readdirSync(folder());
  return join(folder(), name);
}

describe('without a network', () => {
  test('a root of a mirror that was never asked is nowhere, and what ships is used as it is', async () => {
    expect(await rootAtHand(rootOf(), reach())).toMatchObject({
      from: 'nowhere',
      root: { missing: 'it was never fetched' },
    });
    expect(await rootAtHand(builtIn(), reach())).toMatchObject({
      from: 'built-in',
      root: { text: 'shipped' },
      notes: [],
    });
    expect(repository.asked).toEqual([]);
  });

  test('a file stays what it is', async () => {
    const root: TrustRoot = { name: 'acme', text: 'x', ...DEMANDS };
    expect(await rootInUse(root, reach())).toEqual({ root, from: 'file', notes: [] });
    await expect(refreshRoot(root, reach())).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('the copy is used, and its age is told once its metadata have run out', async () => {
    await refreshRoot(rootOf(), reach());
    isDown = true;
    expect(await rootAtHand(rootOf(), reach())).toMatchObject({
      from: 'cache',
      root: { text: 'first', digest: expect.stringMatching(/^sha256:/) },
      copy: { fetchedAt: AT },
      notes: [],
    });
    now = new Date('2031-01-01T00:00:00Z');
    const { from, notes } = await rootAtHand(rootOf(), reach());
    expect(from).toBe('cache');
    expect(notes).toEqual([
      'the trust root "acme" is old: it was fetched on 2026-11-21, and its metadata ran out on 2030-01-01; ' +
        'run pratique trust refresh',
    ]);
  });

  test('a newer copy is used instead of what ships', async () => {
    repository.advance('second');
    repository.advance('third');
    await refreshRoot(builtIn(), reach());
    expect(await rootAtHand(builtIn(), reach())).toMatchObject({ from: 'cache', root: { text: 'third' } });
  });

  test('a copy that is older than what ships is not used, and that is said', async () => {
    await refreshRoot({ ...builtIn(), repository: repository.describe() }, reach());
    const { from, root, notes } = await rootAtHand(builtIn(), reach());
    expect([from, root.text]).toEqual(['built-in', 'shipped']);
    expect(notes).toEqual([
      'the trust root "sigstore": the copy in the cache is not used (targets.json): it has version 1, and what ships ' +
        'with pratique is of version 2; run pratique trust refresh',
    ]);
  });

  test.each<[string, (text: string) => string]>([
    ['is cut', (text) => text.slice(0, 1000)],
    ['is empty', () => ''],
    ['is no JSON', () => '<html>'],
    ['has another target', (text) => text.replace(/"target":"[^"]*"/, '"target":"c2Vjb25k"')],
    ['has other metadata', (text) => text.replace(/"targets":"[^"]*"/, '"targets":"e30="')],
  ])('a copy that %s is dropped, and that is said', async (_what, change) => {
    await refreshRoot(rootOf(), reach());
    writeFileSync(cached(), change(readFileSync(cached(), 'utf8')));
    const { from, root, notes } = await rootAtHand(rootOf(), reach());
    expect(from).toBe('nowhere');
    expect(root.text).toBeUndefined();
    expect(notes.join()).toContain('the copy in the cache is not used');
    expect(await refreshRoot(rootOf(), reach())).toMatchObject({ from: 'cache', root: { text: 'first' } });
  });

  test('the cache of somebody else is not used, and that is said', async () => {
    repository.advance('second');
    await refreshRoot(builtIn(), reach());
    chmodSync(folder(), 0o777);
    const { from, notes } = await rootAtHand(builtIn(), reach());
    expect(from).toBe('built-in');
    expect(notes.join()).toContain('others may write to it');
  });

  test('no place for a cache is no fault', async () => {
    const { cacheFolder: _, ...nowhere } = reach();
    expect(await rootAtHand(builtIn(), nowhere)).toMatchObject({ from: 'built-in', notes: [] });
  });
});

describe('a refresh', () => {
  test('is kept, and the next one starts from it', async () => {
    await refreshRoot(rootOf(), reach());
    repository.asked.length = 0;
    repository.advance('second');
    expect(await refreshRoot(rootOf(), reach())).toMatchObject({ from: 'cache', root: { text: 'second' } });
    expect(repository.asked[1]).toBe('timestamp.json');
    repository.state.version.timestamp = 1;
    repository.publish();
    await expect(refreshRoot(rootOf(), reach())).rejects.toThrow('less than current version 2');
    expect(await rootAtHand(rootOf(), reach())).toMatchObject({ root: { text: 'second' } });
  });

  test('of a mirror that is behind what ships is refused: a rollback', async () => {
    await expect(refreshRoot(builtIn(), reach())).rejects.toThrow('what ships with pratique is of version 2');
  });

  test('to a root that cannot be used is refused, and the old one stays', async () => {
    await refreshRoot(rootOf(), reach());
    repository.advance('unusable');
    await expect(refreshRoot(rootOf(), reach())).rejects.toThrow('it names no authority');
    expect(await rootAtHand(rootOf(), reach())).toMatchObject({ root: { text: 'first' } });
  });

  test('is no way back for a root that another one shares its copy with, and demands less than it', async () => {
    const old = new Map(repository.files);
    repository.advance('unusable');
    const lenient = reach({ requireUsable: () => {} });
    await refreshRoot({ ...rootOf(), needsLog: false }, lenient);
    for (const [name, bytes] of old) repository.files.set(name, bytes);
    await expect(refreshRoot(rootOf(), reach())).rejects.toThrow('less than current version 2');
    expect(await rootAtHand(rootOf(), lenient)).toMatchObject({ root: { text: 'unusable' } });
  });

  test('does not put a copy over one with a newer root, however high its versions are', async () => {
    repository.state.version.timestamp = 1_000_000;
    repository.publish();
    const files = new Map(repository.files);
    const get = async (path: string) => {
      if (path.startsWith('targets/')) {
        repository.nextRoot(() => {
          repository.state.roles.timestamp.keys = [roleKey()];
        });
        repository.state.version.timestamp = 1;
        repository.advance('second');
        await refreshRoot(rootOf(), reach());
      }
      return files.get(path);
    };
    const late = await refreshRoot(rootOf(), reach({ openMirror: () => ({ get, close: async () => {} }) }));
    expect(late).toMatchObject({ from: 'cache', root: { text: 'second' } });
    expect(await rootAtHand(rootOf(), reach())).toMatchObject({ root: { text: 'second' } });
  });

  test('does not use what another process kept meanwhile and this root cannot use, and leaves it there', async () => {
    const lenient = reach({ requireUsable: () => {} });
    const files = new Map(repository.files);
    const get = async (path: string) => {
      if (path.startsWith('targets/')) {
        repository.advance('unusable');
        await refreshRoot(rootOf(), lenient);
      }
      return files.get(path);
    };
    const used = await refreshRoot(rootOf(), reach({ openMirror: () => ({ get, close: async () => {} }) }));
    expect(used).toMatchObject({ from: 'mirror', root: { text: 'first' } });
    expect(used.notes.join()).toContain('it names no authority');
    expect(await rootAtHand(rootOf(), lenient)).toMatchObject({ root: { text: 'unusable' } });
  });

  test('ends its mirror, also where it fails', async () => {
    const closed: string[] = [];
    const watched = (how: string) =>
      reach({ openMirror: () => ({ ...repository.mirror(), close: async () => void closed.push(how) }) });
    await refreshRoot(rootOf(), watched('well'));
    repository.files.clear();
    await expect(refreshRoot(rootOf(), watched('badly'))).rejects.toThrow('the mirror does not have it');
    expect(closed).toEqual(['well', 'badly']);
  });

  test('that cannot be kept is used, and that is said', async () => {
    writeFileSync(join(base, 'pratique'), '');
    const { from, root, notes } = await refreshRoot(rootOf(), reach());
    expect([from, root.text]).toEqual(['mirror', 'first']);
    expect(notes.join()).toContain('was fetched, and not kept');
    const { cacheFolder: _, ...nowhere } = reach();
    expect(await refreshRoot(rootOf(), nowhere)).toMatchObject({ from: 'mirror' });
  });

  test('does not put an older copy over the newer one of another process', async () => {
    const slow = reach({
      openMirror: () => ({
        get: repository.mirror().get,
        close: async () => {},
      }),
    });
    const fetchedFirst = { ...slow };
    let isOther = true;
    fetchedFirst.requireUsable = () => {};
    fetchedFirst.openMirror = () => {
      const files = new Map(repository.files);
      return {
        get: async (path) => {
          if (isOther && path.startsWith('targets/')) {
            isOther = false;
            repository.advance('second');
            await refreshRoot(rootOf(), slow);
          }
          return files.get(path);
        },
        close: async () => {},
      };
    };
    expect(await refreshRoot(rootOf(), fetchedFirst)).toMatchObject({ root: { text: 'second' } });
    expect(await rootAtHand(rootOf(), reach())).toMatchObject({ root: { text: 'second' } });
  });

  test('of the built-in instance is kept over versions of pratique, which bring another anchor', async () => {
    repository.nextRoot();
    const anchor = repository.nextRoot().toString();
    repository.advance('second');
    await refreshRoot(builtIn(), reach());
    const later = builtIn();
    const newer = { ...later, repository: { ...repository.describe(), anchor } };
    expect(await rootAtHand(newer, reach())).toMatchObject({ from: 'cache', root: { text: 'second' } });
  });

  test('of two roots with different anchors keeps two copies', async () => {
    const other = tufRepository('other');
    await refreshRoot(rootOf(), reach());
    const theirs = { ...rootOf(), repository: other.describe() };
    await refreshRoot(theirs, reach({ openMirror: () => ({ ...other.mirror(), close: async () => {} }) }));
    expect(await rootAtHand(rootOf(), reach())).toMatchObject({ root: { text: 'first' } });
    expect(await rootAtHand(theirs, reach())).toMatchObject({ root: { text: 'other' } });
  });
});

describe('a check', () => {
  const HOUR = 3600;

  test('asks the mirror where the copy is older than the policy wants it, and else nobody', async () => {
    expect(await rootInUse(rootOf(HOUR), reach())).toMatchObject({ from: 'cache', root: { text: 'first' } });
    repository.advance('second');
    now = new Date(AT.getTime() + HOUR * 1000);
    expect(await rootInUse(rootOf(HOUR), reach())).toMatchObject({ root: { text: 'first' } });
    now = new Date(AT.getTime() + HOUR * 1000 + 1);
    expect(await rootInUse(rootOf(HOUR), reach())).toMatchObject({ root: { text: 'second' } });
  });

  test('asks nobody where the policy does not want it', async () => {
    await rootInUse(builtIn(), reach());
    await rootInUse(rootOf(), reach());
    expect(repository.asked).toEqual([]);
  });

  test('asks also where the copy is from the future', async () => {
    now = new Date('2027-01-01T00:00:00Z');
    await refreshRoot(rootOf(HOUR), reach());
    repository.advance('second');
    now = AT;
    expect(await rootInUse(rootOf(HOUR), reach())).toMatchObject({ root: { text: 'second' } });
  });

  test('goes on with what it has where the mirror is down, and says so', async () => {
    await refreshRoot(rootOf(HOUR), reach());
    isDown = true;
    now = new Date('2026-11-25T00:00:00Z');
    const { from, root, notes } = await rootInUse(rootOf(HOUR), reach());
    expect([from, root.text]).toEqual(['cache', 'first']);
    expect(notes).toEqual(['the trust root "acme" could not be refreshed: the mirror cannot be reached']);
    expect(
      await rootInUse(builtIn(HOUR), reach({ cacheFolder: join(base, 'none/pratique/tuf') })),
    ).toMatchObject({
      from: 'built-in',
      notes: [expect.stringContaining('could not be refreshed')],
    });
  });

  test('goes on with what it has where the mirror serves what does not verify', async () => {
    await refreshRoot(rootOf(HOUR), reach());
    repository.files.set('timestamp.json', Buffer.from('<html>'));
    now = new Date('2026-11-25T00:00:00Z');
    const { root, notes } = await rootInUse(rootOf(HOUR), reach());
    expect(root.text).toBe('first');
    expect(notes.join()).toContain('the TUF repository does not hold');
  });

  test('leaves a mirror that failed alone for five minutes, and says so', async () => {
    await refreshRoot(rootOf(HOUR), reach());
    const failedAt = AT.getTime() + 2 * HOUR * 1000;
    const checkAt = async (seconds: number) => {
      now = new Date(failedAt + seconds * 1000);
      repository.asked.length = 0;
      const { from, notes } = await rootInUse(rootOf(HOUR), reach());
      return { from, notes: notes.join(), asked: repository.asked.length };
    };
    repository.state.version.timestamp = 0;
    repository.publish();
    expect(await checkAt(0)).toMatchObject({ from: 'cache', asked: 2 });
    expect(await checkAt(300)).toEqual({
      from: 'cache',
      asked: 0,
      notes:
        'the trust root "acme" is not refreshed: its mirror failed at 2026-11-21T14:00:00.000Z; ' +
        'it is asked again after 300 seconds, or by pratique trust refresh',
    });
    await expect(refreshRoot(rootOf(HOUR), reach())).rejects.toThrow('less than current version 1');
    repository.state.version.timestamp = 1;
    repository.advance('second');
    expect((await checkAt(-1)).asked).toBeGreaterThan(0); // the clock was set back: nobody knows when it failed
    expect(await rootAtHand(rootOf(), reach())).toMatchObject({ root: { text: 'second' } });
  });

  test('asks a mirror that failed again after five minutes, and after less if the policy says so', async () => {
    await refreshRoot(rootOf(HOUR), reach());
    for (const [refreshSeconds, seconds] of [
      [HOUR, 301],
      [60, 61],
    ] as const) {
      isDown = true;
      now = new Date(now.getTime() + 2 * HOUR * 1000);
      await rootInUse(rootOf(refreshSeconds), reach());
      isDown = false;
      repository.advance(`after ${seconds}`);
      now = new Date(now.getTime() + seconds * 1000);
      const { root } = await rootInUse(rootOf(refreshSeconds), reach());
      expect(root.text).toBe(`after ${seconds}`);
    }
  });

  test('asks a mirror that failed at once where there is nothing to go on with', async () => {
    isDown = true;
    await rootInUse(rootOf(HOUR), reach());
    isDown = false;
    expect(await rootInUse(rootOf(HOUR), reach())).toMatchObject({ root: { text: 'first' } });
  });

  test('has no root where there is none, and knows why', async () => {
    isDown = true;
    const { from, root } = await rootInUse(rootOf(HOUR), reach());
    expect(from).toBe('nowhere');
    expect(root).toMatchObject({ missing: 'could not be refreshed: the mirror cannot be reached' });
    expect(root.text).toBeUndefined();
  });
});
