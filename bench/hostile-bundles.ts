// CPU of bundles that are made to keep a verifier busy, each as large as the limits let it be: node bench/hostile-bundles.ts
// Then the most of everything that one image can have beside it.
import { DEFAULT_LIMITS } from '../src/io/limits.ts';
import { collectEvidence } from '../src/trust/collect-evidence.ts';
import { attachBundle, signStatementOf } from '../test/support/cosign.ts';
import { jsonBytes, MemorySource, putImage } from '../test/support/memory-source.ts';
import { keylessSigner, rootOf, startSigstore } from '../test/support/private-sigstore.ts';
import { judge, type Parts, root, sigstore } from '../test/trust/keyless/attempt.ts';
import { HOSTILE, HOSTILE_TEXTS } from '../test/trust/keyless/hostile-bundles.ts';

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

await judge({}); // what is loaded once is not the bundle's
const signers = keylessSigner(root);
let worst = 0;
for (const [name, { change, statement = signStatementOf, ...faults }] of HOSTILE) {
  const { manifest } = putImage(new MemorySource());
  const { bundle } = await sigstore.sign(statement(manifest), faults);
  await change?.(bundle as unknown as Parts);
  await measure(name, Buffer.from(JSON.stringify(bundle)), faults.mediaType);
}
for (const [name, make] of HOSTILE_TEXTS) await measure(name, make());

async function measure(name: string, bytes: Buffer, layerType?: string): Promise<void> {
  const source = new MemorySource();
  const { manifest } = putImage(source);
  attachBundle(source, manifest, bytes, layerType === undefined ? {} : { layerType });
  const [one] = await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS);
  const spent = await milliseconds(() => collectEvidence(source, [manifest], signers, DEFAULT_LIMITS));
  worst = Math.max(worst, spent);
  const told = one?.state === 'rejected' ? `${one.reason}: ${one.detail.slice(0, 90)}` : one?.state;
  console.log(
    `${spent.toFixed(0).padStart(6)} ms ${String(bytes.length).padStart(9)} bytes  ${name} (${told})`,
  );
}
console.log(`worst: ${worst.toFixed(0)} ms`);

const many = new MemorySource();
const { manifest } = putImage(many);
const sbom = many.put(jsonBytes({}), 'application/spdx+json');
const { referrers, signatures } = DEFAULT_LIMITS;
const stranger = keylessSigner(rootOf((await startSigstore()).trustedRoot()));
for (let at = 0; at < signatures; at += 1)
  attachBundle(many, manifest, (await sigstore.sign(signStatementOf(manifest), { timestamp: true })).bundle);
for (let at = signatures; at < referrers; at += 1)
  many.list(
    manifest.digest,
    many.putManifest({ layers: [sbom], subject: manifest, annotations: { at: `${at}` } }),
  );
for (const [whose, who] of [
  ['the signer', signers],
  ['nobody', stranger],
] as const) {
  const spent = await milliseconds(() => collectEvidence(many, [manifest], who, DEFAULT_LIMITS));
  console.log(
    `${spent.toFixed(0).padStart(6)} ms for ${referrers} referrers, ${signatures} of them keyless bundles by ${whose}`,
  );
}
const raised = { ...DEFAULT_LIMITS, signatures: 1000, referrers: 2000 };
const thousand = new MemorySource();
putImage(thousand);
for (let at = 0; at < raised.signatures; at += 1)
  attachBundle(thousand, manifest, (await sigstore.sign(signStatementOf(manifest))).bundle);
const spent = await milliseconds(() => collectEvidence(thousand, [manifest], signers, raised));
console.log(
  `${spent.toFixed(0).padStart(6)} ms for ${raised.signatures} keyless bundles, with limits.signatures raised to as many`,
);
