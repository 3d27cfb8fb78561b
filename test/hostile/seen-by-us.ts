import { PratiqueError } from '../../src/errors.ts';
import { inspectImage } from '../../src/inspect-image.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { hexOf } from '../../src/model/digest.ts';
import type { FileNode } from '../../src/model/filesystem/filesystem.ts';
import { absent, type LayoutFiles } from '../../src/sources/layout/layout-files.ts';
import { LayoutSource } from '../../src/sources/layout/layout-source.ts';
import type { LayoutBytes } from '../../testdata/hostile/case.ts';
import { lineOf } from '../../testdata/hostile/listing.ts';

/** One image as we see it. */
export interface SeenImage {
  /** of its manifest, 8 hex digits */
  readonly manifest: string;
  /** as `lineOf` writes them, sorted */
  readonly files: readonly string[];
}

/** Every image that we see in a layout, or the code of the fault with which it is refused. */
export type SeenByUs = readonly SeenImage[] | string;

/** Looks at a layout as `pratique inspect --files` does, for a node of linux/amd64. Nothing is written. */
export async function seeWithUs(
  files: LayoutBytes,
  platforms: readonly string[] = ['linux/amd64'],
): Promise<SeenByUs> {
  const source = new LayoutSource(filesInMemory(files), {
    name: 'oci:case',
    tag: 'case',
    limits: DEFAULT_LIMITS,
  });
  try {
    const { images } = await inspectImage(source, { platforms, files: true, limits: DEFAULT_LIMITS });
    return images.map(({ image, files: seen = [] }) => ({
      manifest: hexOf(image.manifest.digest).slice(0, 8),
      files: [...seen].map((file) => lineOf(file as FileNode)).sort(),
    }));
  } catch (thrown) {
    if (thrown instanceof PratiqueError) return thrown.code;
    throw thrown;
  } finally {
    await source.close();
  }
}

/** The files of a layout that lies nowhere. */
export function filesInMemory(files: LayoutBytes): LayoutFiles {
  const name = 'memory';
  return {
    name,
    async sizeOf(path) {
      return files.get(path)?.length;
    },
    async *read(path) {
      const bytes = files.get(path);
      if (bytes === undefined) throw absent({ name }, path);
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
    },
    async close() {},
  };
}
