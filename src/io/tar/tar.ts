import type { Limits } from '../limits.ts';
import { complainAboutPax, type PaxRecords, readPax } from './pax.ts';
import { readSparse, type SparseFile, SparseMapReader, sparseRuns } from './sparse.ts';
import { EntryBody, type TarSink } from './tar-body.ts';
import { EntryMaker, type TarEntry } from './tar-entry.ts';
import { TarFault } from './tar-fault.ts';
import { BLOCK, type Int64, isHeaderOnly, isZeroBlock, readHeader, type TarHeader } from './tar-header.ts';
import { untilNul } from './tar-text.ts';
import { complainAboutXattrs } from './xattrs.ts';

export type { TarEntry, TarSink };

type State = 'header' | 'record' | 'map' | 'data' | 'padding' | 'second-zero' | 'end';
type RecordKind = 'x' | 'L' | 'K';

/** Name, numbers, link, owners and what follows: parts, so that no digit before a text hides where it begins. */
const HEADER_PARTS = [
  [0, 100],
  [100, 157],
  [157, 257],
  [265, BLOCK],
] as const;

// Deletes or redirects what lies in lower layers, where a runtime sets it; others pass over it.
const OVERLAY_XATTR = /^(?:trusted|user)\.overlay\./;

/**
 * Reads a tar as Go's archive/tar does and containerd applies it, pushed in chunks of any size. What runtimes
 * reject is refused (`TAR_INVALID`), what they read differently as well (`TAR_AMBIGUOUS`): a reader that sees
 * other entries than the runtime is a reader that can be evaded (CVE-2025-62518, CVE-2026-53655).
 * @see POSIX.1-2017, pax; Go archive/tar, reader.go; containerd archive/tar.go
 */
export class TarReader {
  private readonly sink: TarSink;
  private readonly limits: Limits;
  private readonly fault: TarFault;
  private readonly maker: EntryMaker;
  private state: State = 'header';
  private failed = false;
  /** bytes left of a record, a body or padding */
  private left = 0;
  private padding = 0;
  private readonly block = new Uint8Array(BLOCK);
  private filled = 0;
  private readonly record: { kind: RecordKind; parts: Uint8Array[] } = { kind: 'x', parts: [] };
  private pax: PaxRecords = new Map();
  private longName = '';
  private longLink = '';
  private entries = 0;
  private written = 0;
  private waiting: { header: TarHeader; sparse: SparseFile; reader: SparseMapReader } | undefined;
  private endTold = false;
  private readonly body: EntryBody;

  constructor(sink: TarSink, limits: Limits, where: string) {
    this.sink = sink;
    this.body = new EntryBody(sink);
    this.limits = limits;
    this.fault = new TarFault(where);
    this.maker = new EntryMaker(limits, (why) => this.fault.invalid(why));
  }

  /**
   * The next bytes, any number.
   * @throws {PratiqueError} `TAR_INVALID`, `TAR_AMBIGUOUS`, `LIMIT_EXCEEDED`; after that the reader is of no use
   */
  write(chunk: Uint8Array): void {
    if (this.failed) throw this.fault.invalid('the reader has failed before');
    this.failed = true; // until it is known that nothing was thrown
    for (let at = 0; at < chunk.length; ) at = this.consume(chunk, at);
    this.failed = false;
  }

  /**
   * Ends the tar. Missing end blocks and missing padding are tolerated, as Go does.
   * @throws {PratiqueError} `TAR_INVALID` where an entry or a header is cut off
   */
  finish(): void {
    if (this.failed) throw this.fault.invalid('the reader has failed before');
    if (this.state === 'record' || this.state === 'map' || this.state === 'data')
      throw this.fault.invalid('it ends inside an entry');
    if (this.state === 'padding') this.tellPadding(this.block.subarray(0, this.filled));
    else if (this.filled > 0) throw this.fault.invalid('it ends inside a header');
  }

  private consume(chunk: Uint8Array, at: number): number {
    switch (this.state) {
      case 'header':
      case 'second-zero':
      case 'map':
        return this.fillBlock(chunk, at);
      case 'record':
        return this.takeRecord(chunk, at);
      case 'data':
        return this.takeData(chunk, at);
      case 'padding':
        return this.takePadding(chunk, at);
      case 'end':
        this.sink.outside?.(chunk.subarray(at), 'behind the end', !this.endTold);
        this.endTold = true;
        return chunk.length;
    }
  }

