import type { Limits } from './io/limits.ts';
import type { Image } from './model/image.ts';
import type { ImageSource } from './model/image-source.ts';
import type { InspectedFile, InspectedImage, Inspection } from './model/inspection.ts';
import type { ContentScanner } from './scan/rule.ts';
import { scanImage } from './scan/scan-image.ts';

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

async function filesOf(image: Image, source: ImageSource, limits: Limits): Promise<Iterable<InspectedFile>> {
  const { filesystem } = await scanImage(image, (layer) => source.blob(layer.blob), {
    limits,
    scanner: READS_NOTHING,
    hashFiles: true,
  });
  return filesystem.files();
}
