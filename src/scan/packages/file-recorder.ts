import { createHash, type Hash, hash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { Algorithm, FileDigests } from './claim.ts';
import { readerOf } from './database-readers.ts';
import { type CompiledFrom, isCompiledFrom, PYC_HEAD, readPycHead, sourcePathOf } from './pyc.ts';

/** What is kept of a layer to tell later which of its files came with packages. */
export interface LayerPackages {
  /** of the files in which something was found, by their position among the entries */
  readonly witnesses: ReadonlyMap<number, Witness>;
  readonly databases: readonly StoredDatabase[];
  /** paths of databases that were not kept, as they go past `limits.packageBytes` */
  readonly tooLarge: readonly string[];
}

/** A file in which something was found. */
export interface Witness {
  readonly path: string;
  readonly digests: FileDigests;
  /** of a compiled Python file: its source in the same layer, where its time and size are those it was compiled from */
  readonly source?: { readonly path: string; readonly digests: FileDigests };
}

/** A file of a package database; deflated, as a hostile one may be nothing but zeros. */
export interface StoredDatabase {
  readonly path: string;
  readonly ordinal: number;
  readonly deflated: Uint8Array;
  /** bytes, as it was in the layer */
  readonly size: number;
}

/** A file as the layer has it. */
export interface RecordedFile {
  readonly path: string;
  /** position among the entries of the layer */
  readonly ordinal: number;
  /** bytes */
  readonly size: number;
  /** seconds since 1970 */
  readonly mtime: number;
}

/**
 * Bytes of a file that are held until it is known whether something was found in it; of a larger one the digests are
 * made while it goes by, at 2.5 ns a byte.
 */
const HELD_BYTES = 4 * 1024 * 1024;
const ALGORITHMS: readonly Algorithm[] = ['md5', 'sha1', 'sha256'];
/** Bytes that are held at first: most files are not larger. */
const FIRST_BYTES = 256 * 1024;
const NO_BYTES = new Uint8Array();
/** Python sources whose digests are kept until their layer ends: what was compiled from them may come later. */
const MOST_SOURCES = 200_000;

/**
 * Bytes of Python sources in which something was found that are kept until their layer ends, for what was compiled
 * from them may go by a hash of them; and bytes that are hashed for that, at 12 ns each.
 */
const MOST_KEPT_BYTES = 16 * 1024 * 1024;
const MOST_HASHED_BYTES = 128 * 1024 * 1024;

interface Digested extends RecordedFile {
  readonly digests: FileDigests;
  /** of a source, where it is kept */
  readonly content?: Buffer;
}

interface Compiled extends Digested {
  readonly from: CompiledFrom;
}

/** Watches the files of one layer go by, each from `begin` to `end`. */
export class FileRecorder {
  private readonly packageBytes: number;
  private held = Buffer.alloc(0);
  private file: RecordedFile | undefined;
  /** of the file, where all of it is kept */
  private whole: Buffer | undefined;
  private filled = 0;
  /** whether it is a database that is kept */
  private isKept = false;
  /** of the file, where it is too large for that */
  private hashes: readonly Hash[] = [];
  private databaseBytes = 0;
  private sourceBytes = 0;
  private hashedBytes = 0;
  private readonly witnesses = new Map<number, Witness>();
  private readonly compiled: Compiled[] = [];
  private readonly sources = new Map<string, Digested>();
  private readonly databases: StoredDatabase[] = [];
  private readonly tooLarge: string[] = [];

  /** @param packageBytes of all databases of the layer; `limits.packageBytes` */
  constructor(packageBytes: number) {
    this.packageBytes = packageBytes;
  }

  begin(file: RecordedFile): void {
    this.file = file;
    this.filled = 0;
    this.hashes = [];
    const isDatabase = readerOf(file.path) !== undefined;
    this.isKept = isDatabase && this.databaseBytes + file.size <= this.packageBytes;
    if (isDatabase && !this.isKept) this.tooLarge.push(file.path);
    if (file.size <= HELD_BYTES) this.whole = this.hold(file.size);
    else if (this.isKept) this.whole = Buffer.allocUnsafe(file.size);
    else {
      this.whole = undefined;
      this.hashes = ALGORITHMS.map((name) => createHash(name));
    }
  }

  write(bytes: Uint8Array): void {
    this.whole?.set(bytes, this.filled);
    this.filled += bytes.length;
    for (const one of this.hashes) one.update(bytes);
  }

  /** No package manager writes files with holes, and zeros without end would take long to hash. */
  hole(): void {
    this.file = undefined;
    this.hashes = [];
  }

  /** @param found whether something was found in the file */
  end(found: boolean): void {
    const { file } = this;
    this.file = undefined;
    if (file === undefined || this.filled !== file.size) return;
    const content = this.whole?.subarray(0, file.size);
    if (content !== undefined && this.isKept) this.store(file, content);
    const isSource = file.path.endsWith('.py') && this.sources.size < MOST_SOURCES;
    if (!found && !isSource) return;
    const digests = content === undefined ? this.finishHashes() : digestsOf(content);
    if (isSource) this.sources.set(file.path, { ...file, digests, ...(found && this.keep(content)) });
    if (!found) return;
    this.witnesses.set(file.ordinal, { path: file.path, digests });
    const from = readPycHead(content?.subarray(0, PYC_HEAD) ?? NO_BYTES);
    if (from !== undefined) this.compiled.push({ ...file, digests, from });
  }

  /** What is known of the layer when all of it has gone by. */
  finish(): LayerPackages {
    for (const { path, ordinal, digests, from } of this.compiled) {
      const source = this.sources.get(sourcePathOf(path) ?? '');
      if (source === undefined || !this.mayHash(from, source) || !isCompiledFrom(from, source)) continue;
      this.witnesses.set(ordinal, { path, digests, source: { path: source.path, digests: source.digests } });
    }
    return { witnesses: this.witnesses, databases: this.databases, tooLarge: this.tooLarge };
  }

  /** What stands in a program stands in its source, so only sources in which something was found are wanted. */
  private keep(content: Uint8Array | undefined): { readonly content: Buffer } | undefined {
    if (content === undefined || this.sourceBytes + content.length > MOST_KEPT_BYTES) return undefined;
    this.sourceBytes += content.length;
    return { content: Buffer.from(content) };
  }

  private mayHash(from: CompiledFrom, { size }: RecordedFile): boolean {
    if ('mtime' in from) return true;
    this.hashedBytes += size;
    return this.hashedBytes <= MOST_HASHED_BYTES;
  }

  private hold(bytes: number): Buffer {
    let size = Math.max(this.held.length, FIRST_BYTES);
    while (size < bytes) size *= 2;
    if (this.held.length < size) this.held = Buffer.allocUnsafe(size);
    return this.held;
  }

  private store({ path, ordinal, size }: RecordedFile, content: Uint8Array): void {
    this.databaseBytes += size;
    this.databases.push({ path, ordinal, size, deflated: deflateRawSync(content, { level: 1 }) });
  }

  private finishHashes(): FileDigests {
    const [md5 = '', sha1 = '', sha256 = ''] = this.hashes.map((one) => one.digest('hex'));
    return { md5, sha1, sha256 };
  }
}

function digestsOf(content: Uint8Array): FileDigests {
  const [md5 = '', sha1 = '', sha256 = ''] = ALGORITHMS.map((name) => hash(name, content));
  return { md5, sha1, sha256 };
}
