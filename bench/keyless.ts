// CPU of one keyless bundle, verified again and again: node bench/keyless.ts [BUNDLE...]
// Without files it signs with a private instance. What is loaded once is told apart.
import { readFileSync } from 'node:fs';
import { bundleFromJSON } from '@sigstore/bundle';
import { publicGood } from '../src/policy/signers/trust-root-file.ts';
import { openInstance } from '../src/trust/keyless/instance.ts';
import { verifyKeyless } from '../src/trust/keyless/verify-keyless.ts';
import { rootOf, startSigstore } from '../test/support/private-sigstore.ts';

const ROUNDS = 200;

function milliseconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function privateBundle() {
  const sigstore = await startSigstore();
  const { bundle } = await sigstore.sign('{}', { timestamp: true });
  return { name: 'a private instance', bundle, root: rootOf(sigstore.trustedRoot()) };
}

const files = process.argv.slice(2);
const all = files.map((name) => ({
  name,
  bundle: JSON.parse(readFileSync(name, 'utf8')),
  root: publicGood(),
}));
for (const { name, bundle, root } of files.length > 0 ? all : [await privateBundle()]) {
  const first = milliseconds(() => verifyKeyless(openInstance(root), bundleFromJSON(bundle)));
  const again = milliseconds(() => {
    for (let round = 0; round < ROUNDS; round += 1) verifyKeyless(openInstance(root), bundleFromJSON(bundle));
  });
  const proof = verifyKeyless(openInstance(root), bundleFromJSON(bundle));
  const told = 'claims' in proof ? proof.claims.identity : proof.reason;
  console.log(`${name}: first ${first.toFixed(1)} ms, then ${(again / ROUNDS).toFixed(1)} ms each (${told})`);
}
