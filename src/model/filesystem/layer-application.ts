import { PratiqueError } from '../../errors.ts';
import {
  attach,
  detach,
  type Inode,
  isAttached,
  isFolder,
  newNode,
  scarOf,
  setScar,
  type TreeNode,
} from './filesystem-tree.ts';
import { ambiguous, PathWalker } from './filesystem-walk.ts';
import type { LayerEntry } from './layer-entry.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** Files and folders that the opaque markers of one layer pass by; more is a layer made to waste time. */
const SWEEP_LIMIT = 20_000_000;

/**
 * Applies one layer to a tree.
 * @param isBase whether nothing lies below it: then runtimes use a plain folder and no overlayfs
 * @returns by ordinal, what each entry made
 * @throws {PratiqueError} `FILESYSTEM_AMBIGUOUS`, `LIMIT_EXCEEDED`
 * @see containerd archive/tar.go, `applyNaive`; archive/tar_opts_linux.go, `OverlayConvertWhiteout`
 */
export function applyLayer(
  root: TreeNode,
  layer: number,
  isBase: boolean,
  entries: readonly LayerEntry[],
): readonly (Inode | undefined)[] {
  const application = new LayerApplication(root, layer, isBase);
  const made = entries.map((entry, ordinal) => application.apply(entry, ordinal));
  application.finish(entries);
  return made;
}

class LayerApplication {
  private readonly root: TreeNode;
  private readonly layer: number;
  private readonly isBase: boolean;
  private readonly walker: PathWalker;
  /** folders that were made for a whiteout alone, so far */
  private readonly hollow = new Set<TreeNode>();
  /** folders that were deleted and made again, and are not opaque so far */
  private readonly refilled = new Set<TreeNode>();
  /** devices that overlayfs takes for a deletion */
  private readonly deletions = new Set<TreeNode>();
  /** whether a folder or symlink of this layer was taken away again by this layer */
  private isDisturbed = false;
  private swept = 0;

  constructor(root: TreeNode, layer: number, isBase: boolean) {
    this.root = root;
    this.layer = layer;
    this.isBase = isBase;
    this.walker = new PathWalker(root, layer, isBase);
  }

  apply(entry: LayerEntry, ordinal: number): Inode | undefined {
    if (entry.path === '') return this.applyRoot(entry);
    const { folder: parent, name } = splitPath(entry.path);
    const isMarker = name.startsWith(WHITEOUT);
    const { folder } = this.walker.make(parent);
    if (isMarker && this.isHollow(folder)) this.hollow.add(folder);
    if (name === OPAQUE) this.sweep(folder);
    else if (isMarker) this.whiteOut(folder, name.slice(WHITEOUT.length));
    else return this.put(entry, ordinal, folder, name);
    return undefined;
  }

  /** What only the whole layer can tell. */
  finish(entries: readonly LayerEntry[]): void {
    this.requireFolders(entries);
    for (const folder of this.hollow) {
      // containerd makes the folder in which nothing is to be deleted, umoci does not.
      if (this.isHollow(folder) && isAttached(folder))
        throw ambiguous('a whiteout stands in a folder that there is not', folder);
    }
    for (const node of this.deletions) {
      if (isAttached(node)) throw ambiguous('a device is a deletion to some runtimes', node);
    }
    for (const folder of this.refilled) {
      // overlayfs would show the lower folder's files again, a plain folder has lost them.
      if (isAttached(folder)) throw ambiguous('a folder is deleted and made again in one layer', folder);
    }
  }

  /** Whether nothing but a whiteout can have made a folder. */
  private isHollow({ born, explicit, children }: TreeNode): boolean {
    return born === this.layer && explicit !== this.layer && (children?.size ?? 0) === 0;
  }

  /** After the last entry containerd sets the times of every folder once more, and fails where nothing is left. */
  private requireFolders(entries: readonly LayerEntry[]): void {
    if (!this.isDisturbed) return;
    for (const { type, path } of entries) {
      const { folder, name } = splitPath(path);
      if (type !== 'directory' || path === '' || name.startsWith(WHITEOUT)) continue;
      const node = this.walker.find(folder)?.folder.children?.get(name);
      const isThere =
        node?.inode.type === 'symlink' ? this.walker.find(path) !== undefined : node !== undefined;
      if (!isThere) throw ambiguous('a folder is gone before its layer ends', { name: path });
    }
  }

  // containerd passes over such an entry, umoci refuses it unless it is a folder (CVE-2021-29136).
  private applyRoot(entry: LayerEntry): Inode {
    if (entry.type !== 'directory')
      throw ambiguous('an entry stands for the root and is not a folder', { name: '/' });
    return this.root.inode;
  }

  private put(entry: LayerEntry, ordinal: number, folder: TreeNode, name: string): Inode {
    const existing = folder.children?.get(name);
    if (existing !== undefined && isFolder(existing) && entry.type === 'directory')
      return this.merge(existing, entry, ordinal);
    if (existing !== undefined) this.replace(existing, folder);
    const scar = scarOf(folder, name, this.layer);
    const inode = entry.type === 'hardlink' ? this.link(entry) : inodeOf(entry, this.layer, ordinal);
    const node = newNode(name, folder, inode, this.layer);
    if (scar?.hidFolder === true && isFolder(node)) this.refilled.add(node);
    if (entry.isOverlayWhiteout === true && !this.isBase) this.deletions.add(node);
    node.explicit = this.layer;
    attach(node);
    return inode;
  }

