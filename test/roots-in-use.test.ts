import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
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
