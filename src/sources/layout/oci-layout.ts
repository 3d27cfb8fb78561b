import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PratiqueError } from '../../errors.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { Attachment, ImageSource } from '../../model/image-source.ts';
import { printable, quoted } from '../../model/printable.ts';
import { type Content, referrerManifest } from '../documents/referrer-manifest.ts';
import { openFolder } from './folder-files.ts';
import { readLayoutIndex } from './layout-index.ts';
import { blobPath, type LayoutOptions, LayoutSource } from './layout-source.ts';

/**
 * An image in a folder that is an OCI layout. Nothing is opened before it is asked for.
 * @param folder relative to the working directory, or absolute
 * @see OCI image-spec v1.1.1, image-layout.md
 */
export function openOciLayout(folder: string, options: LayoutOptions): ImageSource {
  return new FolderSource(folder, options);
}

class FolderSource extends LayoutSource {
  private readonly folder: string;

  constructor(folder: string, options: LayoutOptions) {
    super(openFolder(folder), options);
    this.folder = folder;
  }

  /** Blobs first, `index.json` last: whoever reads meanwhile sees the layout before or after, never between. */
  async attach(subject: Descriptor, attachment: Attachment): Promise<Descriptor> {
    const { blobs, manifest } = referrerManifest(subject, attachment);
    try {
      for (const content of [...blobs, manifest]) await this.store(content);
      await this.list(manifest.descriptor);
    } catch (thrown) {
      if (thrown instanceof PratiqueError) throw thrown;
      throw notAttached(this.folder, thrown);
    }
    return manifest.descriptor;
  }

  private async store({ descriptor, bytes }: Content): Promise<void> {
    await writeWhole(join(this.folder, blobPath(descriptor)), bytes);
  }

  // Read strictly first; then `JSON.parse` sees the same, and keeps what we do not know.
  private async list({ digest, mediaType, size, artifactType, annotations }: Descriptor): Promise<void> {
    const entries = await readLayoutIndex(this.files, this.limits);
    if (entries.some((entry) => entry.digest === digest)) return;
    const path = join(this.folder, 'index.json');
    const index = JSON.parse(await readFile(path, 'utf8')) as { manifests?: unknown[] | null };
    const entry = {
      mediaType,
      digest,
      size,
      artifactType,
      annotations: Object.fromEntries(annotations ?? []),
    };
    const manifests = [...(index.manifests ?? []), entry];
    await writeWhole(path, Buffer.from(`${JSON.stringify({ ...index, manifests }, null, 2)}\n`));
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
}

function notAttached(folder: string, cause: unknown): PratiqueError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
  return new PratiqueError(
    'ATTACH_FAILED',
    { what: `nothing could be written into ${quoted(folder)}`, why: printable(why) },
    { cause },
  );
}
