import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sealWith } from '../../src/attest/seal.ts';
import { readSigningKey } from '../../src/attest/signing-key.ts';
import { type Built, buildIndex } from '../../src/demo/image-builder.ts';
import { referrersTagOf } from '../../src/model/digest.ts';
import { PREDICATE } from '../../src/model/statement.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { promoteImage } from '../../src/promote/promote-image.ts';
import { pratique } from '../support/child.ts';
import { type Docks, missingOf, referrersOf, setDocks } from '../support/docks.ts';
import { promotionGate, requestOf } from '../support/promotion-gate.ts';
import type { Recorded, Reply } from '../support/scripted-server.ts';
import { cleanImage, signWithBundle } from '../support/stage.ts';
import { forward } from '../support/watched-registry.ts';

/** Where a promotion ends: before a write reaches the registry, or after it, its answer lost. */
type Side = 'before' | 'after';

const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'];
const DEAD: Reply = { raw: (socket) => socket.destroy() };

let docks: Docks;
let old: Built;
let next: Built;
let name: string;
let verdict: Verdict;
let signatures: readonly string[];
let count = 0;
let cache: string; // what one process compiled, the others need not

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  const image = await cleanImage();
  old = await cleanImage('s390x');
  next = buildIndex([{ built: image, platform: image.platform }]);
});
afterAll(() => rm(cache, { recursive: true, force: true }));

/** @param referrers whether the target has a referrers API, or a list under the fallback tag */
async function setUp(referrers: boolean): Promise<void> {
  docks = await setDocks({ referrers });
  name = docks.stage.push('acme/signed:1', next);
  signWithBundle(docks.stage, 'acme/signed', next.root.descriptor, docks.stage.keys.release);
  signatures = referrersOf(docks.stage.registry.store.repository('acme/signed'));
  verdict = await (await promotionGate(docks)).check(requestOf(docks, name, 'x', '1').source);
  expect(verdict.result).toBe('admitted');
}

/** A repository whose tag stands for the old image. */
function newRepository(): string {
  count += 1;
  docks.harbour.store.push(`acme/r${count}`, 'live', old);
  return `acme/r${count}`;
}

async function promote(repository: string, chunkBytes?: number) {
  const key = readSigningKey(docks.stage.keys.gate.privatePem);
  const gate = await promotionGate(docks, { verdict, ...(chunkBytes !== undefined && { chunkBytes }) });
  return promoteImage(gate, requestOf(docks, name, repository, 'live'), { seal: sealWith(key) });
}

/** From the write `nth` on (counted from 1) the registry is dead. @returns how many there were */
async function dyingAt(nth: number, side: Side, work: () => Promise<unknown>): Promise<number> {
  let writes = 0;
  docks.harbour.script = async (request: Recorded) => {
    if (writes >= nth) return DEAD;
    if (!WRITES.includes(request.method)) return undefined;
    writes += 1;
    if (writes < nth) return undefined;
    if (side === 'after') await forward(docks.harbour.behind, request);
    return DEAD;
  };
  try {
    await work();
  } finally {
    docks.harbour.script = () => undefined;
  }
  return writes;
}

/** The tag stands for the old image, or for the new one with all that belongs to it. */
function requireWhole(repository: string): 'old' | 'new' {
  const there = docks.harbour.store.repository(repository);
  const digest = there.tags.get('live') ?? '';
  expect([old.root.descriptor.digest, next.root.descriptor.digest]).toContain(digest);
  expect(missingOf(there, digest)).toEqual([]);
  if (digest === old.root.descriptor.digest) return 'old';
  expect(referrersOf(there)).toEqual(expect.arrayContaining([...signatures]));
  const attested = [...there.manifests.values()].map(
    ({ annotations }) =>
      (annotations as Record<string, string> | undefined)?.['dev.sigstore.bundle.predicateType'],
  );
  expect(attested).toEqual(expect.arrayContaining([PREDICATE.vsa, PREDICATE.verdict]));
  const list = there.manifests.get(there.tags.get(referrersTagOf(next.root.descriptor.digest)) ?? '');
  if (list === undefined) return 'new';
  for (const signature of signatures) expect(Buffer.from(list.bytes).toString()).toContain(signature);
  return 'new';
}

