import type { FileHandle } from 'node:fs/promises';
import { PratiqueError } from '../../errors.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { Resolved } from '../../model/image.ts';
import type { ImageSource, ResolveOptions } from '../../model/image-source.ts';
import { printable } from '../../model/printable.ts';
import type { DockerDaemonTarget } from '../../model/target.ts';
import { openDockerArchive } from '../docker-archive/docker-archive.ts';
import { ArchiveFiles } from '../layout/archive-files.ts';
import { type SaveOptions, saveImage } from './docker-save.ts';

/** An image in the local engine. It is asked once, when the image is first looked at; that copy is what is judged. */
export function openEngine(target: DockerDaemonTarget, options: SaveOptions): ImageSource {
  return new EngineSource(target, options);
}

class EngineSource implements ImageSource {
  readonly name: string;
  private readonly archive: ImageSource;
  private spool: Promise<FileHandle> | undefined;
  private isClosed = false;

  constructor({ text, image, tag }: DockerDaemonTarget, options: SaveOptions) {
    this.name = text;
    const { limits } = options;
    const save = () => {
      this.spool ??= saveImage(image, options);
      return this.spool;
    };
    const files = new ArchiveFiles(text, limits, save);
    const named = tag === undefined ? {} : { tag };
    this.archive = openDockerArchive(text, { name: text, limits, ...named }, files);
  }

  resolve(options: ResolveOptions = {}): Promise<Resolved> {
    return this.archive.resolve(options);
  }

  manifest(what: Descriptor): Promise<Uint8Array> {
    return this.archive.manifest(what);
  }

  blob(what: Descriptor): AsyncIterable<Uint8Array> {
    return this.archive.blob(what);
  }

  // biome-ignore lint/correctness/useYield: whoever asks must hear that nothing can be said, not that there is nothing
  async *referrers(): AsyncIterable<Descriptor> {
    throw this.noSignatures();
  }

  async companion(): Promise<undefined> {
    throw this.noSignatures();
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.archive.close();
  }

  private noSignatures(): PratiqueError {
    return new PratiqueError('NOT_SUPPORTED', {
      what: 'signatures of an image in the local engine cannot be looked up',
      where: printable(this.name),
      why: 'the engine keeps none',
      next: 'check the image in its registry; let the policy demand no signature of what is not pushed yet',
    });
  }
}
