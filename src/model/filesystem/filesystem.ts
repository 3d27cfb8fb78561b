import { PratiqueError } from '../../errors.ts';
import type { Visibility } from '../finding.ts';
import {
  goneIn,
  type Inode,
  implicitFolder,
  isAttached,
  isFolder,
  type NodeType,
  newNode,
  partsOf,
  type TreeNode,
} from './filesystem-tree.ts';
import { applyLayer } from './layer-application.ts';
import type { LayerEntry } from './layer-entry.ts';

/** One file, folder, link or device as a container would see it. */
export interface FileNode {
  /** without a leading slash */
  readonly path: string;
  readonly type: NodeType;
  /** 0 to 0o7777 */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** bytes; 0 for all but files */
  readonly size: number;
  /** target of a symlink as written; empty for all else */
  readonly linkPath: string;
  /** index of the layer that made it, or last set its mode and owner */
  readonly layer: number;
  /** position among the entries of that layer; -1 for a folder that no entry describes */
  readonly ordinal: number;
  /** lower-case hex over the content of a file, where the entries carried it */
  readonly sha256?: string;
  /** what the file permits to whoever starts it, by bit; absent where it has no such attribute */
  readonly capabilities?: number;
}

/** Links that Linux follows in one path. */
const FOLLOW_LIMIT = 40;
/** Parts of followed links, for all that is asked of one image; more are links made to waste time. */
const STEP_LIMIT = 10_000_000;
/** Folders over which every runtime mounts something. */
const MOUNTED: ReadonlySet<string> = new Set(['dev', 'proc', 'sys']);

/**
 * The filesystem that the layers of an image make together, in memory; nothing is ever written.
 * Where a layer would come out differently in containerd with overlayfs, containerd on a plain folder and
 * umoci, or one of them rejects it, it is refused: what was judged would not be what runs.
 * @see OCI image-spec v1.1.1, layer.md; containerd archive/tar.go
 */
export class MergedFilesystem {
  private readonly root: TreeNode = newNode('', undefined, implicitFolder(-1), -1);
  /** by layer and ordinal, what the entry made; absent where it made nothing (whiteouts) */
  private readonly inodes = new Map<number, readonly (Inode | undefined)[]>();
  /** what was found out since the last layer: an inode of a million hardlinks is asked about a million times */
  private readonly attached = new Map<Inode, TreeNode | undefined>();
  /** the same of the layers that took inodes from sight */
  private readonly hidden = new Map<Inode, number>();
  /** parts of links that were followed so far */
  private steps = 0;

  /**
   * Lays the next layer over the ones before.
   * @param index position in the image, lowest first; higher than any before
   * @param entries in the order of the tar
   * @throws {PratiqueError} `FILESYSTEM_AMBIGUOUS`; after that the filesystem is of no use
   */
  addLayer(index: number, entries: readonly LayerEntry[]): void {
    this.attached.clear();
    this.hidden.clear();
    this.inodes.set(index, applyLayer(this.root, index, this.inodes.size === 0, entries));
  }

  /**
   * What lies at a path; parents are followed through symlinks, inside the root.
   * @param path with or without a leading slash
   * @param options `follow`: the last part is followed as well, as when a program is started
   */
  lookup(path: string, options: { readonly follow?: boolean } = {}): FileNode | undefined {
    const node = this.find(path, options.follow ?? false);
    return node === undefined || node === this.root ? undefined : describe(node);
  }

