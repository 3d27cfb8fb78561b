import { PratiqueError } from '../../errors.ts';
import { quoted } from '../printable.ts';
import { attach, implicitFolder, isFolder, newNode, scarOf, type TreeNode } from './filesystem-tree.ts';

/** Links that containerd and umoci follow in one path. */
const LINK_LIMIT = 255;
/** Steps through followed links in one layer; more is a layer made to waste time. */
const STEP_LIMIT = 20_000_000;

/** A folder, and how many links were followed to it. */
export interface Place {
  readonly folder: TreeNode;
  readonly links: number;
}

/**
 * Finds the folders that one layer's paths go through, inside the root, as containerd does: symlinks on the
 * way are followed, absolute ones from the root of the image, and missing folders are made. What overlayfs,
 * a plain folder and umoci would each do in their own way is refused.
 * @see containerd continuity/fs/path.go, `RootPath`, and archive/tar.go, `mkparent`
 */
export class PathWalker {
  private readonly root: TreeNode;
  private readonly layer: number;
  private readonly isBase: boolean;
  private readonly cache = new Map<string, Place>();
  private steps = 0;

  constructor(root: TreeNode, layer: number, isBase: boolean) {
    this.root = root;
    this.layer = layer;
    this.isBase = isBase;
  }

  /** To be called when a folder or symlink is gone: paths may lead elsewhere now. */
  forget(): void {
    this.cache.clear();
  }

  /** The folder of a clean path; made where it is missing. */
  make(path: string): Place {
    return this.resolve(path, true) ?? { folder: this.root, links: 0 };
  }

  /** The folder of a clean path; nothing where it is missing. */
  find(path: string): Place | undefined {
    return this.resolve(path, false);
  }

  /** The folder that the parts of a link's target lead to, `..` among them; nothing where it is missing. */
  findParts(parts: readonly string[]): Place | undefined {
    return this.follow({ folder: this.root, links: 0 }, parts, false);
  }

  private resolve(path: string, create: boolean): Place | undefined {
    if (path === '') return { folder: this.root, links: 0 };
    let end = path.length;
    let place = this.cache.get(path);
    while (place === undefined && end > 0) {
      end = Math.max(0, path.lastIndexOf('/', end - 1));
      place = end === 0 ? { folder: this.root, links: 0 } : this.cache.get(path.slice(0, end));
    }
    while (place !== undefined && end < path.length) {
      const start = end === 0 ? 0 : end + 1;
      const slash = path.indexOf('/', start);
      end = slash < 0 ? path.length : slash;
      place = this.enter(place, path.slice(start, end), create);
      if (place !== undefined && create) this.cache.set(path.slice(0, end), place);
    }
    return place;
  }

  private enter({ folder, links }: Place, part: string, create: boolean): Place | undefined {
    const child = folder.children?.get(part);
    if (child === undefined) return create ? { folder: this.makeFolder(folder, part), links } : undefined;
    if (child.inode.type === 'symlink') return this.followLink(child, folder, links + 1, create);
    if (!isFolder(child)) throw ambiguous('a path goes through something that is not a folder', child);
    if (create) child.upper = this.layer;
    return { folder: child, links };
  }

  private makeFolder(folder: TreeNode, name: string): TreeNode {
    const node = newNode(name, folder, implicitFolder(this.layer), this.layer);
    const scar = scarOf(folder, name, this.layer);
    // overlayfs has a marker there, which is no folder; a plain folder would simply get one.
    if (scar?.hidFolder === true || (scar?.whiteout === true && !this.isBase)) {
      throw ambiguous('a folder is deleted and filled again in one layer', node);
    }
    for (let at: TreeNode | undefined = folder; at !== undefined; at = at.parent) at.swept = -1;
    return attach(node);
  }

  private followLink(link: TreeNode, folder: TreeNode, links: number, create: boolean): Place | undefined {
    // overlayfs puts a folder in the link's place, a plain folder follows it.
    if (link.upper !== this.layer) throw ambiguous('a path goes through a symlink of a lower layer', link);
    if (links > LINK_LIMIT) throw ambiguous('a path goes through too many symlinks, or in a circle', link);
    const { linkPath } = link.inode;
    const parts = linkPath.split('/').filter((part) => part !== '' && part !== '.');
    const firstUp = parts.indexOf('..');
    // containerd takes `..` by its letters, the kernel by where a link before it has led.
    const isLexical =
      firstUp >= 0 &&
      (links > 1 || parts.some((part, at) => part === '..' && (parts[at - 1] ?? '..') !== '..'));
    if (isLexical) throw ambiguous('a path goes through a symlink whose .. runtimes read differently', link);
    return this.follow({ folder: linkPath.startsWith('/') ? this.root : folder, links }, parts, create);
  }

  private follow(start: Place, parts: readonly string[], create: boolean): Place | undefined {
    let place: Place | undefined = start;
    for (const part of parts) {
      this.steps += 1;
      if (this.steps > STEP_LIMIT) throw tooLong();
      if (place === undefined) return undefined;
      if (part === '..') place = { folder: place.folder.parent ?? this.root, links: place.links };
      else place = this.enter(place, part, create);
    }
    return place;
  }
}

/** The fault of a layer that runtimes lay out differently, or reject. */
export function ambiguous(why: string, at: { readonly name: string }): PratiqueError {
  return new PratiqueError('FILESYSTEM_AMBIGUOUS', {
    what: 'runtimes do not make the same files of this layer',
    where: quoted(at.name),
    why,
    next: 'build the image again; a layer should name each path once, and its real one',
  });
}

function tooLong(): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the symlinks of one layer take more than ${STEP_LIMIT} steps to follow`,
    next: 'build the image again without long chains of symlinks',
  });
}