  private fillBlock(chunk: Uint8Array, at: number): number {
    if (this.filled === 0 && chunk.length - at >= BLOCK) {
      this.takeBlock(chunk.subarray(at, at + BLOCK));
      return at + BLOCK;
    }
    const part = chunk.subarray(at, at + BLOCK - this.filled);
    this.block.set(part, this.filled);
    this.filled += part.length;
    if (this.filled === BLOCK) {
      this.filled = 0;
      this.takeBlock(this.block);
    }
    return at + part.length;
  }

  private takeBlock(block: Uint8Array): void {
    if (this.state === 'map') this.takeMapBlock(block);
    else if (this.state === 'second-zero') this.takeSecondZero(block);
    else if (block[0] === 0 && isZeroBlock(block)) this.state = 'second-zero';
    else this.takeHeader(block);
  }

  private takeSecondZero(block: Uint8Array): void {
    if (!isZeroBlock(block)) throw this.fault.invalid('one zero block, and then data');
    this.state = 'end';
  }

  private takeHeader(block: Uint8Array): void {
    const header = readHeader(block);
    if (typeof header === 'string') throw this.fault.invalid(header);
    for (const [from, to] of HEADER_PARTS) this.sink.outside?.(block.subarray(from, to), 'tar header', true);
    const { typeFlag } = header;
    if (typeFlag === 'g')
      throw this.fault.ambiguous('it has a global PAX header, which some runtimes reject');
    if (typeFlag === 'x' || typeFlag === 'L' || typeFlag === 'K') this.startRecord(typeFlag, header.size);
    else this.startEntry(header);
  }

  private startRecord(kind: RecordKind, size: Int64): void {
    if (size < 0) throw this.fault.invalid('the size of an extended header is negative');
    if (size > this.limits.recordBytes)
      throw this.fault.tooMuch('an extended header', this.limits.recordBytes, 'bytes', 'record-bytes');
    this.record.kind = kind;
    this.record.parts.length = 0;
    this.setBody(Number(size));
    this.state = 'record';
    if (this.left === 0) this.endRecord();
  }

  private takeRecord(chunk: Uint8Array, at: number): number {
    const part = chunk.subarray(at, at + this.left);
    this.record.parts.push(new Uint8Array(part));
    this.left -= part.length;
    if (this.left === 0) this.endRecord();
    return at + part.length;
  }

  private endRecord(): void {
    const bytes = Buffer.concat(this.record.parts);
    this.record.parts.length = 0;
    this.sink.outside?.(bytes, 'extended header', true);
    const body = bytes.toString('latin1');
    if (this.record.kind === 'L') this.longName = untilNul(body);
    else if (this.record.kind === 'K') this.longLink = untilNul(body);
    else {
      // A later extended header takes the place of an earlier one, it does not add to it.
      const records = readPax(body);
      if (typeof records === 'string') throw this.fault.invalid(records);
      this.pax = records;
    }
    this.startPadding();
  }

  private startEntry(raw: TarHeader): void {
    const complaint = complainAboutPax(this.pax);
    if (complaint !== undefined) throw this.fault.invalid(complaint);
    const header = this.maker.merge(raw, this.pax, this.longName, this.longLink);
    const hasBody = !isHeaderOnly(header.typeFlag);
    // Go looks at the header's own size as well, even where a PAX record replaces it.
    const isRefused = raw.size < 0 && !isHeaderOnly(raw.typeFlag);
    if (isRefused || (hasBody && header.size < 0)) throw this.fault.invalid('the size of a file is negative');
    const sparse = readSparse(this.pax);
    if (typeof sparse === 'string') throw this.fault.invalid(sparse);
    if (sparse !== undefined && !hasBody) throw this.fault.invalid('a sparse file has a type without a body');
    this.setBody(hasBody ? this.bounded(header.size) : 0);
    if (sparse === undefined) this.emit(header, undefined, []);
    else if (sparse.map !== 'in-body') this.emit(header, sparse, sparse.map);
    else this.startMap(header, sparse);
  }

