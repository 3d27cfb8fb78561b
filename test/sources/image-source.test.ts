import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Built, BuiltImage } from '../../src/demo/image-builder.ts';
import { type RegistryServer, startRegistry } from '../../src/demo/registry-server.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { hexOf } from '../../src/model/digest.ts';
import type { ImageSource } from '../../src/model/image-source.ts';
import { parseTarget } from '../../src/model/target.ts';
import { openSource } from '../../src/sources/open.ts';
import { makeFakeDocker } from '../support/fake-docker.ts';
import {
  type ArchiveFile,
  docker25Files,
  dockerFiles,
  layoutFiles,
  writeArchive,
  writeFiles,
} from '../support/image-files.ts';
import { type Changes, contractOf } from './image-source.contract.ts';

let folder: string;
let registry: RegistryServer;
let withoutApi: RegistryServer;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-sources-'));
  registry = await startRegistry();
  withoutApi = await startRegistry({ referrers: false });
});

afterAll(async () => {
  await Promise.all([registry.close(), withoutApi.close()]);
  await rm(folder, { recursive: true });
});

contractOf({
  kind: 'a registry',
  open: async (built, changes) => openPushed(registry, built, changes),
  keeps: 'everything',
  signatures: 'looked up',
  attaches: true,
});

contractOf({
  kind: 'a registry without a referrers API',
  open: async (built, changes) => openPushed(withoutApi, built, changes),
  keeps: 'everything',
  signatures: 'looked up',
  attaches: true,
});

contractOf({
  kind: 'an OCI layout',
  async open(built, changes) {
    const path = fresh('layout');
    await writeFiles(path, changed(layoutFiles([{ built, tag: 'v1' }]), changes));
    return open(`oci:${path}:v1`);
  },
  keeps: 'everything',
  signatures: 'looked up',
  attaches: true,
});

contractOf({
  kind: 'an OCI archive',
  async open(built, changes) {
    const path = fresh('oci.tar');
    await writeArchive(path, changed(layoutFiles([{ built }]), changes));
    return open(`oci-archive:${path}`);
  },
  keeps: 'everything',
  signatures: 'looked up',
  attaches: false,
});

contractOf({
  kind: 'a docker archive with an OCI layout (Docker 25)',
  async open(built, changes) {
    const path = fresh('docker25.tar');
    await writeArchive(path, changed(docker25Files(built as BuiltImage, 'acme/shop:1'), changes));
    return open(`docker-archive:${path}:acme/shop:1`);
  },
  keeps: 'one image',
  signatures: 'not supported',
  attaches: false,
});

contractOf({
  kind: 'a docker archive of older Dockers',
  async open(built, changes) {
    const path = fresh('docker.tar');
    const image = built as BuiltImage;
    const names = new Map<string, string>([
      ...image.layers.map(
        ({ descriptor }, index) =>
          [descriptor.digest, `${String(index).padStart(64, 'a')}/layer.tar`] as const,
      ),
      [image.config.descriptor.digest, `${hexOf(image.config.descriptor.digest)}.json`],
    ]);
    await writeArchive(
      path,
      changed(dockerFiles(image, 'acme/shop:1'), changes, (digest) => names.get(digest)),
    );
    return open(`docker-archive:${path}`);
  },
  keeps: 'plain layers',
  signatures: 'not supported',
  attaches: false,
});

contractOf({
  kind: 'the local engine (Docker 25)',
  async open(built, changes) {
    const path = fresh('engine.tar');
    await writeArchive(path, changed(docker25Files(built as BuiltImage, 'acme/shop:1'), changes));
    const { env } = await makeFakeDocker(fresh('bin'), `exec cat '${path}'`);
    return open('docker-daemon:acme/shop:1', env);
  },
  keeps: 'one image',
  signatures: 'not supported',
  attaches: false,
});

function fresh(name: string): string {
  count += 1;
  return join(folder, `${count}-${name}`);
}

function open(name: string, env = {}): ImageSource {
  return openSource(parseTarget(name), { env, limits: DEFAULT_LIMITS, now: () => 0, warn: () => {} });
}

function openPushed({ host, store }: RegistryServer, built: Built, changes: Changes = {}): ImageSource {
  count += 1;
  const name = `acme/shop-${count}`;
  store.push(name, 'v1', built);
  const { blobs } = store.repository(name);
  for (const [digest, bytes] of changes.replaced ?? []) blobs.set(digest, bytes);
  for (const digest of changes.removed ?? []) blobs.delete(digest);
  return open(`${host}/${name}:v1`);
}

function changed(
  files: readonly ArchiveFile[],
  { replaced = new Map(), removed = new Set() }: Changes = {},
  pathOf: (digest: string) => string | undefined = (digest) => `blobs/sha256/${digest.slice(7)}`,
): readonly ArchiveFile[] {
  const contents = new Map([...replaced].map(([digest, bytes]) => [pathOf(digest), bytes]));
  const gone = new Set([...removed].map((digest) => pathOf(digest)));
  return files
    .filter(({ path }) => !gone.has(path))
    .map((file) => {
      const content = contents.get(file.path);
      return content === undefined ? file : { ...file, content };
    });
}
