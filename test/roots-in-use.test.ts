import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../src/io/limits.ts';
import type { TrustRoot } from '../src/model/trust-root.ts';
import { type RootKeeper, rootKeeper, signersInUse } from '../src/roots-in-use.ts';
import { publicKey } from './checks/samples.ts';
import { rootOf, startSigstore } from './support/private-sigstore.ts';
import { type ScriptedServer, startScriptedServer } from './support/scripted-server.ts';
import { tufRepository } from './support/tuf-repository.ts';

const TEXT = JSON.stringify((await startSigstore()).trustedRoot());
const HOUR = 3600;

let home = '';
let now = new Date('2026-11-21T12:00:00Z');
let mirror: ScriptedServer;
let root: TrustRoot;
let keeper: RootKeeper;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'pratique-test-'));
  const repository = tufRepository(TEXT);
  mirror = await startScriptedServer(({ path }) => {
    const body = repository.files.get(path.slice('/acme/'.length));
    return body === undefined ? undefined : { body };
  });
  const described = { ...repository.describe(`${mirror.url}/acme`), refreshSeconds: HOUR };
  root = { name: 'acme', repository: described, needsLog: true, needsCertificateLog: true };
  keeper = rootKeeper({ env: { XDG_CACHE_HOME: home }, limits: DEFAULT_LIMITS, now: () => now });
});
afterEach(async () => {
  await mirror.close();
  rmSync(home, { recursive: true });
});

const later = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};

test('a root is had once for all images, and again when the policy wants it refreshed', async () => {
  const [one, two] = await Promise.all([keeper.inUse(root), keeper.inUse(root)]);
  expect(one).toBe(two);
  expect(one.root.text).toBe(TEXT);
  const asked = mirror.requests.length;
  later(HOUR);
  await keeper.inUse(root);
  expect(mirror.requests.length).toBe(asked);
  later(1);
  await keeper.inUse(root);
  expect(mirror.requests.length).toBeGreaterThan(asked);
});

test('a mirror that is down is asked once, not for each image', async () => {
  mirror.script = () => ({ status: 503 });
  expect((await keeper.inUse(root)).from).toBe('nowhere');
  expect((await keeper.inUse(root)).from).toBe('nowhere');
  expect(mirror.requests.length).toBe(1);
});

test('a mirror that is back is found again after minutes, not at the next refresh', async () => {
  const { script } = mirror;
  mirror.script = () => ({ status: 503 });
  expect((await keeper.inUse(root)).from).toBe('nowhere');
  mirror.script = script;
  later(301);
  expect((await keeper.inUse(root)).root.text).toBe(TEXT);
});

test('what could not be kept is asked for as seldom, and outlives a mirror that is down', async () => {
  const { script } = mirror;
  const cacheless = rootKeeper({ env: {}, limits: DEFAULT_LIMITS, now: () => now });
  expect((await cacheless.inUse(root)).from).toBe('mirror');
  const asked = mirror.requests.length;
  later(HOUR);
  expect((await cacheless.inUse(root)).from).toBe('mirror');
  expect(mirror.requests.length).toBe(asked);
  mirror.script = () => ({ status: 503 });
  for (let time = 0; time < 2; time += 1) {
    later(301);
    const { root: used, notes } = await cacheless.inUse(root);
    expect(used.text).toBe(TEXT);
    expect(notes.join()).toContain('could not be refreshed: the mirror answered 503');
    expect(mirror.requests.length).toBe(asked + 1 + time);
  }
  mirror.script = script;
  later(301);
  expect((await cacheless.inUse(root)).notes.join()).not.toContain('503');
});

test('a cache that is gone, and a mirror that is down, do not lead a gate back to what is older', async () => {
  expect((await keeper.inUse(root)).from).toBe('cache');
  rmSync(join(home, 'pratique'), { recursive: true });
  mirror.script = () => ({ status: 503 });
  later(HOUR + 1);
  const { root: used, notes } = await keeper.inUse(root);
  expect(used.text).toBe(TEXT);
  expect(notes.join()).toContain('the mirror answered 503');
});

