/**
 * Puts every shipped pattern that has no proof yet before recheck, and keeps what it says: `npm run prove:redos`.
 * Results of patterns that ship no more are dropped. It takes minutes where many are new; what was done is kept.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import {
  keptProofs,
  PROOFS_PATH,
  type Proof,
  prove,
  type ShippedPattern,
  shippedPatterns,
} from '../test/scan/shipped-patterns.ts';

/** for one pattern */
const MOST_MILLISECONDS = Number(process.env['REDOS_MILLISECONDS'] ?? 60_000);
/** patterns after which what is known is written */
const BATCH = 20;

type Asked = Pick<ShippedPattern, 'source' | 'flags' | 'key'>;

if (isMainThread) await proveAll();
else parentPort?.on('message', (asked: Asked) => parentPort?.postMessage(prove(asked, MOST_MILLISECONDS)));

async function proveAll(): Promise<void> {
  const shipped = shippedPatterns();
  const kept = keptProofs();
  const proofs = new Map(
    shipped.flatMap(({ key }) => {
      const proof = kept.get(key);
      return proof === undefined || proof.result === 'unknown' ? [] : [[key, proof] as const];
    }),
  );
  const open = shipped.filter(({ key }) => !proofs.has(key));
  const began = open.length;
  const workers = Array.from({ length: Math.min(2, availableParallelism(), open.length) }, () => work());
  await Promise.all(workers);
  write(proofs);
  const failed = shipped.filter(({ key }) => proofs.get(key)?.result !== 'safe');
  for (const { ids, key } of failed) console.log(`${proofs.get(key)?.result}  ${ids.join(', ')}`);
  console.log(`${shipped.length} patterns, ${began} of them new, ${failed.length} not safe`);
  if (failed.length > 0) process.exitCode = 1;

  async function work(): Promise<void> {
    const worker = new Worker(new URL(import.meta.url));
    const failure = new Promise<never>((_, reject) => worker.once('error', reject));
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      const { source, flags, key } = next;
      const answer = new Promise<Proof>((resolve) => worker.once('message', resolve));
      worker.postMessage({ source, flags, key } satisfies Asked);
      proofs.set(key, await Promise.race([answer, failure]));
      if (open.length % BATCH === 0) write(proofs);
    }
    await worker.terminate();
  }
}

function write(proofs: ReadonlyMap<string, Proof>): void {
  const { version } = JSON.parse(
    readFileSync(new URL('../node_modules/recheck/package.json', import.meta.url), 'utf8'),
  ) as { readonly version: string };
  const head = `# recheck ${version}, ${new Date().toISOString().slice(0, 10)}: of each shipped pattern, sha256 of source and flags, and the result\n`;
  const lines = [...proofs.values()].map(({ key, result }) => `${key} ${result}\n`).sort();
  writeFileSync(PROOFS_PATH, head + lines.join(''));
}