describe.each([true, false])('a promotion that is cut short at a write (referrers API: %s)', (referrers) => {
  beforeAll(() => setUp(referrers));
  afterAll(() => docks.close());

  test('leaves the tag at the old image or at all of the new one, and is finished by another run', async () => {
    const writes = await dyingAt(Number.POSITIVE_INFINITY, 'before', async () => {
      expect((await promote(newRepository())).state).toBe('promoted');
    });
    expect(writes).toBeGreaterThan(14);
    // What was not sent, and what was sent last, come to the same but for the last write: one registry for both is enough.
    const sides: readonly Side[] = referrers ? ['before', 'after'] : ['after'];
    const found = { old: 0, new: 0 };
    for (let nth = 1; nth <= writes; nth += 1) {
      for (const side of sides) {
        const repository = newRepository();
        await expect(dyingAt(nth, side, () => promote(repository))).rejects.toThrow();
        const state = requireWhole(repository);
        found[state] += 1;
        // only the very last write, once it has arrived, makes the new image visible
        expect(state, `${side} write ${nth} of ${writes}`).toBe(
          nth === writes && side === 'after' ? 'new' : 'old',
        );
        expect((await promote(repository)).state).toBe('promoted');
        expect(requireWhole(repository)).toBe('new');
      }
    }
    expect(found).toEqual({ old: sides.length * writes - 1, new: 1 });
  }, 120_000);
});

describe('a promotion of large blobs, in chunks', () => {
  beforeAll(() => setUp(true));
  afterAll(() => docks.close());

  test('that is cut short is finished by another run as well', async () => {
    const chunkBytes = 40; // so that the layers of these images are large
    const from = docks.harbour.requests.length;
    const writes = await dyingAt(Number.POSITIVE_INFINITY, 'before', async () => {
      expect((await promote(newRepository(), chunkBytes)).state).toBe('promoted');
    });
    const chunks = docks.harbour.requests.slice(from).filter(({ method }) => method === 'PATCH').length;
    expect(chunks).toBeGreaterThan(10);
    for (let nth = 2; nth <= writes; nth += Math.ceil(writes / 8)) {
      const repository = newRepository();
      await expect(dyingAt(nth, 'after', () => promote(repository, chunkBytes))).rejects.toThrow();
      expect(requireWhole(repository)).toBe('old');
      expect((await promote(repository, chunkBytes)).state).toBe('promoted');
      expect(requireWhole(repository)).toBe('new');
    }
  }, 60_000);
});

describe('a process that is interrupted while it promotes', { timeout: 60_000 }, () => {
  test('says what it has done and what not, and ends with 130', async () => {
    const own = await setDocks();
    try {
      const from = own.stage.push('acme/shop:live', next);
      own.harbour.store.push('acme/shop', 'live', old);
      const argv = ['promote', from, `${own.harbour.host}/acme/shop`];
      const { code, err } = await pratique(argv, {
        cwd: own.stage.folder,
        meanwhile: (child) => {
          own.harbour.script = ({ method, path }) => {
            if (method !== 'PUT' || !path.includes('/manifests/')) return undefined;
            child.kill('SIGINT');
            return new Promise(() => {}); // never answered
          };
        },
      });
      expect(code).toBe(130);
      expect(err).toMatch(/interrupted: the image is admitted; 2 of 4 pieces are in \S+\/acme\/shop, under/);
      expect(err).toContain('no tag was moved; the same command goes on from there\n');
      expect(err).not.toContain('no verdict');
      expect(own.harbour.store.repository('acme/shop').tags.get('live')).toBe(old.root.descriptor.digest);
    } finally {
      await own.close();
    }
  });
});

describe('a process that is killed while it promotes', { timeout: 120_000 }, () => {
  test.each([2, 9, 16])(
    'at write %i leaves the tag at the old image, and the next one finishes',
    async (nth) => {
      const own = await setDocks();
      try {
        const from = own.stage.push('acme/shop:live', next);
        own.harbour.store.push('acme/shop', 'live', old);
        const there = own.harbour.store.repository('acme/shop');
        const argv = ['promote', from, `${own.harbour.host}/acme/shop`, '--key', 'gate.key', '-q'];
        let writes = 0;
        const killed = await pratique(argv, {
          cwd: own.stage.folder,
          meanwhile: (child) => {
            own.harbour.script = ({ method }) => {
              if (WRITES.includes(method)) writes += 1;
              if (writes === nth && WRITES.includes(method)) child.kill('SIGKILL');
              return undefined;
            };
          },
        });
        own.harbour.script = () => undefined;
        if (writes >= nth) expect(killed.code).toBe(null);
        const digest = there.tags.get('live') ?? '';
        expect([old.root.descriptor.digest, next.root.descriptor.digest]).toContain(digest);
        expect(missingOf(there, digest)).toEqual([]);
        const again = await own.stage.pratique(argv);
        expect(again.code).toBe(0);
        expect(there.tags.get('live')).toBe(next.root.descriptor.digest);
        expect(missingOf(there, next.root.descriptor.digest)).toEqual([]);
      } finally {
        await own.close();
      }
    },
  );
});
