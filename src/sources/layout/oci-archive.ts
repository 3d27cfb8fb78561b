import type { ImageSource } from '../../model/image-source.ts';
import { ArchiveFiles } from './archive-files.ts';
import { type LayoutOptions, LayoutSource } from './layout-source.ts';

/**
 * An image in a tar archive of an OCI layout, as skopeo and buildx write it. Read where it lies: nothing is
 * unpacked to disk. Nothing is opened before it is asked for.
 * @see OCI image-spec v1.1.1, image-layout.md
 */
export function openOciArchive(path: string, options: LayoutOptions): ImageSource {
  return new LayoutSource(new ArchiveFiles(path, options.limits), options);
}
