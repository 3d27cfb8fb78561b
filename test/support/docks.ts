import { createHash } from 'node:crypto';
import type { Built, BuiltImage } from '../../src/demo/image-builder.ts';
import { buildIndex, toContent } from '../../src/demo/image-builder.ts';
import type { RegistryServerOptions } from '../../src/demo/registry-server.ts';
import type { Repository } from '../../src/demo/registry-store.ts';
import { hexOf } from '../../src/model/digest.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { describe as contentOf, referrerManifest } from '../../src/sources/documents/referrer-manifest.ts';
import { cleanImage, type Stage, setStage, signWithBundle, signWithTag } from './stage.ts';
import { startWatchedRegistry, type WatchedRegistry } from './watched-registry.ts';

/** Two registries: images are promoted from that of the stage to the harbour. */
export interface Docks {
  readonly stage: Stage;
  readonly harbour: WatchedRegistry;
  close(): Promise<void>;
}

/** Sets them up; the policy lets in `acme/*` of both, and demands the release key of `acme/signed`. */
export async function setDocks(options: RegistryServerOptions = {}): Promise<Docks> {
  const stage = await setStage();
  const harbour = await startWatchedRegistry(options);
  await stage.write('pratique.yaml', docksPolicy(stage.registry.host, harbour.host));
  return {
    stage,
    harbour,
    async close() {
      await harbour.close();
      await stage.close();
    },
  };
}

/** The policy of two registries. */
export function docksPolicy(...hosts: readonly string[]): string {
  return `version: 1
name: docks
sources:
  allow: [${hosts.map((host) => `"${host}/acme/*"`).join(', ')}]
signers:
  release: { key: release.pub }
images:
  - match: "${hosts[0]}/acme/signed"
    signed-by: [release]
checks:
  hygiene.root-user: fail
`;
}

/** Images for two platforms, and an attestation of BuildKit's kind beside them: everything that an index may list. */
export async function fullIndex(): Promise<{ built: Built; images: readonly BuiltImage[] }> {
  const images = [await cleanImage('amd64'), await cleanImage('arm64')];
  const provenance = contentOf(MEDIA.inToto, Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}'));
  const config = toContent(MEDIA.ociConfig, {
    architecture: 'unknown',
    os: 'unknown',
    rootfs: { type: 'layers', diff_ids: [provenance.descriptor.digest] },
  });
  const root = toContent(MEDIA.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: config.descriptor,
    layers: [provenance.descriptor],
  });
  const [first] = images;
  const built = buildIndex([
    ...images.map((image) => ({ built: image, platform: image.platform })),
    {
      built: { root, blobs: [config, provenance], manifests: [] },
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': first?.root.descriptor.digest ?? '',
      },
    },
  ]);
  return { built, images };
}

/**
 * Pushes `fullIndex` with signatures of every form: on the index a bundle and a tag, on the first image a bundle, all
 * of the release key; and beside the index a stranger's bundle and an SBOM that nobody signed.
 */
export async function pushSigned(stage: Stage, name = 'acme/signed:1') {
  const { built, images } = await fullIndex();
  const full = stage.push(name, built);
  const [repository = ''] = name.split(':');
  const about = built.root.descriptor;
  signWithBundle(stage, repository, about, stage.keys.release);
  signWithTag(stage, repository, about, stage.keys.release);
  const [image] = images;
  if (image !== undefined) signWithBundle(stage, repository, image.root.descriptor, stage.keys.release);
  const verified = referrersOf(stage.registry.store.repository(repository));
  signWithBundle(stage, repository, about, stage.keys.stranger);
  const sbom = referrerManifest(about, {
    artifactType: 'application/spdx+json',
    mediaType: 'application/spdx+json',
    content: Buffer.from('{"spdxVersion":"SPDX-2.3"}'),
    annotations: {},
  });
  stage.registry.store.push(repository, 'sbom', { root: sbom.manifest, blobs: sbom.blobs, manifests: [] });
  return {
    name: full,
    built,
    about,
    verified,
    all: referrersOf(stage.registry.store.repository(repository)),
  };
}

/** Digests of everything in a repository that is about something else. */
export function referrersOf({ manifests }: Repository): readonly string[] {
  return [...manifests].flatMap(([digest, { subject }]) => (subject === undefined ? [] : [digest]));
}

/** What is missing of a manifest or index, of all that it leads to. Reads the store and nothing of ours. */
export function missingOf(repository: Repository, digest: string): readonly string[] {
  const found = repository.manifests.get(digest);
  if (found === undefined) return [digest];
  if (`sha256:${createHash('sha256').update(found.bytes).digest('hex')}` !== digest)
    return [`other ${digest}`];
  const {
    config,
    layers = [],
    manifests = [],
  } = JSON.parse(Buffer.from(found.bytes).toString()) as {
    config?: { digest: string };
    layers?: { digest: string }[];
    manifests?: { digest: string }[];
  };
  const blobs = [...(config === undefined ? [] : [config]), ...layers];
  return [
    ...blobs.filter((blob) => !repository.blobs.has(blob.digest)).map((blob) => blob.digest),
    ...manifests.flatMap((child) => missingOf(repository, child.digest)),
  ];
}

/** The tag under which cosign keeps signatures of a digest. */
export function signatureTag(digest: Parameters<typeof hexOf>[0]): string {
  return `sha256-${hexOf(digest)}.sig`;
}
