import { createHash, sign } from 'node:crypto';
import { type Built, toContent } from '../../src/demo/image-builder.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { parseReference } from '../../src/model/reference.ts';
import { describe as contentOf } from '../../src/sources/documents/referrer-manifest.ts';
import { openRegistry } from '../../src/sources/registry/registry-source.ts';
import { dsseBundle, signStatementOf, simpleSigning, type TestKey } from './cosign.ts';
import { fullIndex, signatureTag } from './docks.ts';
import { pushBuilt } from './push-built.ts';

/** An image for two platforms in a real registry, signed in both ways of cosign: a bundle, and its tag. */
export async function pushSignedTo(
  host: string,
  repository: string,
  tag: string,
  key: TestKey,
): Promise<{ built: Built; about: Descriptor }> {
  const { built } = await fullIndex();
  await pushBuilt(host, repository, tag, built);
  const about = built.root.descriptor;
  const source = openRegistry(parseReference(`${host}/${repository}:${tag}`), {
    env: {},
    limits: DEFAULT_LIMITS,
    now: Date.now,
    warn: () => {},
  });
  try {
    await source.attach(about, {
      artifactType: MEDIA.sigstoreBundle,
      mediaType: MEDIA.sigstoreBundle,
      content: Buffer.from(JSON.stringify(dsseBundle(signStatementOf(about), key))),
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
      },
    });
  } finally {
    await source.close();
  }
  await pushBuilt(host, repository, signatureTag(about.digest), signatureOf(about, key));
  return { built, about };
}

function signatureOf(about: Descriptor, key: TestKey): Built {
  const payload = contentOf(MEDIA.simpleSigning, Buffer.from(JSON.stringify(simpleSigning(about.digest))));
  const config = toContent(MEDIA.ociConfig, {
    architecture: '',
    os: '',
    rootfs: { type: 'layers', diff_ids: [payload.descriptor.digest] },
  });
  const signature = sign('sha256', payload.bytes, key.privateKey).toString('base64');
  const root = toContent(MEDIA.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: config.descriptor,
    layers: [{ ...payload.descriptor, annotations: { 'dev.cosignproject.cosign/signature': signature } }],
  });
  return { root, blobs: [config, payload], manifests: [] };
}

/** A manifest's bytes by tag or digest, asked for without our own client; nothing where it is not there. */
export async function rawManifest(
  host: string,
  repository: string,
  name: string,
): Promise<Buffer | undefined> {
  const accept = [MEDIA.ociIndex, MEDIA.ociManifest].join(', ');
  const answer = await fetch(`http://${host}/v2/${repository}/manifests/${name}`, { headers: { accept } });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Error(`${name}: ${answer.status}`);
  return bytes;
}

/** What is missing of a manifest or index and all below it, asked for without our own client. */
export async function missingAt(
  host: string,
  repository: string,
  digest: string,
): Promise<readonly string[]> {
  const bytes = await rawManifest(host, repository, digest);
  if (bytes === undefined) return [digest];
  if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== digest) return [`other ${digest}`];
  const {
    config,
    layers = [],
    manifests = [],
  } = JSON.parse(bytes.toString()) as {
    config?: { digest: string };
    layers?: { digest: string }[];
    manifests?: { digest: string }[];
  };
  const missing: string[] = [];
  for (const blob of [...(config === undefined ? [] : [config]), ...layers]) {
    const answer = await fetch(`http://${host}/v2/${repository}/blobs/${blob.digest}`);
    const content = Buffer.from(await answer.arrayBuffer());
    if (`sha256:${createHash('sha256').update(content).digest('hex')}` !== blob.digest)
      missing.push(blob.digest);
  }
  for (const child of manifests) missing.push(...(await missingAt(host, repository, child.digest)));
  return missing;
}
