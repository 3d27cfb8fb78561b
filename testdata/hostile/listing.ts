import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { chdir, cwd } from 'node:process';
import { decodeName } from '../../src/io/tar/tar-text.ts';
import type { NodeType } from '../../src/model/filesystem/filesystem-tree.ts';

/** One thing in a filesystem, from wherever it is known. */
export interface Listed {
  readonly path: string;
  readonly type: NodeType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly linkPath: string;
  /** lower-case hex; of files */
  readonly sha256?: string;
}

/**
 * `path[size] sha256`, `path/`, `path -> target`, `path (fifo)`; then mode and owner where they are not the
 * usual ones. Eight hex digits of the hash.
 */
export function lineOf({ path, type, mode, uid, gid, size, linkPath, sha256 = '' }: Listed): string {
  const usual = type === 'directory' ? 0o755 : 0o644;
  const rights = type === 'symlink' || mode === usual ? '' : ` %${mode.toString(8)}`;
  return `${shapeOf(path, type, size, linkPath, sha256)}${rights}${uid === 0 && gid === 0 ? '' : ` ^${uid}:${gid}`}`;
}

function shapeOf(path: string, type: string, size: number, linkPath: string, sha256: string): string {
  if (type === 'directory') return `${path}/`;
  if (type === 'symlink') return `${path} -> ${linkPath}`;
  return type === 'file' ? `${path}[${size}] ${sha256.slice(0, 8)}` : `${path} (${type})`;
}

/** Everything in a folder but the folder itself, sorted. Steps into each folder, as no path may be too long. */
export function listFolder(root: string): readonly string[] {
  const before = cwd();
  const found: string[] = [];
  try {
    chdir(root);
    listHere('', found);
  } finally {
    chdir(before);
  }
  return found.sort();
}

function listHere(prefix: string, found: string[]): void {
  for (const raw of readdirSync('.', { encoding: 'buffer' })) {
    const path = prefix + decodeName(raw.toString('latin1'));
    const stats = statOf(raw);
    if (stats === undefined) continue;
    const type = typeOf(stats);
    const linkPath =
      type === 'symlink' ? decodeName(readlinkSync(raw, { encoding: 'buffer' }).toString('latin1')) : '';
    const sha256 = type === 'file' ? createHash('sha256').update(readFileSync(raw)).digest('hex') : '';
    const { mode, uid, gid, size } = stats;
    found.push(lineOf({ path, type, mode: mode & 0o7777, uid, gid, size, linkPath, sha256 }));
    if (type !== 'directory') continue;
    chdir(raw.toString());
    listHere(`${path}/`, found);
    chdir('..');
  }
}

// overlayfs lists the marker of a deletion where nothing lies below, and then has no such file.
function statOf(name: Buffer): Stats | undefined {
  try {
    return lstatSync(name);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  }
}

function typeOf(stats: Stats): NodeType {
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isDirectory()) return 'directory';
  if (stats.isFile()) return 'file';
  if (stats.isFIFO()) return 'fifo';
  return stats.isBlockDevice() ? 'block' : 'character';
}