  private merge(node: TreeNode, { mode, uid, gid }: LayerEntry, ordinal: number): Inode {
    Object.assign(node.inode, { mode, uid, gid, layer: this.layer, ordinal });
    node.upper = this.layer;
    node.explicit = this.layer;
    return node.inode;
  }

  private replace(node: TreeNode, folder: TreeNode): void {
    const before = scarOf(folder, node.name, this.layer);
    const hidFolder = before?.hidFolder === true || (isFolder(node) && node.born !== this.layer);
    if (hidFolder)
      setScar(folder, node.name, { layer: this.layer, whiteout: before?.whiteout ?? false, hidFolder });
    this.remove(node);
  }

  private remove(node: TreeNode): void {
    detach(node, this.layer);
    if (!isFolder(node) && node.inode.type !== 'symlink') return;
    this.walker.forget();
    if (node.upper === this.layer) this.isDisturbed = true;
  }

  private whiteOut(folder: TreeNode, name: string): void {
    if (name === '' || name === '.' || name === '..')
      throw ambiguous('a whiteout names a folder itself', { name: `${WHITEOUT}${name}` });
    const existing = folder.children?.get(name);
    const before = scarOf(folder, name, this.layer);
    // The specification means lower layers alone; containerd deletes the new file or fails, umoci keeps it.
    if (existing?.upper === this.layer) throw ambiguous('a path is made and deleted in one layer', existing);
    if (before?.whiteout === true && !this.isBase)
      throw ambiguous('a path is deleted twice in one layer', { name });
    const hidFolder = before?.hidFolder === true || (existing !== undefined && isFolder(existing));
    setScar(folder, name, { layer: this.layer, whiteout: true, hidFolder });
    if (existing !== undefined) this.remove(existing);
  }

  /** Takes away what lower layers have put into a folder, wherever in the layer the marker stands. */
  private sweep(folder: TreeNode): void {
    // overlayfs does not know an opaque root.
    if (folder === this.root && !this.isBase) throw ambiguous('the root is made opaque', { name: OPAQUE });
    this.refilled.delete(folder);
    const stack = [folder];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (node.swept === this.layer) continue;
      node.swept = this.layer;
      for (const child of node.children?.values() ?? []) {
        this.swept += 1;
        if (this.swept > SWEEP_LIMIT) throw tooMuchSweeping();
        if (child.explicit === this.layer) stack.push(child);
        // containerd forgets that it made this folder itself and deletes it with all in it; others keep it.
        else if (child.upper === this.layer)
          throw ambiguous('an opaque folder holds one that no entry describes', child);
        else this.remove(child);
      }
    }
  }

  // containerd gives the file the rights that stand with its second name; umoci keeps the first ones.
  private link(entry: LayerEntry): Inode {
    const inode = this.target(entry);
    inode.uid = entry.uid;
    inode.gid = entry.gid;
    if (inode.type !== 'symlink') inode.mode = entry.mode;
    if (entry.capabilities !== undefined) inode.capabilities = entry.capabilities;
    return inode;
  }

  /** What a hardlink stands for: a file of this layer, made before it; its parents are followed, itself not. */
  private target(entry: LayerEntry): Inode {
    const parts = entry.linkPath.split('/').filter((part) => part !== '' && part !== '.');
    const name = parts.pop() ?? '';
    const place = this.walker.findParts(parts);
    const node = place?.folder.children?.get(name);
    if (node === undefined || isFolder(node))
      throw ambiguous('a hardlink points to no file', { name: entry.path });
    // containerd follows the last part too where a slash or dot stands behind it, umoci does not.
    if (node.inode.type === 'symlink' && /\/\.?$/.test(entry.linkPath))
      throw ambiguous('a hardlink points to a symlink, with a slash behind it', node);
    // umoci takes `..` by its letters, containerd by where a link before it has led.
    if (parts.includes('..') && (place?.links ?? 0) > 0)
      throw ambiguous('a hardlink goes through a symlink and ..', node);
    if (node.upper !== this.layer)
      throw ambiguous('a hardlink points into a lower layer', { name: entry.path });
    return node.inode;
  }
}

function tooMuchSweeping(): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the opaque markers of one layer pass by more than ${SWEEP_LIMIT} files`,
    next: 'build the image again; a layer should make a folder opaque once',
  });
}

function inodeOf(entry: LayerEntry, layer: number, ordinal: number): Inode {
  const { type, mode, uid, gid, size, linkPath, sha256, capabilities } = entry;
  if (type === 'hardlink') throw ambiguous('a hardlink points to no file', { name: entry.path });
  return {
    type,
    mode,
    uid,
    gid,
    size,
    linkPath,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(capabilities === undefined ? {} : { capabilities }),
    layer,
    ordinal,
    names: [],
  };
}

function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf('/');
  return { folder: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) };
}
