import { sign } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/cli/main.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import {
  type Built,
  type BuiltImage,
  buildImage,
  buildIndex,
  buildLayer,
  toContent,
} from '../../src/demo/image-builder.ts';
import type { RegistryServerOptions } from '../../src/demo/registry-server.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { hexOf, referrersTagOf } from '../../src/model/digest.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { RULE_SET } from '../../src/scan/rule-set.ts';
import { type Content, describe, referrerManifest } from '../../src/sources/documents/referrer-manifest.ts';
import { dsseBundle, makeKey, signStatementOf, simpleSigning, type TestKey } from './cosign.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { startWatchedRegistry, type WatchedRegistry } from './watched-registry.ts';

/** What one command line came to. */
export interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder with keys and a policy, and a registry: all that the command line needs. */
export interface Stage {
  readonly folder: string;
  readonly registry: WatchedRegistry;
  readonly keys: Readonly<Record<'release' | 'gate' | 'stranger', TestKey>>;
  /** the full name of a repository or image here */
  name(rest: string): string;
  /** puts an image under a name such as `acme/shop:1`; returns its full name */
  push(rest: string, built: Built): string;
  /** runs `pratique` in the folder */
  pratique(argv: readonly string[], change?: Partial<Terminal>): Promise<Told>;
  write(file: string, content: string): Promise<string>;
  read(file: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Sets one up: `release.pub`, `gate.key`, `gate.pub`, `stranger.key`, `stranger.pub` and `pratique.yaml`, which allows
 * `acme/*`, demands the release key of `acme/signed`, and refuses root.
 */
export async function setStage(options: RegistryServerOptions = {}): Promise<Stage> {
  const registry = await startWatchedRegistry(options);
  const folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  const keys = { release: makeKey(), gate: makeKey(), stranger: makeKey() };
  const write = async (file: string, content: string) => {
    await writeFile(join(folder, file), content);
    return join(folder, file);
  };
  await write('.git', '');
  for (const [name, { publicPem, privatePem }] of Object.entries(keys)) {
    await write(`${name}.pub`, publicPem);
    await write(`${name}.key`, privatePem);
  }
  await write('pratique.yaml', policyFor(registry.host));
  return {
    folder,
    registry,
    keys,
    name: (rest) => `${registry.host}/${rest}`,
    push(rest, built) {
      const [repository = '', tag = ''] = rest.split(':');
      registry.store.push(repository, tag, built);
      return `${registry.host}/${rest}`;
    },
    async pratique(argv, change = {}) {
      const terminal = fakeTerminal(argv, { cwd: folder, ...change });
      const code = await run(terminal);
      return { code, ...terminal.text() };
    },
    write,
    read: (file) => readFile(join(folder, file), 'utf8'),
    async close() {
      await registry.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The policy of a stage. */
export function policyFor(host: string): string {
  return `version: 1
name: stage
sources:
  allow: ["${host}/acme/*"]
lookalikes:
  protect: ["${host}/acme/shop"]
signers:
  release: { key: release.pub }
images:
  - match: "${host}/acme/signed"
    signed-by: [release]
checks:
  hygiene.root-user: fail
`;
}

/** An image that the policy of a stage has nothing against. */
export async function cleanImage(architecture = 'amd64'): Promise<BuiltImage> {
  const layer = await buildLayer([{ path: 'srv/menu.txt', content: 'cod, herring, mackerel\n' }]);
  return buildImage({ layers: [layer], config: { User: '1000' }, platform: { os: 'linux', architecture } });
}

/** An index of clean images for amd64 and arm64. */
export async function cleanIndex(): Promise<Built> {
  const images = [await cleanImage('amd64'), await cleanImage('arm64')];
  return buildIndex(images.map((built) => ({ built, platform: built.platform })));
}

/** An image that starts as root. */
export async function rootImage(): Promise<BuiltImage> {
  return buildImage({ layers: [await buildLayer([{ path: 'a', content: 'a' }])] });
}

/** Secrets that a rule's own examples are made of; they open nothing. */
export const CANARIES = {
  file: canary(0),
  env: canary(2),
} as const;

/** An image with one secret in a file and another in its environment. */
export async function leakyImage(): Promise<BuiltImage> {
  const layer = await buildLayer([{ path: 'srv/.env', content: `GITHUB_TOKEN=${CANARIES.file}\n` }]);
  return buildImage({
    layers: [layer],
    config: { User: '1000', Env: [`DEPLOY_TOKEN=${CANARIES.env}`] },
    steps: [`RUN fetch --token ${CANARIES.env}`],
  });
}

function canary(example: number): string {
  const rule = RULE_SET.secrets.find(({ id }) => id === 'secrets.github-token');
  const [token] = /gh[a-z]_\w{36}/.exec(rule?.examples[example]?.() ?? '') ?? [];
  if (token === undefined) throw new Error('the rule for GitHub tokens has no such example');
  return token;
}

/** Signs as `cosign sign --key` v2 does: a manifest under a tag made of the digest. */
export function signWithTag({ registry }: Stage, repository: string, about: Descriptor, key: TestKey): void {
  const payload = describe(MEDIA.simpleSigning, Buffer.from(JSON.stringify(simpleSigning(about.digest))));
  const signature = sign('sha256', payload.bytes, key.privateKey).toString('base64');
  const config = toContent(MEDIA.ociConfig, { architecture: '', rootfs: { type: 'layers', diff_ids: [] } });
  const root = toContent(MEDIA.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: config.descriptor,
    layers: [{ ...payload.descriptor, annotations: { 'dev.cosignproject.cosign/signature': signature } }],
  });
  registry.store.push(repository, `sha256-${hexOf(about.digest)}.sig`, {
    root,
    blobs: [config, payload],
    manifests: [],
  });
}

/**
 * Signs as `cosign sign --key` v3 does: a Sigstore bundle as a referrer.
 * @param options `tagged`: also listed under the fallback tag, as clients do where the registry has no referrers API;
 * `says`: what the signed statement is about, if it is to be something else
 */
export function signWithBundle(
  { registry }: Stage,
  repository: string,
  about: Descriptor,
  key: TestKey,
  { tagged = false, says = about }: { readonly tagged?: boolean; readonly says?: Descriptor } = {},
): void {
  const predicateType = 'https://sigstore.dev/cosign/sign/v1';
  const { blobs, manifest } = referrerManifest(about, {
    artifactType: MEDIA.sigstoreBundle,
    mediaType: MEDIA.sigstoreBundle,
    content: Buffer.from(JSON.stringify(dsseBundle(signStatementOf(says), key))),
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': predicateType,
    },
  });
  const { store } = registry;
  store.push(repository, `signature-${hexOf(manifest.descriptor.digest).slice(0, 8)}`, {
    root: manifest,
    blobs,
    manifests: [],
  });
  if (tagged) store.push(repository, referrersTagOf(about.digest), listOf(manifest));
}

function listOf(manifest: Content): Built {
  const { digest, size, mediaType, artifactType, annotations } = manifest.descriptor;
  const entry = { mediaType, digest, size, artifactType, annotations: Object.fromEntries(annotations ?? []) };
  const root = toContent(MEDIA.ociIndex, { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [entry] });
  return { root, blobs: [], manifests: [manifest] };
}

/** How many manifests of a repository are about another one. */
export function referrersIn({ registry }: Stage, repository: string): number {
  return [...registry.store.repository(repository).manifests.values()].filter(
    ({ subject }) => subject !== undefined,
  ).length;
}
