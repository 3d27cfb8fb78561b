import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/io/limits.ts';
import type { Descriptor } from '../../../src/model/descriptor.ts';
import { parseDigest } from '../../../src/model/digest.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import { parseReference } from '../../../src/model/reference.ts';
import type { RegistryOptions } from '../../../src/sources/registry/registry-options.ts';
import { openRegistry, type RegistrySource } from '../../../src/sources/registry/registry-source.ts';
import {
  type Recorded,
  type Reply,
  type Script,
  type ScriptedServer,
  startScriptedServer,
} from '../../support/scripted-server.ts';

/** Gives a way to start servers that are stopped after each test. */
export function serverStarter(): (
  ...args: Parameters<typeof startScriptedServer>
) => Promise<ScriptedServer> {
  const running: ScriptedServer[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.close()));
  });
  return async (...args) => {
    const server = await startScriptedServer(...args);
    running.push(server);
    return server;
  };
}

/** Bytes with their descriptor. */
export interface Piece {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
}

/** A whole image: what a registry would serve. */
export interface TestImage {
  readonly layer: Piece;
  readonly config: Piece;
  readonly manifest: Piece;
}

export function piece(mediaType: string, content: Uint8Array | string | object): Piece {
  const isData = typeof content === 'string' || content instanceof Uint8Array;
  const bytes = Buffer.from(isData ? content : JSON.stringify(content));
  return { bytes, descriptor: { mediaType, digest: sha256(bytes), size: bytes.length } };
}

export function sha256(bytes: Uint8Array) {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

/** An image with one layer; the layer's bytes need not be a tar here. */
export function testImage(content: Uint8Array | string = 'layer', more: object = {}): TestImage {
  const layer = piece(MEDIA.ociLayer, content);
  const config = piece(MEDIA.ociConfig, {
    os: 'linux',
    architecture: 'amd64',
    config: {},
    rootfs: { type: 'layers', diff_ids: [layer.descriptor.digest] },
  });
  const manifest = piece(MEDIA.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: config.descriptor,
    layers: [layer.descriptor],
    ...more,
  });
  return { layer, config, manifest };
}

/** Serves an image under `/v2/acme/app`, tag `1`. */
export function serving(image: TestImage, repository = 'acme/app', tag = '1') {
  const base = `/v2/${repository}`;
  const replies = new Map<string, Reply>([
    [`${base}/manifests/${tag}`, manifestReply(image.manifest)],
    [`${base}/manifests/${image.manifest.descriptor.digest}`, manifestReply(image.manifest)],
    [`${base}/blobs/${image.config.descriptor.digest}`, { body: image.config.bytes }],
    [`${base}/blobs/${image.layer.descriptor.digest}`, { body: image.layer.bytes }],
  ]);
  return ({ path }: Pick<Recorded, 'path'>): Reply | undefined => replies.get(path);
}

export function manifestReply({ bytes, descriptor }: Piece): Reply {
  const headers = { 'content-type': descriptor.mediaType, 'docker-content-digest': descriptor.digest };
  return { headers, body: bytes };
}

/** Asks for a Bearer token first; `Bearer GOOD` is the one that is taken. */
export function behindToken(realm: string, then: Script, token = 'good-token'): Script {
  return (request) => {
    if (request.headers.authorization === `Bearer ${token}`) return then(request);
    return { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}",service="reg.test"` } };
  };
}

export function behindPassword(user: string, password: string, then: Script): Script {
  const wanted = basic(user, password);
  return (request) => {
    if (request.headers.authorization === wanted) return then(request);
    return { status: 401, headers: { 'www-authenticate': 'Basic realm="test"' } };
  };
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** `DOCKER_AUTH_CONFIG` with one password for each host. */
export function logins(hosts: Readonly<Record<string, readonly [string, string]>>): Record<string, string> {
  const auths = Object.entries(hosts).map(([host, [user, password]]) => [
    host,
    { auth: Buffer.from(`${user}:${password}`).toString('base64') },
  ]);
  return { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: Object.fromEntries(auths) }) };
}

/** Options that touch nothing of this machine, and do not really wait. */
export function testOptions(
  more: Partial<RegistryOptions> & { stallSeconds?: number } = {},
): RegistryOptions & {
  readonly slept: number[];
  readonly warnings: string[];
} {
  const { stallSeconds, ...rest } = more;
  const limits: Limits = { ...DEFAULT_LIMITS, ...(stallSeconds === undefined ? {} : { stallSeconds }) };
  const slept: number[] = [];
  const warnings: string[] = [];
  return {
    env: {},
    limits,
    now: () => 1_800_000_000_000,
    warn: (text) => warnings.push(text),
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
    },
    slept,
    warnings,
    ...rest,
  };
}

/** Opens `HOST/acme/app:1` over plain http. */
export function open(
  host: string,
  more: Partial<RegistryOptions> & { stallSeconds?: number } = {},
  path = 'acme/app:1',
): RegistrySource {
  return openRegistry(parseReference(`${host}/${path}`), testOptions({ insecure: [host], ...more }));
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function listed<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** The fault that the work ends with. */
export async function faultOf(work: Promise<unknown>): Promise<PratiqueError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof PratiqueError) return thrown;
    throw thrown;
  }
  throw new Error('the work was expected to fail, and did not');
}

/** Every header in which something secret could have been sent. */
export function secretsSent(requests: readonly Recorded[]): readonly string[] {
  return requests.flatMap(({ headers }) =>
    [headers.authorization, headers.cookie].filter((value) => value !== undefined),
  );
}

/** Writes a file into a folder of its own under the system's temporary folder, which is removed after the file's tests. */
export async function writeTemporary(name: string, content: string, mode = 0o600): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  folders.push(folder);
  const path = join(folder, name);
  await writeFile(path, content, { mode });
  return path;
}

const folders: string[] = [];
afterAll(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});