  private startMap(header: TarHeader, sparse: SparseFile): void {
    if (this.left < BLOCK) throw this.fault.invalid('the map of a sparse file is cut off');
    this.waiting = { header, sparse, reader: new SparseMapReader() };
    this.state = 'map';
  }

  private takeMapBlock(block: Uint8Array): void {
    if (this.waiting === undefined) throw this.fault.invalid('a sparse map without a file');
    const { header, sparse, reader } = this.waiting;
    this.left -= BLOCK;
    this.sink.outside?.(block, 'sparse map', reader.bytes === 0);
    const map = reader.addBlock(block);
    if (typeof map === 'string') throw this.fault.invalid(map);
    if (map !== undefined) {
      this.waiting = undefined;
      this.emit(header, sparse, map);
    } else if (reader.bytes >= this.limits.recordBytes) {
      throw this.fault.tooMuch('the map of a sparse file', this.limits.recordBytes, 'bytes', 'record-bytes');
    } else if (this.left < BLOCK) {
      throw this.fault.invalid('the map of a sparse file is cut off');
    }
  }

  /** Hands the entry to the sink; from here on `left` counts its bytes of data. */
  private emit(header: TarHeader, sparse: SparseFile | undefined, map: readonly Int64[]): void {
    const size = isHeaderOnly(header.typeFlag) ? 0 : this.bounded(sparse?.size ?? header.size);
    const runs = sparse === undefined ? [{ offset: 0, length: size }] : sparseRuns(map, size, this.left);
    if (typeof runs === 'string') throw this.fault.invalid(runs);
    this.count(size);
    const named = sparse?.name === undefined ? header : { ...header, name: sparse.name };
    const entry = this.maker.make(named, size, this.pax);
    if (entry.xattrs.size > 0) this.lookAtXattrs(entry);
    if (this.pax.size > 0) this.pax = new Map();
    this.longName = '';
    this.longLink = '';
    this.state = 'data';
    this.sink.entry(entry);
    this.body.start(runs, size);
    if (this.left === 0) this.endEntry();
  }

  private lookAtXattrs({ xattrs, type }: TarEntry): void {
    const overlay = [...xattrs.keys()].find((key) => OVERLAY_XATTR.test(key));
    if (overlay !== undefined) throw this.fault.ambiguous('an entry carries an attribute of overlayfs');
    const complaint = complainAboutXattrs(xattrs, type);
    if (complaint !== undefined) throw this.fault.invalid(complaint);
  }

  private takeData(chunk: Uint8Array, at: number): number {
    const used = this.body.take(chunk.subarray(at, at + this.left));
    this.left -= used;
    if (this.left === 0) this.endEntry();
    return at + used;
  }

  private endEntry(): void {
    this.body.end();
    this.startPadding();
  }

  private startPadding(): void {
    this.left = this.padding;
    this.state = this.left === 0 ? 'header' : 'padding';
  }

  private takePadding(chunk: Uint8Array, at: number): number {
    const part = chunk.subarray(at, at + this.left);
    this.left -= part.length;
    if (this.left > 0 || this.filled > 0) {
      this.block.set(part, this.filled);
      this.filled += part.length;
    }
    if (this.left === 0) this.endPadding(this.filled === 0 ? part : this.block.subarray(0, this.filled));
    return at + part.length;
  }

  private endPadding(padding: Uint8Array): void {
    this.tellPadding(padding);
    this.filled = 0;
    this.state = 'header';
  }

  private tellPadding(padding: Uint8Array): void {
    if (!isZeroBlock(padding)) this.sink.outside?.(padding, 'padding', true);
  }

  private setBody(bytes: number): void {
    this.left = bytes;
    this.padding = (BLOCK - (bytes % BLOCK)) % BLOCK;
  }

  private bounded(size: Int64): number {
    if (size > this.limits.writtenBytes)
      throw this.fault.tooMuch('the files of the layer', this.limits.writtenBytes, 'bytes', 'written-bytes');
    return Number(size);
  }

  private count(size: number): void {
    this.entries += 1;
    this.written += size;
    if (this.entries > this.limits.entries)
      throw this.fault.tooMuch('the layer', this.limits.entries, 'entries', 'entries');
    this.bounded(this.written);
  }
}