test('a mirror that never answers is waited for 20 seconds in all, or until the run is broken off', async () => {
  mirror.script = () => new Promise<never>(() => {});
  const { timeout } = AbortSignal;
  const waits: number[] = [];
  const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    waits.push(milliseconds);
    return timeout.call(AbortSignal, 50);
  });
  await expect(keeper.refresh(root)).rejects.toThrow('the mirror takes too long to answer');
  expect(waits).toEqual([20_000]);
  spy.mockRestore();
  const over = new AbortController();
  const options = { env: {}, limits: DEFAULT_LIMITS, now: () => now, signal: over.signal };
  const broken = expect(rootKeeper(options).refresh(root)).rejects;
  over.abort();
  await broken.toThrow('the request was broken off');
});

test('what another process fetched is found after minutes, also where the policy has nobody asked', async () => {
  const { refreshSeconds: _, ...repository } = root.repository ?? { mirror: '', anchor: '', target: '' };
  const unasked = { ...root, repository };
  expect((await keeper.inUse(unasked)).from).toBe('nowhere');
  await keeper.refresh(root);
  later(300);
  expect((await keeper.inUse(unasked)).from).toBe('nowhere');
  later(1);
  expect((await keeper.inUse(unasked)).from).toBe('cache');
});

test('mirrors are asked at once, so that several that are down hold a check up no longer than one', async () => {
  const asked: string[] = [];
  const signerOf = (name: string) => ({
    kind: 'keyless' as const,
    name,
    issuer: 'https://issuer.example',
    identity: 'a@b.example',
    root: { ...root, name },
  });
  let answer = () => {};
  const ready = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const waiting = signersInUse(
    new Map([['one', signerOf('one')] as const, ['two', signerOf('two')] as const]),
    {
      inUse: async (wanted) => {
        asked.push(wanted.name);
        await ready;
        return { root: wanted, from: 'built-in', notes: [`note of ${wanted.name}`, 'the same note'] };
      },
    },
  );
  expect(asked).toEqual(['one', 'two']);
  answer();
  expect((await waiting).notes).toEqual(['note of one', 'the same note', 'note of two']);
});

test('offline no mirror is asked, and each is taken to be down', async () => {
  const offline = rootKeeper({
    env: { XDG_CACHE_HOME: home },
    limits: DEFAULT_LIMITS,
    now: () => now,
    offline: true,
  });
  const { from, notes } = await offline.inUse(root);
  expect(from).toBe('nowhere');
  expect(notes.join('\n')).toContain('--offline was given');
  await expect(offline.refresh(root)).rejects.toMatchObject({ code: 'NETWORK' });
  expect(mirror.requests).toEqual([]);
  await keeper.inUse(root);
  expect((await offline.atHand(root)).root.text).toBe(TEXT);
});

test('a root that is a file is given back as it is', async () => {
  const file = rootOf(JSON.parse(TEXT));
  expect((await keeper.inUse(file)).root).toBe(file);
  expect((await keeper.atHand(file)).root).toBe(file);
});

test('signers with keys stay as they are, those without get their root, and one root stays one', async () => {
  const keyless = {
    kind: 'keyless',
    issuer: 'https://issuer.example',
    identity: 'a@b.example',
    root,
  } as const;
  const { signers, notes } = await signersInUse(
    new Map([
      ['key', { name: 'key', kind: 'key', publicKey: publicKey() }],
      ['one', { ...keyless, name: 'one' }],
      ['two', { ...keyless, name: 'two' }],
    ]),
    keeper,
  );
  const rootOfSigner = (name: string) => {
    const signer = signers.get(name);
    return signer?.kind === 'keyless' ? signer.root : undefined;
  };
  expect([...signers.keys()]).toEqual(['key', 'one', 'two']);
  expect(rootOfSigner('one')?.text).toBe(TEXT);
  expect(rootOfSigner('one')).toBe(rootOfSigner('two'));
  expect(notes).toEqual([]);
});
