import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** One entry of a filesystem, as `pratique inspect --files` and a runtime's unpacked folder both tell it. */
export interface Laid {
  readonly type: string;
  /** `0755`; absent for symlinks, whose mode nobody asks for */
  readonly mode?: string;
  /** bytes; of files only */
  readonly size?: number;
  /** of files only */
  readonly sha256?: string;
  /** of symlinks only */
  readonly linkPath?: string;
}

/** By path, without a leading slash. */
export type Tree = ReadonlyMap<string, Laid>;

/** Everything in a folder but the folder itself. */
export async function readUnpacked(root: string): Promise<Tree> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const tree = new Map<string, Laid>();
  for (const { parentPath, name } of entries) {
    const path = join(parentPath, name);
    tree.set(relative(root, path), await laidAt(path));
  }
  return tree;
}

/** The files of the only image in what `inspect --files -o json` printed. */
export function readInspected(json: string): Tree {
  const { images } = JSON.parse(json) as { images: { files: (Laid & { path: string })[] }[] };
  const [image] = images;
  if (images.length !== 1 || image === undefined) throw new Error(`there are ${images.length} images`);
  return new Map(
    image.files.map(({ path, type, mode, size, sha256, linkPath }) => [
      path,
      {
        type,
        ...(type === 'symlink' || mode === undefined ? {} : { mode }),
        ...(type === 'file' ? { size, sha256 } : {}),
        ...(linkPath === undefined ? {} : { linkPath }),
      } as Laid,
    ]),
  );
}

/** A line for each path on which the two differ. */
export function differences(ours: Tree, theirs: Tree): readonly string[] {
  const paths = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  return paths.flatMap((path) => {
    const [one, other] = [ours, theirs].map((tree) => wordsOf(tree.get(path)));
    return one === other ? [] : [`${path}: ours ${one}, theirs ${other}`];
  });
}

function wordsOf(laid: Laid | undefined): string {
  if (laid === undefined) return 'absent';
  const { type, mode, size, sha256, linkPath } = laid;
  return JSON.stringify({ type, mode, size, sha256, linkPath });
}

async function laidAt(path: string): Promise<Laid> {
  const stats = await lstat(path);
  const type = typeOf(stats);
  if (type === 'symlink') return { type, linkPath: await readlink(path) };
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  if (type !== 'file') return { type, mode };
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  return { type, mode, size: stats.size, sha256 };
}

function typeOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isDirectory()) return 'directory';
  if (stats.isFile()) return 'file';
  if (stats.isFIFO()) return 'fifo';
  return stats.isBlockDevice() ? 'block' : 'character';
}
