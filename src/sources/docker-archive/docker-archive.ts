import { PratiqueError } from '../../errors.ts';
import type { Limits } from '../../io/limits.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { Image, Resolved } from '../../model/image.ts';
import type { ImageSource, ResolveOptions } from '../../model/image-source.ts';
import { MEDIA } from '../../model/media-type.ts';
import { printable, quoted } from '../../model/printable.ts';
import { readImageConfig } from '../documents/config.ts';
import { couldChoose, parsePlatform } from '../documents/platform.ts';
import { describe } from '../documents/referrer-manifest.ts';
import { ArchiveFiles } from '../layout/archive-files.ts';
import { readSmallFile } from '../layout/layout-files.ts';
import { hasName, isLayout, namesOf } from '../layout/layout-index.ts';
import { blobPath, type LayoutOptions, LayoutSource } from '../layout/layout-source.ts';
import { chooseSaved, isSameName, readSavedImages, type SavedImage, withItem } from './saved-images.ts';
import { SavedSource } from './saved-source.ts';

/**
 * An image in a `docker save` archive, read where it lies. Docker 25 and later write an OCI layout with a
 * `manifest.json` beside it, for older programs; older Dockers the latter alone.
 */
export function openDockerArchive(
  path: string,
  options: LayoutOptions,
  files: ArchiveFiles = new ArchiveFiles(path, options.limits),
): ImageSource {
  return new DockerArchiveSource(files, options);
}

type Reader = Pick<ImageSource, 'resolve' | 'manifest' | 'blob'>;

class DockerArchiveSource implements ImageSource {
  readonly name: string;
  private readonly files: ArchiveFiles;
  private readonly options: LayoutOptions;
  private reader: Promise<Reader> | undefined;

  constructor(files: ArchiveFiles, options: LayoutOptions) {
    this.name = options.name;
    this.files = files;
    this.options = options;
  }

  async resolve(options: ResolveOptions = {}): Promise<Resolved> {
    return (await this.open()).resolve(options);
  }

  async manifest(what: Descriptor): Promise<Uint8Array> {
    return (await this.open()).manifest(what);
  }

  async *blob(what: Descriptor): AsyncIterable<Uint8Array> {
    yield* (await this.open()).blob(what);
  }

  // biome-ignore lint/correctness/useYield: whoever asks must hear that nothing can be said, not that there is nothing
  async *referrers(): AsyncIterable<Descriptor> {
    throw this.noSignatures();
  }

  async companion(): Promise<undefined> {
    throw this.noSignatures();
  }

  async close(): Promise<void> {
    await this.files.close();
  }

  private open(): Promise<Reader> {
    this.reader ??= chooseReader(this.files, this.options);
    return this.reader;
  }

  // docker save keeps no signatures and may change the manifest: "unsigned" would be a guess.
  private noSignatures(): PratiqueError {
    return new PratiqueError('NOT_SUPPORTED', {
      what: 'signatures of an image in a docker archive cannot be looked up',
      where: printable(this.name),
      why: 'docker save leaves them behind, and may change the digest that they speak of',
      next: 'check the image in its registry, or copy it into an OCI layout together with its signatures',
    });
  }
}

async function chooseReader(files: ArchiveFiles, options: LayoutOptions): Promise<Reader> {
  if (await isLayout(files)) return new MixedSource(files, options);
  if ((await files.sizeOf('manifest.json')) !== undefined)
    return new SavedSource(files, options.tag, options.limits);
  throw new PratiqueError('ARCHIVE_INVALID', {
    what: `${quoted(files.name)} is not a docker save archive`,
    why: 'it has neither "manifest.json" nor "oci-layout"',
    next: 'give the file that docker save wrote, or use oci-archive: for an archive of an OCI layout',
  });
}

/** Docker ≥ 25: an OCI layout, and a `manifest.json` that must not tell of another image. */
class MixedSource extends LayoutSource {
  private readonly archive: ArchiveFiles;
  private readonly tag: string | undefined;

  constructor(archive: ArchiveFiles, options: LayoutOptions) {
    const fits: LayoutOptions['fits'] = (entry, tag) =>
      hasName(entry, tag) || namesOf(entry).some((name) => isSameName(name, tag));
    super(archive, { ...options, fits });
    this.archive = archive;
    this.tag = options.tag;
  }

  override async resolve(options: ResolveOptions = {}): Promise<Resolved> {
    const resolved = await super.resolve(options);
    if ((await this.archive.sizeOf('manifest.json')) === undefined) return resolved;
    const images = await readSavedImages(this.archive, this.limits);
    const saved = chooseSaved(images, this.archive.name, this.tag);
    if (saved === undefined) return resolved;
    await this.requireAmong(resolved.images, saved, options.platforms ?? []);
    return { ...resolved, images: resolved.images.map((image) => withItem(image, saved)) };
  }

  // One program loads what index.json lists, another what manifest.json lists: both must be what we look at.
  private async requireAmong(images: readonly Image[], saved: SavedImage, platforms: readonly string[]) {
    for (const image of images) if (await this.isSame(image, saved)) return;
    if (platforms.length > 0 && !(await couldRunOn(this.archive, saved, platforms, this.limits))) return;
    throw new PratiqueError('ARCHIVE_INVALID', {
      what: 'the archive holds one image for programs that read index.json and another for those that read manifest.json',
      where: printable(this.archive.name),
      next: 'save the image again',
    });
  }

  private async isSame({ configDescriptor, layers }: Image, saved: SavedImage): Promise<boolean> {
    const ours = [configDescriptor, ...layers.map((layer) => layer.blob)].map((blob) => blobPath(blob));
    const theirs = [saved.config, ...saved.layers];
    if (ours.length !== theirs.length) return false;
    for (const [index, path] of ours.entries()) {
      if (path === theirs[index]) continue; // the same file, if it is there at all
      const offset = await this.archive.offsetOf(path);
      if (offset === undefined || offset !== (await this.archive.offsetOf(theirs[index] ?? ''))) return false;
    }
    return true;
  }
}

async function couldRunOn(
  files: ArchiveFiles,
  saved: SavedImage,
  platforms: readonly string[],
  limits: Limits,
): Promise<boolean> {
  const { descriptor, bytes } = describe(
    MEDIA.dockerConfig,
    await readSmallFile(files, saved.config, limits.configBytes),
  );
  const config = readImageConfig(bytes, descriptor, limits);
  return platforms.some((platform) => couldChoose(parsePlatform(platform), config));
}