  /**
   * Where a path leads in a container when all links in it are followed, inside the root: to something that is there or, by the
   * letters of the rest, to what is not. What lies below `dev`, `proc` and `sys` counts as not there.
   * @returns without a leading slash, empty for the root; `undefined` where the links lead in a circle, or there are too many
   * @throws {PratiqueError} `LIMIT_EXCEEDED`, as all that looks paths up, where the links asked for so far were too long
   */
  resolve(path: string): string | undefined {
    const there: TreeNode[] = [];
    const missing: string[] = [];
    const todo = path.split('/').reverse();
    let links = 0;
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (missing.pop() === undefined) there.pop();
        continue;
      }
      const isCovered = missing.length > 0 || MOUNTED.has(there[0]?.name ?? '');
      const next = isCovered ? undefined : (there.at(-1) ?? this.root).children?.get(part);
      if (next === undefined) missing.push(part);
      else if (next.inode.type !== 'symlink') there.push(next);
      else {
        links += 1;
        if (links > FOLLOW_LIMIT) return undefined;
        if (next.inode.linkPath.startsWith('/')) there.length = 0;
        todo.push(...this.partsOfLink(next));
      }
    }
    return [...there.map(({ name }) => name), ...missing].join('/');
  }

  /** What lies in a folder, in no order; nothing where there is no such folder. The path is followed to its end. */
  *list(path: string): Generator<FileNode> {
    for (const child of this.find(path, true)?.children?.values() ?? []) yield describe(child);
  }

  /** What an entry made, if a container still sees it, under the first of its names that is left. */
  made(layer: number, ordinal: number): FileNode | undefined {
    const inode = this.inodes.get(layer)?.[ordinal];
    const node = inode && this.nameOf(inode);
    return node === undefined || node === this.root ? undefined : describe(node);
  }

  /** Everything in the filesystem but the root, each folder before what is in it. */
  *files(): Generator<FileNode> {
    const stack = [this.root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (node !== this.root) yield describe(node);
      for (const child of [...(node.children?.values() ?? [])].reverse()) stack.push(child);
    }
  }

  /**
   * What became of an entry: `visible` where a container sees what it made, under any name; `replaced` where
   * something else has its path; `deleted` otherwise, and for a whiteout itself.
   * @param layer index given to `addLayer`
   * @param path the entry's own
   * @param entryOrdinal position in the entries given to `addLayer`
   */
  visibility(layer: number, path: string, entryOrdinal: number): Visibility {
    const inode = this.inodes.get(layer)?.[entryOrdinal];
    if (inode !== undefined && this.nameOf(inode) !== undefined) return 'visible';
    const [name] = inode?.names ?? [];
    const now = name === undefined ? this.find(path, false) : this.at(partsOf(name));
    return now === undefined ? 'deleted' : 'replaced';
  }

  /**
   * The layer that took from sight what an entry made, under the last of its names. `undefined` where it is visible, where the
   * entry made nothing, and where its own layer took it away.
   */
  hiddenBy(layer: number, entryOrdinal: number): number | undefined {
    const inode = this.inodes.get(layer)?.[entryOrdinal];
    if (inode === undefined || this.nameOf(inode) !== undefined) return undefined;
    const last =
      this.hidden.get(inode) ?? inode.names.reduce((most, name) => Math.max(most, goneIn(name)), -1);
    this.hidden.set(inode, last);
    return last > layer ? last : undefined;
  }

  /** A name under which it can still be reached. */
  private nameOf(inode: Inode): TreeNode | undefined {
    if (this.attached.has(inode)) return this.attached.get(inode);
    const name = inode.names.find(isAttached);
    this.attached.set(inode, name);
    return name;
  }

  private at(parts: readonly string[]): TreeNode | undefined {
    return parts.reduce<TreeNode | undefined>((node, part) => node?.children?.get(part), this.root);
  }

  /** The last one first. */
  private partsOfLink({ inode }: TreeNode): string[] {
    const parts = inode.linkPath.split('/').reverse();
    this.steps += parts.length;
    if (this.steps <= STEP_LIMIT) return parts;
    throw new PratiqueError('LIMIT_EXCEEDED', {
      what: `the symlinks of the image take more than ${STEP_LIMIT} steps to follow`,
      next: 'build the image again without long chains of symlinks',
    });
  }

  private find(path: string, follow: boolean): TreeNode | undefined {
    let node = this.root;
    let links = 0;
    const todo = path.split('/').reverse();
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      if (part === '' || part === '.') continue;
      if (!isFolder(node)) return undefined;
      const next = part === '..' ? (node.parent ?? this.root) : node.children?.get(part);
      if (next === undefined) return undefined;
      if (next.inode.type !== 'symlink' || (todo.length === 0 && !follow)) {
        node = next;
        continue;
      }
      links += 1;
      if (links > FOLLOW_LIMIT) return undefined;
      if (next.inode.linkPath.startsWith('/')) node = this.root;
      todo.push(...this.partsOfLink(next));
    }
    return node;
  }
}

function describe(node: TreeNode): FileNode {
  const { names: _names, ...fields } = node.inode;
  return { path: partsOf(node).join('/'), ...fields };
}
