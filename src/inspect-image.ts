import type { Limits } from './io/limits.ts';
import type { FileNode } from './model/filesystem.ts';
import type { Image, Resolved } from './model/image.ts';
import type { ImageSource } from './model/image-source.ts';
import type { ContentScanner } from './scan/rule.ts';
import { scanImage } from './scan/scan-image.ts';

/** What an image is, judged by nobody. */
export interface Inspection {
  readonly resolved: Resolved;
  readonly images: readonly InspectedImage[];
}

export interface InspectedImage {
  readonly image: Image;
  /** the merged filesystem as a container would see it, with the sha256 of each file; where it was asked for */
  readonly files?: Iterable<FileNode>;
}

export interface InspectOptions {
  readonly platforms: readonly string[];
  readonly files: boolean;
  readonly limits: Limits;
}

const READS_NOTHING: ContentScanner = { begin() {}, write() {}, end: () => [] };

/** Looks an image up and, if asked, reads every layer. Throws where `checkImage` would be undecided. */
export async function inspectImage(source: ImageSource, options: InspectOptions): Promise<Inspection> {
  const { platforms, files, limits } = options;
  const resolved = await source.resolve({ platforms });
  const images: InspectedImage[] = [];
  for (const image of resolved.images) {
    if (!files) images.push({ image });
    else images.push({ image, files: await filesOf(image, source, limits) });
  }
  return { resolved, images };
}

async function filesOf(image: Image, source: ImageSource, limits: Limits): Promise<Iterable<FileNode>> {
  const { filesystem } = await scanImage(image, (layer) => source.blob(layer.blob), {
    limits,
    scanner: READS_NOTHING,
    hashFiles: true,
  });
  return filesystem.files();
}
