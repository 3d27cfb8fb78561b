// How long `pratique admit` takes on a registry of this machine, wall time: npm run build && node bench/admit.ts
// Once in a process that runs already, and as the command line does it: from the moment that the program is loaded (start-up,
// which every command has) to its exit code, with everything that only this command loads.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { admitImage } from '../src/attest/admit.ts';
import { attachVerdict } from '../src/attest/attach.ts';
import { attestVerdict, statementsOf } from '../src/attest/attest-verdict.ts';
import type { SignedBundle } from '../src/attest/bundle.ts';
import { signKeyless } from '../src/attest/keyless/sign-keyless.ts';
import { readSigningKey } from '../src/attest/signing-key.ts';
import { buildImage, buildLayer } from '../src/demo/image-builder.ts';
import { startRegistry } from '../src/demo/registry-server.ts';
import { DEFAULT_LIMITS } from '../src/io/limits.ts';
import { parseReference } from '../src/model/reference.ts';
import type { Signer } from '../src/model/trusted.ts';
import { openSource } from '../src/sources/open.ts';
import { keySigners, makeKey } from '../test/support/cosign.ts';
import { keylessSigner } from '../test/support/private-sigstore.ts';
import { pushBuilt } from '../test/support/push-built.ts';
import { passed, sampleVerdict } from '../test/support/sample-verdicts.ts';
import { signingWith, startSigningServer } from '../test/support/signing-server.ts';

const ROUNDS = 9;
const MAIL = 'gate@acme.test';
const ISSUER = 'https://login.acme.test';
const PROGRAM_FOLDER = new URL('../program/cli/', import.meta.url).href;
const PROGRAM = `
import { run } from '${PROGRAM_FOLDER}main.js';
const [before, used] = [performance.now(), process.cpuUsage()];
const code = await run();
const { user, system } = process.cpuUsage(used);
console.error(code === 0 ? [performance.now() - before, (user + system) / 1000].join(' ') : 'NaN NaN');`;

const registry = await startRegistry();
const server = await startSigningServer();
const folder = mkdtempSync(join(tmpdir(), 'pratique-bench-'));
const key = makeKey();
writeFileSync(join(folder, '.git'), '');
writeFileSync(join(folder, 'gate.pub'), key.publicPem);
writeFileSync(join(folder, 'root.json'), server.root.text ?? '');

function open(text: string) {
  const reference = parseReference(text);
  const options = { env: {}, limits: DEFAULT_LIMITS, now: Date.now, warn: () => {} };
  return { reference, source: openSource({ kind: 'registry', text, reference }, options) };
}

/** An image with the attestations of a pass beside it, and its name. */
async function attested(repository: string, keyless: boolean): Promise<string> {
  const layer = await buildLayer([{ path: 'app', content: repository }]);
  await pushBuilt(registry.host, repository, '1', await buildImage({ layers: [layer] }));
  const text = `${registry.host}/${repository}:1`;
  const { source, reference } = open(text);
  const { subject } = await source.resolve();
  const images = [{ manifest: subject, ruled: [passed('secrets')] }];
  const verdict = sampleVerdict({ name: text, subject, images, at: new Date().toISOString() });
  const signing = signingWith(server, server.token(MAIL, ISSUER));
  const bundles: readonly SignedBundle[] = keyless
    ? (await signKeyless(statementsOf(verdict, reference), signing)).bundles
    : attestVerdict(verdict, readSigningKey(key.privatePem), reference).bundles;
  for (const bundle of bundles) await attachVerdict(source, bundle.about, bundle);
  await source.close();
  return text;
}

async function decide(text: string, signers: ReadonlyMap<string, Signer>): Promise<number> {
  const before = performance.now();
  const { source, reference } = open(text);
  const { result } = await admitImage(source, {
    ...{ signers, reference, maxAgeSeconds: 3600, now: new Date(), limits: DEFAULT_LIMITS },
  });
  await source.close();
  if (result !== 'admitted') throw new Error(`${text} is ${result}`);
  return performance.now() - before;
}

/** Wall time and CPU of a command in a process of its own, without start-up, milliseconds. */
async function runs(...argv: string[]): Promise<readonly number[]> {
  const words = ['--input-type=module', '-e', PROGRAM, 'pratique', ...argv];
  const { stderr } = await promisify(execFile)(process.execPath, words, { cwd: folder });
  return (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
}

async function repeated<T>(work: () => Promise<T>, rounds = ROUNDS): Promise<readonly T[]> {
  const all: T[] = [];
  while (all.length < rounds) all.push(await work());
  return all;
}

function median(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b);
  const [least, middle, most] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return `${middle?.toFixed(0)} ms (${least?.toFixed(0)} to ${most?.toFixed(0)})`;
}

const kinds = [
  ['a key', await attested('acme/key', false), keySigners({ gate: key }), ['--key', 'gate.pub']],
  [
    'no key',
    await attested('acme/keyless', true),
    keylessSigner(server.root, MAIL, ISSUER),
    ['--identity', MAIL, '--issuer', ISSUER, '--trusted-root', 'root.json'],
  ],
] as const;
for (const [kind, text, signers, options] of kinds) {
  const inside = await repeated(() => decide(text, signers));
  console.log(`gate with ${kind}, in a process that runs: ${median(inside)}`);
  const outside = await repeated(() => runs('admit', text, '--allow-any-policy', ...options));
  const [wall, cpu] = [0, 1].map((at) => median(outside.map((one) => one[at] ?? Number.NaN)));
  console.log(`gate with ${kind}, pratique admit after start-up: ${wall}, CPU ${cpu}`);
}
await registry.close();
await server.close();
rmSync(folder, { recursive: true });
