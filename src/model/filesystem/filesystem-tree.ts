import type { EntryType } from './layer-entry.ts';

/** What can lie in a filesystem: a hardlink is one more name of what it points to. */
export type NodeType = Exclude<EntryType, 'hardlink'>;

/** What a name stands for; several names share it where they are hardlinks. */
export interface Inode {
  readonly type: NodeType;
  mode: number;
  uid: number;
  gid: number;
  readonly size: number;
  readonly linkPath: string;
  readonly sha256?: string;
  capabilities?: number;
  /** the layer that last set it */
  layer: number;
  /** position among the entries of that layer of the one that did; -1 where none describes it */
  ordinal: number;
  /** every name it was ever given; one that is still attached makes it visible */
  readonly names: TreeNode[];
}

/** What a layer did at a name before the entry that comes now. Counts for that layer alone. */
export interface Scar {
  readonly layer: number;
  /** a whiteout stood there */
  readonly whiteout: boolean;
  /** a folder of a lower layer was taken away */
  readonly hidFolder: boolean;
}

/** One name in a folder. */
export interface TreeNode {
  readonly name: string;
  readonly parent: TreeNode | undefined;
  readonly inode: Inode;
  /** the layer that made the name */
  readonly born: number;
  /** the last layer that has it, as an entry or as the parent of one; what overlayfs calls its upper folder */
  upper: number;
  /** the last layer that has it as an entry of its own; -1 for none */
  explicit: number;
  /** the layer for which all below is known to be its own entries; -1 for none */
  swept: number;
  /** the layer that took the name away; absent where none did */
  gone?: number;
  children?: Map<string, TreeNode>;
  scars?: Map<string, Scar>;
}

/** A new name; not yet in its parent. */
export function newNode(name: string, parent: TreeNode | undefined, inode: Inode, layer: number): TreeNode {
  const node: TreeNode = { name, parent, inode, born: layer, upper: layer, explicit: -1, swept: -1 };
  inode.names.push(node);
  return node;
}

/** A folder that no entry describes: as containerd makes missing parents. */
export function implicitFolder(layer: number): Inode {
  return {
    type: 'directory',
    mode: 0o755,
    uid: 0,
    gid: 0,
    size: 0,
    linkPath: '',
    layer,
    ordinal: -1,
    names: [],
  };
}

export function isFolder(node: TreeNode): boolean {
  return node.inode.type === 'directory';
}

/** Puts a name into its folder. */
export function attach(node: TreeNode): TreeNode {
  const { parent } = node;
  if (parent !== undefined) {
    parent.children ??= new Map();
    parent.children.set(node.name, node);
  }
  return node;
}

/** Takes a name, and all below it, out of the filesystem. */
export function detach(node: TreeNode, layer: number): void {
  node.gone = layer;
  node.parent?.children?.delete(node.name);
}

/** Whether a name can still be reached from the root. */
export function isAttached(node: TreeNode): boolean {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    if (at.parent.children?.get(at.name) !== at) return false;
  }
  return true;
}

/** The layer from which on a name could no longer be reached from the root; for one that is not attached. */
export function goneIn(node: TreeNode): number {
  let first = Number.POSITIVE_INFINITY;
  for (let at: TreeNode | undefined = node; at !== undefined; at = at.parent)
    first = Math.min(first, at.gone ?? first);
  return first;
}

/** The parts of a name's path, root first. */
export function partsOf(node: TreeNode): string[] {
  const parts: string[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) parts.push(at.name);
  return parts.reverse();
}

/** What the layer did at this name, if it did anything. */
export function scarOf(folder: TreeNode, name: string, layer: number): Scar | undefined {
  const scar = folder.scars?.get(name);
  return scar?.layer === layer ? scar : undefined;
}

/** Remembers what the layer did at a name. */
export function setScar(folder: TreeNode, name: string, scar: Scar): void {
  folder.scars ??= new Map();
  folder.scars.set(name, scar);
}
