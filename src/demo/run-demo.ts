import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { admitImage } from '../attest/admit.ts';
import { attachVerdict } from '../attest/attach.ts';
import { attestVerdict } from '../attest/attest-verdict.ts';
import { signStatement } from '../attest/bundle.ts';
import { publicPemOf, readSigningKey, type SigningKey } from '../attest/signing-key.ts';
import { makeStatement } from '../attest/statement.ts';
import { createGate, type Gate } from '../gate.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { Reference } from '../model/reference.ts';
import { PREDICATE } from '../model/statement.ts';
import { parseTarget } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import { loadPolicy } from '../policy/load.ts';
import { renderTerminal } from '../report/terminal/terminal.ts';
import { pushBlob, pushManifest } from '../sources/registry/push.ts';
import { openRegistry } from '../sources/registry/registry-source.ts';
import { type DemoImage, makeDemoBase, makeDemoImages } from './demo-images.ts';
import { type RegistryServer, startRegistry } from './registry-server.ts';

const BASE_NAME = 'acme/base:12';

export interface DemoOptions {
  readonly write: (text: string) => void;
  readonly colour: boolean;
  /** cells of the terminal */
  readonly width: number;
  readonly now: () => Date;
  /** called with each verdict, as it is reached */
  readonly onVerdict?: (verdict: Verdict) => void;
}

/**
 * The gate at work on three images, in a registry that lives in this process: push, sign, check, attest, admit.
 * Everything is done for real and over HTTP, on the loopback interface only.
 * @returns whether every verdict was the one that was expected, and the good image was let in on its attestation
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const { write } = options;
  const folder = await mkdtemp(join(tmpdir(), 'pratique-demo-'));
  const registry = await startRegistry();
  try {
    const keys = { release: makeKey(), gate: makeKey() };
    await writeFolder(folder, registry, keys);
    const policy = await loadPolicy({
      file: join(folder, 'pratique.yaml'),
      cwd: folder,
      env: {},
      now: options.now(),
    });
    const gate = createGate({ policy, env: {}, now: options.now });
    await pushBase({ ...options, registry, folder, gate, keys });
    write(`A registry on ${registry.host}, three images, one policy: ${join(folder, 'pratique.yaml')}\n\n`);
    const results: boolean[] = [];
    for (const image of await makeDemoImages()) {
      results.push(await showImage({ ...options, registry, folder, gate, keys }, image));
    }
    write(`Look around in ${folder}: the policy, both public keys, and the signed attestations.\n`);
    write('Next: npx pratique check IMAGE, and npx pratique --help\n');
    if (!results.every(Boolean)) write('Not everything above is as it should be: please report it.\n');
    return results.every(Boolean);
  } finally {
    await registry.close();
  }
}

interface Stage extends DemoOptions {
  readonly registry: RegistryServer;
  readonly folder: string;
  readonly gate: Gate;
  readonly keys: { readonly release: SigningKey; readonly gate: SigningKey };
}

async function showImage(stage: Stage, image: DemoImage): Promise<boolean> {
  const { write, gate, colour, width, registry } = stage;
  const name = `${registry.host}/${image.repository}:${image.tag}`;
  const target = parseTarget(name);
  if (target.kind !== 'registry') throw new TypeError('a registry name was expected');
  await push(stage, target.reference, image);
  write(`── ${image.repository}: ${image.about}\n\n`);
  const verdict = await gate.check(target);
  stage.onVerdict?.(verdict);
  write(`${renderTerminal([verdict], { colour, width })}\n`);
  if (verdict.subject !== undefined) await attest(stage, target.reference, verdict);
  const passes = verdict.result !== 'admitted' || (await admit(stage, target.reference));
  write('\n');
  return verdict.result === image.expected && passes;
}

async function pushBase(stage: Stage): Promise<void> {
  const target = parseTarget(`${stage.registry.host}/${BASE_NAME}`);
  if (target.kind !== 'registry') throw new TypeError('a registry name was expected');
  await push(stage, target.reference, { built: await makeDemoBase(), tag: target.reference.tag ?? 'latest' });
}

/** Pushes the image and signs it with the release key, as `cosign sign --key` does. */
async function push(
  { gate, keys, now }: Stage,
  reference: Reference,
  { built, tag }: Pick<DemoImage, 'built' | 'tag'>,
): Promise<void> {
  const source = openRegistry(reference, {
    env: {},
    limits: gate.policy.limits,
    now: () => now().getTime(),
    warn: () => {},
  });
  try {
    for (const { descriptor, bytes } of built.blobs) await pushBlob(source.session, descriptor, bytes);
    for (const { descriptor, bytes } of built.manifests) {
      await pushManifest(source.session, bytes, descriptor.mediaType, descriptor.digest);
    }
    await pushManifest(source.session, built.root.bytes, built.root.descriptor.mediaType, tag);
    const subject: Descriptor = built.root.descriptor;
    const statement = makeStatement([subject], reference, PREDICATE.cosignSignature, {});
    await attachVerdict(
      source,
      subject,
      signStatement(statement, keys.release, { about: subject, createdAt: now().toISOString() }),
    );
  } finally {
    await source.close();
  }
}

/** Signs the verdict with the gate's key, attaches it, and keeps a copy in the folder. */
async function attest(stage: Stage, reference: Reference, verdict: Verdict): Promise<void> {
  const { gate, keys, folder, write } = stage;
  const { bundles } = attestVerdict(verdict, keys.gate, reference);
  const file = join(folder, `${reference.repository.replaceAll('/', '-')}.attestation.jsonl`);
  await writeFile(file, bundles.map(({ json }) => `${JSON.stringify(json)}\n`).join(''));
  const source = gate.open(parseTarget(verdict.name));
  try {
    for (const bundle of bundles) {
      const { digest } = await attachVerdict(source, bundle.about, bundle);
      write(`attested: ${bundle.predicateType}, attached as ${digest.slice(0, 19)}…\n`);
    }
  } finally {
    await source.close();
  }
  write(`          and written to ${file}\n`);
}

/** What a later stage does: lets the image in on the attestation alone. */
async function admit({ gate, keys, now, write }: Stage, reference: Reference): Promise<boolean> {
  const source = openRegistry(reference, {
    env: {},
    limits: gate.policy.limits,
    now: () => now().getTime(),
    warn: () => {},
  });
  try {
    const { result, grants } = await admitImage(source, {
      signers: new Map([['gate', { name: 'gate', kind: 'key', publicKey: publicPemOf(keys.gate) }]]),
      reference,
      policyDigest: gate.policy.stamp.digest,
      maxAgeSeconds: gate.policy.attest.validForSeconds,
      now: now(),
      limits: gate.policy.limits,
    });
    write(
      `admit:    ${result} on that attestation alone, without reading a layer (${grants.length} grant)\n`,
    );
    return result === 'admitted';
  } finally {
    await source.close();
  }
}

async function writeFolder(folder: string, { host }: RegistryServer, keys: Stage['keys']): Promise<void> {
  await writeFile(join(folder, 'release.pub'), publicPemOf(keys.release));
  await writeFile(join(folder, 'gate.pub'), publicPemOf(keys.gate));
  await writeFile(
    join(folder, 'pratique.yaml'),
    `version: 1
name: demo
sources:
  allow:
    - "${host}/acme/*"
lookalikes:
  protect:
    - ${host}/acme/shop
bases:
  - "${host}/${BASE_NAME}"
signers:
  release:
    key: release.pub
images:
  - match: "${host}/acme/*"
    signed-by: [release]
`,
  );
}

function makeKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return readSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}
