import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, linkSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Blob {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}

/**
 * Writes an OCI layout to `FOLDER/NAME` whose layers are `FOLDER/LAYER.tar`, packed beside these: hard links, which share the
 * room with other layouts.
 */
export async function makeLayout(
  folder: string,
  name: string,
  layers: readonly string[],
  packing: 'gzip' | 'zstd',
): Promise<void> {
  const layout = join(folder, name);
  rmSync(layout, { recursive: true, force: true });
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const blobs: Blob[] = [];
  const diffIds: string[] = [];
  for (const one of layers) {
    const tar = join(folder, `${one}.tar`);
    const packed = pack(tar, packing);
    const digest = await digestOf(packed);
    linkSync(packed, join(layout, 'blobs/sha256', digest));
    diffIds.push(`sha256:${await digestOf(tar)}`);
    blobs.push({
      digest: `sha256:${digest}`,
      size: statSync(packed).size,
      mediaType: `application/vnd.oci.image.layer.v1.tar+${packing}`,
    });
  }
  const config = store(layout, 'application/vnd.oci.image.config.v1+json', {
    architecture: 'amd64',
    os: 'linux',
    config: { User: '1000' },
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  const manifest = store(layout, 'application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers: blobs,
  });
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
}

function pack(tar: string, packing: 'gzip' | 'zstd'): string {
  const packed = `${tar}.${packing === 'gzip' ? 'gz' : 'zst'}`;
  if (existsSync(packed)) return packed;
  const command = packing === 'gzip' ? 'gzip -6 -n -c' : 'zstd -3 -q -c';
  execFileSync('sh', ['-c', `${command} "$1" >"$2.partial" && mv "$2.partial" "$2"`, 'sh', tar, packed]);
  return packed;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

function store(layout: string, mediaType: string, value: object): Blob {
  const bytes = Buffer.from(JSON.stringify(value));
  const digest = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(join(layout, 'blobs/sha256', digest), bytes);
  return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
}
