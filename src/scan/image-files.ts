import { PratiqueError } from '../errors.ts';
import { decodeName } from '../io/tar/tar-text.ts';
import type { FileNode, MergedFilesystem } from '../model/filesystem/filesystem.ts';
import type { LayerEntry } from '../model/filesystem/layer-entry.ts';
import type { Location } from '../model/finding.ts';
import type { VouchingPackage } from '../model/package.ts';
import { quoted } from '../model/printable.ts';
import { interpreterOf, type KeptFiles } from './kept-files.ts';

/** What one layer of an image brings, for checks that look at files. */
export interface FilesOfLayer {
  /** position in the image */
  readonly index: number;
  readonly entries: readonly LayerEntry[];
  readonly kept: KeptFiles;
}

/** An entry of a layer: which, and under which path it is told. */
export interface EntryPlace {
  readonly layer: number;
  readonly ordinal: number;
  readonly path: string;
}

/** What the files of an image are asked through. */
export interface FileSources {
  readonly filesystem: MergedFilesystem;
  readonly layers: readonly FilesOfLayer[];
  /** the place of an entry, with secrets cut out of what it quotes */
  readonly locate: (place: EntryPlace) => Location;
  /** cuts secrets out of a text */
  readonly clean: (text: string) => string;
  readonly packageOf: (layer: number, ordinal: number) => VouchingPackage | undefined;
  /** sha256 of a file's content, lower-case hex, where it was made */
  readonly digestOf: (layer: number, ordinal: number) => string | undefined;
}

/** What some link a file to that shall be empty. */
const NOTHING = 'dev/null';
/** Through `/proc/self/root` a link leads to any file of the image. */
const MOUNTED = /^(?:dev|proc|sys)(?:\/|$)/;
/** What is there from the start is empty but for devices and links to open files. */
const IN_DEV = /^dev(?!\/fd(?:\/|$))/;

/** The files of an image as its checks see them: those that a container would have, and the entries of every layer. */
export class ImageFiles {
  readonly filesystem: MergedFilesystem;
  readonly layers: readonly FilesOfLayer[];
  readonly locate: FileSources['locate'];
  readonly clean: FileSources['clean'];
  private readonly sources: FileSources;

  constructor(sources: FileSources) {
    this.sources = sources;
    this.filesystem = sources.filesystem;
    this.layers = sources.layers;
    this.locate = sources.locate;
    this.clean = sources.clean;
  }

  /**
   * The text of one of the small files that are kept, read through links; one character for each byte.
   * @returns nothing where there is no such file
   * @throws {PratiqueError} `SCAN_INCOMPLETE` where it is there and was not kept
   */
  read(path: string): { readonly file: FileNode; readonly text: string } | undefined {
    const leads = this.follow(path);
    const file = leads === undefined ? undefined : this.filesystem.lookup(leads);
    if (file === undefined || file.type === 'directory') return undefined;
    const kept = this.layers.find(({ index }) => index === file.layer)?.kept;
    const content = kept?.contents.get(file.ordinal);
    if (content !== undefined) return { file, text: Buffer.from(content).toString('latin1') };
    const why = file.type === 'file' ? kept?.left.get(file.ordinal) : `it is a ${file.type} device`;
    throw this.unread(path, why ?? 'it lies under a name of which no contents are kept');
  }

  /**
   * What lies in a folder, in no order; nothing where there is no such folder.
   * @throws {PratiqueError} `SCAN_INCOMPLETE` where it is a link to what only a running container has
   */
  *list(path: string): Generator<FileNode> {
    const leads = this.follow(path);
    if (leads !== undefined) yield* this.filesystem.list(leads);
  }

  /**
   * The program that a script names in its first line.
   * @param file that a container sees
   * @returns a path as those of layers are; nothing where it is no script
   * @throws {PratiqueError} `SCAN_INCOMPLETE` where that was not kept
   */
  interpreterOf(file: FileNode): string | undefined {
    const kept = this.layers.find(({ index }) => index === file.layer)?.kept;
    const content = kept?.contents.get(file.ordinal);
    const interpreter =
      content === undefined
        ? kept?.interpreters.get(file.ordinal)
        : interpreterOf(Buffer.from(content).toString('latin1'));
    if (interpreter === '') throw this.unread(file.path, 'it is one of too many scripts, or sparse');
    return interpreter === undefined ? undefined : decodeName(interpreter);
  }

  /** The package that a file came with, where one of the image vouches for it; of special rights, or started by the clock. */
  packageOf({ layer, ordinal }: FileNode): VouchingPackage | undefined {
    return this.sources.packageOf(layer, ordinal);
  }

  /** The sha256 of a file's content; of the same files as their package, and nothing where there are too many. */
  digestOf({ layer, ordinal }: Pick<FileNode, 'layer' | 'ordinal'>): string | undefined {
    return this.sources.digestOf(layer, ordinal);
  }

  /** Every entry of every layer, lowest layer first, in the order of its tar; with those that no container sees. */
  *entries(): Generator<{ readonly layer: number; readonly ordinal: number; readonly entry: LayerEntry }> {
    for (const { index, entries } of this.layers)
      for (const [ordinal, entry] of entries.entries()) yield { layer: index, ordinal, entry };
  }

  /** Where a path leads in the image; `undefined` for nothing, or what is empty in every container. */
  private follow(path: string): string | undefined {
    const leads = this.filesystem.resolve(path);
    if (leads === undefined || leads === NOTHING) return undefined;
    if (!MOUNTED.test(leads)) return leads;
    if (IN_DEV.test(leads) && /^\/*dev(?:\/|$)/.test(path)) return undefined; // the home of Debian's account `sys`
    throw this.unread(path, 'it leads to what only a running container has');
  }

  /** The fault of a check that would have to know what is in a file. @param why a clause without foreign text */
  unread(path: string, why: string): PratiqueError {
    return new PratiqueError('SCAN_INCOMPLETE', {
      what: `the contents of ${quoted(this.clean(path))} were not kept, and could not be judged`,
      why,
      next: 'make it an ordinary file of some kilobytes, or set the check that reads it to warn',
    });
  }
}
